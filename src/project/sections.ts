/** A stretch of a text: UTF-16 offsets, end exclusive. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Where a file that holds both ways keeps them. */
export interface Sections {
  readonly up: readonly Range[]
  readonly down: readonly Range[]
  /** What the runner would refuse, in one sentence; null where it would not. */
  readonly problem: string | null
}

const marks = [
  { tool: 'goose', pattern: /^[ \t]*--[ \t]*\+goose[ \t]+(up|down)\b.*$/gim },
  { tool: 'dbmate', pattern: /^--[ \t]*migrate:(up|down)\b.*$/gm },
  { tool: 'sql-migrate', pattern: /^--[ \t]*\+migrate[ \t]+(up|down)\b.*$/gim },
  { tool: 'node-pg-migrate', pattern: /^[ \t]*--[ \t-]*(up|down)[ \t]+migration\b.*$/gim },
] as const

/**
 * Splits a file by its marks: `-- +goose Up`, `-- migrate:up`, `-- +migrate Up`, `-- Up Migration` and their opposites. A file without any is all up.
 */
export function sectionsOf(text: string): Sections {
  for (const { tool, pattern } of marks) {
    const found = [...text.matchAll(pattern)].map((match) => ({
      at: match.index,
      after: match.index + match[0].length,
      way: match[1]?.toLowerCase() === 'up' ? 'up' : 'down',
    }))
    if (found.length === 0) continue
    const up: Range[] = []
    const down: Range[] = []
    for (const [i, mark] of found.entries())
      (mark.way === 'up' ? up : down).push({ start: mark.after, end: found[i + 1]?.at ?? text.length })
    const first = found[0]
    // node-pg-migrate takes what stands before a lone down mark for the way up.
    if (tool === 'node-pg-migrate' && up.length === 0 && first) up.push({ start: 0, end: first.at })
    const problem =
      up.length > 0
        ? null
        : `${tool} finds no way up in the file: ${tool === 'dbmate' ? '`-- migrate:up`' : tool === 'goose' ? '`-- +goose Up`' : '`-- +migrate Up`'} is missing`
    return { up, down, problem }
  }
  return { up: [{ start: 0, end: text.length }], down: [], problem: null }
}
