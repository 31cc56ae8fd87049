import type { Dialect } from '../schema/dialect.ts'
import type { MigrationSource, Project, Runner, RunnerName } from './project.ts'
import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { baseOf, folderOf, isBelow, numberOf } from './paths.ts'
import {
  databaseFolder,
  declaredName,
  flywayCallback,
  flywayName,
  isAside,
  golangMigrateName,
  orderedFolder,
  seedName,
  upDownName,
  wayBackName,
} from './sql-folders.ts'
import type { SqlFolder } from './sql-folders.ts'
import { dialectOf } from './folder-dialect.ts'
import { flywayHistories } from './flyway.ts'
import { assumed, runnerOf, runnerOfFolders } from './sql-runner.ts'
import { isBeingWritten, isExtensionScript, isOfOtherDialect } from './sql-left-out.ts'
import { sqitchPlans } from './sqitch.ts'
import { traitsOf } from './sql-text.ts'
import type { SqlTraits } from './sql-text.ts'
import type { SqlcFiles } from './sqlc.ts'
import { sqlxDatabase } from './versions.ts'

/** SQL files that no schema is made of, with the reason: for a note where a change touches them. */
export interface IgnoredSql {
  readonly path: string
  readonly reason:
    | 'queries'
    | 'data'
    | 'tests'
    | 'another dialect'
    | 'no migration'
    | 'no folder'
    | 'no number'
    | 'no plan'
    | 'callback'
    | 'extension'
    | 'not read'
  /** With `no number` and `no folder`: the runner that passes the file over, null where it is not known what runs it. */
  readonly runner?: RunnerName | null
}

/** The projects of plain SQL in a tree. Samples, manifests and lockfiles must have been read, the parser loaded. */
export function sqlProjects(
  listing: Listing,
  folders: readonly SqlFolder[],
  samples: readonly string[],
  orm: readonly Project[],
  sqlc: SqlcFiles,
): {
  projects: readonly Project[]
  ignored: readonly IgnoredSql[]
} {
  const traits = new Map<string, SqlTraits>()
  for (const path of samples) {
    const text = listing.text(path)
    if (text !== undefined) traits.set(path, traitsOf(path, text))
  }
  const ignored: IgnoredSql[] = []
  const projects: Project[] = []
  const loose: string[] = []
  for (const entry of upDownFolders(folders)) {
    const seen = samples
      .filter((path) => folderOf(folderOf(path)) === entry)
      .map((path) => traits.get(path))
      .filter((one) => one !== undefined)
    const dialect = dialectOf(entry, seen)
    if (dialect !== 'ignored' && !isAside(`${entry}/`))
      projects.push(
        sqlProject(listing, { folder: entry, layout: 'up-down-folders' }, [], runnerOfFolders(listing, entry), dialect),
      )
  }
  const plans = sqitchPlans(listing)
  for (const plan of plans) {
    const seen = plan.files.map((path) => traits.get(path)).filter((one) => one !== undefined)
    const dialect = dialectOf(plan.deploy, seen)
    const source = {
      folder: plan.deploy,
      layout: 'plain',
      files: plan.files,
      planned: { revert: plan.revert, reworked: plan.reworked },
    } as const
    if (dialect === 'ignored') continue
    const project = sqlProject(listing, source, [], { name: 'psql', version: null, evidence: plan.evidence }, dialect)
    const root = folderOf(plan.evidence)
    projects.push({ ...project, root, name: root === '' ? '.' : root })
  }
  const seenIn = (folder: string, names: readonly string[]) =>
    names.map((name) => traits.get(within(folder, name))).filter((found) => found !== undefined)
  const ofFlyway = folders.filter(
    ({ folder, names }) => names.some((name) => flywayName.test(name)) && !isAside(`${folder}/`),
  )
  const others = ofFlyway
    .filter(({ folder, names }) => dialectOf(folder, seenIn(folder, names)) !== 'postgresql')
    .map(({ folder }) => folder)
  const histories = flywayHistories(
    listing,
    ofFlyway.map(({ folder }) => folder),
    (folder) => others.includes(folder),
  )
  for (const { folder, within: at } of histories) {
    const signs = { marker: null, flyway: true, upDown: false, golangMigrate: false }
    const locations = { within: at, without: others }
    projects.push(
      sqlProject(listing, { folder, layout: 'flyway', locations }, [], runnerOf(listing, folder, signs), 'postgresql'),
    )
  }
  const isPlanned = (folder: string) =>
    plans.some(({ deploy, revert, verify }) => [deploy, revert, verify].some((at) => isBelow(folder, at)))
  for (const { folder, names: all, ordered } of folders) {
    if (isPlanned(folder)) {
      const plan = plans.find(({ deploy }) => isBelow(folder, deploy))
      const unplanned = all.map((name) => within(folder, name)).filter((path) => plan?.files.includes(path) === false)
      ignored.push(...unplanned.map((path): IgnoredSql => ({ path, reason: 'no plan' })))
      continue
    }
    if (others.includes(folder) && histories.some((each) => isBelow(folder, each.folder))) {
      ignored.push(...all.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'another dialect' })))
      continue
    }
    const history = others.includes(folder)
      ? undefined
      : histories.find((each) => each.within.some((at) => isBelow(folder, at)))
    if (history) {
      const callbacks = all.filter((name) => flywayCallback.test(name))
      ignored.push(...callbacks.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'callback' })))
      continue
    }
    const scripts = all.filter((name) => isExtensionScript(listing, folder, name))
    ignored.push(...scripts.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'extension' })))
    const foreign = all.filter((name) => isOfOtherDialect(name, all))
    ignored.push(...foreign.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'another dialect' })))
    const names = all.filter(
      (name) => !scripts.includes(name) && !foreign.includes(name) && !isBeingWritten(listing, within(folder, name)),
    )
    if (names.length === 0) continue
    const apart = projects.find(
      ({ migrations }) =>
        migrations?.layout === 'up-down-folders' &&
        (folderOf(folder) === migrations.folder || folder === migrations.folder),
    )
    if (apart) {
      if (folder === apart.migrations?.folder)
        ignored.push(
          ...names.map((name): IgnoredSql => {
            const path = within(folder, name)
            return isMigrationLike(path, traits.get(path))
              ? { path, reason: 'no folder', runner: apart.runner.assumed === true ? null : apart.runner.name }
              : { path, reason: 'no migration' }
          }),
        )
      continue
    }
    const seen = names.map((name) => traits.get(within(folder, name))).filter((found) => found !== undefined)
    // What sqlc reads beside migrations is a copy of what they make, whatever its numbers.
    const copied =
      sqlc.schema.size > 0 &&
      !orderedFolder.test(baseOf(folder)) &&
      names.every((name) => sqlc.schema.has(within(folder, name)) || sqlc.queries.has(within(folder, name)))
    // A changelog of Liquibase grows in place, whatever its number.
    if (!ordered || copied || seen.some((found) => found.changelog)) {
      loose.push(...names.map((name) => within(folder, name)))
      continue
    }
    const said = dialectOf(folder, seen)
    const crate = sqlxDatabase(listing, folder)
    const other = said === 'postgresql' && crate !== null && crate !== 'postgres' ? crate : said
    if (
      other === 'ignored' ||
      (seen.length > 0 &&
        !names.some((name) => flywayName.test(name)) &&
        seen.every((found) => found.queries || !found.changesSchema) &&
        other === 'postgresql' &&
        !orderedFolder.test(baseOf(folder)))
    ) {
      ignored.push(
        ...names.map((name): IgnoredSql => ({
          path: within(folder, name),
          reason: other === 'ignored' ? 'another dialect' : 'queries',
        })),
      )
      continue
    }
    if (isAside(`${folder}/`)) {
      ignored.push(...names.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'tests' })))
      continue
    }
    projects.push(orderedProject(listing, folder, names, names.length < all.length, traits, other, ignored))
  }
  projects.push(...looseProjects(listing, loose, traits, projects, orm, sqlc, ignored))
  return { projects, ignored }
}

/** Folders whose folders each hold an `up.sql`. */
function upDownFolders(folders: readonly SqlFolder[]): readonly string[] {
  return [
    ...new Set(
      folders
        .filter(({ folder, names }) => names.includes('up.sql') && folder !== '')
        .map(({ folder }) => folderOf(folder)),
    ),
  ]
}

function orderedProject(
  listing: Listing,
  folder: string,
  names: readonly string[],
  isPart: boolean,
  traits: ReadonlyMap<string, SqlTraits>,
  dialect: Dialect,
  ignored: IgnoredSql[],
): Project {
  const seen = names.map((name) => traits.get(within(folder, name))).filter((one) => one !== undefined)
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name))
  const marker = seen.find((found) => found.marker !== null)?.marker ?? null
  const runner = runnerOf(listing, folder, {
    marker,
    flyway: has(flywayName),
    upDown: has(upDownName),
    golangMigrate: has(golangMigrateName) && !isLeftBehind(names, golangMigrateName),
  })
  const layout: MigrationSource['layout'] = has(flywayName)
    ? 'flyway'
    : has(upDownName)
      ? 'up-down'
      : marker !== null && marker !== 'graphile-migrate'
        ? 'sections'
        : 'plain'
  // Between numbered migrations, a file without a number is a schema, a seed or a helper; Atlas alone runs it all the same.
  const isNamed = nameIn(layout, runner.name)
  const unnumbered = runner.name !== 'atlas' && names.some(isNamed) ? names.filter((name) => !isNamed(name)) : []
  // `create_phones.sql` makes one table, as a migration does.
  const isSchema = (name: string) =>
    declaredName.test(name) && !/^create[._-](?!(?:tables?|schemas?|db|database|all)\b)/i.test(name)
  const declared = unnumbered.filter(isSchema).map((name) => within(folder, name))
  const files =
    unnumbered.length > 0 || isPart
      ? names.filter((name) => !unnumbered.includes(name)).map((name) => within(folder, name))
      : null
  ignored.push(
    ...unnumbered.flatMap((name): readonly IgnoredSql[] => {
      const path = within(folder, name)
      if (runner.name === 'flyway' && flywayCallback.test(name)) return [{ path, reason: 'callback' }]
      return isSchema(name) || !isMigrationLike(path, traits.get(path))
        ? []
        : [{ path, reason: 'no number', runner: byNumbersOnly.has(runner.name) ? runner.name : null }]
    }),
  )
  return sqlProject(listing, { folder, layout, ...(files ? { files } : {}) }, declared, runner, dialect)
}

/** True where the newest numbered file has a name that the runner would pass over: it is not the one that runs them today. */
function isLeftBehind(names: readonly string[], pattern: RegExp): boolean {
  const last = names.findLast((name) => numberOf(name) !== null)
  return last !== undefined && !pattern.test(last)
}

/** Runners that pass over a file whose name is not one of theirs. */
const byNumbersOnly: ReadonlySet<RunnerName> = new Set([
  'supabase',
  'goose',
  'dbmate',
  'golang-migrate',
  'flyway',
  'refinery',
  'graphile-migrate',
])

/** What tells a migration's name from another in a folder of that layout. */
function nameIn(layout: MigrationSource['layout'], runner: RunnerName): (name: string) => boolean {
  if (layout === 'flyway') return (name) => flywayName.test(name)
  if (layout === 'up-down' && runner === 'golang-migrate') return (name) => golangMigrateName.test(name)
  if (layout === 'up-down') return (name) => upDownName.test(name) || numberOf(name) !== null
  if (layout === 'sections' && !byNumbersOnly.has(runner)) return () => true
  return (name) => numberOf(name) !== null
}

/** True for a file that would be a migration but for its name: it changes the schema, and is no seed and no way back. */
function isMigrationLike(path: string, seen: SqlTraits | undefined): boolean {
  const name = baseOf(path)
  return seen?.changesSchema === true && !seedName.test(name) && !wayBackName.test(name)
}

function sqlProject(
  listing: Listing,
  migrations: MigrationSource | null,
  sqlSchema: readonly string[],
  runner: Runner & { readonly evidence: string },
  dialect: Dialect,
): Project {
  const folder = migrations?.folder ?? folderOf(sqlSchema[0] ?? '')
  const { evidence, ...plain } = runner
  const root = rootOf(listing, folder)
  return {
    root,
    name: root === '' ? '.' : root,
    orm: null,
    dialect,
    runner: plain,
    schemaFiles: [],
    ...(sqlSchema.length > 0 ? { sqlSchema } : {}),
    migrations,
    evidence,
    settings: {},
  }
}

/** The folder that a database belongs to: the nearest one that is a package of some language, else the one around its folders. */
function rootOf(listing: Listing, folder: string): string {
  const manifests = [
    'package.json',
    'go.mod',
    'Cargo.toml',
    'pyproject.toml',
    'pom.xml',
    'build.gradle',
    'build.gradle.kts',
    'mix.exs',
    'Gemfile',
    'composer.json',
  ]
  const found = manifests.map((name) => listing.nearest(folder, name)).filter((at) => at !== null)
  const longest = found.sort((a, b) => b.length - a.length)[0]
  if (longest !== undefined) return longest
  const parts = folder.split('/')
  const at = parts.findIndex((part) => databaseFolder.test(part) || orderedFolder.test(part))
  return at < 0 ? folder : parts.slice(0, at).join('/')
}

/** Files that stand in no order: declared schemas and scripts, one project for each database folder. */
function looseProjects(
  listing: Listing,
  paths: readonly string[],
  traits: ReadonlyMap<string, SqlTraits>,
  others: Project[],
  orm: readonly Project[],
  sqlc: SqlcFiles,
  ignored: IgnoredSql[],
): readonly Project[] {
  const groups = new Map<string, { declared: string[]; scripts: string[] }>()
  for (const path of paths) {
    const seen = traits.get(path)
    const reason = sqlc.queries.has(path) ? 'queries' : looseReason(path, seen)
    if (reason !== null) {
      ignored.push({ path, reason })
      continue
    }
    const folder = databaseFolderOf(path)
    const group = groups.get(folder) ?? { declared: [], scripts: [] }
    groups.set(folder, group)
    if (seen?.changelog !== true && (seen?.onlyCreates || declaredName.test(baseOf(path)) || sqlc.schema.has(path)))
      group.declared.push(path)
    else group.scripts.push(path)
  }
  const projects: Project[] = []
  for (const [folder, { declared, scripts }] of groups) {
    const near = others.findIndex(
      (project) => project.migrations !== null && isBelow(project.migrations.folder, folder) && folder !== '',
    )
    const only = others.length === 1 && orm.length === 0 && !others[0]?.runner.assumed ? 0 : -1
    const at = near >= 0 ? near : only
    const beside = others[at]
    if (beside && declared.length > 0) {
      // A schema beside migrations is theirs: a copy of what they make, or what they start from.
      others[at] = { ...beside, sqlSchema: [...(beside.sqlSchema ?? []), ...declared] }
      if (scripts.length > 0)
        projects.push(
          sqlProject(
            listing,
            { folder, layout: 'plain', files: scripts, loose: true },
            [],
            assumed(folder),
            'postgresql',
          ),
        )
      continue
    }
    const source: MigrationSource = { folder, layout: 'plain', files: scripts, loose: true }
    projects.push(sqlProject(listing, source, declared, assumed(declared[0] ?? scripts[0] ?? folder), 'postgresql'))
  }
  return projects
}

function looseReason(path: string, seen: SqlTraits | undefined): IgnoredSql['reason'] | null {
  if (isAside(path)) return 'tests'
  if (seedName.test(baseOf(path))) return 'data'
  if (seen === undefined) return 'not read'
  if (dialectOf(folderOf(path), [seen]) !== 'postgresql') return 'another dialect'
  if (seen.queries) return 'queries'
  return seen.changesSchema ? null : 'data'
}

/** The outermost folder of a path that is named as a database's, else the folder of the file. */
function databaseFolderOf(path: string): string {
  const parts = folderOf(path).split('/')
  const at = parts.findIndex((part) => databaseFolder.test(part))
  return at < 0 ? folderOf(path) : parts.slice(0, at + 1).join('/')
}
