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
export function numberedInBatches(table: Key, { name, type }: Column, ctx: RuleContext): readonly string[] {
  const [of, column] = [sqlName(table, ctx), ident(name)]
  // A sequence has to stand in the schema of the table that owns it.
  const sequence = sqlName(key(schemaOf(table), `${nameOf(table)}_${name}_seq`), ctx)
  return [
    `CREATE SEQUENCE ${sequence};`,
    `ALTER TABLE ${of} ADD COLUMN ${column} ${type ?? 'bigint'};`,
    `ALTER TABLE ${of} ALTER COLUMN ${column} SET DEFAULT nextval('${sequence}');`,
    `ALTER SEQUENCE ${sequence} OWNED BY ${of}.${column};`,
    ...fillInBatches(table, name, `nextval('${sequence}')`, ctx),
  ]
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

/** An UPDATE or DELETE of one table in batches; null where it is more than that, or does not show which rows are done and has no key to go by. */
export function changeInBatches(text: string, table: Key, ctx: RuleContext): readonly string[] | null {
  const clauses = clausesOf(text)
  if (clauses === null) return null
  const { target, set, where } = clauses
  const head = set === null ? `DELETE FROM ${target}` : `UPDATE ${target} SET ${set}`
  const rest = /^(?:true|1\s*=\s*1)$/i.test(where) ? '' : where
  if (set === null) return inBatches(table, { head, from: target, where: rest }, ctx)
  const [, column = '', value = ''] = /^("[^"]+"|[\w$]+)\s*=\s*([^,]+)$/.exec(set) ?? []
  if (column === '' || value.split(/[^\w$"]+/).includes(column))
    return inRanges(table, { head, from: target, where: rest }, ctx)
  if (/^IS NULL$/i.test(rest.replace(column, '').trim()))
    return inBatches(table, { head, from: target, where: rest }, ctx)
  const left = `${column} IS DISTINCT FROM ${value}`
  return inBatches(table, { head, from: target, where: rest === '' ? left : `(${rest}) AND ${left}` }, ctx)
}

/** An INSERT ... SELECT from one table, `source`, in ranges of its key; null where it is more than that, or does not write the key. */
export function insertInRanges(text: string, source: Key, ctx: RuleContext): readonly string[] | null {
  const parts = /--|\/\*|\$\$|\\/.test(text) ? [] : clausesIn(text)
  const [, into, select, from, where] = parts
  const of = singleKey(source, ctx)
  if (!/^insert into select from( where)?$/.test(wordsOf(parts)) || !into || !select || !from || of === null)
    return null
  const columns = /^(.*?)\(([^()]*)\)$/s.exec(into.rest)?.[2]?.split(',') ?? []
  const values = select.rest.split(',').map((value) => value.trim())
  const at = values.findIndex((value) => value === of || value.endsWith(`.${of}`))
  const target = columns.length === values.length ? columns[at]?.trim() : undefined
  const one = values[at]
  if (target === undefined || one === undefined) return null
  return [
    largestKey,
    `INSERT INTO ${into.rest}`,
    `  SELECT ${select.rest} FROM ${from.rest} WHERE ${where === undefined ? '' : `(${where.rest}) AND `}${one} > $1 ORDER BY ${one} LIMIT ${size} RETURNING ${target};`,
  ]
}

/** An UPDATE or DELETE of one table taken apart: its table with its alias, the assignments, the condition. */
interface Clauses {
  readonly target: string
  readonly set: string | null
  /** Empty for none. */
  readonly where: string
}

/** Takes the text of an UPDATE or DELETE apart; null where it is more than that: a join, a RETURNING, a WITH, a comment. */
function clausesOf(text: string): Clauses | null {
  if (/--|\/\*|\$\$|\\/.test(text)) return null
  const parts = clausesIn(text)
  const [first, second, third] = parts
  const words = wordsOf(parts)
  if (/^update set( where)?$/.test(words) && first && second)
    return { target: first.rest, set: second.rest, where: third?.rest ?? '' }
  if (/^delete from( where)?$/.test(words) && second)
    return { target: second.rest, set: null, where: third?.rest ?? '' }
  return null
}

interface Clause {
  readonly word: string
  readonly rest: string
}

const wordsOf = (parts: readonly Clause[]) => parts.map(({ word }) => word).join(' ')

const clauseWords = new Set(
  'insert into update delete from set select where using returning with values on join group having order limit union intersect except'.split(
    ' ',
  ),
)

/** A statement cut at the words that begin its clauses, as far as they stand outside of quotes and parentheses. */
function clausesIn(statement: string): readonly Clause[] {
  const text = statement.trim().replace(/;$/, '')
  const parts: { word: string; start: number; end: number }[] = []
  let depth = 0
  for (const token of text.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|[\w$]+/g)) {
    if (token[0] === '(') depth++
    else if (token[0] === ')') depth--
    else if (depth === 0 && clauseWords.has(token[0].toLowerCase()))
      parts.push({ word: token[0].toLowerCase(), start: token.index, end: token.index + token[0].length })
  }
  return parts.map(({ word, end }, i) => ({ word, rest: text.slice(end, parts[i + 1]?.start).trim() }))
}
