import type { ChangedFile } from '../changeset/tree.ts'
import type { Place } from '../location.ts'

/** Which lines of the head tree a pull request adds. */
export interface ChangedLines {
  has(path: string): boolean
  /** True where a range of lines holds one that the pull request adds. */
  touches(place: Place): boolean
}

/** Indexes the hunks of changed files; a file without a patch counts as changed on every line. */
export function changedLines(files: readonly ChangedFile[]): ChangedLines {
  const lines = new Map<string, readonly number[] | null>()
  for (const file of files) {
    if (file.status === 'deleted') continue
    lines.set(file.path, file.hunks === null ? null : file.hunks.flatMap((h) => [...h.added]).sort((a, b) => a - b))
  }
  return {
    has: (path) => lines.has(path),
    touches(place) {
      const added = lines.get(place.path)
      if (added === undefined) return false
      if (added === null) return true
      let low = 0
      let high = added.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((added[middle] ?? 0) < place.line) low = middle + 1
        else high = middle
      }
      return (added[low] ?? Infinity) <= place.endLine
    },
  }
}
