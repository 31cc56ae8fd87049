import { significantTokens } from '../../sql/tokens.ts'
import type { IndexKey, Table } from '../model.ts'
import { propertyOf } from './types.ts'

/** An index in whatever shape SQL gives it. */
export interface ShapedIndex {
  readonly name: string
  readonly unique?: boolean
  /** `btree` where left out. */
  readonly method?: string
  readonly keys: readonly ShapedKey[]
  /** Condition in SQL. */
  readonly where?: string
}

/** Nulls stand where Postgres puts them by default, unless `nullsFirst` says otherwise. */
export type ShapedKey = Pick<IndexKey, 'column' | 'expression'> &
  Partial<Pick<IndexKey, 'descending' | 'nullsFirst' | 'opclass'>>

/** How an ORM's schema spells an index. */
export interface SpelledIndex {
  readonly text: string
  /** What of the index the text does not say, and the ORM does not compare: `where nulls stand`; null where it says all. */
  readonly unsaid: string | null
}

const prismaMethods: Readonly<Record<string, string>> = {
  gin: 'Gin',
  gist: 'Gist',
  spgist: 'SpGist',
  brin: 'Brin',
  hash: 'Hash',
}

/** How the schema that declares a table spells an index of it; null where it has no word for it, or is not an ORM's. */
export function spelledIndex(index: ShapedIndex, table: Table): SpelledIndex | null {
  switch (table.declared[0]?.source) {
    case 'prisma':
      return inPrisma(index, table)
    case 'drizzle':
      return inDrizzle(index, table)
    default:
      return null
  }
}

function inPrisma(
  { name, unique = false, method = 'btree', keys, where }: ShapedIndex,
  table: Table,
): SpelledIndex | null {
  const type = method === 'btree' ? '' : prismaMethods[method]
  if (where !== undefined || type === undefined) return null
  const fields = keys.map(({ column, descending = false, opclass }) => {
    const field = column === null ? null : propertyOf(table, column)
    const said = [
      ...(descending ? ['sort: Desc'] : []),
      ...(opclass ? [`ops: raw(${JSON.stringify(opclass)})`] : []),
    ].join(', ')
    return field === null ? null : `${field}${said === '' ? '' : `(${said})`}`
  })
  if (fields.some((field) => field === null)) return null
  const usual = `${table.name}_${keys.map(({ column }) => column).join('_')}_${unique ? 'key' : 'idx'}`
  const named = name === usual ? '' : `, map: ${JSON.stringify(name)}`
  const nulls = keys.some(({ descending = false, nullsFirst = descending }) => nullsFirst !== descending)
  return {
    text: `@@${unique ? 'unique' : 'index'}([${fields.join(', ')}]${type === '' ? '' : `, type: ${type}`}${named})`,
    unsaid: nulls ? 'where nulls stand' : null,
  }
}

function inDrizzle(
  { name, unique = false, method = 'btree', keys, where }: ShapedIndex,
  table: Table,
): SpelledIndex | null {
  const columns = keys.map(({ column, expression, descending = false, nullsFirst = descending, opclass }) => {
    if (column === null) return expression === null ? null : `sql\`${embedded(asElement(expression), table)}\``
    const property = propertyOf(table, column)
    if (property === null) return null
    // The kit puts nulls last in either direction, unless it is told otherwise.
    const order = nullsFirst
      ? `${descending ? '.desc()' : '.asc()'}.nullsFirst()`
      : descending
        ? '.desc().nullsLast()'
        : ''
    return `table.${property}${order}${opclass ? `.op('${opclass}')` : ''}`
  })
  if (columns.some((column) => column === null) || !/^[\w$ -]+$/.test(name)) return null
  const on = method === 'btree' ? `.on(${columns.join(', ')})` : `.using('${method}', ${columns.join(', ')})`
  return {
    text: `${unique ? 'uniqueIndex' : 'index'}('${name}')${on}${where === undefined ? '' : `.where(sql\`${embedded(where, table)}\`)`}`,
    unsaid: null,
  }
}

/** An expression as an index takes it where nobody puts it into parentheses: a call as it is, all else in its own. */
function asElement(expression: string): string {
  const tokens = significantTokens(expression)
  const at = (i: number) => expression.slice(tokens[i]?.start, tokens[i]?.end)
  const open = at(0) === '(' ? 0 : tokens[0]?.kind === 'word' && at(1) === '(' ? 1 : -1
  let depth = 0
  const close = open < 0 ? -1 : tokens.findIndex((_, i) => i >= open && (depth += bracket(at(i))) === 0)
  return close === tokens.length - 1 ? expression : `(${expression})`
}

function bracket(text: string): number {
  return text === '(' ? 1 : text === ')' ? -1 : 0
}

/** SQL inside a template, its columns as those of the table object. */
function embedded(sql: string, table: Table): string {
  const tokens = significantTokens(sql)
  const written = (i: number) => sql.slice(tokens[i]?.start, tokens[i]?.end)
  let text = ''
  let last = 0
  for (const [i, { kind, start, end }] of tokens.entries()) {
    const name = kind === 'identifier' ? written(i).slice(1, -1).replaceAll('""', '"') : written(i).toLowerCase()
    const isName = kind === 'identifier' || kind === 'word'
    const property = isName && written(i + 1) !== '(' && written(i - 1) !== '::' ? propertyOf(table, name) : null
    if (property === null) continue
    const owner = written(i - 1) === '.' ? i - 2 : i
    const from = tokens[owner]?.start ?? start
    text += `${template(sql.slice(last, from))}\${table.${property}}`
    last = end
  }
  return text + template(sql.slice(last))
}

function template(text: string): string {
  return text.replaceAll(/[\\`]|\$(?=\{)/g, '\\$&')
}
