import type { Note } from '../finding.ts'
import type { Config } from '../config.ts'
import type { Tree } from '../changeset/tree.ts'
import type { Dialect } from '../schema/dialect.ts'
import { globMatcher } from '../changeset/globs.ts'
import { loadParser } from '../sql/parser.ts'
import { isDrizzleConfig } from '../schema/drizzle/config.ts'
import type { MigrationSource, Project } from './project.ts'
import { drizzleFolders, drizzleProjects, drizzleSchemaCandidates, mayConfigureDrizzle } from './drizzle-project.ts'
import { listTree, within } from './listing.ts'
import type { Listing } from './listing.ts'
import { baseOf, folderOf, isBelow, joinPath } from './paths.ts'
import { isPrismaConfig, prismaProjects } from './prisma-project.ts'
import { flywayConfigs } from './flyway.ts'
import { sqitchFiles } from './sqitch.ts'
import { sqlFolders, sqlSamples } from './sql-folders.ts'
import { sqlProjects } from './sql-project.ts'
import { golangMigrateCallers } from './sql-runner.ts'
import type { IgnoredSql } from './sql-project.ts'
import { isSqlcConfig, sqlcFiles } from './sqlc.ts'
import { passwordHasher, versionFiles } from './versions.ts'

/** What lives in a tree. */
export interface Detection {
  /** Sorted by root and name. */
  readonly projects: readonly Project[]
  readonly notes: readonly Note[]
  /** SQL files of no project, with the reason; nothing is said of them unless a change touches them. */
  readonly ignored: readonly IgnoredSql[]
}

/**
 * Finds the databases of a tree by what its files hold: Prisma, Drizzle, folders of SQL migrations, declared SQL schemas, at the root and in
 * packages. `changed` are paths that a change touches: they are looked into before others where there are too many loose SQL files for all.
 * Reads configuration as text and runs nothing. Wants one listing and one batch of contents from the tree.
 */
export async function detectProjects(tree: Tree, config: Config, changed: readonly string[] = []): Promise<Detection> {
  const ignore = globMatcher(config.paths.ignore)
  const include = globMatcher(config.paths.include)
  const isIncluded = (path: string) => !/\.(?:sql|prisma)$/.test(path) || include(path)
  const [{ listing, readTexts }] = await Promise.all([
    listTree(tree, (path) => ignore(path) || !isIncluded(path)),
    loadParser(),
  ])
  const claims = claimedByOrm(listing)
  const folders = sqlFolders(listing, claims)
  const samples = sqlSamples(folders, new Set(changed))
  await readTexts([
    ...configFiles(listing),
    ...samples,
    ...manifestFiles(
      listing,
      folders.map(({ folder }) => folder),
    ),
  ])
  const prisma = prismaProjects(listing)
  const drizzle = drizzleProjects(listing)
  const orm = [...prisma.projects, ...drizzle.projects]
  const isTaken = (folder: string) =>
    orm.some(
      ({ migrations }) =>
        migrations !== null &&
        (migrations.folder === folder || (migrations.layout === 'prisma' && isBelow(folder, migrations.folder))),
    )
  const free = folders.filter(({ folder }) => !isTaken(folder))
  const sql = sqlProjects(listing, free, samples, orm, sqlcFiles(listing))
  const projects = override([...orm, ...sql.projects], config, listing)
  // What could not be followed matters where a change touches it, or touches what is below it and nothing else tells what lives there.
  const isSaid = (note: Note) =>
    changed.length === 0 ||
    changed.includes(note.path) ||
    (changed.some((path) => isBelow(path, folderOf(note.path))) &&
      !projects.some(({ root }) => isBelow(note.path, root)))
  const known = projects.map((project) => {
    const hasher = passwordHasher(listing, project.root)
    return hasher === null ? project : { ...project, passwordHasher: hasher }
  })
  return { projects: named(known), notes: [...prisma.notes, ...drizzle.notes].filter(isSaid), ignored: sql.ignored }
}

/** Migrations that Prisma's or Drizzle's layout tells by their names alone. */
function claimedByOrm(listing: Listing): (path: string) => boolean {
  const drizzle = drizzleFolders(listing)
  return (path) => {
    const folder = folderOf(path)
    return baseOf(path) === 'migration.sql' || (drizzle.has(folder) && drizzle.get(folder) === 'drizzle')
  }
}

function configFiles(listing: Listing): readonly string[] {
  const names = new Set([
    '_journal.json',
    'migration_lock.toml',
    'diesel.toml',
    'atlas.hcl',
    ...sqitchFiles,
    ...(listing.paths.some((path) => path.endsWith('.up.sql')) ? golangMigrateCallers : []),
  ])
  const flyway = new Set(flywayConfigs(listing))
  return listing.paths.filter(
    (path) =>
      path.endsWith('.prisma') ||
      isPrismaConfig(path) ||
      mayConfigureDrizzle(path) ||
      isSqlcConfig(path) ||
      names.has(baseOf(path)) ||
      flyway.has(path),
  )
}

/** Manifests and lockfiles for the folders that may hold a project. */
function manifestFiles(listing: Listing, sqlFolders: readonly string[]): readonly string[] {
  const files = new Set<string>()
  const seen = new Set<string>()
  const add = (folder: string) => {
    if (seen.has(folder)) return
    seen.add(folder)
    for (const path of versionFiles(listing, folder)) files.add(path)
  }
  const orm = listing.paths.filter(
    (path) =>
      path.endsWith('.prisma') || isPrismaConfig(path) || isDrizzleConfig(path) || path.endsWith('meta/_journal.json'),
  )
  for (const folder of [...orm.map(folderOf), ...sqlFolders]) add(folder)
  for (const path of orm) {
    if (!path.endsWith('_journal.json')) continue
    const root = listing.nearest(folderOf(path), 'package.json')
    if (root !== null && root !== '')
      for (const candidate of drizzleSchemaCandidates(listing, root)) files.add(candidate)
  }
  return [...files]
}

/** Projects as the configuration's `projects` has them, in the place of those that were found there. */
function override(found: readonly Project[], config: Config, listing: Listing): readonly Project[] {
  let projects = [...found]
  for (const wanted of config.projects) {
    const root = joinPath('', wanted.root) ?? ''
    const fits = (project: Project) =>
      isBelow(project.root, root) || (project.migrations !== null && isBelow(project.migrations.folder, root))
    const migrations = wanted.migrations === undefined ? undefined : placeOf(listing, root, wanted.migrations)
    const candidates = projects
      .filter(fits)
      .filter(
        ({ orm, runner }) =>
          (wanted.orm ?? orm) === orm &&
          (wanted.orm || !wanted.runner || runner.name === wanted.runner || runner.assumed),
      )
    const exact =
      candidates.find((project) => migrations !== undefined && project.migrations?.folder === migrations) ??
      candidates.find((project) => project.root === root) ??
      candidates[0]
    const layout = layoutOf(listing, migrations, wanted.runner ?? wanted.orm, exact)
    const base: Project = exact ?? {
      root,
      name: root,
      orm: wanted.orm ?? null,
      dialect: 'postgresql',
      runner: { name: 'psql', version: null, assumed: true },
      schemaFiles: [],
      migrations: null,
      evidence: '.github/schemagate.yml',
      settings: {},
    }
    const name = wanted.runner ?? wanted.orm ?? base.runner.name
    const schema = wanted.schema === undefined ? null : placeOf(listing, root, wanted.schema)
    const schemaPaths =
      schema === null
        ? []
        : listing.has(schema)
          ? [schema]
          : listing.paths.filter((path) => isBelow(path, schema) && /\.(?:prisma|sql|[mc]?[jt]sx?)$/.test(path))
    const project: Project = {
      ...base,
      root,
      orm: wanted.orm ?? base.orm,
      runner: {
        name,
        version: wanted.version ?? (base.runner.name === name ? base.runner.version : null),
        ...(base.runner.options && base.runner.name === name ? { options: base.runner.options } : {}),
      },
      ...(schemaPaths.length === 0
        ? {}
        : schemaPaths.every((path) => path.endsWith('.sql'))
          ? { sqlSchema: schemaPaths }
          : { schemaFiles: schemaPaths }),
      migrations: migrations === undefined ? base.migrations : { folder: migrations, layout },
    }
    projects = exact ? projects.map((other) => (other === exact ? project : other)) : [...projects, project]
    // What was found inside the folder of the named one is part of it.
    projects = projects.filter(
      (other) =>
        other === project ||
        other.migrations === null ||
        project.migrations === null ||
        other.migrations.folder !== project.migrations.folder,
    )
  }
  return projects
}

function placeOf(listing: Listing, root: string, path: string): string {
  const [relative, whole] = [joinPath(root, path), joinPath('', path)]
  const exists = (target: string | null) =>
    target !== null &&
    (listing.has(target) || listing.filesIn(target).length > 0 || listing.foldersIn(target).length > 0)
  return (exists(relative) || !exists(whole) ? relative : whole) ?? path
}

function layoutOf(
  listing: Listing,
  folder: string | undefined,
  runner: string | undefined,
  found: Project | undefined,
): MigrationSource['layout'] {
  if (folder === undefined || found?.migrations?.folder === folder) return found?.migrations?.layout ?? 'plain'
  if (
    runner === 'prisma' ||
    listing.foldersIn(folder).some((name) => listing.has(within(folder, `${name}/migration.sql`)))
  )
    return 'prisma'
  if (runner === 'drizzle') return listing.has(within(folder, 'meta/_journal.json')) ? 'drizzle' : 'drizzle-folders'
  if (runner === 'diesel') return 'up-down-folders'
  if (runner === 'flyway') return 'flyway'
  if (runner === 'goose' || runner === 'dbmate') return 'sections'
  return listing.filesIn(folder).some((name) => name.endsWith('.up.sql')) ? 'up-down' : 'plain'
}

/** Gives projects that share a root names that tell them apart, and sorts them. */
function named(projects: readonly Project[]): readonly Project[] {
  const sharing = (root: string) => projects.filter((project) => project.root === root)
  const result = projects.map((project): Project => {
    const root = project.root === '' ? '.' : project.root
    if (sharing(project.root).length === 1) return { ...project, name: root }
    return { ...project, name: databaseOf(project) || root }
  })
  const used = new Map<string, number>()
  const unique = result.map((project) => {
    const count = (used.get(project.name) ?? 0) + 1
    used.set(project.name, count)
    return count === 1 ? project : { ...project, name: `${project.name} (${count})` }
  })
  return unique.sort((a, b) => (a.root < b.root ? -1 : a.root > b.root ? 1 : a.name < b.name ? -1 : 1))
}

/** The folder that tells one database of a root from another. */
function databaseOf(project: Project): string {
  const schema = project.schemaFiles[0]
  const folder =
    project.migrations?.folder ?? (schema !== undefined ? folderOf(schema) : folderOf(project.sqlSchema?.[0] ?? ''))
  const parent = folderOf(folder)
  return /^(?:migrations?|drizzle)$/.test(baseOf(folder)) && parent !== '' && parent !== project.root ? parent : folder
}

/** True where two projects, found in two trees, are the same database: they share migrations or a schema file, or nothing else stands at their place. */
export function isSameProject(a: Project, b: Project): boolean {
  if (a.orm !== b.orm) return false
  const loose = a.migrations?.loose === true || b.migrations?.loose === true
  if (
    a.migrations &&
    b.migrations &&
    a.migrations.folder === b.migrations.folder &&
    (!loose || a.migrations.loose === b.migrations.loose)
  )
    return true
  const files = new Set([...a.schemaFiles, ...(a.sqlSchema ?? [])])
  if ([...b.schemaFiles, ...(b.sqlSchema ?? [])].some((path) => files.has(path))) return true
  return a.root === b.root && a.name === b.name
}

/** Dialects whose migrations are replayed and judged. */
export function isPostgres(dialect: Dialect): boolean {
  return dialect === 'postgresql' || dialect === 'cockroachdb'
}
