import { quoteIdent } from '../../sql/names.ts'
import type { Token } from '../../sql/tokens.ts'
import { significantTokens } from '../../sql/tokens.ts'
import type { Index, Policy, Table } from '../model.ts'

function isColumnToken(text: string, tokens: readonly Token[], i: number, written: string): boolean {
  const token = tokens[i]
  if (
    token === undefined ||
    (token.kind !== 'word' && token.kind !== 'identifier') ||
    text.slice(token.start, token.end) !== written
  )
    return false
  const before = tokens[i - 1]
  const after = tokens[i + 1]
  const joined = before === undefined ? '' : text.slice(before.start, before.end)
  return joined !== '::' && joined !== '.' && (after === undefined || text[after.start] !== '(')
}

/** True where an expression in Postgres' spelling mentions a column. */
export function mentions(text: string | null, column: string): boolean {
  if (text === null) return false
  const written = quoteIdent(column)
  if (!text.includes(written)) return false
  const tokens = significantTokens(text)
  return tokens.some((_, i) => isColumnToken(text, tokens, i, written))
}

/** What takes the place of the token at hand and of those behind it, `count` in all. */
interface Replacement {
  readonly text: string
  readonly count: number
}

function replaceTokens(text: string, replace: (tokens: readonly Token[], i: number) => Replacement | null): string {
  const tokens = significantTokens(text)
  let result = ''
  let at = 0
  for (let i = 0; i < tokens.length; i++) {
    const other = replace(tokens, i)
    if (other === null) continue
    result += text.slice(at, tokens[i]?.start) + other.text
    i += other.count - 1
    at = tokens[i]?.end ?? text.length
  }
  return at === 0 ? text : result + text.slice(at)
}

/** An expression with a column under its new name. */
export function withColumnRenamed(text: string, from: string, to: string): string {
  const written = quoteIdent(from)
  if (!text.includes(written)) return text
  return replaceTokens(text, (tokens, i) =>
    isColumnToken(text, tokens, i, written) ? { text: quoteIdent(to), count: 1 } : null,
  )
}

/** An expression with a type under its new spelling; both as `format_type` spells them. */
export function withTypeRenamed(text: string, from: string, to: string): string {
  if (!text.includes(from)) return text
  const count = significantTokens(from).length
  return replaceTokens(text, (tokens, i) => (isCastTo(text, tokens, i, from, count) ? { text: to, count } : null))
}

/** True where an expression casts to a type, as `format_type` spells it, or to an array of it. */
export function castsTo(text: string, type: string): boolean {
  return withTypeRenamed(text, type, '?') !== text
}

/** An expression with a value of an enum under its new name; `type` is the enum as `format_type` spells it. */
export function withEnumValueRenamed(text: string, type: string, from: string, to: string): string {
  const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`
  const written = quoted(from)
  if (!text.includes(`${written}::${type}`)) return text
  const count = significantTokens(type).length
  return replaceTokens(text, (tokens, i) => {
    const token = tokens[i]
    return token?.kind === 'string' &&
      text.slice(token.start, token.end) === written &&
      isCastTo(text, tokens, i + 2, type, count)
      ? { text: quoted(to), count: 1 }
      : null
  })
}

/** True where a type of so many tokens begins behind a `::`. */
function isCastTo(text: string, tokens: readonly Token[], i: number, type: string, count: number): boolean {
  const [before, first, last] = [tokens[i - 1], tokens[i], tokens[i + count - 1]]
  return (
    before !== undefined &&
    first !== undefined &&
    last !== undefined &&
    text.slice(before.start, before.end) === '::' &&
    text.slice(first.start, last.end) === type
  )
}

/** What of a table is an expression, each through `change`. */
export function mapExpressions(table: Table, change: (text: string) => string): Table {
  const maybe = (text: string | null): string | null => (text === null ? null : change(text))
  const index = (each: Index): Index => ({
    ...each,
    where: maybe(each.where),
    keys: each.keys.map((one) => (one.expression === null ? one : { ...one, expression: change(one.expression) })),
  })
  const policy = (each: Policy): Policy => ({
    ...each,
    using: maybe(each.using),
    check: maybe(each.check),
    ...(each.usingText === undefined ? {} : { usingText: maybe(each.usingText) ?? each.usingText }),
    ...(each.checkText === undefined ? {} : { checkText: maybe(each.checkText) ?? each.checkText }),
  })
  return {
    ...table,
    columns: table.columns.map((column) =>
      column.default === null && column.generated === null
        ? column
        : {
            ...column,
            default: maybe(column.default),
            generated:
              column.generated === null
                ? null
                : { ...column.generated, expression: change(column.generated.expression) },
          },
    ),
    checks: table.checks.map((check) => ({ ...check, expression: change(check.expression) })),
    indexes: table.indexes.map(index),
    policies: table.policies.map(policy),
  }
}
