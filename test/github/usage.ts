import type { Logged } from './world.ts'

/** Counts requests, and the longest chain of requests in which each began after the one before it was answered. */
export function usageOf(log: readonly Pick<Logged, 'from' | 'to'>[]): { calls: number; depth: number } {
  const ordered = [...log].sort((a, b) => a.from - b.from)
  const depths: number[] = []
  ordered.forEach((request, i) => {
    depths.push(
      1 + Math.max(0, ...ordered.slice(0, i).map((earlier, k) => (earlier.to <= request.from ? (depths[k] ?? 0) : 0))),
    )
  })
  return { calls: ordered.length, depth: Math.max(0, ...depths) }
}
