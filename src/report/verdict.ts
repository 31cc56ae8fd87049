import type { Finding, Note } from '../finding.ts'
import type { Wanted } from '../engine/approvals.ts'
import type { Change, ChangeKind } from '../schema/change.ts'
import type { Report } from './report.ts'

/** Findings by what they ask of the reader; suppressed ones are in `suppressed` only. */
export interface Sorted {
  /** Stop the merge, and no approval lifts them. */
  readonly errors: readonly Finding[]
  /** Stop the merge until somebody approves. */
  readonly needed: readonly Finding[]
  readonly approved: readonly Finding[]
  readonly warnings: readonly Finding[]
  readonly infos: readonly Finding[]
  readonly suppressed: readonly Finding[]
  readonly blocking: readonly Note[]
  readonly notes: readonly Note[]
}

export function sortFindings(report: Pick<Report, 'findings' | 'notes'>): Sorted {
  const live = report.findings.filter((f) => f.suppressed === null || f.approval?.state === 'needed')
  const open = live.filter((f) => f.approval?.state !== 'given')
  return {
    needed: open.filter((f) => f.approval?.state === 'needed'),
    errors: open.filter((f) => f.severity === 'error' && f.approval === null),
    warnings: open.filter((f) => f.severity === 'warning' && f.approval === null),
    infos: open.filter((f) => f.severity === 'info' && f.approval === null),
    approved: live.filter((f) => f.approval?.state === 'given'),
    suppressed: report.findings.filter((f) => f.suppressed !== null && f.approval?.state !== 'needed'),
    blocking: report.notes.filter((n) => n.blocking),
    notes: report.notes.filter((n) => !n.blocking),
  }
}

/** Number of files that notes speak of. */
export function unreadable(notes: readonly Note[]): number {
  return new Set(notes.map(({ path }) => path)).size
}

/** `1 error`, `2 errors`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

/** The verdict of a report in one line without Markdown, as the title of a check run. `wanted` counts gates that stand open besides. */
export function verdict(report: Report, wanted: readonly Wanted[] = []): string {
  const { errors, needed, warnings, blocking, approved, notes } = sortFindings(report)
  const parts = [
    ...(errors.length > 0 ? [count(errors.length, 'error')] : []),
    ...(blocking.length > 0 ? [`${count(unreadable(blocking), 'file')} not readable`] : []),
    ...(needed.length > 0 ? [`${count(needed.length, 'approval')} missing`] : []),
    ...wanted.map(({ environment, label }) =>
      environment === null ? `label ${label} missing` : `not tested on ${environment}`,
    ),
    ...(warnings.length > 0 ? [count(warnings.length, 'warning')] : []),
  ]
  if (parts.length > 0) return parts.join(', ')
  const changes = report.projects.flatMap((p) => p.changes)
  if (changes.length === 0)
    return [
      'No schema changes',
      ...(report.queries > 0 ? [`${count(report.queries, 'query', 'queries')} read`] : []),
      ...(notes.length > 0 ? [count(notes.length, 'note')] : []),
    ].join(', ')
  const judged =
    notes.length > 0
      ? `Nothing found in the schema changes, ${count(notes.length, 'note')}`
      : `Schema changes are ${approved.length > 0 ? 'approved' : 'safe'}`
  return `${judged}: ${summarizeChanges(changes)}`
}

const words: Readonly<Partial<Record<ChangeKind, readonly [one: string, many: string]>>> = {
  createTable: ['table created', 'tables created'],
  dropTable: ['table dropped', 'tables dropped'],
  renameTable: ['table renamed', 'tables renamed'],
  addColumn: ['column added', 'columns added'],
  dropColumn: ['column dropped', 'columns dropped'],
  renameColumn: ['column renamed', 'columns renamed'],
  alterColumnType: ['column type changed', 'column types changed'],
  setNotNull: ['column made required', 'columns made required'],
  dropNotNull: ['column made nullable', 'columns made nullable'],
  setDefault: ['default set', 'defaults set'],
  dropDefault: ['default dropped', 'defaults dropped'],
  addIndex: ['index built', 'indexes built'],
  dropIndex: ['index dropped', 'indexes dropped'],
  addForeignKey: ['foreign key added', 'foreign keys added'],
  addUnique: ['unique constraint added', 'unique constraints added'],
  addPrimaryKey: ['primary key added', 'primary keys added'],
  addCheck: ['check added', 'checks added'],
  dropConstraint: ['constraint dropped', 'constraints dropped'],
  validateConstraint: ['constraint validated', 'constraints validated'],
  createEnum: ['enum created', 'enums created'],
  addEnumValue: ['enum value added', 'enum values added'],
  createView: ['view created', 'views created'],
  createFunction: ['function created', 'functions created'],
  addPolicy: ['policy added', 'policies added'],
  addTrigger: ['trigger added', 'triggers added'],
  createExtension: ['extension created', 'extensions created'],
}

/** `1 column added (nullable), 1 index built concurrently`; the six commonest kinds, then a number. */
export function summarizeChanges(changes: readonly Change[]): string {
  const counts = new Map<string, { n: number; one: string; many: string }>()
  let others = 0
  for (const change of changes) {
    if ('inline' in change && change.inline) continue
    const known = words[change.kind]
    if (known === undefined) {
      others++
      continue
    }
    const detail =
      change.kind === 'addColumn' && change.to.nullable
        ? ' (nullable)'
        : change.kind === 'addIndex' && change.concurrently
          ? ' concurrently'
          : ''
    const entry = counts.get(known[0] + detail) ?? { n: 0, one: known[0] + detail, many: known[1] + detail }
    entry.n++
    counts.set(known[0] + detail, entry)
  }
  const parts = [...counts.values()].sort((a, b) => b.n - a.n)
  const rest = parts.slice(6).reduce((sum, p) => sum + p.n, others)
  return [
    ...parts.slice(0, 6).map((p) => count(p.n, p.one, p.many)),
    ...(rest > 0 ? [`${count(rest, 'other change')}`] : []),
  ].join(', ')
}
