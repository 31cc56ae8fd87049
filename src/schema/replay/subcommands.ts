import type { Place } from '../../location.ts'
import { placeOf } from '../../location.ts'
import type { Statement } from '../../sql/statement.ts'
import { significantTokens } from '../../sql/tokens.ts'

/**
 * The places of the subcommands of an `ALTER TABLE`, which the parse tree does not tell: what stands between its commas. The place of the
 * statement for the only one of a statement, and for all where they cannot be told apart.
 */
export function subcommandPlaces(statement: Statement, count: number): readonly Place[] {
  if (count <= 1) return Array.from({ length: count }, () => statement.place)
  const { text } = statement
  const tokens = significantTokens(text)
  const starts: number[] = []
  const ends: number[] = []
  let depth = 0
  let named = 0
  // Behind ALTER TABLE [IF EXISTS] [ONLY] stands the name, in one to five tokens joined by dots.
  let i = 2
  const word = (at: number) => text.slice(tokens[at]?.start ?? 0, tokens[at]?.end ?? 0).toLowerCase()
  if (word(0) === 'alter' && (word(1) === 'foreign' || word(1) === 'materialized')) i++
  if (word(i) === 'if') i += 2
  if (word(i) === 'only') i++
  for (; i < tokens.length && (named === 0 || word(i) === '.' || word(i - 1) === '.' || word(i) === '*'); i++) named++
  starts.push(tokens[i]?.start ?? 0)
  for (; i < tokens.length; i++) {
    const token = tokens[i]
    if (token === undefined) break
    const symbol = token.kind === 'symbol' ? text[token.start] : ''
    if (symbol === '(' || symbol === '[') depth++
    else if (symbol === ')' || symbol === ']') depth--
    else if (symbol === ',' && depth === 0) {
      ends.push(tokens[i - 1]?.end ?? token.start)
      starts.push(tokens[i + 1]?.start ?? token.end)
    }
  }
  ends.push(tokens.at(-1)?.end ?? text.length)
  if (starts.length !== count) return Array.from({ length: count }, () => statement.place)
  return starts.map((start, at) =>
    placeOf(statement.file, statement.start + start, statement.start + (ends[at] ?? text.length)),
  )
}
