import type { Dialect } from '../schema/model.ts'
import type { MigrationSource, Project, Runner, RunnerName, RunnerOptions } from './project.ts'
import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { baseOf, byNumber, folderOf, isBelow, numberOf } from './paths.ts'
import { traitsOf } from './sql-text.ts'
import type { SqlTraits } from './sql-text.ts'
import type { SqlcFiles } from './sqlc.ts'
import { crateVersion, flywayVersion, goVersion, npmVersion } from './versions.ts'

/** SQL files that no schema is made of, with the reason: for a note where a change touches them. */
export interface IgnoredSql {
  readonly path: string
  readonly reason: 'queries' | 'data' | 'tests' | 'another dialect' | 'no migration' | 'extension' | 'not read'
}

/** A folder of SQL files, as its names tell. */
interface SqlFolder {
  readonly folder: string
  /** Base names of its `.sql` files, in the order of their numbers. */
  readonly names: readonly string[]
  /** True where names or the folder's own name say that files run one after the other. */
  readonly ordered: boolean
}

const flywayName = /^[VUBR](?:\d[\d._]*)?__\S.*\.sql$/
const upDownName = /\.(?:up|down)\.sql$/
/** Other names golang-migrate passes over: https://github.com/golang-migrate/migrate/blob/master/source/parse.go */
const golangMigrateName = /^\d+_.*\.(?:up|down)\./
const orderedFolder =
  /^(?:migrations?|migrate|db-?migrations?|patches|upgrades?|updates|deltas?|changes(?:ets?)?|versions?)$/i
const testFolder =
  /(?:^|\/)(?:tests?|integration(?:[-_]tests?)?|__tests__|specs?|e2e|mocks?|__mocks__|seeds?|seeders|benchmarks?|bench|regress|snippets)(?:\/|$)/i
const seedName = /(?:^|[._-])(?:seeds?|fixtures?|test[_-]?data|sample[_-]?data|dummy|mock)(?:[._-]|$)/i
const declaredName = /^(?:schema|structure|ddl|tables|init|create|setup|database|db|dump|baseline)(?:[._-]\w+)*\.sql$/i
const databaseFolder = /^(?:db|database|databases|sql|schemas?|postgres(?:ql)?|pg|supabase)$/i

/** Groups the SQL files of a tree by folder, without those that `claimed` takes. */
export function sqlFolders(listing: Listing, claimed: (path: string) => boolean): readonly SqlFolder[] {
  const folders = new Map<string, string[]>()
  for (const path of listing.paths) {
    if (!path.endsWith('.sql') || claimed(path)) continue
    const folder = folderOf(path)
    const names = folders.get(folder)
    if (names) names.push(baseOf(path))
    else folders.set(folder, [baseOf(path)])
  }
  return [...folders].map(([folder, names]) => {
    const numbered = names.filter(
      (name) => numberOf(name) !== null || flywayName.test(name) || upDownName.test(name),
    ).length
    return {
      folder,
      names: names.sort(byNumber),
      ordered: orderedFolder.test(baseOf(folder)) || (numbered * 2 >= names.length && numbered > 0),
    }
  })
}

const mostLoose = 300

/** The SQL files that detection has to look into: some of each ordered folder, the loose ones up to a limit, those of `first` before others. */
export function sqlSamples(folders: readonly SqlFolder[], first: ReadonlySet<string>): readonly string[] {
  const samples: string[] = []
  const loose: string[] = []
  const perParent = new Map<string, number>()
  for (const { folder, names, ordered } of folders) {
    if (names.includes('up.sql')) {
      const count = perParent.get(folderOf(folder)) ?? 0
      perParent.set(folderOf(folder), count + 1)
      if (count < 3) samples.push(within(folder, 'up.sql'))
    } else if (ordered) {
      const numbered = names.filter((name) => numberOf(name) !== null || flywayName.test(name))
      const picked = [
        numbered[0],
        numbered[Math.floor(numbered.length / 2)],
        numbered.at(-1),
        ...names.filter((name) => numberOf(name) === null).slice(0, 6),
      ]
      samples.push(...picked.filter((name) => name !== undefined).map((name) => within(folder, name)))
    } else loose.push(...names.map((name) => within(folder, name)))
  }
  loose.sort(
    (a, b) =>
      Number(first.has(b)) - Number(first.has(a)) || rank(a) - rank(b) || a.split('/').length - b.split('/').length,
  )
  return [...samples, ...loose.slice(0, mostLoose)]
}

function rank(path: string): number {
  if (testFolder.test(path)) return 3
  return declaredName.test(baseOf(path)) ? 0 : path.split('/').some((part) => databaseFolder.test(part)) ? 1 : 2
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
    if (dialect !== 'ignored' && !testFolder.test(entry))
      projects.push(
        sqlProject(listing, { folder: entry, layout: 'up-down-folders' }, [], runnerOfFolders(listing, entry), dialect),
      )
  }
  for (const { folder, names: all, ordered } of folders) {
    const scripts = all.filter((name) => isExtensionScript(listing, folder, name))
    ignored.push(...scripts.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'extension' })))
    const names = all.filter((name) => !scripts.includes(name))
    if (names.length === 0) continue
    const apart = projects.find(
      ({ migrations }) =>
        migrations?.layout === 'up-down-folders' &&
        (folderOf(folder) === migrations.folder || folder === migrations.folder),
    )
    if (apart) {
      if (folder === apart.migrations?.folder)
        ignored.push(...names.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'no migration' })))
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
    const other = dialectOf(folder, seen)
    if (
      other === 'ignored' ||
      (seen.length > 0 &&
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
    if (testFolder.test(folder)) {
      ignored.push(...names.map((name): IgnoredSql => ({ path: within(folder, name), reason: 'tests' })))
      continue
    }
    projects.push(orderedProject(listing, folder, names, seen, other))
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

/** What the names and samples of a folder say of its dialect; `ignored` where it is one that nothing here reviews. */
function dialectOf(folder: string, seen: readonly SqlTraits[]): Dialect | 'ignored' {
  const counts = new Map<string, number>()
  for (const { dialect } of seen) counts.set(dialect, (counts.get(dialect) ?? 0) + 1)
  const named =
    /(?:^|[/_-])(clickhouse|mysql|mariadb|sqlite|d1|mssql|sqlserver|oracle|bigquery|snowflake|duckdb|cassandra|scylla|redshift|spanner|tidb)(?:$|[/_-])/i
      .exec(folder)?.[1]
      ?.toLowerCase()
  const most = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'postgresql'
  const said = most === 'postgresql' && named !== undefined ? named : most
  if (said === 'mysql' || said === 'mariadb' || said === 'tidb') return 'mysql'
  if (said === 'sqlite' || said === 'd1') return 'sqlite'
  if (said === 'sqlserver' || said === 'mssql') return 'sqlserver'
  return said === 'postgresql' ? 'postgresql' : 'ignored'
}

function orderedProject(
  listing: Listing,
  folder: string,
  names: readonly string[],
  seen: readonly SqlTraits[],
  dialect: Dialect,
): Project {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name))
  const marker = seen.find((found) => found.marker !== null)?.marker ?? null
  const runner = runnerOf(listing, folder, {
    marker,
    flyway: has(flywayName),
    upDown: has(upDownName),
    golangMigrate: has(golangMigrateName),
  })
  const layout: MigrationSource['layout'] = has(flywayName)
    ? 'flyway'
    : has(upDownName)
      ? 'up-down'
      : marker !== null
        ? 'sections'
        : 'plain'
  // Between numbered migrations, a file without a number is a schema, a seed or a helper.
  const unnumbered =
    layout === 'plain' && names.some((name) => numberOf(name) !== null)
      ? names.filter((name) => numberOf(name) === null)
      : []
  const declared = unnumbered.filter((name) => declaredName.test(name)).map((name) => within(folder, name))
  const files =
    unnumbered.length > 0 ? names.filter((name) => numberOf(name) !== null).map((name) => within(folder, name)) : null
  return sqlProject(listing, { folder, layout, ...(files ? { files } : {}) }, declared, runner, dialect)
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

type FoundRunner = Runner & { readonly evidence: string }

function found(name: RunnerName, version: string | null, evidence: string, options?: RunnerOptions): FoundRunner {
  return { name, version, evidence, ...(options ? { options } : {}) }
}

const assumed = (evidence: string): FoundRunner => ({ name: 'psql', version: null, assumed: true, evidence })

function runnerOf(
  listing: Listing,
  folder: string,
  signs: {
    readonly marker: SqlTraits['marker']
    readonly flyway: boolean
    readonly upDown: boolean
    readonly golangMigrate: boolean
  },
): FoundRunner {
  const go = (module: string) => goVersion(listing, folder, module)
  if (/(?:^|\/)supabase\/migrations$/.test(folder))
    return found('supabase', npmVersion(listing, folder, 'supabase') ?? null, folder)
  if (signs.marker === 'goose') return found('goose', go('github.com/pressly/goose') ?? null, folder)
  if (signs.marker === 'dbmate')
    return found('dbmate', npmVersion(listing, folder, 'dbmate') ?? go('github.com/amacneil/dbmate') ?? null, folder)
  if (signs.marker === 'sql-migrate') return assumed(folder)
  if (listing.has(within(folder, 'atlas.sum')) && !signs.upDown && !signs.flyway)
    return found('atlas', null, within(folder, 'atlas.sum'), atlasOptions(listing, folder))
  if (signs.flyway)
    return found('flyway', flywayVersion(listing, folder) ?? null, folder, flywayOptions(listing, folder))
  const sqlx = crateVersion(listing, folder, 'sqlx')
  if (sqlx !== undefined) return found('sqlx', sqlx, folder)
  const nodePgMigrate = npmVersion(listing, folder, 'node-pg-migrate')
  if (nodePgMigrate !== undefined || signs.marker === 'node-pg-migrate')
    return found('node-pg-migrate', nodePgMigrate ?? null, folder, nodePgMigrateOptions(listing, folder))
  if (signs.golangMigrate) {
    const version = go('github.com/golang-migrate/migrate')
    if (version !== undefined || go('github.com/uptrace/bun') === undefined)
      return found('golang-migrate', version ?? null, folder, golangMigrateOptions(listing, folder))
  }
  return assumed(folder)
}

function runnerOfFolders(listing: Listing, folder: string): FoundRunner {
  const diesel = crateVersion(listing, folder, 'diesel')
  const config = listing.nearest(folder, 'diesel.toml')
  if (diesel !== undefined || config !== null)
    return found('diesel', diesel ?? null, config === null ? folder : within(config, 'diesel.toml'))
  return assumed(folder)
}

/** `tx-mode` of an atlas.hcl around the folder. */
function atlasOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const at = listing.nearest(folder, 'atlas.hcl')
  const mode =
    at === null
      ? undefined
      : /\btx[-_]mode\s*=\s*"?(file|all|none)\b/i.exec(listing.text(within(at, 'atlas.hcl')) ?? '')?.[1]?.toLowerCase()
  return mode === 'file' || mode === 'all' || mode === 'none' ? { txMode: mode } : undefined
}

function flywayOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const texts = ['flyway.conf', 'flyway.toml']
    .map((name) => {
      const at = listing.nearest(folder, name)
      return at === null ? '' : (listing.text(within(at, name)) ?? '')
    })
    .join('\n')
  const isOn = (name: string) => new RegExp(`^\\s*(?:flyway\\.)?${name}\\s*[=:]\\s*true\\b`, 'm').test(texts)
  const [group, mixed] = [isOn('group'), isOn('mixed')]
  return group || mixed ? { group, mixed } : undefined
}

/** Where a repository writes down how golang-migrate is called, and so the database address that it is given. */
export const golangMigrateCallers: readonly string[] = [
  'Makefile',
  'makefile',
  'justfile',
  'Taskfile.yml',
  'Taskfile.yaml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'compose.yml',
  'compose.yaml',
  '.env.example',
]

function golangMigrateOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const isMulti = golangMigrateCallers.some((name) => {
    const at = listing.nearest(folder, name)
    return at !== null && /\bx-multi-statement=true\b/.test(listing.text(within(at, name)) ?? '')
  })
  return isMulti ? { multiStatement: true } : undefined
}

function nodePgMigrateOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const at = listing.nearest(folder, 'package.json')
  const text = at === null ? '' : (listing.text(within(at, 'package.json')) ?? '')
  return /--no-single-transaction\b|"single-transaction"\s*:\s*false/.test(text)
    ? { singleTransaction: false }
    : undefined
}

/** True for what CREATE EXTENSION runs. https://www.postgresql.org/docs/current/extend-extensions.html#EXTEND-EXTENSIONS-FILES */
function isExtensionScript(listing: Listing, folder: string, name: string): boolean {
  const [, extension] = /^(.+?)--[\w.-]+\.sql$/.exec(name) ?? []
  return (
    extension !== undefined && [folder, folderOf(folder)].some((at) => listing.has(within(at, `${extension}.control`)))
  )
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
  if (testFolder.test(path)) return 'tests'
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
