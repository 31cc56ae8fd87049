import type { Step } from '../../step.ts'
import type { Place } from '../../location.ts'
import type { ProjectReview } from '../../report/report.ts'
import { nameOf, type Column, type Key, type Table } from '../../schema/model.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import { targetTable } from '../rollback/lossy.ts'
import { baseOf, rowParts, type RowParts } from './row-parts.ts'
import { relationKey } from '../../schema/relation.ts'

/** Rows of an existing table that are changed, removed or copied: what is done to them, and the key by which to walk. */
export interface BackfillJob {
  readonly kind: 'update' | 'delete' | 'insert'
  /** `users_status`, plain enough to be the name of a function. */
  readonly name: string
  /** The table that is walked: for a copy the one that is read. */
  readonly table: Key
  readonly place: Place
  /** Why, in one sentence. */
  readonly reason: string
  /** Key columns with their types; empty where the table has none that can be walked. */
  readonly key: readonly { readonly name: string; readonly type: string }[]
  /** Why it cannot be done in batches, in one sentence; null where it can. */
  readonly obstacle: string | null
  /** `WITH …` that goes before each batch. */
  readonly with: string | null
  /** Table as the statement names it, and the name under which the columns of the walked table are reached. */
  readonly target: string
  readonly alias: string
  /** What is assigned in an UPDATE; `''` otherwise. */
  readonly set: string
  /** What a copy selects; null otherwise. */
  readonly select: string | null
  readonly from: string | null
  readonly where: string | null
  /** What a copy does with rows that are there: `ON CONFLICT DO NOTHING`. */
  readonly conflict: string | null
  /** Counts the rows that still have to change; null where only the progress can tell. */
  readonly verify: string | null
  /** False where nobody but the author knows the value: the script says where to write it. */
  readonly valueKnown: boolean
}

/** What an UPDATE over a table that recipes need does not say by itself. */
export const plainUpdate = { kind: 'update', obstacle: null, with: null, select: null, conflict: null } as const

/** The name of a job: of the table and what is done to it. */
export function jobNameOf(table: string, what: string): string {
  return (
    `${table}_${what}`
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .slice(0, 36) || 'rows'
  )
}

/** The backfills that a change makes in one statement, and those that its NOT NULL columns need. */
export function backfillsOf(review: ProjectReview): readonly BackfillJob[] {
  const written = review.steps.flatMap((step) => jobOfRows(step, review) ?? [])
  const filled = new Set(written.flatMap((j) => j.columns.map((c) => `${j.job.table}\u0000${c}`)))
  const needed = review.steps.flatMap((step) =>
    step.changes.flatMap((change): BackfillJob[] => {
      if (change.kind !== 'setNotNull' && change.kind !== 'addColumn') return []
      const old = review.before.tables.get(change.table)
      if (
        !old ||
        step.before.tables.get(change.table) === undefined ||
        filled.has(`${change.table}\u0000${change.to.name}`)
      )
        return []
      if (change.kind === 'addColumn' && !needsValue(change.to)) return []
      filled.add(`${change.table}\u0000${change.to.name}`)
      return [
        jobOfNotNull(
          step.before.tables.get(change.table)!,
          change.to,
          change.place,
          step.before.defaultSchema,
          change.kind === 'addColumn',
        ),
      ]
    }),
  )
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

/** The job of a statement on rows, with the columns that it fills; null where it is none or concerns one row. */
function jobOfRows(
  step: Step,
  review: ProjectReview,
): { readonly job: BackfillJob; readonly columns: readonly string[] } | null {
  const { statement } = step
  if (
    step.undone ||
    statement.inside === 'function' ||
    !['UpdateStmt', 'DeleteStmt', 'InsertStmt'].includes(statement.kind)
  )
    return null
  const parts = rowParts(statement)
  const changed = targetTable(step)
  if (parts === null || !changed) return null
  const walked = step.before.tables.get(statement.kind === 'InsertStmt' ? (sourceOf(step) ?? '') : changed)
  if (!walked || !review.before.tables.has(walked.key)) return null
  const where = `at ${statement.place.path} line ${statement.place.line}`
  const verb = statement.kind === 'UpdateStmt' ? 'UPDATE' : statement.kind === 'DeleteStmt' ? 'DELETE' : 'INSERT'
  if (typeof parts === 'string') {
    return {
      columns: [],
      job: {
        ...emptyJob,
        kind: statement.kind === 'UpdateStmt' ? 'update' : statement.kind === 'DeleteStmt' ? 'delete' : 'insert',
        name: jobNameOf(nameOf(walked.key), 'rows'),
        table: walked.key,
        place: statement.place,
        reason: `The ${verb} ${where} does its work in one statement.`,
        obstacle: `It ${parts}, so it cannot be cut into batches.`,
      },
    }
  }
  if (parts.kind !== 'insert' && pinsOneRow(parts, walked)) return null
  const columns = parts.assignments?.map((a) => a.column) ?? []
  const obstacle = looksBack(parts, walked, columns)
  const reason =
    parts.kind === 'insert'
      ? `The INSERT ${where} copies rows of ${nameOf(walked.key)} in one statement: it is one long transaction, and all of it starts again when it fails.`
      : `The ${verb} ${where} ${parts.kind === 'delete' ? 'removes' : 'changes'} rows of \`${nameOf(walked.key)}\` in one statement: every row that it touches stays locked until it commits.`
  return {
    columns,
    job: {
      kind: parts.kind,
      name: jobNameOf(
        nameOf(parts.kind === 'insert' ? changed : walked.key),
        parts.kind === 'delete' ? 'delete' : parts.kind === 'insert' ? 'copy' : (columns[0] ?? 'rows'),
      ),
      table: walked.key,
      place: statement.place,
      reason: parts.with === null ? reason : `${reason} Its WITH is worked out again for each batch.`,
      key: walkingKey(walked),
      obstacle: obstacle ?? (walkingKey(walked).length ? null : noKey(walked)),
      with: parts.with,
      target: parts.target,
      alias: parts.alias,
      set: parts.set ?? '',
      select: parts.select,
      from: parts.from,
      where: parts.where,
      conflict: parts.conflict,
      verify: verification(parts),
      valueKnown: true,
    },
  }
}

/** Why a second batch would see what the first one did; null where it does not. */
export function looksBack(parts: RowParts, table: Table, columns: readonly string[]): string | null {
  const name = quoteIdent(nameOf(table.key))
  // What is read beside the row itself: the WITH, and queries inside the clauses. `users.id` in them is the row.
  const beside = [
    parts.with,
    ...[parts.set, parts.from, parts.where].map((text) => (text && /\bselect\b/i.test(text) ? text : null)),
  ]
    .filter((text) => text !== null)
    .join('\n')
    .replaceAll(new RegExp(`(?<![\\w."])${escaped(name)}\\s*\\.`, 'gi'), '')
  if (parts.kind === 'delete' && (mentions(beside, name) || (parts.from !== null && mentions(parts.from, name))))
    return `It looks at other rows of \`${nameOf(table.key)}\`, which an earlier batch may have removed.`
  return parts.kind === 'update' && mentions(beside, name) && columns.some((c) => mentions(beside, quoteIdent(c)))
    ? 'It reads a column that it changes in other rows, so a second batch would see what the first one did.'
    : null
}

const emptyJob = {
  key: [],
  obstacle: null,
  with: null,
  target: '',
  alias: '',
  set: '',
  select: null,
  from: null,
  where: null,
  conflict: null,
  verify: null,
  valueKnown: true,
} as const

/** Why a table without a key is not walked. */
export function noKey(table: Pick<Table, 'key'>): string {
  return `\`${nameOf(table.key)}\` has no primary key and no unique key over NOT NULL columns to walk by: give it one first, or run the statement as it is while nothing else needs the table.`
}

/** The table that an INSERT … SELECT reads first. */
function sourceOf(step: Step): Key | null {
  const body = Object.values(step.statement.node)[0] as
    | { readonly selectStmt?: { readonly SelectStmt?: { readonly fromClause?: readonly object[] } } }
    | undefined
  const name = baseOf(body?.selectStmt?.SelectStmt?.fromClause?.[0])
  return name?.relname ? relationKey(name, step.before) : null
}

/** `WHERE id = 7` is no backfill. */
function pinsOneRow(parts: RowParts, table: Table): boolean {
  const columns = walkingKey(table).map((k) => k.name)
  if (!parts.where || !columns.length) return false
  return (
    columns.every((c) =>
      new RegExp(`(^|[^\\w"])("?)${escaped(c)}\\2\\s*=\\s*('[^']*'|-?\\d+)`, 'i').test(parts.where!),
    ) && !/\bor\b/i.test(parts.where)
  )
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function jobOfNotNull(table: Table, column: Column, place: Place, d: string, added: boolean): BackfillJob {
  const name = quoteIdent(column.name)
  const target = quoteKey(table.key, d)
  return {
    ...plainUpdate,
    obstacle: walkingKey(table).length ? null : noKey(table),
    name: jobNameOf(nameOf(table.key), column.name),
    table: table.key,
    place,
    reason: added
      ? `\`${nameOf(table.key)}.${column.name}\` is added NOT NULL without a default: that fails on a table with rows, so the column has to come nullable and be filled first.`
      : `\`${nameOf(table.key)}.${column.name}\` becomes NOT NULL: rows that hold NULL have to get a value first.`,
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
    ...table.indexes
      .filter((i) => i.unique && i.where === null && i.method === 'btree' && i.keys.every((k) => k.column !== null))
      .map((i) => i.keys.map((k) => k.column!)),
  ]
  for (const names of candidates) {
    const columns = names.flatMap((n) => table.columns.find((c) => c.name === n) ?? [])
    if (columns.length === names.length && columns.every((c) => !c.nullable && c.type !== null))
      return columns.map((c) => ({ name: c.name, type: c.type! }))
  }
  return []
}

const volatile =
  /\b(random|gen_random_uuid|uuid_generate_v\d\w*|uuidv[47]|clock_timestamp|timeofday|now|nextval|current_timestamp|localtimestamp|statement_timestamp|transaction_timestamp)\b/i

function verification(parts: RowParts): string | null {
  const { assignments } = parts
  if (parts.kind === 'delete' && parts.with === null)
    return `SELECT count(*) AS rows_left FROM ${parts.target}${parts.from ? `\n  , ${parts.from}` : ''}${parts.where ? `\n  WHERE ${parts.where}\n` : ''}`
  if (!assignments || parts.with !== null) return null
  // A clause may end in a comment, so each ends its line.
  const all = `SELECT count(*) AS rows_left FROM ${parts.target}${parts.from ? `\n  , ${parts.from}` : ''}\n  WHERE `
  const condition = parts.where ? `(${parts.where}\n  ) AND ` : ''
  const name = (column: string) => `${quoteIdent(parts.alias)}.${quoteIdent(column)}`
  if (assignments.some((a) => assignments.some((o) => mentions(a.expression, quoteIdent(o.column))))) return null
  const tests = assignments.map((a) =>
    volatile.test(a.expression)
      ? `${name(a.column)} IS NULL`
      : `${name(a.column)} IS DISTINCT FROM (${a.expression}\n  )`,
  )
  return `${all}${condition}(${tests.join(' OR ')})`
}
