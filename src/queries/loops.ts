import type { Loop, Query } from './query.ts'

/** Elements that a list of the code has: it does not grow with the data. */
const fixed = 12

/** True for a loop over a list that the code fixes. */
export function isShort({ bounded }: Loop): boolean {
  return bounded !== null && bounded <= fixed
}

/** True where a loop sends the query as often as there are elements of a list that grows with the data. */
export function growsWithData(query: Query, loop: Loop): boolean {
  if (loop.batching || isShort(loop) || (loop.together && query.operation !== 'select')) return false
  // Each element is a group of keys.
  if (query.predicates.some((p) => p.operator === 'in' && loop.element !== null && p.source === loop.element))
    return false
  // Prisma puts these together by itself.
  return !(loop.parallel && query.call.startsWith('findUnique'))
}

/** True where nothing that an update sets comes from the element. `text` is the source around it. */
export function setsTheSame({ writes, values = {}, place }: Query, loop: Loop, text: string): boolean {
  const lines = text.split('\n').slice(loop.place.line - 1, place.line)
  const around = [...lines.slice(0, -1), (lines.at(-1) ?? '').slice(0, place.column - 1)].join('\n')
  return (
    writes !== null &&
    writes.length > 0 &&
    writes.every((column) => {
      const source = values[column]
      return source !== undefined && namesIn(source).every((name) => !new RegExp(`\\b${name}\\b`).test(around))
    })
  )
}

/** The names that an expression begins with: `input` of `input.status`. */
function namesIn(source: string): readonly string[] {
  return (source.replaceAll(/'[^']*'|"[^"]*"/g, '').match(/(?<![\w$.])[A-Za-z_]\w*(?!\s*:)/g) ?? []).filter(
    (name) => !/^(?:new|await|typeof|true|false|null|undefined|Date|Math|Number|String|Boolean)$/.test(name),
  )
}
