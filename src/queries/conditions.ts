import type { ColumnUse, Predicate } from './query.ts'

/** A condition before its alternatives are numbered. */
export type Term = Omit<Predicate, 'branch'>

/** Alternatives (OR) of terms that hold together (AND). `[[]]` is always true; null is a condition that is not known. */
export type Condition = readonly (readonly Term[])[]

const limit = 32

/** The condition that always holds. */
export const always: Condition = [[]]

/** Both hold; null where the product grows too large to be of use. */
export function both(a: Condition | null, b: Condition | null): Condition | null {
  if (a === null || b === null) return null
  if (a.length * b.length > limit) return null
  return a.flatMap((left) => b.map((right) => [...left, ...right]))
}

/** One of the two holds. */
export function either(a: Condition | null, b: Condition | null): Condition | null {
  if (a === null || b === null) return null
  return a.length + b.length > limit ? null : [...a, ...b]
}

const opposite: Partial<Record<Predicate['operator'], Predicate['operator']>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  in: 'not in',
  'not in': 'in',
  'is null': 'is not null',
  'is not null': 'is null',
}

/** The opposite of a condition of one term; other negations have no operator that an index serves. */
export function negate(a: Condition | null): Condition | null {
  if (a === null) return null
  return [
    a.flat().map((term) => ({
      ...term,
      operator: a.flat().length === 1 ? (opposite[term.operator] ?? 'unknown') : 'unknown',
    })),
  ]
}

/** Numbers the alternatives. */
export function numbered(condition: Condition): readonly Predicate[] {
  return condition.flatMap((terms, branch) => terms.map((term) => ({ ...term, branch })))
}

/** The uses of columns that a condition stands for. */
export function usesOf(predicates: readonly Predicate[]): ColumnUse[] {
  return predicates
    .filter((p) => p.column !== null)
    .map((p) => {
      const values = p.values ?? (typeof p.value === 'string' ? [p.value] : [])
      return {
        table: p.table,
        column: p.column,
        use: p.joining === true ? 'join' : 'filter',
        place: p.place,
        ...(values.length === 0 ? {} : { values }),
      }
    })
}
