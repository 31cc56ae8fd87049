import type { Note } from '../finding.ts'
import type { Dialect } from '../schema/dialect.ts'
import type { MigrationSource, Project, ProjectSettings, Runner } from './project.ts'
import { drizzlePaths, isDrizzleConfig, readDrizzleConfig } from '../schema/drizzle/config.ts'
import type { DrizzleConfig } from '../schema/drizzle/config.ts'
import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { baseOf, folderOf, foldersAround, isBelow, joinPath } from './paths.ts'
import { field, npmVersion, parseJson } from './versions.ts'

const dialects: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgresql',
  pg: 'postgresql',
  cockroach: 'cockroachdb',
  mysql: 'mysql',
  singlestore: 'mysql',
  sqlite: 'sqlite',
  turso: 'sqlite',
  mssql: 'sqlserver',
}

/** Folders whose migrations drizzle-kit wrote, by the journal or the snapshots in them. */
export function drizzleFolders(listing: Listing): ReadonlyMap<string, 'drizzle' | 'drizzle-folders'> {
  const folders = new Map<string, 'drizzle' | 'drizzle-folders'>()
  for (const path of listing.paths) {
    if (path === 'meta/_journal.json' || path.endsWith('/meta/_journal.json'))
      folders.set(folderOf(folderOf(path)), 'drizzle')
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
  for (const path of listing.paths.filter(mayConfigureDrizzle)) {
    const text = listing.text(path)
    if (text === undefined || (!isDrizzleConfig(path) && !/['"]drizzle-kit['"]/.test(text))) continue
    const read = readDrizzleConfig(text, path)
    notes.push(...read.notes)
    for (const config of read.configs) {
      const project = configuredProject(listing, folders, config)
      if (project.migrations === null && project.schemaFiles.length === 0) {
        notes.push({
          kind: 'unresolved',
          blocking: false,
          path,
          line: 1,
          message: 'Neither the schema nor the migrations that the Drizzle configuration names are in the repository.',
        })
        continue
      }
      if (project.schemaFiles.length > 0 && project.schemaFiles.every((file) => testFile.test(file))) continue
      if (project.migrations !== null && claimed.has(project.migrations.folder)) continue
      if (project.migrations !== null) claimed.add(project.migrations.folder)
      projects.push(project)
    }
  }
  // A schema that a configuration names belongs to its migrations, not to those of another folder.
  const named = new Set(projects.flatMap((project) => project.schemaFiles))
  for (const [folder, layout] of folders) {
    if (claimed.has(folder)) continue
    const journal = parseJson(listing.text(within(folder, 'meta/_journal.json')) ?? '')
    const said = field(journal, 'dialect')
    const dialect = typeof said === 'string' ? said : 'postgresql'
    const root = listing.nearest(folder, 'package.json') ?? folder
    projects.push({
      root,
      name: root === '' ? '.' : root,
      orm: 'drizzle',
      dialect: dialects[dialect] ?? 'postgresql',
      runner: drizzleRunner(listing, root, folder),
      schemaFiles: guessedSchema(listing, root, dialect).filter((path) => !named.has(path)),
      migrations: { folder, layout: runsByName(folder) ? 'plain' : layout },
      evidence: layout === 'drizzle' ? within(folder, 'meta/_journal.json') : folder,
      settings: { drizzleLayout: layout === 'drizzle' ? 'journal' : 'folders' },
    })
  }
  // A second configuration of the same schema, without migrations of its own, is another way to the same database.
  const own = projects.filter(
    (project) =>
      project.migrations !== null ||
      !projects.some(
        (other) =>
          other.migrations !== null &&
          other.dialect === project.dialect &&
          other.schemaFiles.some((file) => project.schemaFiles.includes(file)),
      ),
  )
  return { projects: own, notes }
}

const testFile = /(?:^|\/)(?:tests?|__tests__|fixtures|e2e)\//

/** True for a file that may configure drizzle-kit: by its name, or any configuration whose text has to tell. */
export function mayConfigureDrizzle(path: string): boolean {
  return (
    /(?:^|[./-])config\.(?:ts|js|mjs|cjs|mts|cts)$|(?:^|\/)drizzle[\w.-]*\.config\.json$/.test(path) &&
    !/\.(?:test|spec)\.\w+$/.test(path) &&
    !testFile.test(path) &&
    (isDrizzleConfig(path) || /(?:^|\/)(?:db|database|configs?|drizzle|scripts)\/[^/]*$/.test(path))
  )
}

function configuredProject(
  listing: Listing,
  folders: ReadonlyMap<string, 'drizzle' | 'drizzle-folders'>,
  config: DrizzleConfig,
): Project {
  const home = folderOf(config.path)
  const root = listing.nearest(home, 'package.json') ?? home
  const paths = drizzlePaths(config, listing.paths)
  // A folder that the configuration leads to from where it lies counts too, though drizzle-kit is mostly started above it.
  const candidates = [
    paths.out,
    ...(config.out === null ? [] : foldersAround(home).map((at) => joinPath(at, config.out ?? ''))),
  ]
  const folder = candidates.find((at) => at !== null && folders.has(at)) ?? paths.out
  const layout = folder === null ? undefined : folders.get(folder)
  const migrations: MigrationSource | null =
    folder !== null && layout !== undefined ? { folder, layout: runsByName(folder) ? 'plain' : layout } : null
  const journal =
    migrations === null
      ? null
      : field(parseJson(listing.text(within(migrations.folder, 'meta/_journal.json')) ?? ''), 'dialect')
  const settings: ProjectSettings = {
    casing: config.casing,
    ...(config.remote ? { remote: true } : {}),
    ...(config.schemaFilter !== null && config.schemaFilter.length > 0 ? { schemas: config.schemaFilter } : {}),
    ...(config.tablesFilter !== null && config.tablesFilter.length > 0 ? { tables: config.tablesFilter } : {}),
    ...(layout === undefined ? { push: true } : { drizzleLayout: layout === 'drizzle' ? 'journal' : 'folders' }),
  }
  const dialect = config.dialect ?? dialects[typeof journal === 'string' ? journal : 'postgresql'] ?? 'postgresql'
  return {
    root,
    name: root === '' ? '.' : root,
    orm: 'drizzle',
    dialect,
    runner: drizzleRunner(listing, root, folder ?? ''),
    schemaFiles: ofDialect(paths.schemaFiles, dialect),
    migrations,
    evidence: config.path,
    settings,
  }
}

const dialectFiles = [
  ['postgresql', /^(?:postgres(?:ql)?|pg)\.\w+$/],
  ['mysql', /^(?:mysql|mariadb)\.\w+$/],
  ['sqlite', /^(?:sqlite|libsql|turso)\.\w+$/],
] as const

/** Of files named after dialects, those of one dialect; all where none is named so. */
function ofDialect(files: readonly string[], dialect: Dialect): readonly string[] {
  const named = files.filter((file) =>
    dialectFiles.some(([name, pattern]) => name === dialect && pattern.test(baseOf(file))),
  )
  const others = files.some((file) =>
    dialectFiles.some(([name, pattern]) => name !== dialect && pattern.test(baseOf(file))),
  )
  return named.length > 0 && others ? named : files
}

/** True for migrations that drizzle-kit writes and the Supabase CLI runs: every file, in the order of the names, whatever the journal says. */
function runsByName(folder: string): boolean {
  return /(?:^|\/)supabase\/migrations$/.test(folder)
}

function drizzleRunner(listing: Listing, root: string, folder: string): Runner {
  if (runsByName(folder)) return { name: 'supabase', version: npmVersion(listing, root, 'supabase') ?? null }
  return { name: 'drizzle', version: npmVersion(listing, root, 'drizzle-orm') ?? null }
}

/** Files of a package that look like a Drizzle schema, where no configuration names it: they were read as candidates. */
function guessedSchema(listing: Listing, root: string, dialect: string): readonly string[] {
  const core = { postgresql: 'pg', mysql: 'mysql', sqlite: 'sqlite', singlestore: 'singlestore' }[dialect] ?? 'pg'
  const found = drizzleSchemaCandidates(listing, root).filter((path) =>
    new RegExp(`from ['"]drizzle-orm/${core}-core['"]`).test(listing.text(path) ?? ''),
  )
  const shortest = Math.min(...found.map((path) => folderOf(path).length))
  return found.filter((path) => folderOf(path).length === shortest)
}

/** Paths that may hold a Drizzle schema by their names, at most twenty. */
export function drizzleSchemaCandidates(listing: Listing, root: string): readonly string[] {
  return listing.paths
    .filter((path) => isBelow(path, root) && /(?:^|\/)(?:schema|schemas)(?:\/[\w.-]+)?\.(?:ts|js|mts|mjs)$/.test(path))
    .slice(0, 20)
}
