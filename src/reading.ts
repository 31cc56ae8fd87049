import type { Migration, Step } from './step.ts'
import type { Note } from './finding.ts'
import { pathMatcher } from './changeset/globs.ts'
import type { ChangeSet } from './changeset/tree.ts'
import type { RuleContext } from './engine/rule.ts'
import { detectProjects, isPostgres, isSameProject } from './project/detect.ts'
import { schemaBeforeMigrations } from './project/baseline.ts'
import { readMigrations, type ProjectMigrations } from './project/migrations.ts'
import { movedFrom, withoutMove } from './project/moved.ts'
import type { Project } from './project/project.ts'
import { assumedPostgres } from './config.ts'
import { serverVersionOf } from './project/server-version.ts'
import { transactionsOf } from './project/transactions.ts'
import { readDeclaredSides, type DeclaredSides } from './reading/declared.ts'
import { generatedSteps, stepsWithoutSql } from './reading/generated.ts'
import { baselineNote, baselineOfPushed, type Baseline } from './reading/baseline.ts'
import { mergedNote, mergedOf, type Merged } from './reading/merged.ts'
import { readRecords, type Records } from './reading/records.ts'
import type { Rerun, RoundTrip } from './rehearsal/types.ts'
import type { Rollback } from './report/report.ts'
import { ignoredNote } from './reading/ignored.ts'
import { emptySchema, type Schema, type Table } from './schema/model.ts'
import { type Dialect } from './schema/dialect.ts'
import { replayHistory, replaySteps } from './schema/replay.ts'
import { toldOnce } from './reading/told-once.ts'
import { undeployedSteps } from './reading/undeployed.ts'
import type { Settings } from './settings.ts'
import { loadParser } from './sql/parser.ts'
import type { SqlProblem } from './sql/statement.ts'

/** What is known of one project before and after the change set. */
export interface ProjectReading {
  readonly project: Project
  /** Server major version that the review judges for. */
  readonly postgres: number
  /** True where neither the configuration nor the repository names it. */
  readonly postgresAssumed: boolean
  /** Minor version, where the place that names the version has it. */
  readonly postgresMinor: number | null
  /** The file of the repository that names it; null where the configuration does, or nobody. */
  readonly postgresFrom: { readonly path: string; readonly line: number } | null
  readonly before: Schema
  readonly after: Schema
  readonly declared: Schema | null
  readonly declaredBefore: Schema | null
  readonly steps: readonly Step[]
  /** Steps of the base that production has not run yet. */
  readonly undeployed: readonly Step[]
  readonly migrations: ProjectMigrations | null
  readonly problems: readonly SqlProblem[]
  /** True where the steps come from the difference of the declared schemas, because no migration says it. */
  readonly generated: boolean
  /** What the migrations make, at the base and at the head; null where there are none. */
  readonly migrated: RuleContext['migrated']
  /** Drizzle's journal on both sides. */
  readonly journal: Records['journal']
  /** Provider of Prisma's `migration_lock.toml` on both sides, and of the schema at the head; left out where neither side has a lock. */
  readonly lock?: RuleContext['lock']
  /** True where all that the applied migrations do is known: none refused in the replay, none that calls what changes the schema. */
  readonly wholeHistory: boolean
  /** Old migrations that were merged into fewer: nothing of those runs where they have run before. */
  readonly merged: Merged | null
  /** What a rehearsal of the ways back found; left out without one. */
  readonly roundTrips?: readonly RoundTrip[]
  /** What a rehearsal of the generated way back found; undefined without one. */
  readonly wayBack?: Rollback['rehearsed']
  /** The steps that fail when they run a second time after a failure behind them; left out without a rehearsal. */
  readonly reruns?: readonly Rerun[]
  readonly notes: readonly Note[]
}

/** Finds the projects of both trees and reads their schemas and migrations. A project that nothing touches is read all the same: queries need it. */
export async function readProjects(
  changeSet: ChangeSet,
  settings: Settings,
): Promise<{ projects: readonly ProjectReading[]; notes: readonly Note[] }> {
  await loadParser()
  const paths = changeSet.files.map((file) => file.path)
  const [head, base] = await Promise.all([
    detectProjects(changeSet.head, settings.config, paths),
    detectProjects(changeSet.base, settings.config, paths),
  ])
  const gone = new Set(base.projects.filter((project) => !head.projects.some((other) => isSameProject(other, project))))
  const projects: ProjectReading[] = []
  for (const project of head.projects) {
    const was =
      base.projects.find((other) => isSameProject(other, project)) ??
      movedFrom(project, [...gone], changeSet.files) ??
      movedFrom(project, base.projects, changeSet.files)
    if (was) gone.delete(was)
    const moved = was ? await withoutMove(changeSet, was, project) : { was, changeSet }
    projects.push(withDialectNote(await readProject(project, moved.was, moved.changeSet, settings)))
  }
  for (const project of gone) projects.push(withDialectNote(await readProject(project, project, changeSet, settings)))
  const foreign = head.ignored.filter(({ path }) => paths.includes(path)).flatMap(ignoredNote)
  return {
    projects: toldOnce(withoutCopies(projects)),
    notes: [...head.notes, ...foreign, ...(await unseenSubmodules(changeSet, settings))],
  }
}

/** A configuration without migrations whose tables stand where another one, with migrations, has them is another way to the same database. */
function withoutCopies(projects: readonly ProjectReading[]): readonly ProjectReading[] {
  const isSame = (a: Table, b: Table | undefined) =>
    a.declared[0] !== undefined &&
    a.declared[0].path === b?.declared[0]?.path &&
    a.declared[0].line === b.declared[0].line
  return projects.filter(({ project, declared }) => {
    if (project.migrations !== null || !declared || declared.tables.size === 0) return true
    return !projects.some(
      (other) =>
        other.project.migrations !== null &&
        other.project.dialect === project.dialect &&
        [...declared.tables].every(([key, table]) => isSame(table, other.declared?.tables.get(key))),
    )
  })
}

/** What a moved submodule brings lies in another repository, where nobody looks: migrations, where it stands among them. */
async function unseenSubmodules(changeSet: ChangeSet, { config }: Settings): Promise<readonly Note[]> {
  const isSchemas = pathMatcher(config.paths)
  const paths = changeSet.files.map((file) => file.path).filter(isSchemas)
  if (paths.length === 0) return []
  const modes = new Map((await changeSet.head.list()).entries.map((entry) => [entry.path, entry.mode]))
  return paths
    .filter((path) => modes.get(path) === 'submodule')
    .map((path) => ({
      kind: 'unsupported',
      blocking: false,
      path,
      line: 1,
      message: 'This is a submodule, and what it changes was not looked at: it lies in another repository.',
    }))
}

async function readProject(
  project: Project,
  was: Project | null,
  changeSet: ChangeSet,
  settings: Settings,
): Promise<ProjectReading> {
  const found = settings.config.postgres === null ? await serverVersionOf(changeSet.base, project.root) : null
  const named = settings.config.postgres ?? found?.postgres
  const postgres = named ?? assumedPostgres
  // A history that the change deletes as a whole has run all the same.
  const source = project.migrations ?? was?.migrations ?? null
  const migrations = source ? await readMigrations({ ...project, migrations: source }, changeSet) : null
  const declared = await readDeclaredSides(project, was, changeSet, postgres)
  const { notes: recordNotes, ...records } = await readRecords(project, was, changeSet)
  const history = replayBefore(project, migrations, declared, postgres)
  const added = migrations?.fresh ?? []
  const { baseline } = history
  const fresh = added.filter((file) => !baseline?.files.includes(file))
  const changed = new Set(changeSet.files.map((file) => file.path))
  const problems = (migrations?.texts ?? [])
    .filter((text) => changed.has(text.file.path))
    .flatMap((text) =>
      project.dialect === 'cockroachdb' || /\bcockroach/i.test(text.file.text)
        ? text.problems.map(ofCockroach)
        : text.problems,
    )
  // Beside new scripts, a schema kept in SQL may follow later: it is no promise as an ORM's schema is.
  const promises = project.orm !== null || fresh.length === 0
  const common = {
    // Where the first migrations hold the change too, it comes to the tables that are there as it did before.
    project: baseline?.isOld === false ? { ...project, settings: { ...project.settings, push: true } } : project,
    postgres,
    postgresAssumed: named === undefined,
    postgresMinor: found?.minor ?? null,
    postgresFrom: found && { path: found.path, line: found.line },
    migrations,
    undeployed: await undeployedSteps(
      source ? { ...project, migrations: source } : project,
      migrations,
      schemaBeforeMigrations(project, all(migrations)),
      changeSet,
      postgres,
    ),
    problems,
    wholeHistory: history.isWhole,
    merged: history.merged,
    ...records,
    declared: promises ? declared.after : null,
    declaredBefore: promises ? declared.before : null,
    notes: [
      ...(migrations?.notes ?? []),
      ...declared.notes,
      ...(fresh.length > 0 && declared.unseen ? [unheld(declared.unseen)] : []),
      ...problems.flatMap((problem) => noteOf(problem)),
      ...recordNotes,
      ...(history.merged?.missing.length === 0 ? [mergedNote(project, history.merged, records.journal.after)] : []),
      ...(baseline ? [baselineNote(project, baseline, records.journal.after)] : []),
    ],
  }
  if (fresh.length === 0 && baseline?.isOld !== true && declared.after && isPostgres(project.dialect))
    return readUnmigrated(common, was, changeSet, { ...declared, after: declared.after }, history)
  if (declared.before && declared.after && isOtherSql(project.dialect)) {
    const { before, after } = { before: declared.before, after: declared.after }
    const steps = declared.touched ? stepsWithoutSql(project, changeSet, before, after) : []
    return { ...common, before, after, migrated: null, steps, generated: fresh.length === 0 }
  }
  const { merged } = history
  if (merged === null) return readMigrated(common, history, fresh)
  if (merged.missing.length > 0) return readMigrated(common, history, [])
  const later = fresh.filter((file) => !merged.files.includes(file))
  return readMigrated(common, { ...history, schema: merged.schema, anew: null }, later)
}

function all(migrations: ProjectMigrations | null): readonly Migration[] {
  return migrations === null ? [] : [...migrations.before, ...migrations.fresh]
}

/** Databases whose migrations are not read, and whose declared schema tells what the migrations do. Documents of MongoDB stay as they are. */
function isOtherSql(dialect: Dialect): boolean {
  return dialect === 'mysql' || dialect === 'sqlite' || dialect === 'sqlserver'
}

/** What is known of a project before it is known which steps its change takes. */
type Common = Omit<ProjectReading, 'migrated' | 'before' | 'after' | 'steps' | 'generated'>

/** What the migrations that have run make. */
interface History {
  readonly schema: Schema
  /** False where the project had no migrations, so that the schema is the declared one. */
  readonly hasRun: boolean
  readonly isWhole: boolean
  /** What a new database gets, where files that have run are edited or gone: it differs from what one of today becomes. */
  readonly anew: Schema | null
  readonly merged: Merged | null
  readonly baseline: Baseline | null
}

function replayBefore(
  project: Project,
  migrations: ProjectMigrations | null,
  declared: DeclaredSides,
  postgres: number,
): History {
  const empty = schemaBeforeMigrations(project, all(migrations))
  if (migrations === null)
    return { schema: declared.before ?? empty, hasRun: false, isWhole: true, anew: null, merged: null, baseline: null }
  const replayed = (files: readonly Migration[]) =>
    replayHistory(empty, files, { postgres, source: 'migrations', transactions: transactionsOf(project.runner, files) })
  const replay = (files: readonly Migration[]) => replayed(files).schema
  const hasRun = migrations.before.length > 0
  const applied = replayed(migrations.before)
  const baseline = hasRun || !isPostgres(project.dialect) ? null : baselineOfPushed(migrations.fresh, declared, replay)
  const made = hasRun ? applied.schema : baseline?.isOld === true ? baseline.schema : (declared.before ?? empty)
  const schema = besideScripts(made, migrations.scripts)
  const isWhole = applied.notes.length === 0 && migrations.scripts.length === 0
  const anew = migrations.changed.length > 0 ? replay(migrations.history) : null
  return { schema, hasRun, isWhole, anew, merged: mergedOf(project, migrations, schema, replay), baseline }
}

/** A schema in which not all is known of the tables that migrations written as programs name. */
function besideScripts(schema: Schema, scripts: ProjectMigrations['scripts']): Schema {
  const words = new Set(scripts.flatMap(({ text }) => text.match(/\w+/g) ?? []))
  const named = [...schema.tables].filter(([, { name }]) => words.has(name))
  return named.length === 0
    ? schema
    : {
        ...schema,
        tables: new Map([
          ...schema.tables,
          ...named.map(([at, table]) => [at, { ...table, complete: false }] as const),
        ]),
      }
}

/** No migration is new: the steps are those that the ORM would write for the change of its schema. */
async function readUnmigrated(
  common: Common,
  was: Project | null,
  changeSet: ChangeSet,
  declared: DeclaredSides & { readonly after: Schema },
  history: History,
): Promise<ProjectReading> {
  const from = declared.before ?? emptySchema(common.project.dialect)
  const before = history.hasRun ? history.schema : from
  const generated = !declared.touched
    ? { steps: [], after: before, notes: [] }
    : declared.unreadBefore
      ? { steps: [], after: before, notes: [unknownBefore(common.project)] }
      : await generatedSteps(common.project, was, changeSet, from, declared.after, common.postgres)
  const migrated = history.hasRun
    ? { before: history.schema, after: history.schema, anew: history.anew ?? history.schema }
    : null
  const sides = generated.steps.length > 0 ? { before: from, after: generated.after } : { before, after: before }
  return {
    ...common,
    ...sides,
    migrated,
    steps: generated.steps,
    generated: true,
    notes: [...common.notes, ...generated.notes],
  }
}

/** What a schema that cannot be read keeps from being seen of new migrations. */
function unheld(unseen: Note): Note {
  return {
    ...unseen,
    blocking: false,
    message: `${unseen.message} Whether the new migrations make what it declares was not checked.`,
  }
}

/** A change that mends a schema cannot be compared with what could not be read. */
function unknownBefore({ schemaFiles, evidence }: Project): Note {
  return {
    kind: 'unresolved',
    blocking: false,
    path: schemaFiles[0] ?? evidence,
    line: 1,
    message: 'The schema before this change cannot be read, so what the change does to it was not reviewed.',
  }
}

/** The steps are the statements of the new migrations. */
function readMigrated(common: Common, { schema, anew }: History, fresh: readonly Migration[]): ProjectReading {
  const { migrations, postgres, project } = common
  const replayed = replaySteps(schema, fresh, transactionsOf(project.runner, fresh), { postgres, source: 'migrations' })
  const migrated =
    migrations && migrations.history.length > 0
      ? { before: schema, after: replayed.after, anew: anew ?? replayed.after }
      : null
  return {
    ...common,
    migrated,
    before: schema,
    after: replayed.after,
    steps: replayed.steps,
    generated: false,
    notes: [...common.notes, ...replayed.notes],
  }
}

/** What Postgres cannot parse may be CockroachDB's own syntax. */
function ofCockroach(problem: SqlProblem): SqlProblem {
  return problem.kind === 'syntax'
    ? { ...problem, kind: 'unsupported', message: `CockroachDB's own syntax is not followed: ${problem.message}` }
    : problem
}

/** Says what is left out for a database that speaks the language of Postgres and is another. */
function withDialectNote(reading: ProjectReading): ProjectReading {
  const [first] = reading.steps
  if (reading.project.dialect !== 'cockroachdb' || first === undefined) return reading
  const { path, line } = first.statement.place
  const message =
    'CockroachDB changes a schema while reads and writes go on: what holds for the locks and transactions of PostgreSQL is left out, and nothing is rehearsed.'
  return { ...reading, notes: [...reading.notes, { kind: 'dialect', blocking: false, path, line, message }] }
}

/** What a problem of a text means for a review: a note, or none. A syntax error is a finding; the rest says what was not looked at. */
export function noteOf(problem: SqlProblem): readonly Note[] {
  const { kind, place, message } = problem
  const at = { path: place.path, line: place.line, message }
  switch (kind) {
    case 'syntax':
      return []
    case 'dialect':
      return [{ kind: 'dialect', blocking: false, ...at }]
    case 'unread':
      return [{ kind: 'unread', blocking: true, ...at }]
    default:
      return [{ kind: 'unsupported', blocking: false, ...at }]
  }
}
