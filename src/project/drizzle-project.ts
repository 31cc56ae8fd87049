import type { Dialect } from '../schema/model.ts'
import type { Note } from '../engine/finding.ts'
import type { MigrationSource, Project, ProjectSettings, Runner } from './project.ts'
import { globMatcher } from '../changeset/globs.ts'
import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { baseOf, folderOf, foldersAround, isBelow, joinPath } from './paths.ts'
import { objectOf, staticExport, stringsOf } from './static-value.ts'
import type { StaticValue } from './static-value.ts'
import { field, npmVersion, parseJson } from './versions.ts'

/** True for a configuration file of drizzle-kit: `drizzle.config.ts`, `drizzle-dev.config.js`, `drizzle.auth.config.ts`. */
export function isDrizzleConfig(path: string): boolean {
  return /^(?:[\w-]+\.)?drizzle(?:[.-][\w-]+)?\.config\.(?:ts|js|mjs|cjs|mts|cts|json)$|^drizzle-[\w-]+\.config\.(?:ts|js|mjs|cjs|mts|cts|json)$/.test(baseOf(path))
}

/** drizzle.config as data; what only running the file would tell is null. */
export interface DrizzleConfig {
  readonly schema: readonly string[]
  readonly out: string | null
  readonly dialect: string | null
  readonly casing: 'snake_case' | 'camelCase' | null
  readonly schemaFilter: readonly string[]
}

/** Reads a drizzle-kit configuration without running it; null where what it exports is not written out in it. */
export function parseDrizzleConfig(path: string, text: string): DrizzleConfig | null {
  const value = path.endsWith('.json') ? objectOf(parseJson(text) as StaticValue) : objectOf(staticExport(path, text))
  if (value === undefined) return null
  const casing = value['casing']
  const dialect = value['dialect'] ?? value['driver']
  return {
    schema: stringsOf(value['schema']),
    out: typeof value['out'] === 'string' ? value['out'] : null,
    dialect: typeof dialect === 'string' ? dialect : null,
    casing: casing === 'snake_case' || casing === 'camelCase' ? casing : null,
    schemaFilter: stringsOf(value['schemaFilter']),
  }
}

const dialects: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgresql', postgres: 'postgresql', pg: 'postgresql', 'aws-data-api': 'postgresql', pglite: 'postgresql', cockroach: 'cockroachdb', cockroachdb: 'cockroachdb',
  mysql: 'mysql', mysql2: 'mysql', singlestore: 'mysql', sqlite: 'sqlite', turso: 'sqlite', 'better-sqlite': 'sqlite', libsql: 'sqlite', d1: 'sqlite', 'd1-http': 'sqlite',
  'durable-sqlite': 'sqlite', expo: 'sqlite', mssql: 'sqlserver',
}

/** Folders whose migrations drizzle-kit wrote, by the journal or the snapshots in them. */
export function drizzleFolders(listing: Listing): ReadonlyMap<string, 'drizzle' | 'drizzle-folders'> {
  const folders = new Map<string, 'drizzle' | 'drizzle-folders'>()
  for (const path of listing.paths) {
    if (path === 'meta/_journal.json' || path.endsWith('/meta/_journal.json')) folders.set(folderOf(folderOf(path)), 'drizzle')
    else if (baseOf(path) === 'snapshot.json' && listing.has(within(folderOf(path), 'migration.sql'))) {
      const folder = folderOf(folderOf(path))
      if (!folders.has(folder)) folders.set(folder, 'drizzle-folders')
    }
  }
  return folders
}

/** The Drizzle projects of a tree. Their configurations, journals and package.json must have been read. */
export function drizzleProjects(listing: Listing): { projects: readonly Project[]; notes: readonly Note[] } {
  const notes: Note[] = []
  const projects: Project[] = []
  const folders = drizzleFolders(listing)
  const claimed = new Set<string>()
  for (const path of listing.paths.filter(isDrizzleConfig)) {
    const text = listing.text(path)
    if (text === undefined) continue
    const config = parseDrizzleConfig(path, text)
    if (config === null) {
      notes.push({
        kind: 'unresolved', blocking: false, path, line: 1,
        message: 'what the Drizzle configuration exports is not written out in the file; migrations are looked for by their journal. `projects` in .github/schemagate.yml can name them',
      })
      continue
    }
    const project = configuredProject(listing, folders, path, config)
    if (!project || (project.migrations !== null && claimed.has(project.migrations.folder))) continue
    if (project.migrations !== null) claimed.add(project.migrations.folder)
    projects.push(project)
  }
  for (const [folder, layout] of folders) {
    if (claimed.has(folder)) continue
    const journal = parseJson(listing.text(within(folder, 'meta/_journal.json')) ?? '')
    const named = field(journal, 'dialect')
    const root = listing.nearest(folder, 'package.json') ?? folder
    projects.push({
      root, name: root === '' ? '.' : root, orm: 'drizzle', dialect: dialects[typeof named === 'string' ? named : 'postgresql'] ?? 'postgresql',
      runner: drizzleRunner(listing, root, folder), schemaFiles: guessedSchema(listing, root), migrations: { folder, layout },
      evidence: layout === 'drizzle' ? within(folder, 'meta/_journal.json') : folder,
      settings: { drizzleLayout: layout === 'drizzle' ? 'journal' : 'folders' },
    })
  }
  return { projects, notes }
}

function configuredProject(listing: Listing, folders: ReadonlyMap<string, 'drizzle' | 'drizzle-folders'>, path: string, config: DrizzleConfig): Project | null {
  const dialect = dialects[config.dialect ?? 'postgresql']
  if (dialect === undefined) return null
  // drizzle-kit takes paths from the folder it is started in, which may be above the configuration.
  const home = folderOf(path)
  const out = config.out ?? 'drizzle'
  const starts = foldersAround(home)
  const start = starts.find((at) => {
    const target = joinPath(at, out)
    return (target !== null && folders.has(target)) || (config.out !== null && config.schema.some((glob) => schemaFilesOf(listing, at, glob).length > 0))
  }) ?? starts.find((at) => config.schema.some((glob) => schemaFilesOf(listing, at, glob).length > 0)) ?? home
  const folder = joinPath(start, out)
  const layout = folder === null ? undefined : folders.get(folder)
  const root = listing.nearest(home, 'package.json') ?? home
  const schemaFiles = [...new Set(config.schema.flatMap((glob) => schemaFilesOf(listing, start, glob)))]
  const migrations: MigrationSource | null = folder !== null && layout !== undefined ? { folder, layout } : null
  const settings: ProjectSettings = {
    casing: config.casing,
    ...(config.schemaFilter.length > 0 ? { schemas: config.schemaFilter } : {}),
    ...(layout === undefined ? { push: true } : { drizzleLayout: layout === 'drizzle' ? 'journal' : 'folders' }),
  }
  return {
    root, name: root === '' ? '.' : root, orm: 'drizzle', dialect, runner: drizzleRunner(listing, root, folder ?? ''),
    schemaFiles: schemaFiles.length > 0 || config.schema.length > 0 ? schemaFiles : guessedSchema(listing, root), migrations, evidence: path, settings,
  }
}

function drizzleRunner(listing: Listing, root: string, folder: string): Runner {
  if (/(?:^|\/)supabase\/migrations$/.test(folder)) return { name: 'supabase', version: npmVersion(listing, root, 'supabase') ?? null }
  return { name: 'drizzle', version: npmVersion(listing, root, 'drizzle-orm') ?? null }
}

const source = /\.(?:ts|tsx|js|jsx|mjs|cjs|mts|cts)$/

/** The files that one entry of `schema` names: a file, a folder with all below it, or a glob. */
function schemaFilesOf(listing: Listing, start: string, entry: string): readonly string[] {
  const target = joinPath(start, entry)
  if (target === null) return []
  if (listing.has(target)) return [target]
  const isFolder = listing.filesIn(target).length > 0 || listing.foldersIn(target).length > 0
  const matches = isFolder ? (path: string) => isBelow(path, target) : /[*{[?]/.test(target) ? globMatcher([target]) : (path: string) => path.replace(source, '') === target
  return listing.paths.filter((path) => source.test(path) && !path.endsWith('.d.ts') && matches(path))
}

/** Files of a package that look like a Drizzle schema, where no configuration names it: they were read as candidates. */
function guessedSchema(listing: Listing, root: string): readonly string[] {
  const found = drizzleSchemaCandidates(listing, root).filter((path) => /from ['"]drizzle-orm\/(?:pg|mysql|sqlite)-core['"]/.test(listing.text(path) ?? ''))
  const shortest = Math.min(...found.map((path) => folderOf(path).length))
  return found.filter((path) => folderOf(path).length === shortest)
}

/** Paths that may hold a Drizzle schema by their names, at most twenty. */
export function drizzleSchemaCandidates(listing: Listing, root: string): readonly string[] {
  return listing.paths.filter((path) => isBelow(path, root) && /(?:^|\/)(?:schema|schemas)(?:\/[\w.-]+)?\.(?:ts|js|mts|mjs)$/.test(path)).slice(0, 20)
}
