import type { Expression } from 'oxc-parser'
import { parseTypeScript } from '../../typescript.ts'
import { besides, folderOf, foldersUp, normalize } from './paths.ts'
import { constantsOf, dataOf, defaultExport } from './data.ts'
import type { Data } from './data.ts'

/** Reads files of a tree; null for one that is not text. */
export type ReadText = (path: string) => Promise<string | null>

/** Finds the file that an import means, among the files of a tree alone. */
export interface Resolver {
  /** Path of the file, null where the import leads out of the tree. */
  resolve(specifier: string, importer: string): Promise<string | null>
}

type Json = { readonly [name: string]: Data }

const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']
/** Conditions of a package's `exports`, what leads to sources first. */
const conditions = [
  'source',
  'development',
  'bun',
  'workerd',
  'import',
  'module',
  'node',
  'default',
  'require',
  'types',
]

interface Alias {
  readonly prefix: string
  readonly suffix: string
  readonly exact: boolean
  readonly targets: readonly string[]
}

/** Reads JSON with comments and trailing commas; null where the text is none. */
export function readJson(text: string): Json | null {
  const { program } = parseTypeScript('data.js', `export default ${text}`)
  const node: Expression | null = program && defaultExport(program)
  const data = program && node ? dataOf(node, constantsOf(program)) : null
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Json) : null
}

function record(data: Data): Json {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Json) : {}
}

/** A resolver over the paths of a tree: relative imports, `paths` of tsconfig, `imports` and `exports` of packages in the same repository. */
export function resolverOf(paths: readonly string[], read: ReadText): Resolver {
  const files = new Set(paths)
  const jsons = new Map<string, Promise<Json | null>>()
  const aliases = new Map<string, Promise<readonly Alias[]>>()
  const manifests = paths.filter(
    (it) => (it === 'package.json' || it.endsWith('/package.json')) && !it.includes('node_modules/'),
  )

  const json = (path: string): Promise<Json | null> => {
    const known =
      jsons.get(path) ??
      (files.has(path) ? read(path).then((text) => (text === null ? null : readJson(text))) : Promise.resolve(null))
    jsons.set(path, known)
    return known
  }

  const file = (path: string): string | null => {
    const plain = path.replace(/\?.*$/, '')
    const stem = plain.replace(/\.([mc]?)jsx?$/, '.$1ts')
    const tries = [
      plain,
      stem,
      stem === plain ? '' : `${stem}x`,
      ...extensions.map((it) => plain + it),
      ...extensions.map((it) => `${plain}/index${it}`),
    ]
    return tries.map(normalize).find((it) => files.has(it)) ?? null
  }

  /** The file or, where it is a build's, the source that it is made from. */
  const source = (path: string): string | null => {
    const found = file(path)
    if (found && !/\.d\.[mc]?ts$/.test(found)) return found
    return (
      besides(path.replace(/\.d\.([mc]?)ts$/, '.$1js'))
        .map(file)
        .find((it) => it !== null) ?? null
    )
  }

  const aliasesOf = (config: string, depth: number): Promise<readonly Alias[]> => {
    const known = aliases.get(config)
    if (known) return known
    const made = json(config).then(async (data): Promise<readonly Alias[]> => {
      const options = record(data?.compilerOptions)
      const base = normalize(`${folderOf(config)}/${typeof options.baseUrl === 'string' ? options.baseUrl : '.'}`)
      const own = Object.entries(record(options.paths)).map(([pattern, targets]): Alias => {
        const star = pattern.indexOf('*')
        const list = (Array.isArray(targets) ? (targets as readonly Data[]) : []).filter((it) => typeof it === 'string')
        return {
          prefix: star < 0 ? pattern : pattern.slice(0, star),
          suffix: star < 0 ? '' : pattern.slice(star + 1),
          exact: star < 0,
          targets: list.map((it) => normalize(`${base}/${it}`)),
        }
      })
      const free: readonly Alias[] =
        typeof options.baseUrl === 'string'
          ? [{ prefix: '', suffix: '', exact: false, targets: [normalize(`${base}/*`)] }]
          : []
      const parents = [data?.extends]
        .flat()
        .filter((it) => typeof it === 'string' && it.startsWith('.')) as readonly string[]
      const above =
        depth > 8
          ? []
          : await Promise.all(
              parents.map((it) =>
                aliasesOf(normalize(`${folderOf(config)}/${it.endsWith('.json') ? it : `${it}.json`}`), depth + 1),
              ),
            )
      return [...own, ...above.flat(), ...free]
    })
    aliases.set(config, made)
    return made
  }

  const byAlias = async (specifier: string, importer: string): Promise<string | null> => {
    for (const folder of foldersUp(folderOf(importer))) {
      const at = folder === '' ? '' : `${folder}/`
      const configs = [
        `${at}tsconfig.json`,
        `${at}tsconfig.app.json`,
        `${at}tsconfig.base.json`,
        `${at}jsconfig.json`,
      ].filter((it) => files.has(it))
      for (const config of configs) {
        for (const alias of await aliasesOf(config, 0)) {
          if (
            alias.exact
              ? specifier !== alias.prefix
              : !(
                  specifier.startsWith(alias.prefix) &&
                  specifier.endsWith(alias.suffix) &&
                  specifier.length >= alias.prefix.length + alias.suffix.length
                )
          )
            continue
          const rest = alias.exact ? '' : specifier.slice(alias.prefix.length, specifier.length - alias.suffix.length)
          for (const target of alias.targets) {
            const found = source(target.replace('*', () => rest))
            if (found) return found
          }
        }
      }
      // What frameworks generate (SvelteKit, Nuxt) stands in no tsconfig of the repository.
      const usual = /^(\$lib|@|~)(\/.*)?$/.exec(specifier)
      if (usual && files.has(`${at}package.json`)) {
        const rest = usual[2] ?? ''
        const found = (
          usual[1] === '$lib' ? [`${at}src/lib${rest}`] : [`${at}src${rest}`, `${at}app${rest}`, at + rest]
        )
          .map(source)
          .find((it) => it !== null)
        if (found) return found
      }
    }
    return null
  }

  const exported = (target: Data, folder: string, star: string): string | null => {
    if (typeof target === 'string') return source(normalize(`${folder}/${target.replaceAll('*', () => star)}`))
    if (Array.isArray(target))
      return (target as readonly Data[]).map((it) => exported(it, folder, star)).find((it) => it !== null) ?? null
    const byCondition = record(target)
    const ordered = [
      ...conditions.filter((it) => Object.hasOwn(byCondition, it)),
      ...Object.keys(byCondition).filter((it) => !conditions.includes(it)),
    ]
    return ordered.map((it) => exported(byCondition[it], folder, star)).find((it) => it !== null) ?? null
  }

  const byMap = (map: Data, key: string, folder: string): string | null => {
    const entries = Object.entries(record(map))
    const exact = entries.find(([name]) => name === key)
    if (exact) return exported(exact[1], folder, '')
    for (const [name, target] of entries) {
      const star = name.indexOf('*')
      if (
        star < 0 ||
        !key.startsWith(name.slice(0, star)) ||
        !key.endsWith(name.slice(star + 1)) ||
        key.length < name.length
      )
        continue
      const found = exported(target, folder, key.slice(star, key.length - (name.length - star - 1)))
      if (found) return found
    }
    return null
  }

  /** Folder of the package of this name, if it is in the tree: first where folders are called like it, then everywhere if it is said to be local. */
  const packageFolder = async (name: string, importer: string): Promise<string | null> => {
    const words = name.replace('@', '').split('/')
    const names = new Set([words.at(-1), words.join('-'), name])
    const likely = manifests
      .filter((it) => names.has(folderOf(it).split('/').at(-1)) || foldersUp(folderOf(importer)).includes(folderOf(it)))
      .slice(0, 50)
    const named = async (list: readonly string[]): Promise<string | null> => {
      const read = await Promise.all(list.map(async (it) => ({ it, name: (await json(it))?.name })))
      const found = read.find((one) => one.name === name)
      return found ? folderOf(found.it) : null
    }
    const near = await named(likely)
    if (near !== null) return near
    for (const folder of foldersUp(folderOf(importer))) {
      const manifest = await json(folder === '' ? 'package.json' : `${folder}/package.json`)
      const version =
        record(manifest?.dependencies)[name] ??
        record(manifest?.devDependencies)[name] ??
        record(manifest?.peerDependencies)[name]
      if (typeof version === 'string')
        return /^(workspace|file|link|portal):|^\*$/.test(version) ? await named(manifests.slice(0, 400)) : null
    }
    return null
  }

  const byPackage = async (specifier: string, importer: string): Promise<string | null> => {
    const parts = specifier.split('/')
    const count = specifier.startsWith('@') ? 2 : 1
    const folder = await packageFolder(parts.slice(0, count).join('/'), importer)
    if (folder === null) return null
    const manifest = await json(folder === '' ? 'package.json' : `${folder}/package.json`)
    const sub = parts.slice(count).join('/')
    const map = manifest?.exports
    const subpaths = typeof map === 'object' && map !== null && Object.keys(map).some((it) => it.startsWith('.'))
    const listed = subpaths
      ? byMap(map, sub === '' ? '.' : `./${sub}`, folder)
      : sub === '' && map !== undefined
        ? exported(map, folder, '')
        : null
    if (listed) return listed
    const mains =
      sub === ''
        ? [manifest?.source, manifest?.module, manifest?.main, manifest?.types, 'src/index', 'index', 'src']
        : [sub, `src/${sub}`, `lib/${sub}`]
    return (
      mains
        .flatMap((it) => (typeof it === 'string' ? [source(normalize(`${folder}/${it}`))] : []))
        .find((it) => it !== null) ?? null
    )
  }

  return {
    async resolve(specifier, importer) {
      if (specifier.startsWith('.')) return source(normalize(`${folderOf(importer)}/${specifier}`))
      if (specifier.startsWith('/') || specifier.includes(':') || specifier.length > 500) return null
      if (specifier.startsWith('#')) {
        for (const folder of foldersUp(folderOf(importer))) {
          const found = byMap(
            (await json(folder === '' ? 'package.json' : `${folder}/package.json`))?.imports,
            specifier,
            folder,
          )
          if (found) return found
        }
      }
      return (await byAlias(specifier, importer)) ?? (await byPackage(specifier, importer))
    },
  }
}
