import type { Step } from '../step.ts'
import type { Group, Severity } from '../finding.ts'
import type { Place, SourceFile } from '../location.ts'
import { isPostgres } from '../project/detect.ts'
import { subjectOf, tableOf, type Change } from '../schema/change.ts'
import type { Key } from '../schema/model.ts'
import { normalizedTokens } from '../sql/tokens.ts'
import { milder } from './conclusion.ts'
import { rowsOf, sizeOf } from './size.ts'
import { declarationOf } from './declared.ts'
import { declarationTokens } from './fingerprint.ts'
import type { CatalogRule, Problem } from './rule.ts'
import type { RuleInput } from './rule-input.ts'

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

/** What a rule looked at when it spoke. */
export interface Subject {
  readonly place: Place
  readonly step: Step | null
  readonly change?: Change
}

/** What a rule says of a subject, as loud as the configuration and the size of the table let it be. */
export function draftOf(
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
