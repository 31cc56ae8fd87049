import type { RawFile } from './git.ts'

/** Lines of one hunk that GitHub lets a comment stand on, each side for itself. */
interface HunkLines {
  readonly left: ReadonlySet<number>
  readonly right: ReadonlySet<number>
}

/** Reads a patch as GitHub's web page shows it: context lines belong to both sides. */
export function hunkLines(patch: string): readonly HunkLines[] {
  const hunks: { left: Set<number>; right: Set<number> }[] = []
  let left = 0
  let right = 0
  for (const line of patch.split('\n')) {
    const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line)
    if (header !== null) {
      left = Number(header[1])
      right = Number(header[2])
      hunks.push({ left: new Set(), right: new Set() })
      continue
    }
    const hunk = hunks.at(-1)
    if (hunk === undefined || line.startsWith('\\')) continue
    if (!line.startsWith('+')) hunk.left.add(left++)
    if (!line.startsWith('-')) hunk.right.add(right++)
  }
  return hunks
}

export interface Anchor {
  readonly path: string
  readonly line?: number
  readonly side?: string
  readonly start_line?: number
  readonly start_side?: string
}

/** Why GitHub refuses an anchor; null where it takes it. */
export function anchorProblem(files: readonly RawFile[], anchor: Anchor, patchBytes: number): string | null {
  const file = files.find((f) => f.path === anchor.path)
  if (file === undefined || file.patch === null || file.patch.length > patchBytes)
    return 'pull_request_review_thread.path is invalid'
  if (anchor.line === undefined) return 'pull_request_review_thread.line is missing'
  const side = anchor.side === 'LEFT' ? 'left' : 'right'
  const hunk = hunkLines(file.patch).find((h) => h[side].has(anchor.line ?? 0))
  if (hunk === undefined) return 'pull_request_review_thread.line must be part of the diff'
  if (anchor.start_line === undefined) return null
  if (anchor.start_line >= anchor.line) return 'pull_request_review_thread.start_line must precede the end line'
  const startSide = (anchor.start_side ?? anchor.side) === 'LEFT' ? 'left' : 'right'
  return hunk[startSide].has(anchor.start_line)
    ? null
    : 'pull_request_review_thread.start_line must be part of the same hunk as the line'
}
