import type { RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, schemaOf, type Column, type Key } from '../../src/schema/model.ts'
import { ident, idents, sqlName, tableAt } from './sql.ts'

/** Rows that a batch changes: enough to be worth a statement, few enough to be locked for a moment. */
const size = 5000

/**
 * Lines of SQL, a comment and one statement, that fill `column` with `value` a few thousand rows at a time until none is left that is NULL.
 * `value` is SQL.
 */
export function fillInBatches(table: Key, column: string, value: string, ctx: RuleContext): readonly string[] {
  const [name, target] = [sqlName(table, ctx), ident(column)]
  return inBatches(
    table,
    { head: `UPDATE ${name} SET ${target} = ${value}`, from: name, where: `${target} IS NULL` },
    ctx,
  )
}

/** Adds a column that numbers its rows, new ones at once and old ones in batches; NOT NULL is left for later. */
export function numberedInBatches(
  table: Key,
  { name, type }: Column,
  ctx: RuleContext,
  sequence = numbersOf(table, name, ctx),
): readonly string[] {
  const [of, column] = [sqlName(table, ctx), ident(name)]
  return [
    `CREATE SEQUENCE ${sequence};`,
    `ALTER TABLE ${of} ADD COLUMN ${column} ${type ?? 'bigint'};`,
    `ALTER TABLE ${of} ALTER COLUMN ${column} SET DEFAULT nextval('${sequence}');`,
    `ALTER SEQUENCE ${sequence} OWNED BY ${of}.${column};`,
    ...fillInBatches(table, name, `nextval('${sequence}')`, ctx),
  ]
}

/** The name of the sequence behind a column, as serial has it; it has to stand in the schema of the table that owns it. */
export function numbersOf(table: Key, column: string, ctx: RuleContext, end = 'seq'): string {
  return sqlName(key(schemaOf(table), `${nameOf(table)}_${column}_${end}`), ctx)
}

/** The same for any UPDATE or DELETE: `head` is what stands before WHERE, `from` its table as written, `where` is false for rows that are done; empty where those are gone. */
export function inBatches(
  table: Key,
  { head, from, where }: { readonly head: string; readonly from: string; readonly where: string },
  ctx: RuleContext,
): readonly string[] {
  const keys = tableAt(table, ctx)?.primaryKey?.columns
  const one = singleKey(table, ctx)
  const some = `FROM ${from}${where === '' ? '' : ` WHERE ${where}`} LIMIT ${size}`
  return [
    '-- again and again, each in a transaction of its own, until it changes no row:',
    head,
    keys === undefined
      ? `  WHERE ctid = ANY (ARRAY(SELECT ctid ${some}));`
      : `  WHERE ${one ?? `(${idents(keys)})`} IN (SELECT ${idents(keys)} ${some});`,
  ]
}

/** A range of the key at a time, for what does not show which rows are done; null where the table has no key of one column. */
export function inRanges(
  table: Key,
  { head, from, where }: { readonly head: string; readonly from: string; readonly where: string },
  ctx: RuleContext,
): readonly string[] | null {
  const one = singleKey(table, ctx)
  if (one === null) return null
  return [
    largestKey,
    head,
    `  WHERE ${one} IN (SELECT ${one} FROM ${from} WHERE ${one} > $1${where === '' ? '' : ` AND (${where})`} ORDER BY ${one} LIMIT ${size}) RETURNING ${one};`,
  ]
}

const largestKey =
  '-- again and again, each in a transaction of its own, $1 the largest key that the time before gave back:'

/** The key of one column as it is written in SQL; null for none or more. */
export function singleKey(table: Key, ctx: RuleContext): string | null {
  const [only, ...more] = tableAt(table, ctx)?.primaryKey?.columns ?? []
  return only === undefined || more.length > 0 ? null : ident(only)
}

/** What is copied from one table into another. */
export interface Copied {
  readonly from: string
  readonly into: string
  /** The list of columns that it has in both; null for all of them. */
  readonly columns: string | null
  /** The key of the first, which the copy has under the same name. */
  readonly key: string
  /** True where a row may be there already: `key` is the copy's key too. */
  readonly again?: boolean
  /** True where the rows are locked meanwhile, so that a trigger sees what changes in them. */
  readonly locks?: boolean
}

/** Lines of SQL that copy rows, a range of the key at a time. */
export function copyInRanges({
  from,
  into,
  columns,
  key: of,
  again = false,
  locks = false,
}: Copied): readonly string[] {
  return [
    largestKey,
    `INSERT INTO ${into}${columns === null ? '' : ` (${columns})`}`,
    `  SELECT ${columns ?? '*'} FROM ${from} WHERE ${of} > $1 ORDER BY ${of} LIMIT ${size}${locks ? ' FOR SHARE' : ''}`,
    `  ${again ? `ON CONFLICT (${of}) DO NOTHING ` : ''}RETURNING ${of};`,
  ]
}

/** How a statement is done for a range of the key of a table at a time. */
interface KeyRange {
  /** The table as it is written in SQL. */
  readonly from: string
  /** Comments and the query that go before the statement of one batch. */
  readonly next: readonly string[]
  /** What a row of the batch passes. */
  readonly within: string
}

/** The same for what one table cannot tell alone; null where the table has no key. `alias` is how its columns are named. */
export function keyRange(table: Key, alias: string | null, ctx: RuleContext): KeyRange | null {
  const keys = tableAt(table, ctx)?.primaryKey?.columns
  if (keys === undefined || keys.length === 0) return null
  const name = sqlName(table, ctx)
  const row = (of: readonly string[]) => (of.length === 1 ? (of[0] ?? '') : `(${of.join(', ')})`)
  const plain = keys.map(ident)
  const [first, last] = [0, keys.length].map((from) => keys.map((_, i) => `$${from + i + 1}`)) as [string[], string[]]
  const own = row(plain.map((each) => (alias === null ? each : `${ident(alias)}.${each}`)))
  return {
    from: name,
    next: [
      `-- ${row(last)}, the last key of the next ${size} rows after ${row(first)}:`,
      `SELECT ${plain.join(', ')} FROM (SELECT ${plain.join(', ')} FROM ${name} WHERE ${row(plain)} > ${row(first)} ORDER BY ${plain.join(', ')} LIMIT ${size}) AS next`,
      `  ORDER BY ${plain.map((each) => `${each} DESC`).join(', ')} LIMIT 1;`,
      `-- again and again, each in a transaction of its own, from one such key to the next, until there is none:`,
    ],
    within: `${own} > ${row(first)} AND ${own} <= ${row(last)}`,
  }
}
