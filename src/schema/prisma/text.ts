import type { SourceFile } from '../../location.ts'

/** A block of a schema file: `[start, end)` are UTF-16 offsets from its keyword to behind its closing brace. */
export interface RawBlock {
  readonly start: number
  readonly end: number
  /** The `///` lines directly above, without the slashes; null where there are none. */
  readonly documentation: string | null
}

export interface RawText {
  /** The text with `/* … *\/` comments blanked and line breaks within brackets replaced by spaces, offsets unchanged. */
  readonly text: string
  readonly blocks: readonly RawBlock[]
  /** Deepest nesting of brackets. */
  readonly depth: number
}

/** Finds the blocks of a schema file in one pass, without recursion; a block that is never closed ends with the file. */
export function splitBlocks(file: SourceFile): RawText {
  const { text } = file
  const out: string[] = []
  const blocks: RawBlock[] = []
  let copied = 0
  const replace = (from: number, to: number, by: string) => {
    out.push(text.slice(copied, from), by)
    copied = to
  }
  let docs: string[] = []
  let wordAt = -1
  let start = -1
  let braces = 0
  let brackets = 0
  let depth = 0
  let i = 0
  while (i < text.length) {
    const c = text[i]
    const next = text[i + 1]
    if (c === '/' && next === '*') {
      const close = text.indexOf('*/', i + 2)
      const end = close < 0 ? text.length : close + 2
      replace(i, end, blank(text.slice(i, end)))
      i = end
    } else if (c === '/' && next === '/') {
      const end = endOfLine(text, i)
      if (braces === 0 && wordAt < 0) docs = text[i + 2] === '/' ? [...docs, text.slice(i + 3, end).trim()] : []
      if (brackets > 0) replace(i, end, ' '.repeat(end - i))
      i = end
    } else if (c === '"') {
      i = endOfString(text, i)
    } else if (c === '\n' || c === '\r') {
      if (brackets > 0) replace(i, i + 1, ' ')
      else if (braces === 0) wordAt = -1
      i++
    } else {
      if (c === '(' || c === '[') depth = Math.max(depth, ++brackets)
      else if (c === ')' || c === ']') brackets = Math.max(0, brackets - 1)
      else if (c === '{') {
        if (braces === 0) start = wordAt < 0 ? i : wordAt
        braces++
        depth = Math.max(depth, braces + brackets)
      } else if (c === '}') {
        if (braces === 1 && start >= 0) {
          blocks.push({ start, end: i + 1, documentation: docs.length === 0 ? null : docs.join('\n') })
          docs = []
          start = -1
          brackets = 0
        }
        braces = Math.max(0, braces - 1)
        wordAt = -1
      } else if (wordAt < 0 && c !== ' ' && c !== '\t') {
        wordAt = i
      }
      i++
    }
  }
  if (start >= 0) blocks.push({ start, end: text.length, documentation: docs.length === 0 ? null : docs.join('\n') })
  out.push(text.slice(copied))
  return { text: out.join(''), blocks, depth }
}

/** The same text with everything but line breaks replaced by spaces. */
export function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ')
}

function endOfLine(text: string, from: number): number {
  let i = from
  while (i < text.length && text[i] !== '\n' && text[i] !== '\r') i++
  return i
}

/** Offset behind the string that begins at `from`; a string ends with its line. */
function endOfString(text: string, from: number): number {
  let i = from + 1
  while (i < text.length) {
    const c = text[i]
    if (c === '"') return i + 1
    if (c === '\n' || c === '\r') return i
    i += c === '\\' ? 2 : 1
  }
  return text.length
}
