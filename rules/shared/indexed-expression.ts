import type { Table } from '../../src/schema/model.ts'
import { significantTokens } from '../../src/sql/tokens.ts'
import { ident } from './sql.ts'

/** Functions that give one result for one argument, whatever the session is set to. */
const immutable = new Set(
  'lower upper initcap btrim ltrim rtrim substr substring left right length char_length octet_length replace translate regexp_replace split_part strpos md5 reverse lpad rpad abs ceil ceiling floor round trunc mod sign sqrt coalesce nullif greatest least'.split(
    ' ',
  ),
)

/** The same for a time without a zone; of one with a zone they depend on that of the session. */
const ofPlainTime = new Set(['date', 'date_trunc', 'date_part', 'extract'])

const plainTypes =
  /^(?:text|character(?: varying)?(?:\(\d+\))?|smallint|integer|bigint|numeric(?:\(.*\))?|uuid|boolean)$/
const plainTime = /^timestamp(?:\(\d\))? without time zone$/

/**
 * An expression over a column of a table, printed as the queries' reader prints it, as SQL that `CREATE INDEX` takes; null where Postgres
 * refuses an index on it, because its result depends on more than the row, or where that is not known.
 */
export function indexedExpression(expression: string, column: string, table: Table): string | null {
  const type = table.columns.find(({ name }) => name === column)?.type
  if (!type) return null
  const sql = quoted(expression, table).replace(/\bextract\('(\w+)', (.+)\)$/i, 'EXTRACT($1 FROM $2)')
  const isTime = plainTime.test(type)
  const tokens = significantTokens(sql).map(({ kind, start, end }) => ({ kind, text: sql.slice(start, end) }))
  for (const [i, { kind, text }] of tokens.entries()) {
    const name = text.toLowerCase()
    if (kind === 'word' && tokens[i + 1]?.text === '(' && tokens[i - 1]?.text !== '::') {
      if (!immutable.has(name) && !(isTime && ofPlainTime.has(name))) return null
    }
    if (text !== '::') continue
    const target = tokens[i + 1]?.text.toLowerCase() ?? ''
    const isPlain =
      plainTypes.test(type) && /^(?:text|varchar|character|smallint|integer|bigint|int[248]?|numeric)$/.test(target)
    if (!isPlain && !(isTime && target === 'date')) return null
  }
  return plainTypes.test(type) || isTime ? sql : null
}

/** The expression with the names of columns quoted where SQL wants them so. */
function quoted(expression: string, table: Table): string {
  const names = new Set(table.columns.map(({ name }) => name))
  let text = ''
  let last = 0
  for (const { kind, start, end } of significantTokens(expression)) {
    const name = expression.slice(start, end)
    if (kind !== 'word' || !names.has(name) || expression[end] === '(') continue
    text += expression.slice(last, start) + ident(name)
    last = end
  }
  return text + expression.slice(last)
}

/** The day, month or year that an expression cuts a time to, as SQL says a length of time; null for any other. */
export function cutTo(expression: string): string | null {
  const [, unit] = /^date_trunc\('(\w+)', /i.exec(expression) ?? []
  if (unit !== undefined) return unit.toLowerCase()
  return /^date\(|::date$/i.test(expression) ? 'day' : null
}
