import type { Migration, Step } from '../step.ts'
import type { Group, Note, Severity } from '../finding.ts'
import type { Config, RuleSetting } from '../config.ts'
import { showsLines } from '../changeset/hunks.ts'
import type { ChangedFile } from '../changeset/tree.ts'
import type { Place, SourceFile } from '../location.ts'
import { isPostgres } from '../project/detect.ts'
import type { Project } from '../project/project.ts'
import type { CodeFacts } from '../queries/facts.ts'
import type { Query } from '../queries/query.ts'
import type { Change } from '../schema/change.ts'
import { subjectOf, tableOf } from '../schema/change.ts'
import { spelled, suggestionFor, type SchemaEdit } from '../schema/edit.ts'
import type { Key, Schema } from '../schema/model.ts'
import { nameOf, schemaOf } from '../schema/model.ts'
import type { SqlProblem } from '../sql/statement.ts'
import { normalizedTokens } from '../sql/tokens.ts'
import { startOf } from '../location.ts'
import { milder } from './conclusion.ts'
import { newnessOf, nothingNew, provenEmpty, rowsOf, sizeOf, type Newness } from './context.ts'
import { declarationOf } from './declared.ts'
import { declarationTokens } from './fingerprint.ts'
import { passingChanges } from './passing.ts'
import { judgedByPlan } from './plan-evidence.ts'
import type { CatalogRule, Problem, RuleContext, Visitor } from './rule.ts'
import type { Suppression } from './suppressions.ts'

/** Everything that the rules of one project may look at. */
export interface RuleInput {
  readonly project: Project
  /** What findings call the project; null where files are linted on their own. */
  readonly label: string | null
  readonly config: Config
  readonly postgres: number
  readonly postgresAssumed: boolean
  readonly postgresMinor: number | null
  readonly before: Schema
  readonly after: Schema
  readonly declared: Schema | null
  readonly declaredBefore: Schema | null
  readonly steps: readonly Step[]
  readonly history: readonly Migration[]
  readonly queries: readonly Query[]
  readonly code?: CodeFacts
  readonly files: readonly ChangedFile[]
  readonly sqlProblems: readonly SqlProblem[]
  readonly migrated: RuleContext['migrated']
  readonly journal: RuleContext['journal']
  readonly lock?: RuleContext['lock']
  readonly orphans: RuleContext['orphans']
  readonly roundTrips: RuleContext['roundTrips']
  readonly reruns?: NonNullable<RuleContext['reruns']>
  readonly migrationsChanged: readonly {
    readonly path: string
    readonly status: ChangedFile['status']
    readonly sameSql?: boolean
  }[]
  readonly merged?: NonNullable<RuleContext['merged']>
  /** True where the steps come from the difference of the declared schemas, because no migration says it. */
  readonly generated: boolean
  /** Texts of the files that findings may point at. */
  readonly texts: ReadonlyMap<string, SourceFile>
  readonly alone: boolean
  /** Also run the rules that are off, as information. */
  readonly allRules: boolean
}

/** A problem with what the engine knows about it; `settle` makes findings of them. */
export interface Draft {
  readonly rule: CatalogRule
  readonly problem: Problem
  readonly project: string | null
  readonly severity: Severity
  readonly place: Place
  readonly object: string
  /** What the fingerprint hashes of the text. */
  readonly tokens: string
  readonly step: Step | null
  /** Lines on which the statement or declaration begins, for suppressions. */
  readonly starts: readonly number[]
}

/** Groups that speak of what the schema is rather than of how a statement runs: their findings land in the ORM's schema where there is one. */
export const schemaGroups: ReadonlySet<Group> = new Set(['design', 'indexes', 'access'])

/**
 * Runs the rules over one project. A rule that fails becomes a blocking note, never a lost review. `muted` is what rules that the
 * configuration switches off would say about locks, rewrites and scans: nobody wants to hear it by way of what a rehearsal saw.
 */
export function runRules(
  rules: readonly CatalogRule[],
  input: RuleInput,
): { drafts: readonly Draft[]; muted: readonly Draft[]; notes: readonly Note[] } {
  const spoken: Draft[] = []
  const muted: Draft[] = []
  const notes: Note[] = []
  const moments = newnessOf(input.steps, input.before)
  const end = moments.at(-1) ?? nothingNew
  const byTransaction = groupSteps(input.steps)
  const empty = provenEmpty(input.steps, moments)
  const passing = passingChanges(input.steps, input.after)

  const runRule = (rule: CatalogRule, setting: Setting, drafts: Draft[]): void => {
    const at = (step: Step | null, newness: Newness) =>
      contextOf(input, setting.options, step, newness, step ? (byTransaction.get(step.transaction.id) ?? [step]) : [])
    const collect = (subject: Subject, visit: () => ReturnType<NonNullable<Visitor['pullRequest']>>) => {
      try {
        for (const problem of problemsOf(visit()))
          drafts.push(draftOf(rule, problem, subject, setting.severity, input, empty))
      } catch (error) {
        notes.push({
          kind: 'unsupported',
          blocking: true,
          path: subject.place.path,
          line: subject.place.line,
          message: `The rule ${rule.id} failed here, which is an error of Schemagate's: ${error instanceof Error ? error.message : String(error)}`,
        })
      }
    }
    const { visit } = rule
    input.steps.forEach((step, i) => {
      if (
        !visit.statement &&
        !(visit.observation && step.observation) &&
        !step.changes.some((change) => visit[change.kind])
      )
        return
      const ctx = at(step, moments[i] ?? end)
      const withStep = { ...ctx, step }
      if (visit.statement)
        collect({ place: step.statement.place, step }, () => visit.statement?.(step.statement, withStep))
      if (visit.observation && step.observation) {
        const observation = step.observation
        collect({ place: step.statement.place, step }, () => visit.observation?.(observation, withStep))
      }
      for (const change of step.changes) {
        const visitor = visit[change.kind] as
          | ((change: Change, ctx: RuleContext) => ReturnType<NonNullable<Visitor['pullRequest']>>)
          | undefined
        // What a schema is, is told of what it is in the end.
        if (visitor && !(schemaGroups.has(rule.group) && passing.has(change)))
          collect({ place: change.place, step, change }, () => visitor(change, ctx))
      }
    })
    const whole = at(null, end)
    const first = input.steps[0]?.statement.place ?? startOf(input.files[0]?.path ?? input.project.evidence)
    if (visit.schema)
      collect({ place: first, step: null }, () =>
        visit.schema?.(
          input.steps.flatMap((step) => step.changes),
          whole,
        ),
      )
    if (visit.pullRequest) collect({ place: first, step: null }, () => visit.pullRequest?.(whole))
    if (visit.sqlProblem)
      for (const problem of input.sqlProblems)
        collect({ place: problem.place, step: null }, () => visit.sqlProblem?.(problem, whole))
    if (visit.query)
      for (const query of input.queries)
        if (query.changed)
          collect({ place: query.place, step: null }, () =>
            judgedByPlan(problemsOf(visit.query?.(query, whole)), query),
          )
  }
  for (const rule of rules) {
    if (!speaks(rule, input.project)) continue
    const settings = settingsOf(rule, input)
    for (const setting of settings) runRule(rule, setting, spoken)
    if (settings.length === 0 && rule.claims !== undefined && input.config.rules[rule.id] !== undefined)
      runRule(rule, { severity: null, options: rule.options ?? {} }, muted)
  }
  return { drafts: spoken, muted, notes }
}

/** Runs the rules that speak of suppressions, which have to wait until it is known what each of them silenced. */
export function runSuppressionRules(
  rules: readonly CatalogRule[],
  suppressions: readonly Suppression[],
  input: RuleInput,
): readonly Draft[] {
  const drafts: Draft[] = []
  for (const rule of rules) {
    const [setting] = settingsOf(rule, input)
    if (!setting || !rule.visit.suppression) continue
    const ctx = contextOf(input, setting.options, null, nothingNew, [])
    for (const suppression of suppressions) {
      for (const problem of problemsOf(rule.visit.suppression(suppression, ctx))) {
        drafts.push(draftOf(rule, problem, { place: suppression.place, step: null }, setting.severity, input, []))
      }
    }
  }
  return drafts
}

interface Subject {
  readonly place: Place
  readonly step: Step | null
  readonly change?: Change
}

function groupSteps(steps: readonly Step[]): Map<number, Step[]> {
  const groups = new Map<number, Step[]>()
  for (const step of steps) {
    const group = groups.get(step.transaction.id)
    if (group) group.push(step)
    else groups.set(step.transaction.id, [step])
  }
  return groups
}

function problemsOf(result: ReturnType<NonNullable<Visitor['pullRequest']>>): Iterable<Problem> {
  if (!result) return []
  return Symbol.iterator in result ? result : [result]
}

/** Groups that speak of how Postgres locks and commits; CockroachDB changes a schema while reads and writes go on. */
const ofPostgresAlone: ReadonlySet<Group> = new Set<Group>(['locking', 'transactions'])

function speaks(rule: CatalogRule, project: Project): boolean {
  const dialects = rule.dialects ?? (ofPostgresAlone.has(rule.group) ? ['postgresql'] : ['postgresql', 'cockroachdb'])
  return dialects === 'all' || dialects.includes(project.dialect)
}

/** How a rule runs: the severity that the configuration gives it, null for its own. */
interface Setting {
  readonly severity: Severity | null
  readonly options: Readonly<Record<string, unknown>>
}

/** A setting for each time that a rule runs: none where it is off, several where the configuration has a list. */
function settingsOf(rule: CatalogRule, input: RuleInput): readonly Setting[] {
  const configured = input.config.rules[rule.id]
  const all = configured ? [configured, ...(configured.also ?? [])] : [undefined]
  return all.flatMap((one) => settingOf(rule, one, input.allRules) ?? [])
}

function settingOf(rule: CatalogRule, setting: RuleSetting | undefined, allRules: boolean): Setting | null {
  const options = { ...rule.options, ...setting?.options }
  const severity = setting?.severity ?? 'default'
  const on = severity === 'default' ? rule.enabled !== false || setting !== undefined : severity !== 'off'
  if (!on) return allRules && setting?.severity !== 'off' ? { severity: 'info', options } : null
  return { severity: severity === 'default' || severity === 'off' ? null : severity, options }
}

function contextOf(
  input: RuleInput,
  options: Readonly<Record<string, unknown>>,
  step: Step | null,
  newness: Newness,
  transaction: readonly Step[],
): RuleContext {
  const { before, config } = input
  const rows = (table: Key) => rowsOf(config, table, before.defaultSchema)
  return {
    project: input.project,
    dialect: input.project.dialect,
    postgres: input.postgres,
    postgresAssumed: input.postgresAssumed,
    postgresMinor: input.postgresMinor,
    runner: input.project.runner,
    before,
    after: input.after,
    declared: input.declared,
    declaredBefore: input.declaredBefore,
    step,
    steps: input.steps,
    transaction,
    history: input.history,
    queries: input.queries,
    ...(input.code ? { code: input.code } : {}),
    files: input.files,
    migrated: input.migrated,
    journal: input.journal,
    ...(input.lock ? { lock: input.lock } : {}),
    orphans: input.orphans,
    roundTrips: input.roundTrips,
    ...(input.reruns ? { reruns: input.reruns } : {}),
    sqlProblems: input.sqlProblems,
    migrationsChanged: input.migrationsChanged,
    ...(input.merged ? { merged: input.merged } : {}),
    generated: input.generated,
    isNew: (table) =>
      newness.tables.has(table) ||
      step?.before.tables.get(table)?.persistence === 'temporary' ||
      step?.changes.some((change) => change.kind === 'createTable' && change.table === table) === true,
    isNewColumn: (table, column) => newness.tables.has(table) || newness.columns.has(`${table}.${column}`),
    rows,
    size: (table) => sizeOf(config, rows(table)),
    edit: (edit) => editIn(input, edit),
    text: (path) => input.texts.get(path),
    name: (table) => (schemaOf(table) === before.defaultSchema ? nameOf(table) : table),
    options,
    alone: input.alone,
  }
}

function editIn(input: RuleInput, edit: SchemaEdit): ReturnType<RuleContext['edit']> {
  const word = input.declared && spelled(edit, input.declared)
  if (!input.declared || word === null) return null
  const suggestion = suggestionFor(edit, input.declared, (path) => input.texts.get(path))
  const file = input.files.find(({ path }) => path === suggestion?.path)
  return {
    spelled: word,
    suggestion: suggestion && file && showsLines(file, suggestion.line, suggestion.endLine) ? suggestion : null,
  }
}

function draftOf(
  rule: CatalogRule,
  said: Problem,
  subject: Subject,
  configured: Severity | null,
  input: RuleInput,
  empty: readonly ReadonlySet<Key>[],
): Draft {
  const { change, step } = subject
  // What a rule says to do about a change is written for Postgres.
  let problem: Problem = step && !isPostgres(input.project.dialect) ? { ...said, help: rule.fix } : said
  const object = problem.object ?? (change ? objectOf(change) : '')
  let severity =
    configured === null
      ? (problem.severity ?? rule.severity)
      : problem.severity
        ? milder(problem.severity, configured)
        : configured
  const table = (change ? tableOf(change) : undefined) ?? object
  if (rule.group === 'locking' && !problem.anySize && object !== '') {
    const rows = rowsOf(input.config, table, input.before.defaultSchema)
    if (sizeOf(input.config, rows) === 'small') severity = 'info'
    else if (severity !== 'info' && step && empty[input.steps.indexOf(step)]?.has(table) === true) {
      severity = 'info'
      problem = { ...said, help: `${said.help ?? rule.fix}\n${onEmptyTable}` }
    }
  }
  const declaration =
    !problem.place && change && input.declared && schemaGroups.has(rule.group)
      ? declarationOf(input.declared, change)
      : null
  const relocated = declaration && input.files.some((file) => file.path === declaration.path) ? declaration : null
  const place = problem.place ?? relocated ?? subject.place
  const inStatement = step !== null && place.path === step.statement.place.path
  return {
    rule,
    problem,
    severity,
    object,
    step,
    project: input.label,
    place: {
      path: place.path,
      line: place.line,
      column: place.column,
      endLine: place.endLine,
      endColumn: place.endColumn,
    },
    tokens: inStatement ? normalizedTokens(step.statement.text) : tokensAt(place, input.texts),
    starts: [...(inStatement ? [step.statement.place.line] : []), place.line, ...declaredLines(input, table, place)],
  }
}

/** Why a lock is information where only an empty table lets the migration through: once the column has a default, it is not. */
const onEmptyTable =
  'For information, because the same migration adds a required column without a default, which only an empty table takes.'

/** Lines on which the ORM's schema declares the table that a place stands in: a suppression above a model speaks of its fields too. */
function declaredLines({ declared }: RuleInput, table: string, place: Place): readonly number[] {
  return (declared?.tables.get(table)?.declared ?? []).flatMap((of) =>
    of.path === place.path && of.line <= place.line ? [of.line] : [],
  )
}

/** `public.users.status`: what a change is about, for the fingerprint. */
function objectOf(change: Change): string {
  const table = tableOf(change)
  const subject = subjectOf(change)
  return table === undefined || subject === table ? subject : `${table}.${subject}`
}

function tokensAt(place: Place, texts: ReadonlyMap<string, SourceFile>): string {
  const file = texts.get(place.path)
  if (!file || (place.line === 1 && place.endLine === 1 && place.endColumn === 1)) return ''
  const start = (file.lineStarts[place.line - 1] ?? 0) + place.column - 1
  const end = (file.lineStarts[place.endLine - 1] ?? 0) + place.endColumn
  const text = file.text.slice(start, end)
  return place.path.endsWith('.sql') ? normalizedTokens(text) : declarationTokens(text)
}
