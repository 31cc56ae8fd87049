import type { RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Column, type Key } from '../../src/schema/model.ts'
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
  const sequence = ident(`${nameOf(table)}_${name}_seq`)
  return [
    `CREATE SEQUENCE ${sequence};`,
    `ALTER TABLE ${of} ADD COLUMN ${column} ${type ?? 'bigint'};`,
    `ALTER TABLE ${of} ALTER COLUMN ${column} SET DEFAULT nextval('${sequence}');`,
    `ALTER SEQUENCE ${sequence} OWNED BY ${of}.${column};`,
    ...fillInBatches(table, name, `nextval('${sequence}')`, ctx),
  ]
}

/** The same for any UPDATE or DELETE: `head` is what stands before WHERE, `from` its table as written, `where` is false for rows that are done. */
export function inBatches(
  table: Key,
  { head, from, where }: { readonly head: string; readonly from: string; readonly where: string },
  ctx: RuleContext,
): readonly string[] {
  const keys = tableAt(table, ctx)?.primaryKey?.columns
  const one = keys?.length === 1 && keys[0] !== undefined ? ident(keys[0]) : null
  return [
    '-- again and again, each in a transaction of its own, until it changes no row:',
    head,
    keys === undefined
      ? `  WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${from} WHERE ${where} LIMIT ${size}));`
      : `  WHERE ${one ?? `(${idents(keys)})`} IN (SELECT ${idents(keys)} FROM ${from} WHERE ${where} LIMIT ${size});`,
  ]
}

/** An UPDATE or DELETE of one table taken apart: its table with its alias, the assignments, the condition. */
export interface Clauses {
  readonly target: string
  readonly set: string | null
  readonly where: string
}

/** Takes the text of an UPDATE or DELETE apart; null where it is more than that: a join, a RETURNING, a WITH, a comment. */
export function clausesOf(text: string): Clauses | null {
  if (/--|\/\*|\$\$|\\/.test(text)) return null
  const parts = splitAt(text.trim().replace(/;$/, ''), [
    'update',
    'delete',
    'from',
    'set',
    'where',
    'using',
    'returning',
    'with',
  ])
  const [first, second, third] = parts
  const words = parts.map((part) => part.word).join(' ')
  if (words === 'update set where' && first && second && third)
    return { target: first.rest, set: second.rest, where: third.rest }
  if (words === 'delete from where' && second && third) return { target: second.rest, set: null, where: third.rest }
  return null
}

/** The text cut at these words, as far as they stand outside of quotes and parentheses. */
function splitAt(text: string, words: readonly string[]): readonly { readonly word: string; readonly rest: string }[] {
  const parts: { word: string; start: number; end: number }[] = []
  let depth = 0
  for (const token of text.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|[\w$]+/g)) {
    if (token[0] === '(') depth++
    else if (token[0] === ')') depth--
    else if (depth === 0 && words.includes(token[0].toLowerCase()))
      parts.push({ word: token[0].toLowerCase(), start: token.index, end: token.index + token[0].length })
  }
  return parts.map(({ word, end }, i) => ({ word, rest: text.slice(end, parts[i + 1]?.start).trim() }))
}
