/** A position in an original file, 0-based. */
export interface Original {
  readonly path: string
  readonly line: number
  readonly column: number
}

interface Segment {
  readonly column: number
  readonly source: number
  readonly line: number
  readonly originalColumn: number
}

const digits = new Map(
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((c, i) => [c.charCodeAt(0), i]),
)

/**
 * Reads a source map (https://tc39.es/ecma426/) of our own bundler: answers where a position of the generated text, line and column
 * both 0-based, comes from.
 */
export function readSourceMap(json: string): (line: number, column: number) => Original | null {
  const map = JSON.parse(json) as { readonly sources: readonly string[]; readonly mappings: string }
  const lines: Segment[][] = [[]]
  const state = [0, 0, 0, 0, 0]
  let field = 0
  let value = 0
  let shift = 0
  const close = (): void => {
    if (field >= 4)
      lines
        .at(-1)
        ?.push({ column: state[0] ?? 0, source: state[1] ?? 0, line: state[2] ?? 0, originalColumn: state[3] ?? 0 })
    field = 0
  }
  for (let i = 0; i < map.mappings.length; i++) {
    const c = map.mappings.charCodeAt(i)
    if (c === 44 || c === 59) {
      close()
      if (c === 59) {
        lines.push([])
        state[0] = 0
      }
      continue
    }
    const digit = digits.get(c) ?? 0
    value += (digit & 31) << shift
    shift += 5
    if (digit & 32) continue
    state[field] = (state[field] ?? 0) + (value & 1 ? -(value >> 1) : value >> 1)
    field++
    value = shift = 0
  }
  close()
  return (line, column) => {
    const segments = lines[line] ?? []
    let low = 0
    let high = segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((segments[middle]?.column ?? 0) <= column) low = middle
      else high = middle - 1
    }
    const found = segments[low]
    if (!found || found.column > column) return null
    return {
      path: (map.sources[found.source] ?? '').replace(/^tree:/, ''),
      line: found.line,
      column: found.originalColumn,
    }
  }
}
