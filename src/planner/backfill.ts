import type { Step } from '../engine/rule.ts'
import type { Place } from '../location.ts'
import type { ProjectReview } from '../report/report.ts'
import { nameOf, type Column, type Key, type Table } from '../schema/model.ts'
import { mentions } from '../schema/print.ts'
import { quoteIdent, quoteKey } from '../schema/quote.ts'
import { targetTable } from './lossy.ts'
import { updateParts, type UpdateParts } from './update-parts.ts'

/** Rows of an existing table that get a value: what is set where, and the key by which to walk. */
export interface BackfillJob {
  /** `users_status`, plain enough to be the name of a function. */
  readonly name: string
  readonly table: Key
  readonly place: Place
  /** Why, in one sentence. */
  readonly reason: string
  /** Key columns with their types; empty where the table has none that can be walked. */
  readonly key: readonly { readonly name: string; readonly type: string }[]
  /** Table as the UPDATE names it, and the name under which its columns are reached. */
  readonly target: string
  readonly alias: string
  readonly set: string
  readonly from: string | null
  readonly where: string | null
  /** Counts the rows that still have to change; null where only the progress can tell. */
  readonly verify: string | null
  /** False where nobody but the author knows the value: the script says where to write it. */
  readonly valueKnown: boolean
}

/** The backfills that a change makes in one statement, and those that its NOT NULL columns need. */
export function backfillsOf(review: ProjectReview): readonly BackfillJob[] {
  const written = review.steps.flatMap((step) => jobOfUpdate(step, review) ?? [])
  const filled = new Set(written.flatMap((j) => j.columns.map((c) => `${j.job.table}\u0000${c}`)))
  const needed = review.steps.flatMap((step) => step.changes.flatMap((change): BackfillJob[] => {
    if (change.kind !== 'setNotNull' && change.kind !== 'addColumn') return []
    const old = review.before.tables.get(change.table)
    if (!old || step.before.tables.get(change.table) === undefined || filled.has(`${change.table}\u0000${change.to.name}`)) return []
    if (change.kind === 'addColumn' && !needsValue(change.to)) return []
    filled.add(`${change.table}\u0000${change.to.name}`)
    return [jobOfNotNull(step.before.tables.get(change.table)!, change.to, change.place, step.before.defaultSchema, change.kind === 'addColumn')]
  }))
  return unlike([...written.map((w) => w.job), ...needed])
}

function needsValue(column: Column): boolean {
  return !column.nullable && column.default === null && !column.generated && !column.identity
}

/** Two jobs of one name get a number each. */
function unlike(jobs: readonly BackfillJob[]): readonly BackfillJob[] {
  const seen = new Map<string, number>()
  return jobs.map((job) => {
    const n = (seen.get(job.name) ?? 0) + 1
    seen.set(job.name, n)
    return n === 1 ? job : { ...job, name: `${job.name}_${n}` }
  })
}

function jobOfUpdate(step: Step, review: ProjectReview): { readonly job: BackfillJob; readonly columns: readonly string[] } | null {
  const { statement } = step
  if (statement.kind !== 'UpdateStmt' || statement.inside === 'function') return null
  const target = targetTable(step)
  const table = target ? step.before.tables.get(target) : undefined
  const parts = updateParts(statement)
  if (!table || !parts || !review.before.tables.has(table.key) || pinsOneRow(parts, table)) return null
  const columns = parts.assignments?.map((a) => a.column) ?? []
  return {
    columns,
    job: {
      name: jobName(table, columns[0] ?? 'rows'),
      table: table.key,
      place: statement.place,
      reason: `The UPDATE at ${statement.place.path} line ${statement.place.line} changes rows of ${nameOf(table.key)} in one statement: every row that it touches stays locked until it commits.`,
      key: walkingKey(table),
      target: parts.target,
      alias: parts.alias,
      set: parts.set,
      from: parts.from,
      where: parts.where,
      verify: verification(parts),
      valueKnown: true,
    },
  }
}

/** `WHERE id = 7` is no backfill. */
function pinsOneRow(parts: UpdateParts, table: Table): boolean {
  const columns = walkingKey(table).map((k) => k.name)
  if (!parts.where || !columns.length) return false
  return columns.every((c) => new RegExp(`(^|[^\\w"])("?)${escaped(c)}\\2\\s*=\\s*('[^']*'|-?\\d+)`, 'i').test(parts.where!)) && !/\bor\b/i.test(parts.where)
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function jobOfNotNull(table: Table, column: Column, place: Place, d: string, added: boolean): BackfillJob {
  const name = quoteIdent(column.name)
  const target = quoteKey(table.key, d)
  return {
    name: jobName(table, column.name),
    table: table.key,
    place,
    reason: added
      ? `${nameOf(table.key)}.${column.name} is added NOT NULL without a default: that fails on a table with rows, so the column has to come nullable and be filled first.`
      : `${nameOf(table.key)}.${column.name} becomes NOT NULL: rows that hold NULL have to get a value first.`,
    key: walkingKey(table),
    target,
    alias: nameOf(table.key),
    set: `${name} = ${column.default ?? 'NULL /* write the value for existing rows here */'}`,
    from: null,
    where: `${name} IS NULL`,
    verify: `SELECT count(*) AS rows_left FROM ${target} WHERE ${name} IS NULL`,
    valueKnown: column.default !== null,
  }
}

/** Columns by which a table can be walked: its primary key, else a unique key over columns that are never NULL. */
export function walkingKey(table: Table): BackfillJob['key'] {
  const candidates = [
    ...(table.primaryKey ? [table.primaryKey.columns] : []),
    ...table.uniques.map((u) => u.columns),
    ...table.indexes.filter((i) => i.unique && i.where === null && i.method === 'btree' && i.keys.every((k) => k.column !== null)).map((i) => i.keys.map((k) => k.column!)),
  ]
  for (const names of candidates) {
    const columns = names.flatMap((n) => table.columns.find((c) => c.name === n) ?? [])
    if (columns.length === names.length && columns.every((c) => !c.nullable && c.type !== null)) return columns.map((c) => ({ name: c.name, type: c.type! }))
  }
  return []
}

function jobName(table: Table, column: string): string {
  const plain = `${nameOf(table.key)}_${column}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '')
  return plain.slice(0, 36) || 'rows'
}

const volatile = /\b(random|gen_random_uuid|uuid_generate_v\d\w*|uuidv[47]|clock_timestamp|timeofday|now|nextval|current_timestamp|localtimestamp|statement_timestamp|transaction_timestamp)\b/i

function verification(parts: UpdateParts): string | null {
  const { assignments } = parts
  if (!assignments) return null
  // A clause may end in a comment, so each ends its line.
  const all = `SELECT count(*) AS rows_left FROM ${parts.target}${parts.from ? `\n  , ${parts.from}` : ''}\n  WHERE `
  const condition = parts.where ? `(${parts.where}\n  ) AND ` : ''
  const name = (column: string) => `${quoteIdent(parts.alias)}.${quoteIdent(column)}`
  if (assignments.some((a) => assignments.some((o) => mentions(a.expression, quoteIdent(o.column))))) return null
  const tests = assignments.map((a) => volatile.test(a.expression) ? `${name(a.column)} IS NULL` : `${name(a.column)} IS DISTINCT FROM (${a.expression}\n  )`)
  return `${all}${condition}(${tests.join(' OR ')})`
}
