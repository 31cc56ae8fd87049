import type { ChangeSet, Tree } from './changeset/tree.ts'
import { sourceFile, startOf, type Place } from './location.ts'
import type { Note } from './engine/finding.ts'
import type { Migration, RuleContext, Step, Transaction } from './engine/rule.ts'
import { declarationOf } from './engine/declared.ts'
import { detectProjects, isSameProject } from './project/detect.ts'
import { readMigrations, type ProjectMigrations } from './project/migrations.ts'
import { movedFrom, withoutMove } from './project/moved.ts'
import type { Project } from './project/project.ts'
import type { Rollback } from './report/report.ts'
import { serverVersionOf } from './project/server-version.ts'
import { declaresInSql, readSqlSchema } from './project/sql-schema.ts'
import { transactionsOf } from './project/transactions.ts'
import type { Change } from './schema/change.ts'
import { diffSchemas } from './schema/diff.ts'
import { readDrizzleJournal, readDrizzleSchema, type DrizzleJournal } from './schema/drizzle.ts'
import { emptySchema, type Schema } from './schema/model.ts'
import { readDatasourceProvider, readMigrationLock, type NamedProvider } from './schema/prisma/lock.ts'
import { printChanges } from './schema/print-changes.ts'
import { prismaSql, readPrismaSchema } from './schema/prisma.ts'
import { replayHistory, replaySteps } from './schema/replay.ts'
import type { Rerun, RoundTrip } from './rehearsal/types.ts'
import type { Settings } from './settings.ts'
import { loadParser } from './sql/parser.ts'
import { readSql, type SqlProblem } from './sql/read.ts'

/** What is known of one project before and after the change set. */
export interface ProjectReading {
  readonly project: Project
  /** Server major version that the review assumes, and where that comes from. */
  readonly postgres: number
  readonly before: Schema
  readonly after: Schema
  readonly declared: Schema | null
  readonly declaredBefore: Schema | null
  readonly steps: readonly Step[]
  readonly migrations: ProjectMigrations | null
  readonly problems: readonly SqlProblem[]
  /** True where the steps come from the difference of the declared schemas, because no migration says it. */
  readonly generated: boolean
  /** What the migrations make, at the base and at the head; null where there are none. */
  readonly migrated: RuleContext['migrated']
  /** Drizzle's journal on both sides. */
  readonly journal: { readonly before: DrizzleJournal | null; readonly after: DrizzleJournal | null }
  /** Provider of Prisma's `migration_lock.toml` on both sides, and of the schema at the head; left out where neither side has a lock. */
  readonly lock?: RuleContext['lock']
  /** True where old migrations were merged into fewer that make the same schema: nothing of it runs where it has run before. */
  readonly squashed: boolean
  /** What a rehearsal of the ways back found; left out without one. */
  readonly roundTrips?: readonly RoundTrip[]
  /** What a rehearsal of the generated way back found; undefined without one. */
  readonly wayBack?: Rollback['rehearsed']
  /** The steps that fail when they run a second time after a failure behind them; left out without a rehearsal. */
  readonly reruns?: readonly Rerun[]
  readonly notes: readonly Note[]
}

/** Finds the projects of both trees and reads their schemas and migrations. A project that nothing touches is read all the same: queries need it. */
export async function readProjects(changeSet: ChangeSet, settings: Settings): Promise<{ projects: readonly ProjectReading[]; notes: readonly Note[] }> {
  await loadParser()
  const paths = changeSet.files.map((file) => file.path)
  const [head, base] = await Promise.all([detectProjects(changeSet.head, settings.config, paths), detectProjects(changeSet.base, settings.config, paths)])
  const gone = new Set(base.projects.filter((project) => !head.projects.some((other) => isSameProject(other, project))))
  const projects: ProjectReading[] = []
  for (const project of head.projects) {
    const was = base.projects.find((other) => isSameProject(other, project)) ?? movedFrom(project, [...gone], changeSet.files) ?? movedFrom(project, base.projects, changeSet.files)
    if (was) gone.delete(was)
    const moved = was ? await withoutMove(changeSet, was, project) : { was, changeSet }
    projects.push(await readProject(project, moved.was, moved.changeSet, settings))
  }
  for (const project of gone) projects.push(await readProject(project, project, changeSet, settings))
  const foreign = head.ignored.filter((file) => file.reason === 'another dialect' && paths.includes(file.path)).map((file): Note => (
    { kind: 'dialect', blocking: false, path: file.path, line: 1, message: 'The file is written for another database than PostgreSQL and is not reviewed.' }))
  return { projects, notes: [...head.notes, ...foreign] }
}

async function readProject(project: Project, was: Project | null, changeSet: ChangeSet, settings: Settings): Promise<ProjectReading> {
  const version = settings.config.postgres ?? (await serverVersionOf(changeSet.base, project.root))?.postgres ?? 15
  const options = { postgres: version, source: 'migrations' as const }
  const migrations = project.migrations ? await readMigrations(project, changeSet) : null
  const declared = await readDeclared(project, changeSet.head, version)
  const touched = changeSet.files.filter((file) => mayDeclare(project, file.path))
  const declaredBefore = !was ? { schema: null, notes: [] } : touched.length === 0 ? declared : await readDeclared(was, changeSet.base, version)
  // A schema that could not be read before either, and that the change does not touch itself, is old debt.
  const isNews = touched.length > 0 && (declaredBefore.schema !== null || touched.some(({ path }) => path === project.evidence || project.schemaFiles.includes(path)))
  const notes: Note[] = [...(migrations?.notes ?? []), ...declared.notes.map((note) => ({ ...note, blocking: note.blocking && isNews }))]

  const empty = emptySchema(project.dialect)
  const history = migrations && migrations.before.length > 0
    ? replayHistory(empty, migrations.before, { ...options, transactions: transactionsOf(project.runner, migrations.before) })
    : { schema: declaredBefore.schema ?? empty, notes: [] }
  const fresh = migrations?.fresh ?? []
  const changed = new Set(changeSet.files.map((file) => file.path))
  const problems = (migrations?.texts ?? []).flatMap((text) => (changed.has(text.file.path) ? text.problems : []))
  notes.push(...problems.flatMap((problem) => noteOf(problem)))
  // Beside new scripts, a schema kept in SQL may follow later: it is no promise as an ORM's schema is.
  const promises = project.orm !== null || fresh.length === 0
  const [journalBefore, journalAfter] = [await readJournal(project, changeSet.base), await readJournal(project, changeSet.head)]
  const journal = { before: journalBefore.journal, after: journalAfter.journal }
  notes.push(...journalAfter.notes.filter((note) => changed.has(note.path)).map((note) => ({ ...note, blocking: journal.after === null })))
  const lock = { before: await readLock(was, changeSet.base), after: await readLock(project, changeSet.head), schema: await readProvider(project, changeSet.head) }
  // What a new database gets differs from what one of today becomes where files that have run are edited or gone.
  const anew = migrations !== null && migrations.changed.length > 0 ? replayHistory(empty, migrations.history, { ...options, transactions: transactionsOf(project.runner, migrations.history) }).schema : null
  const squashed = anew !== null && migrations !== null && migrations.changed.some((file) => file.status === 'deleted') && fresh.length > 0 && diffSchemas(history.schema, anew).length === 0
  const base = { project, journal, ...(lock.before || lock.after ? { lock } : {}), squashed, postgres: version, declared: promises ? declared.schema : null, declaredBefore: promises ? declaredBefore.schema : null, migrations, problems }
  if (fresh.length === 0 && declared.schema && project.dialect === 'postgresql') {
    const before = migrations && migrations.before.length > 0 ? history.schema : declaredBefore.schema ?? empty
    const generated = await generatedSteps(project, was, changeSet, declaredBefore.schema ?? empty, declared.schema, version)
    const migrated = migrations && migrations.before.length > 0 ? { before: history.schema, after: history.schema, anew: anew ?? history.schema } : null
    return { ...base, migrated, before: generated.steps.length > 0 ? declaredBefore.schema ?? empty : before, after: generated.steps.length > 0 ? generated.after : before, steps: generated.steps, generated: true, notes: [...notes, ...generated.notes] }
  }
  if (squashed) {
    const at = fresh[0]?.path ?? project.evidence
    notes.push({ kind: 'unresolved', blocking: false, path: at, line: 1, message: 'Old migrations are merged into new ones that make the same schema. Mark the new ones as applied where the old ones have run.' })
    return { ...base, migrated: { before: history.schema, after: history.schema, anew: history.schema }, before: history.schema, after: history.schema, steps: [], problems: [], generated: false, notes }
  }
  const replayed = replaySteps(history.schema, fresh, transactionsOf(project.runner, fresh), options)
  const migrated = migrations && migrations.history.length > 0 ? { before: history.schema, after: replayed.after, anew: anew ?? replayed.after } : null
  return { ...base, migrated, before: history.schema, after: replayed.after, steps: replayed.steps, generated: false, notes: [...notes, ...replayed.notes] }
}

async function readJournal(project: Project, tree: Tree): Promise<{ readonly journal: DrizzleJournal | null; readonly notes: readonly Note[] }> {
  const none = { journal: null, notes: [] }
  if (project.migrations?.layout !== 'drizzle') return none
  const path = `${project.migrations.folder === '' ? '' : `${project.migrations.folder}/`}meta/_journal.json`
  const text = (await textsOf(tree, [path])).get(path)
  if (text === undefined) return none
  const { entries } = await tree.list()
  return readDrizzleJournal(text, path, entries.map((entry) => entry.path))
}

/** The provider that the schema at the head names. */
async function readProvider(project: Project, tree: Tree): Promise<NamedProvider | null> {
  if (project.orm !== 'prisma') return null
  for (const [path, text] of await textsOf(tree, project.schemaFiles)) {
    const found = readDatasourceProvider(sourceFile(path, text))
    if (found) return found
  }
  return null
}

async function readLock(project: Project | null, tree: Tree): Promise<NamedProvider | null> {
  if (project?.migrations?.layout !== 'prisma') return null
  const path = `${project.migrations.folder === '' ? '' : `${project.migrations.folder}/`}migration_lock.toml`
  const text = (await textsOf(tree, [path])).get(path)
  return text === undefined ? null : readMigrationLock(sourceFile(path, text))
}

async function readDeclared(project: Project, tree: Tree, postgres: number): Promise<{ schema: Schema | null; notes: readonly Note[] }> {
  if (project.orm === 'prisma') return readPrismaSchema(await textsOf(tree, project.schemaFiles), project)
  if (project.orm === 'drizzle') return readDrizzleSchema(tree, project)
  return declaresInSql(project) ? readSqlSchema(tree, project, postgres) : { schema: null, notes: [] }
}

/** True for a file that the declared schema of a project may be read from. */
function mayDeclare(project: Project, path: string): boolean {
  if (project.orm === null) return project.sqlSchema?.includes(path) === true
  return project.schemaFiles.includes(path) || (project.orm === 'prisma' ? path.endsWith('.prisma') : project.orm === 'drizzle' && /\.([cm]?[jt]s|json)$/.test(path))
}

async function textsOf(tree: Tree, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const [path, content] of await tree.read(paths)) if (content.kind === 'text') texts.set(path, content.text)
  return texts
}

/** The steps that the ORM would write for a change of its schema; they stand where the schema declares what they change. */
async function generatedSteps(project: Project, was: Project | null, changeSet: ChangeSet, from: Schema, to: Schema, postgres: number) {
  const [first = project.evidence] = project.schemaFiles
  if (!changeSet.files.some((file) => mayDeclare(project, file.path) || (was?.schemaFiles.includes(file.path) ?? false))) {
    return { steps: [], after: to, notes: [] }
  }
  const written = project.orm === 'prisma'
    ? await prismaSql(was ? await textsOf(changeSet.base, was.schemaFiles) : null, await textsOf(changeSet.head, project.schemaFiles), project.settings.external)
    : { sql: printChanges(diffSchemas(from, to), from, to), notes: [] }
  const file = sourceFile(first, written.sql)
  const { statements } = readSql(file)
  const migration: Migration = { name: 'schema', path: first, statements, down: null, isNew: true }
  const transactions = statements.map((_, id): Transaction => ({ id, block: false, because: 'each statement is sent alone', survivesFailure: true }))
  // A Postgres schema that the datasource lists on both sides is there, whether or not it holds something yet.
  const listed = (was?.settings.schemas ?? []).filter((name) => project.settings.schemas?.includes(name))
  const start = project.orm === 'prisma' && listed.length > 0 ? { ...from, schemas: new Set([...from.schemas, ...listed]) } : from
  const replayed = replaySteps(start, [migration], transactions, { postgres, source: project.orm ?? 'migrations' })
  const place = (change: Change): Place => declarationOf(to, change) ?? declarationOf(from, change) ?? startOf(first)
  const steps = replayed.steps.map((step): Step => {
    const changes = step.changes.map((change) => ({ ...change, place: place(change) }))
    return { ...step, changes, statement: { ...step.statement, place: changes[0]?.place ?? startOf(first), file: sourceFile('', written.sql) } }
  })
  return { steps, after: replayed.after, notes: [...written.notes, ...replayed.notes] }
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
