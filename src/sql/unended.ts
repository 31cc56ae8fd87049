import { parseSql, type ParseFailure } from './parser.ts'
import { beginsStatement } from './split.ts'
import { significantTokens } from './tokens.ts'

/** Two statements between which a semicolon is missing, in UTF-16 offsets of their text. */
export interface Unended {
  /** Where the first ends: the semicolon belongs there. */
  readonly end: number
  /** Where the second begins, and its first word. */
  readonly next: number
  readonly word: string
}

/** Larger texts are not parsed again in parts. */
const largest = 1 << 18
/** So many semicolons in a row may be missing. */
const most = 20

/**
 * Where a semicolon is missing in a text that Postgres cannot parse; null where that is not what is wrong with it. A line has to begin with a word
 * that begins statements, at or before the place of the failure, and what stands on both sides has to be sound.
 */
export function unendedIn(text: string, { reason, offset }: ParseFailure, left = most): Unended | null {
  if (reason !== 'syntax' || text.length > largest || left === 0) return null
  const next = lastStart(text, offset)
  if (next === null || 'reason' in parseSql(text.slice(0, next))) return null
  const rest = text.slice(next)
  const parsed = parseSql(rest)
  if ('reason' in parsed && (next < offset || unendedIn(rest, parsed, left - 1) === null)) return null
  const end = significantTokens(text.slice(0, next)).at(-1)?.end ?? 0
  return end === 0 ? null : { end, next, word: /^\w+/.exec(rest)?.[0] ?? '' }
}

/** The last line start up to `offset` at which a statement seems to begin; never that of the text itself. */
function lastStart(text: string, offset: number): number | null {
  for (let at = text.lastIndexOf('\n', offset); at >= 0; at = text.lastIndexOf('\n', at - 1)) {
    const line = /^\s*([A-Za-z]+)/.exec(text.slice(at, at + 200))
    const word = line?.[1] ?? ''
    const next = at + (line?.[0].length ?? 0) - word.length
    if (word !== '' && next <= offset && beginsStatement(word)) return next
    if (at === 0) return null
  }
  return null
}
