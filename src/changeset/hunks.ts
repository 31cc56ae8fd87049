import type { Place } from '../location.ts'
import type { ChangedFile, Hunk } from './tree.ts'

const header = /^@@ -(\d{1,15})(?:,(\d{1,15}))? \+(\d{1,15})(?:,(\d{1,15}))? @@/

/** Reads the lines of a unified diff one at a time; the lengths in the hunk headers decide what is content, so content cannot pose as a header. */
export interface PatchReader {
  /** Takes one line without its line break; true where the line belonged to a hunk. */
  line(text: string): boolean
  /** The hunks so far; the reader is empty afterwards. */
  take(): readonly Hunk[]
}

/** A reader for the hunks of one file. */
export function patchReader(): PatchReader {
  let hunks: Hunk[] = []
  let added: number[] = []
  let removed: number[] = []
  let oldLeft = 0
  let newLeft = 0
  let oldLine = 0
  let newLine = 0
  return {
    line(text) {
      if (oldLeft > 0 || newLeft > 0) {
        const mark = text[0]
        if (mark === '+') added.push(newLine)
        if (mark === '-') {
          removed.push(oldLine)
          oldLeft--
          oldLine++
        } else if (mark === '+') {
          newLeft--
          newLine++
        } else if (mark !== '\\') {
          oldLeft--
          newLeft--
          oldLine++
          newLine++
        }
        return true
      }
      if (text.startsWith('\\ ')) return true
      const found = header.exec(text)
      if (!found) return false
      oldLeft = Number(found[2] ?? 1)
      newLeft = Number(found[4] ?? 1)
      oldLine = Number(found[1])
      newLine = Number(found[3])
      added = []
      removed = []
      hunks.push({ oldStart: oldLine, oldLines: oldLeft, newStart: newLine, newLines: newLeft, added, removed })
      return true
    },
    take() {
      const taken = hunks
      hunks = []
      oldLeft = 0
      newLeft = 0
      return taken
    },
  }
}

/** The hunks of one file's unified diff, as git and GitHub write it; what stands before the first hunk is passed over. */
export function parsePatch(patch: string): readonly Hunk[] {
  const reader = patchReader()
  for (const line of patch.split('\n')) reader.line(line)
  return reader.take()
}

/** Lines of the new side that the diff shows, added ones and those around them: only they can carry an inline comment. */
export function commentable(file: ChangedFile): ReadonlySet<number> {
  const lines = new Set<number>()
  if (file.status === 'deleted') return lines
  for (const hunk of file.hunks ?? []) {
    for (let i = 0; i < hunk.newLines; i++) lines.add(hunk.newStart + i)
  }
  return lines
}

/** True where one hunk shows all of the lines `line` to `endLine` of the new side, so that a comment may span them. */
export function showsLines(file: ChangedFile, line: number, endLine: number): boolean {
  return (
    file.status !== 'deleted' &&
    (file.hunks ?? []).some((hunk) => hunk.newStart <= line && hunk.newStart + hunk.newLines > endLine)
  )
}

/** True where the change adds one of the lines `line` to `endLine`; a file without hunks counts as changed everywhere. */
export function addsLines(file: ChangedFile, line: number, endLine: number): boolean {
  if (file.hunks === null) return file.status !== 'deleted'
  return file.hunks.some(
    (hunk) =>
      hunk.newStart <= endLine &&
      hunk.newStart + hunk.newLines > line &&
      hunk.added.some((added) => added >= line && added <= endLine),
  )
}

/** The line of the new side for a line of the old one; for one that is gone the line that took its place, or the one above it. */
export function lineAfter(file: ChangedFile, line: number): number {
  let shift = 0
  for (const hunk of file.hunks ?? []) {
    if (line < hunk.oldStart) break
    if (line < hunk.oldStart + hunk.oldLines) return lineInHunk(hunk, line)
    shift = hunk.newStart + hunk.newLines - hunk.oldStart - hunk.oldLines
  }
  return line + shift
}

/** Where the head has what stood at a place of the base; null where its file is gone. */
export function placeAfter(files: readonly ChangedFile[], place: Place): Place | null {
  const file = files.find((each) => (each.previousPath ?? each.path) === place.path)
  if (file === undefined) return place
  if (file.status === 'deleted') return null
  const line = lineAfter(file, place.line)
  return { path: file.path, line, column: 1, endLine: line, endColumn: 1 }
}

function lineInHunk(hunk: Hunk, line: number): number {
  const isAdded = new Set(hunk.added)
  const isRemoved = new Set(hunk.removed)
  let at = hunk.newStart
  const skipAdded = () => {
    while (isAdded.has(at)) at++
  }
  let removedBefore = 0
  for (let old = hunk.oldStart; old < line; old++) {
    if (isRemoved.has(old)) removedBefore++
    else {
      skipAdded()
      at++
      removedBefore = 0
    }
  }
  if (!isRemoved.has(line)) {
    skipAdded()
    return at
  }
  let replacing = 0
  while (isAdded.has(at + replacing)) replacing++
  return replacing > 0 ? at + Math.min(removedBefore, replacing - 1) : Math.max(1, at - 1)
}

/** The one hunk of a file that is all new. */
export function wholeFile(text: string): readonly Hunk[] {
  if (text === '') return []
  const breaks = text.split('\n').length - 1
  const lines = text.endsWith('\n') ? breaks : breaks + 1
  return [
    {
      oldStart: 0,
      oldLines: 0,
      newStart: 1,
      newLines: lines,
      added: Array.from({ length: lines }, (_, i) => i + 1),
      removed: [],
    },
  ]
}
