import { createHash, randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SchemagateError } from '../errors.ts'
import { runJob } from './process.ts'
import type { BaseFailure, RehearsalRequest } from './types.ts'

const here = dirname(fileURLToPath(import.meta.url))
export const archiveVersion = 'pglite-0.5.12-1'
const keptBytes = 256e6
const keptArchives = 40

/** The user's own cache folder of Schemagate, whether or not it is there. */
export function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'schemagate')
}

/** The user's cache folder where it can be written to, else a folder of the user's own among the temporary ones. */
export async function usableCache(): Promise<string> {
  const cache = defaultCache()
  try {
    await mkdir(cache, { recursive: true, mode: 0o700 })
    await access(cache, constants.W_OK)
    return cache
  } catch {
    return await (temporaryCache ??= mkdtemp(join(tmpdir(), 'schemagate-')))
  }
}

let temporaryCache: Promise<string> | undefined

/** Path of the child process's script: the built one, or in a checkout one bundled from the sources. */
export async function childEntry(): Promise<string> {
  for (const built of [join(here, 'rehearsal-child.js'), join(here, '..', 'rehearsal-child.js')])
    if (!import.meta.url.endsWith('.ts') && existsSync(built)) return built
  return await (bundled ??= bundleChild())
}

let bundled: Promise<string> | undefined

async function bundleChild(): Promise<string> {
  const { build } = await import('esbuild')
  const result = await build({
    entryPoints: [join(here, 'child.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'silent',
  })
  const text = result.outputFiles[0]?.text ?? ''
  const pglite = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const folder = join(
    pglite.slice(0, pglite.lastIndexOf(`${join('node_modules', '@electric-sql')}`)),
    'node_modules',
    '.cache',
    'schemagate',
  )
  const path = join(folder, `rehearsal-child-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.mjs`)
  if (!existsSync(path)) {
    await mkdir(folder, { recursive: true })
    await replace(path, text)
  }
  return path
}

const staleMilliseconds = 3_600_000

/**
 * Makes a cache folder that only its owner reads, and a scratch folder in it; `remove` takes the scratch folder away. What a process
 * that was killed left there goes too.
 */
export async function scratchFolder(cache: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const all = join(cache, 'scratch')
  const path = join(all, `${process.pid}-${randomBytes(6).toString('hex')}`)
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(cache, 0o700).catch(() => undefined)
  for (const name of await readdir(all)) {
    const left = await stat(join(all, name)).catch(() => null)
    if (left !== null && Date.now() - left.mtimeMs > staleMilliseconds)
      await rm(join(all, name), { recursive: true, force: true })
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Path of the archive of an empty database: the one that came with the package, or one that is made now, which takes seconds. */
export async function templateArchive(cache: string): Promise<string> {
  for (const built of [join(here, 'rehearsal-template.tar.gz'), join(here, '..', 'rehearsal-template.tar.gz')])
    if (existsSync(built)) return built
  const path = join(cache, `template-${archiveVersion}.tar.gz`)
  if (!existsSync(path)) await buildTemplate(path)
  return path
}

/** Makes the archive of an empty database at `path`. Throws `SchemagateError` where the embedded Postgres cannot be started. */
export async function buildTemplate(path: string): Promise<void> {
  const scratch = await scratchFolder(dirname(path))
  const made = join(scratch.path, 'template.tar.gz')
  try {
    const ended = await runJob(
      await childEntry(),
      { kind: 'template', save: made, deadline: 0 },
      { timeout: 120_000, statement: 120_000, memory: 2e9, folder: scratch.path, signal: undefined },
      () => undefined,
    )
    if (ended.reason !== 'done')
      throw new SchemagateError('rehearsal', `making the template of the embedded Postgres: ${ended.message}`)
    await rename(made, path)
  } finally {
    await scratch.remove()
    await rm(join(dirname(path), 'scratch'), { recursive: false }).catch(() => undefined)
  }
}

/** A database after a known base. */
export interface KnownBase {
  readonly archive: string
  readonly failed: readonly BaseFailure[]
}

/** Name of the archive that holds the base of a request: a hash of all that makes it. */
export function baseName(request: RehearsalRequest): string {
  const hash = createHash('sha256').update(JSON.stringify([archiveVersion, request.extensions, request.platform]))
  for (const file of request.base)
    for (const statement of file.statements) hash.update(`${statement.action}\0${statement.text}\0`)
  return `base-${hash.digest('hex').slice(0, 32)}`
}

/** Looks up a saved base; null where there is none that can be read. */
export async function knownBase(cache: string, name: string): Promise<KnownBase | null> {
  const archive = join(cache, `${name}.tar.gz`)
  try {
    const failed: unknown = JSON.parse(await readFile(join(cache, `${name}.json`), 'utf8'))
    const now = new Date()
    await utimes(archive, now, now)
    return Array.isArray(failed) ? { archive, failed: failed as readonly BaseFailure[] } : null
  } catch {
    return null
  }
}

/** Takes a saved base away that the embedded server does not start from. */
export async function forgetBase(cache: string, name: string): Promise<void> {
  for (const file of [`${name}.json`, `${name}.tar.gz`]) await rm(join(cache, file), { force: true })
}

/** Keeps a saved base under its name and drops the ones not used for longest, so that the folder stays bounded. */
export async function keepBase(
  cache: string,
  name: string,
  saved: string,
  failed: readonly BaseFailure[],
): Promise<void> {
  await rename(saved, join(cache, `${name}.tar.gz`))
  await replace(join(cache, `${name}.json`), JSON.stringify(failed))
  const archives = (await readdir(cache)).filter((file) => file.startsWith('base-') && file.endsWith('.tar.gz'))
  const known = await Promise.all(
    archives.map(async (file) => ({
      file,
      ...(await stat(join(cache, file)).then(
        ({ size, mtimeMs }) => ({ size, mtimeMs }),
        () => ({ size: 0, mtimeMs: 0 }),
      )),
    })),
  )
  let bytes = 0
  for (const [index, { file, size }] of known.sort((a, b) => b.mtimeMs - a.mtimeMs).entries()) {
    bytes += size
    if (index === 0 || (bytes <= keptBytes && index < keptArchives)) continue
    await forgetBase(cache, file.slice(0, -'.tar.gz'.length))
  }
}

/** Writes a file so that nobody ever reads half of it. */
async function replace(path: string, text: string): Promise<void> {
  const half = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  await writeFile(half, text, { mode: 0o600 })
  await rename(half, path)
}
