import type { Finding } from '../../finding.ts'
import { commentable, showsLines } from '../../changeset/hunks.ts'
import type { ChangedFile } from '../../changeset/tree.ts'

/** Lines of the new side that an inline comment stands on. */
export interface Anchor {
  readonly path: string
  readonly line: number
  /** First line where it spans several; always in the same hunk. */
  readonly startLine: number | null
  /** True where it covers the lines of the finding's suggestion, so that a click applies it. */
  readonly suggests: boolean
}

/** Where a finding's comment can stand in the diff; null where GitHub would refuse every place of it. */
export function anchorOf(finding: Finding, files: ReadonlyMap<string, ChangedFile>): Anchor | null {
  const { place, suggestion } = finding
  if (suggestion !== null) {
    const file = files.get(suggestion.path)
    if (file !== undefined && showsLines(file, suggestion.line, suggestion.endLine))
      return span(suggestion.path, suggestion.line, suggestion.endLine, true)
  }
  const file = files.get(place.path)
  if (file === undefined) return null
  const lines = commentable(file)
  const hunk = file.hunks?.find((h) => h.newStart <= place.endLine && h.newStart + h.newLines > place.line)
  if (hunk === undefined || lines.size === 0) return null
  const first = Math.max(place.line, hunk.newStart)
  const last = Math.min(place.endLine, hunk.newStart + hunk.newLines - 1)
  return lines.has(first) && lines.has(last) ? span(place.path, first, last, false) : null
}

function span(path: string, line: number, endLine: number, suggests: boolean): Anchor {
  return { path, line: endLine, startLine: line < endLine ? line : null, suggests }
}
