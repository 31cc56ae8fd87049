import { setupFile } from '../../queries/read.ts'
import { globMatcher } from '../../changeset/globs.ts'
import type { ChangeSet } from '../../changeset/tree.ts'
import type { Wanted } from './blobs.ts'
import type { RemoteChange } from './tree.ts'

/** What a review is likely to read, so that one request brings it all; what it misses is read when it is asked for. */
const settings = globMatcher([
  '.github/schemagate.yml',
  '.github/schemagate-stats.json',
  '.github/workflows/*.{yml,yaml}',
  '**/*compose*.{yml,yaml}',
  '**/tsconfig.json',
  '**/.env.{example,sample,template}',
  '**/package.json',
  'pnpm-lock.yaml',
  'package-lock.json',
  'yarn.lock',
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
const mostFiles = 240
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
    const isLock = /(?:^|\/)(?:pnpm-lock\.yaml|package-lock\.json|yarn\.lock)$/.test(path)
    if (file === null || wanted.size >= mostFiles) return
    // The lock file tells the version of the runner, however large it is.
    if (!isLock && (file.size ?? 0) > mostBytes) return
    // Contents that both sides share are asked for once, by their id.
    const key = file.oid ?? file.expression
    if (!wanted.has(key)) wanted.set(key, file)
  }
  add(base, '.github/schemagate.yml')
  for (const file of files) {
    if (file.status !== 'added') add(base, file.previousPath ?? file.path)
    if (file.status !== 'deleted') add(head, file.path)
  }
  for (const likely of [settings, schemas, (path: string) => setupFile.test(path)])
    for (const { path } of listing.entries) if (likely(path)) add(head, path)
  return [...wanted.values()]
}
