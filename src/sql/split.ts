import type { Token } from './tokens.ts'
import { tokenAt } from './tokens.ts'

/** The text between two semicolons, which is one statement where the file is sound. */
export interface Piece {
  /** UTF-16 offsets of its first and last token, end exclusive, without the semicolon. */
  readonly start: number
  readonly end: number
  /** The text to parse: as written, with psql's commands blanked out so that offsets hold. */
  readonly text: string
  /** Where the next piece begins. */
  readonly next: number
  /** A string, comment or name that the file does not end. */
  readonly open: Token | null
  /** True where parentheses are open at its end. */
  readonly unbalanced: boolean
}

/** A line for psql, `\connect other`; `name` is the word after the backslash. */
export interface MetaCommand {
  readonly start: number
  readonly end: number
  readonly name: string
}

/** Hears what stands between the statements. */
export interface SplitSink {
  comment(token: Token): void
  metaCommand(command: MetaCommand): void
}

const sendsQuery = new Set(['g', 'gx', 'gexec', 'gset', 'gdesc', 'crosstabview', 'watch', 'bind', 'parse'])

/** Comments by which goose, dbmate and drizzle-kit end a statement, with or without a semicolon. */
const runnerMark = /^--(?:\s*\+goose\s+(?:statementend|up|down)\b|\s*migrate:(?:up|down)\b|>\s*statement-breakpoint)/i

const statementStart =
  /^(?:alter|analyze|begin|call|cluster|comment|commit|copy|create|delete|do|drop|explain|grant|insert|lock|merge|refresh|reindex|reset|revoke|rollback|select|set|start|truncate|update|vacuum|with)$/i

/** True for a word with which statements begin. */
export function beginsStatement(word: string): boolean {
  return statementStart.test(word)
}

/** Reads the piece that begins at or after `at`; undefined where nothing but comments is left. Linear in its length. */
export function nextPiece(text: string, at: number, sink: SplitSink): Piece | undefined {
  let start = -1
  let end = at
  let depth = 0
  let atomic = 0
  let open: Token | null = null
  let words: string[] = []
  const blanks: MetaCommand[] = []
  const finish = (next: number): Piece => ({
    start,
    end,
    next,
    open,
    unbalanced: depth > 0 || atomic > 0,
    text: blanked(text.slice(start, end), blanks, start),
  })
  let position = at
  for (;;) {
    const token = tokenAt(text, position)
    if (token === undefined) return start < 0 ? undefined : finish(text.length)
    position = token.end
    if (token.kind === 'space') continue
    if (token.kind === 'comment') {
      sink.comment(token)
      if (token.open) {
        open = token
        if (start < 0) start = token.start
        end = token.end
      }
      if (start >= 0 && runnerMark.test(text.slice(token.start, token.start + 60))) return finish(position)
      continue
    }
    if (token.kind === 'backslash') {
      const command = metaCommandAt(text, token.start)
      position = command.end
      sink.metaCommand(command)
      if (start < 0) continue
      if (sendsQuery.has(command.name)) return finish(position)
      blanks.push(command)
      continue
    }
    const symbol = token.kind === 'symbol' ? text[token.start] : ''
    if (symbol === ';' && depth === 0 && atomic === 0) {
      if (start < 0) continue
      return finish(copyData(text, text.slice(start, end), position))
    }
    if (start < 0) start = token.start
    end = token.end
    if (token.open) open = token
    if (symbol === '(') depth++
    else if (symbol === ')') depth = Math.max(0, depth - 1)
    else if (token.kind === 'word') {
      const word = token.end - token.start <= 9 ? text.slice(token.start, token.end).toLowerCase() : ''
      if (words.length < 4) words.push(word)
      if (word === 'atomic' && atomic === 0 && isRoutine(words) && wordBefore(text, token.start) === 'begin') atomic = 1
      else if (atomic > 0 && word === 'case') atomic++
      else if (atomic > 0 && word === 'end') atomic--
    }
  }
}

function isRoutine(words: readonly string[]): boolean {
  const at = words[1] === 'or' ? 3 : 1
  return words[0] === 'create' && (words[at] === 'function' || words[at] === 'procedure')
}

function wordBefore(text: string, at: number): string {
  return /(\w+)\s+$/.exec(text.slice(Math.max(0, at - 40), at))?.[1]?.toLowerCase() ?? ''
}

function metaCommandAt(text: string, at: number): MetaCommand {
  let end = at + 1
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++
  return { start: at, end, name: /^\\(\S*)/.exec(text.slice(at, Math.min(end, at + 40)))?.[1] ?? '' }
}

/** Turns psql's commands into comments of the same length, so that offsets hold. */
function blanked(text: string, commands: readonly MetaCommand[], base: number): string {
  let result = text
  for (const { start, end } of commands) {
    if (start - base >= result.length) continue
    const comment = end - start < 2 ? ' ' : `--${result.slice(start - base + 2, end - base)}`
    result = `${result.slice(0, start - base)}${comment}${result.slice(end - base)}`
  }
  return result
}

/** Where the text goes on after a semicolon: behind the data, where the statement is `COPY … FROM STDIN`. */
function copyData(text: string, statement: string, at: number): number {
  if (!/^copy\b/i.test(statement) || !/\bfrom\s+stdin\b/i.test(statement)) return at
  const data = /[^\r\n]*(?:\r\n|\r|\n)/y
  data.lastIndex = at
  if (data.exec(text) === null) return at
  let position = data.lastIndex
  for (;;) {
    data.lastIndex = position
    const line = data.exec(text)
    if (line === null) return text.length
    position = data.lastIndex
    if (line[0].trimEnd() === '\\.') return position
  }
}

/**
 * Offsets of line starts between `start` and `end` at which another statement seems to begin: after a semicolon that ends its line,
 * with a word that begins statements. A sound piece may have some (in a function's body); a broken one is taken up again there.
 */
export function restartsIn(text: string, start: number, end: number): readonly number[] {
  const found: number[] = []
  const line = /;[ \t]*(?:--[^\r\n]*)?(?:\r\n|\r|\n)\s*([A-Za-z]+)/g
  line.lastIndex = start
  for (
    let match = line.exec(text);
    match !== null && match.index < end && found.length < 100;
    match = line.exec(text)
  ) {
    const word = match[1] ?? ''
    const at = line.lastIndex - word.length
    if (at < end && statementStart.test(word)) found.push(at)
    line.lastIndex = at
  }
  return found
}
