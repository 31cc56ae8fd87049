import type { Migration } from './step.ts'
import type { Finding, Note } from './finding.ts'
import { assumedPostgres, type Config } from './config.ts'
import { conclude } from './engine/conclusion.ts'
import type { CatalogRule } from './engine/rule.ts'
import type { RuleInput } from './engine/rule-input.ts'
import { runRules, runSuppressionRules } from './engine/run.ts'
import { settle } from './engine/settle.ts'
import { readSuppressions } from './engine/suppressions.ts'
import type { SourceFile } from './location.ts'
import { sectionsOf } from './project/sections.ts'
import type { Project, Runner } from './project/project.ts'
import { transactionsOf } from './project/transactions.ts'
import { noteOf } from './reading.ts'
import { coverageOf } from './report/build.ts'
import type { Report } from './report/report.ts'
import { emptySchema, type Schema } from './schema/model.ts'
import { replaySteps } from './schema/replay.ts'
import { loadParser } from './sql/parser.ts'
import { readSql } from './sql/read.ts'

export interface LintOptions {
  readonly rules: readonly CatalogRule[]
  readonly config: Config
  /** Null where nobody said. */
  readonly postgres: number | null
  /** Null where nobody said: a file is one transaction then, unless its only statement cannot run in one. */
  readonly runner: Runner | null
  /** Overrides what the runner does. */
  readonly inTransaction: boolean | null
  /** SQL of the database before; null where nothing is known of it. */
  readonly given: SourceFile | null
  readonly allRules: boolean
  /** `YYYY-MM-DD`. */
  readonly today: string
}

/** Lints SQL files on their own, each as one migration applied to an existing database whose tables exist with unknown shape and size. */
export async function lint(files: readonly SourceFile[], options: LintOptions): Promise<Report> {
  await loadParser()
  const started = Date.now()
  const given = options.given && givenMigration(options.given)
  const before = schemaBefore(given, options)
  const results = files.map((file) => lintFile(file, given, before, options))
  const findings = results.flatMap((result) => result.findings)
  const notes = results.flatMap((result) => result.notes)
  return {
    failOn: options.config.failOn,
    conclusion: conclude(findings, notes, options.config.failOn),
    findings,
    notes,
    coverage: coverageOf(results),
    checklist: [],
    projects: [],
    rollback: [],
    queries: 0,
    texts: new Map(files.map((file) => [file.path, file.text])),
    base: '',
    head: '',
    postgres: options.postgres ?? assumedPostgres,
    postgresAssumed: options.postgres === null,
    milliseconds: Date.now() - started,
  }
}

function givenMigration(file: SourceFile): Migration {
  return { name: 'given', path: file.path, statements: readSql(file).statements, down: null, isNew: false }
}

function schemaBefore(given: Migration | null, options: LintOptions): Schema {
  const nothing = emptySchema('postgresql', false)
  if (!given) return nothing
  return replaySteps(nothing, [given], transactionsOf(null, [given], { inTransaction: false }), {
    postgres: options.postgres ?? assumedPostgres,
    source: 'migrations',
    alone: true,
  }).after
}

function lintFile(file: SourceFile, given: Migration | null, before: Schema, options: LintOptions) {
  const texts = sectionsOf(file.text).up.map((range) => readSql(file, { range }))
  const problems = texts.flatMap((text) => text.problems)
  const migration: Migration = {
    name: file.path,
    path: file.path,
    statements: texts.flatMap((text) => text.statements),
    down: null,
    isNew: true,
  }
  const runner: Runner = options.runner ?? { name: 'psql', version: null, assumed: true }
  const transactions = transactionsOf(options.inTransaction === null ? options.runner : null, [migration], {
    postgres: options.postgres ?? assumedPostgres,
    ...(options.inTransaction === null ? {} : { inTransaction: options.inTransaction }),
  })
  const { steps, after, notes } = replaySteps(before, [migration], transactions, {
    postgres: options.postgres ?? assumedPostgres,
    source: 'migrations',
    alone: true,
  })
  const project: Project = {
    root: '',
    name: file.path,
    orm: runner.name === 'prisma' || runner.name === 'drizzle' ? runner.name : null,
    dialect: 'postgresql',
    runner,
    schemaFiles: [],
    migrations: null,
    evidence: file.path,
    settings: {},
  }
  const input: RuleInput = {
    project,
    label: null,
    config: options.config,
    postgres: options.postgres ?? assumedPostgres,
    postgresAssumed: options.postgres === null,
    postgresMinor: null,
    before,
    after,
    declared: null,
    declaredBefore: null,
    steps,
    history: [...(given ? [given] : []), migration],
    queries: [],
    files: [{ path: file.path, previousPath: null, status: 'added', hunks: null }],
    sqlProblems: problems,
    migrated: null,
    journal: { before: null, after: null },
    orphans: [],
    roundTrips: [],
    migrationsChanged: [],
    generated: false,
    texts: new Map([[file.path, file]]),
    alone: true,
    allRules: options.allRules,
  }
  const run = runRules(options.rules, input)
  const settling = {
    config: options.config,
    suppressions: new Map([[file.path, readSuppressions(file)]]),
    today: options.today,
    ruleIds: new Set(options.rules.map((rule) => rule.id)),
  }
  const first = settle(run.drafts, settling)
  const about = runSuppressionRules(options.rules, first.suppressions, input)
  const findings: readonly Finding[] =
    about.length > 0 ? settle([...run.drafts, ...about], settling).findings : first.findings
  // A statement of which a rule says that it fails needs no note that says so too.
  const told = new Set(
    run.drafts.flatMap(({ step, problem }) =>
      problem.fails === true && step?.refused !== undefined ? [step.statement.place.line] : [],
    ),
  )
  const all: readonly Note[] = [
    ...notes.filter(({ kind, line }) => kind !== 'unresolved' || !told.has(line)),
    ...problems.flatMap((problem) => noteOf(problem)),
    ...run.notes,
  ]
  return { findings, notes: all, steps, problems }
}
