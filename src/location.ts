/**
 * A range in a file of a tree. Lines and columns are 1-based, columns count UTF-16 units as editors do,
 * and the end is inclusive.
 */
export interface Place {
  readonly path: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A line in a sentence, `src/db.ts:12`: one word, so that it can be found again there; a path of several stands in quotes, `"my app/db.ts":12`. */
export function at({ path, line }: Pick<Place, 'path' | 'line'>): string {
  return /[\s,`]/.test(path) ? `"${path}":${line}` : `${path}:${line}`
}

/** Finds the places that `at` wrote: groups `quoted` or `path`, and `line`. A parenthesis before a path is of the path where it closes in its first folder. */
export const placesInWords =
  /(?<=^|[\s(])(?:"(?<quoted>[^"]+)"|(?<path>(?:\([^\s,`"()/]+\)|[^\s,`"(])[^\s,`"]*\.\w+)):(?<line>\d+)(?![\w:])/g

/** A text file with the offsets at which its lines begin, so that offsets turn into places in logarithmic time. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  /** UTF-16 offset of the first character of each line; the first entry is always 0. */
  readonly lineStarts: readonly number[]
}

/** Indexes the lines of a text; `\n`, `\r\n` and a lone `\r` all end a line. */
export function sourceFile(path: string, text: string): SourceFile {
  const lineStarts = [0]
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) lineStarts.push(i + 1)
  }
  return { path, text, lineStarts }
}

/** 1-based line and column of a UTF-16 offset; an offset past the end is clamped to it. */
export function lineAndColumn(file: SourceFile, offset: number): { line: number; column: number } {
  const at = Math.max(0, Math.min(offset, file.text.length))
  let low = 0
  let high = file.lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((file.lineStarts[middle] ?? 0) <= at) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: at - (file.lineStarts[low] ?? 0) + 1 }
}

/** The place of the half-open range `[start, end)` of UTF-16 offsets; an empty range is one column wide. */
export function placeOf(file: SourceFile, start: number, end: number): Place {
  const from = lineAndColumn(file, start)
  const to = lineAndColumn(file, Math.max(start, end - 1))
  return { path: file.path, line: from.line, column: from.column, endLine: to.line, endColumn: to.column }
}

/** The first character of a file, for what concerns a file as a whole. */
export function startOf(path: string): Place {
  return { path, line: 1, column: 1, endLine: 1, endColumn: 1 }
}

/** Orders places by path, then line, then column. */
export function comparePlaces(a: Place, b: Place): number {
  return a.path < b.path
    ? -1
    : a.path > b.path
      ? 1
      : a.line - b.line || a.column - b.column || a.endLine - b.endLine || a.endColumn - b.endColumn
}
