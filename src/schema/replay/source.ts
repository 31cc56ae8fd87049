import type { Place } from '../../location.ts'
import type { Statement } from '../../sql/statement.ts'
import { significantTokens } from '../../sql/tokens.ts'

/** What stands behind a word in a part of a statement, as it is written, up to the part's end; null where the word is not there. */
export function sourceSlice(statement: Statement, place: Place, word: string): string | null {
  const { file } = statement
  const from = (file.lineStarts[place.line - 1] ?? 0) + place.column - 1
  const to = (file.lineStarts[place.endLine - 1] ?? 0) + place.endColumn
  const text = file.text.slice(from, to)
  let depth = 0
  for (const token of significantTokens(text)) {
    const written = text.slice(token.start, token.end)
    if (written === '(') depth++
    else if (written === ')') depth--
    else if (depth === 0 && token.kind === 'word' && written.toLowerCase() === word) return text.slice(token.end).trim()
  }
  return null
}
