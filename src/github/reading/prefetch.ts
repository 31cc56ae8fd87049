import { defaultMaxBytes } from '../../changeset/content.ts'
import { globMatcher } from '../../changeset/globs.ts'
import type { ChangeSet, TreeEntry } from '../../changeset/tree.ts'
import { setupFile } from '../../queries/read.ts'
import { fileKind, isCode } from '../../queries/typescript/features.ts'
import { rateLimitEnd } from '../client.ts'
import type { Place } from '../client.ts'
import type { Log } from '../context.ts'
import { keepArchive } from './archive.ts'
import { isLong, pagesOf } from './blobs.ts'
import type { BlobLoader, Wanted } from './blobs.ts'
import { mayTouchSchema } from './schema-paths.ts'
import type { RemoteChange } from './tree.ts'

/** What a review is likely to read, so that one request brings it all; what it misses is read when it is asked for. */
const settings = globMatcher([
  '.github/schemagate.yml',
  '.github/schemagate-stats.json',
  '.github/workflows/*.{yml,yaml}',
  '**/*compose*.{yml,yaml}',
  '**/{fly,render,railway}.{toml,yml,yaml,json}',
  '**/{tsconfig,jsconfig}*.json',
  'turbo.json',
  '**/.env*{example,sample,template}',
  '**/package.json',
  'pnpm-lock.yaml',
  'package-lock.json',
  'yarn.lock',
  'bun.lock',
  'pnpm-workspace.yaml',
  '**/{prisma,drizzle}.config.*',
  '**/{drizzle,migrations}/**/*.{json,toml}',
  '**/{atlas.hcl,flyway.conf,flyway.toml,diesel.toml,dbconfig.yml,config.toml,.sqlx}',
])
const schemas = globMatcher([
  '**/*.prisma',
  '**/*.sql',
  '**/*schema*.{ts,mts,js,mjs}',
  '**/{db,database,schema,drizzle}/**/*.{ts,mts,js,mjs}',
])
const lockFile = /(?:^|\/)(?:pnpm-lock\.yaml|package-lock\.json|yarn\.lock|bun\.lock)$/
const mostFiles = 320
const mostBytes = 400_000

/** Files of both sides to read first: the configuration, changed files, then the likely ones. */
export function worthReading(
  { changeSet, wantedOf }: RemoteChange,
  listing: Awaited<ReturnType<ChangeSet['head']['list']>>,
): readonly Wanted[] {
  const { base, head, files } = changeSet
  const wanted = new Map<string, Wanted>()
  const add = (tree: typeof base, path: string) => {
    const file = wantedOf(tree, path)
    if (file === null || wanted.size >= mostFiles) return
    // The lock file tells the version of the runner, however large it is.
    if (!lockFile.test(path) && (file.size ?? 0) > mostBytes) return
    // Contents that both sides share are asked for once, by their id.
    const key = file.oid ?? file.expression
    if (!wanted.has(key)) wanted.set(key, file)
  }
  add(base, '.github/schemagate.yml')
  for (const file of files) {
    if (!mayBeRead(file.path)) continue
    if (file.status !== 'added') add(base, file.previousPath ?? file.path)
    if (file.status !== 'deleted') add(head, file.path)
  }
  for (const likely of [settings, schemas, (path: string) => setupFile.test(path)])
    for (const { path } of listing.entries) if (likely(path)) add(head, path)
  return [...wanted.values()]
}

function mayBeRead(path: string): boolean {
  return mayTouchSchema(path) || settings(path) || lockFile.test(path) || isCode(path, null)
}

/** Of a repository that was never seen, or changed so much, everything comes at once: more files than this are asked for in too many requests. */
const mostCold = 160
/** An archive of more bytes, unpacked, takes longer than many requests. */
const mostArchive = 250_000_000
/** Repositories whose archives are of no use here: a server that gives none, attributes that leave most files out. */
const withoutArchive = new Set<string>()
/** Files that only a repository with a database has. */
const databaseFile = /\.(?:sql|prisma)$|(?:^|\/)drizzle\.config\.[cm]?[jt]s$/

/** Files that are fetched before the review asks for them. */
export interface Prefetch {
  /** For the request that reads the pull request. */
  readonly page: readonly Wanted[]
  /** Fetches the others. */
  rest(): Promise<void>
}

/** Plans how to fetch what a review is likely to read and neither it nor the cache holds: few files by their ids, very many as an archive. */
export async function prefetch(
  place: Place,
  change: RemoteChange,
  loader: BlobLoader,
  log: Pick<Log, 'warn'>,
): Promise<Prefetch> {
  const { changeSet } = change
  const listing = await changeSet.head.list()
  const missing = await loader.missing(worthReading(change, listing))
  const repository = `${place.owner}/${place.repo}`
  const cold =
    listing.truncated || withoutArchive.has(repository)
      ? new Map<string, string>()
      : await coldFiles(changeSet, listing.entries, loader)
  const inArchive = new Set(cold.values())
  const asked = missing.filter((w) => !inArchive.has(w.oid ?? ''))
  const [page = [], ...pages] = pagesOf(asked.filter((w) => !isLong(w)))
  const unpack = async () => {
    if (cold.size === 0) return
    try {
      const kept = await keepArchive(place, changeSet.head.commit, cold, mostArchive, loader.cache)
      if (kept < cold.size / 2) withoutArchive.add(repository)
    } catch (err) {
      if (rateLimitEnd(err) !== null) throw err
      withoutArchive.add(repository)
      log.warn({ repository, err }, 'the archive of a commit could not be read')
      await loader.load(missing)
    }
  }
  return {
    page,
    async rest() {
      await Promise.all([loader.load([...asked.filter(isLong), ...pages.flat()]), unpack()])
    },
  }
}

/** Blob ids by path of all files that the review of a database may read and the cache lacks, where they are many; empty where asking for files is cheaper. */
async function coldFiles(
  { files }: ChangeSet,
  entries: readonly TreeEntry[],
  { cache }: BlobLoader,
): Promise<ReadonlyMap<string, string>> {
  const none = new Map<string, string>()
  if (!files.some(({ path }) => mayTouchSchema(path) || isCode(path, null))) return none
  if (!entries.some(({ path }) => databaseFile.test(path))) return none
  if (entries.reduce((sum, { size }) => sum + (size ?? 0), 0) > mostArchive) return none
  const changed = new Set(files.map(({ path }) => path))
  const wanted = entries.filter(
    ({ path, size, mode }) =>
      mode !== 'symlink' &&
      mode !== 'submodule' &&
      (lockFile.test(path)
        ? (size ?? 0) <= defaultMaxBytes
        : (size ?? 0) <= mostBytes &&
          (settings(path) ||
            schemas(path) ||
            setupFile.test(path) ||
            (isCode(path, size) && (changed.has(path) || fileKind(path) !== 'test')))),
  )
  if (wanted.length <= mostCold) return none
  const lacking = await cache.lacking(wanted.map(({ oid }) => oid))
  return lacking.size <= mostCold
    ? none
    : new Map(wanted.filter(({ oid }) => lacking.has(oid)).map(({ path, oid }) => [path, oid]))
}
