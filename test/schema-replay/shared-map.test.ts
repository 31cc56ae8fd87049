import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SharedMap } from '../../src/schema/shared-map.ts'

const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'costarring', 'liquid'), fc.string({ maxLength: 3 }))
const steps = fc.array(fc.record({ key, value: fc.option(fc.nat(4), { nil: undefined }) }), { maxLength: 80 })

describe('a shared map', () => {
  test('does what a Map does, in its order, and every earlier one stays as it was', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const plain = new Map<string, number>()
        let shared = SharedMap.of(plain)
        const seen: { readonly map: SharedMap<number>; readonly entries: readonly [string, number][] }[] = []
        for (const step of all) {
          if (step.value === undefined) plain.delete(step.key)
          else plain.set(step.key, step.value)
          shared = step.value === undefined ? shared.without(step.key) : shared.with(step.key, step.value)
          seen.push({ map: shared, entries: [...plain] })
        }
        for (const { map, entries } of seen) {
          expect([...map]).toEqual(entries)
          expect(map.size).toBe(entries.length)
          for (const [each, value] of entries) expect(map.get(each)).toBe(value)
        }
        for (const step of all) expect(shared.has(step.key)).toBe(plain.has(step.key))
      }),
    )
  })

  test('tells keys with the same hash apart', () => {
    const [first, second] = ['costarring', 'liquid']
    const map = SharedMap.of(
      new Map([
        [first, 1],
        [second, 2],
      ]),
    )
    expect([map.get(first), map.get(second)]).toEqual([1, 2])
    expect([...map.without(first)]).toEqual([[second, 2]])
  })

  test('finds values by their tags', () => {
    const tagsOf = (value: number) => (value % 2 === 0 ? ['even', `is ${value}`] : [`is ${value}`])
    fc.assert(
      fc.property(steps, (all) => {
        let map = SharedMap.of<number>(new Map(), tagsOf)
        for (const step of all) map = step.value === undefined ? map.without(step.key) : map.with(step.key, step.value)
        for (const tag of ['even', ...[0, 1, 2, 3, 4].map((value) => `is ${value}`)]) {
          const expected = [...map.values()].filter((value) => tagsOf(value).includes(tag))
          expect([...map.tagged(tag)].toSorted()).toEqual(expected.toSorted())
          expect(map.isTagged(tag)).toBe(expected.length > 0)
        }
      }),
    )
  })
})
