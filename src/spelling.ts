/** ` Did you mean "x"?`, or nothing where no word is near. */
export function didYouMean(word: string, words: readonly string[]): string {
  const limit = Math.max(1, Math.floor(word.length / 4))
  const best = words
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase(), limit) }))
    .filter((entry) => entry.distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]
  return best ? ` Did you mean "${best.candidate}"?` : ''
}

/** True where another of the words is as near as a slip of the fingers. */
export function isNear(word: string, words: readonly string[]): boolean {
  return (
    didYouMean(
      word,
      words.filter((each) => each !== word),
    ) !== ''
  )
}

/** Edits between two words, two letters swapped being one; anything over `limit` may be reported as `limit + 1`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let above: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (above[j - 2] ?? 0) + 1 : limit + 1
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped,
      )
    }
    above = row
    row = next
  }
  return row[b.length] ?? limit + 1
}
