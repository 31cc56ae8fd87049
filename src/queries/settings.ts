import type { TreeEntry } from '../changeset/tree.ts'
import type { Packages } from './packages.ts'
import { fileKind } from './typescript/features.ts'
import { folderOf } from './typescript/resolver.ts'

/** A connection string that a sample or a deployment file shows. Its secret parts are not kept. */
export interface DatabaseUrl {
  readonly path: string
  readonly line: number
  readonly name: string
  readonly pooled: boolean
  /** True for a pooler that migrations can go through: one that keeps a connection for the whole session, or Prisma Postgres. */
  readonly session: boolean
  /** True for a pooler that takes no prepared statements and is not told that there will be none. */
  readonly unprepared: boolean
  /** True for localhost and for names of services next door. */
  readonly local: boolean
  readonly limited: boolean
}

/** The `datasource` block of a Prisma schema, or the one of `prisma.config.ts`. */
export interface Datasource {
  readonly path: string
  readonly line: number
  readonly provider: string
  /** Name of the environment variable of `url`; null where there is none. */
  readonly url: string | null
  readonly directUrl: string | null
}

/** A file that says where the code runs. */
export interface Hosting {
  readonly path: string
  readonly line: number
  readonly what: 'vercel' | 'serverless' | 'netlify' | 'workers' | 'lambda'
}

/**
 * The file that says where the code of a path runs: one of its own application or of one that needs its package. Code that no package of
 * its own holds is shared by the habits of naming.
 */
export function hostOf(hosting: readonly Hosting[], path: string, packages: Packages): Hosting | null {
  const own = packages.holding(path)
  const found = hosting.find((host) => {
    const folder = folderOf(host.path)
    if (own !== '' && !own.startsWith(folder === '' ? '/' : `${folder}/`) && packages.serves(own)) return false
    if (folder === '' || path.startsWith(`${folder}/`)) return true
    return own === '' ? shared.test(path) : packages.needs(packages.holding(host.path), own)
  })
  return found ?? null
}

const shared = /^(?:[\w-]*packages|libs?|shared|common)\//

const hosts: readonly (readonly [RegExp, Hosting['what']])[] = [
  [/(?:^|\/)vercel\.json$/, 'vercel'],
  [/(?:^|\/)serverless\.(?:ya?ml|ts|js)$/, 'serverless'],
  [/(?:^|\/)netlify\.toml$/, 'netlify'],
  [/(?:^|\/)wrangler\.(?:toml|jsonc?)$/, 'workers'],
  [/(?:^|\/)sst\.config\.ts$/, 'lambda'],
]
const frameworkNames: Readonly<Record<string, string>> = {
  next: 'Next.js',
  nuxt: 'Nuxt',
  remix: 'Remix',
  svelte: 'SvelteKit',
  astro: 'Astro',
}
const samples =
  /(?:^|\/)\.env(?:[.-](?:example|sample|template|local\.example|production|dist|default|development|prod\.example|dev\.example))?$|(?:^|\/)(?:docker-)?compose[\w.-]*\.ya?ml$|(?:^|\/)(?:fly|render|railway)\.(?:toml|ya?ml|json)$/
const poolerFiles = /(?:^|\/)(?:pgbouncer\.ini|pgcat\.toml|odyssey\.conf|supavisor\.\w+)$/

/** Reads connection strings, datasources and hosting from the configuration of a repository. */
export async function readSettings(
  entries: readonly TreeEntry[],
  texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<{
  datasources: Datasource[]
  urls: DatabaseUrl[]
  hosting: Hosting[]
  frameworks: { name: string; folder: string; path: string }[]
  poolers: { path: string; line: number; what: string }[]
}> {
  const ours = entries.filter((e) => !/(?:^|\/)node_modules\//.test(e.path) && (e.size ?? 0) < 400_000)
  const hosting = ours
    .filter((e) => fileKind(`${folderOf(e.path)}/index.ts`) === 'source' && !/(?:^|\/)templates?\//.test(e.path))
    .flatMap((e) =>
      hosts.filter(([pattern]) => pattern.test(e.path)).map(([, what]) => ({ path: e.path, line: 1, what })),
    )
  const frameworks = ours.flatMap((e) => {
    const found = /(?:^|\/)(next|nuxt|remix|svelte|astro)\.config\.[cm]?[jt]s$/.exec(e.path)
    return found === null
      ? []
      : [
          {
            name: frameworkNames[found[1] ?? ''] ?? '',
            folder: e.path.slice(0, Math.max(0, e.path.lastIndexOf('/'))),
            path: e.path,
          },
        ]
  })
  const poolers = ours
    .filter((e) => poolerFiles.test(e.path))
    .map((e) => ({ path: e.path, line: 1, what: e.path.slice(e.path.lastIndexOf('/') + 1) }))
  const wanted = ours
    .filter(
      (e) =>
        samples.test(e.path) ||
        e.path.endsWith('.prisma') ||
        e.path.endsWith('netlify.toml') ||
        e.path.endsWith('wrangler.toml') ||
        /(?:^|\/)(?:prisma|drizzle)[\w.-]*\.config\.[cm]?[jt]s$/.test(e.path),
    )
    .map((e) => e.path)
  const datasources: Datasource[] = []
  const urls: DatabaseUrl[] = []
  const still = new Set<string>()
  for (const [path, text] of await texts(wanted)) {
    if (path.endsWith('.prisma')) datasources.push(...datasource(path, text))
    else if (path.endsWith('.toml') && hosting.some((one) => one.path === path)) {
      if (servesFiles(text, ours)) still.add(path)
    } else if (/\.config\.[cm]?[jt]s$/.test(path)) {
      const url = /\burl\s*:\s*(?:env(?:<[^>]*>)?\(\s*|process\.env\.|process\.env\[)?['"]?([A-Z][A-Z0-9_]*)/.exec(text)
      if (/\bdatasource\b|dbCredentials/.test(text) && url !== null)
        datasources.push({
          path,
          line: lineOf(text, url.index),
          provider: path.includes('prisma') ? 'prisma.config' : 'drizzle.config',
          url: url[1] ?? null,
          directUrl: url[1] ?? null,
        })
    } else {
      urls.push(...connectionStrings(path, text))
      const image = /image:\s*["']?\S*(pgbouncer|pgcat|supavisor)\S*/.exec(text)
      if (image !== null) poolers.push({ path, line: lineOf(text, image.index), what: image[1] ?? 'pgbouncer' })
    }
  }
  return { datasources, urls, hosting: hosting.filter((one) => !still.has(one.path)), frameworks, poolers }
}

/** True where Netlify or Cloudflare Pages has no function to run: it publishes a folder that no server framework makes. */
function servesFiles(text: string, entries: readonly TreeEntry[]): boolean {
  return (
    /^\s*(?:publish|pages_build_output_dir)\s*=\s*["'](?!\S*\.(?:next|nuxt|netlify|vercel|svelte-kit|open-next))/m.test(
      text,
    ) &&
    !/functions|plugin-|^\s*main\s*=/m.test(text) &&
    !entries.some(({ path }) =>
      /(?:^|\/)(?:netlify\/(?:edge-)?functions\/|functions\/\S+\.[jt]s$|_worker\.)/.test(path),
    )
  )
}

function datasource(path: string, text: string): Datasource[] {
  const block = /^\s*datasource\s+\w+\s*\{([^}]*)\}/m.exec(text)
  if (block === null) return []
  const inner = (block[1] ?? '').replace(/\/\/[^\n]*/g, '')
  const env = (name: string): string | null =>
    new RegExp(`(?:^|\\n)\\s*${name}\\s*=\\s*(?:env\\(\\s*)?"([^"]*)"`).exec(inner)?.[1] ?? null
  return [
    {
      path,
      line: lineOf(text, block.index + (block[0].length - block[0].trimStart().length)),
      provider: env('provider') ?? '',
      url: env('url'),
      directUrl: env('directUrl'),
    },
  ]
}

function connectionStrings(path: string, text: string): DatabaseUrl[] {
  const found: DatabaseUrl[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const match =
      /^\s*(?:-\s*)?(?:#\s*)?(?:export\s+)?["']?([A-Z][A-Z0-9_]*)["']?\s*[:=]\s*["']?(postgres(?:ql)?|prisma(?:\+postgres)?):\/\/([^\s"']*)/.exec(
        line.slice(0, 500),
      )
    if (match === null) continue
    const [, name = '', scheme = '', rest = ''] = match
    const host = rest.slice(rest.lastIndexOf('@') + 1)
    found.push({
      path,
      line: index + 1,
      name,
      pooled: scheme.startsWith('prisma') || /pgbouncer=true|:6543\b|-pooler\.|pooler\.supabase|pgbouncer/.test(rest),
      unprepared: /\.supabase\.(?:com|co):6543\b/.test(rest) && !/pgbouncer=true/.test(rest),
      session:
        scheme === 'prisma+postgres' || (/pooler\.supabase\.com:5432\b/.test(rest) && !/pgbouncer=true/.test(rest)),
      local:
        /^(?:localhost|127\.|0\.0\.0\.0|host\.docker|\[::1\])/.test(host) || !/\./.test(host.split(/[/:?]/)[0] ?? ''),
      limited: /connection_limit=\d/.test(rest),
    })
  }
  return found
}

function lineOf(text: string, offset: number): number {
  let line = 1
  for (let i = 0; i < offset; i++) if (text.charCodeAt(i) === 10) line++
  return line
}
