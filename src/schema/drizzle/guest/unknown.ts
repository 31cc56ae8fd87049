import { unknownMark } from '../kit.ts'

/**
 * A value that answers anything: called, constructed, read and written it gives another of its kind; as text it is its own name between
 * marks, so that it is recognised wherever it ends up.
 */
export function unknownValue(name: string): unknown {
  const short = name.length > 100 ? `${name.slice(0, 100)}…` : name
  const target = function unknown(): void {}
  return new Proxy(target, {
    get(_, property) {
      if (property === Symbol.toPrimitive) return () => `${unknownMark}${short}${unknownMark}`
      if (property === Symbol.iterator) return function* nothing() {}
      if (property === Symbol.asyncIterator) return async function* nothing() {}
      if (property === 'toString' || property === 'valueOf') return () => `${unknownMark}${short}${unknownMark}`
      if (property === 'toJSON') return () => `${unknownMark}${short}${unknownMark}`
      // Whatever has one is SQL to Drizzle, which would ask the answer for its SQL again without end.
      if (property === 'then' || property === 'getSQL') return undefined
      if (property === 'prototype') return target.prototype as unknown
      return typeof property === 'symbol' ? undefined : unknownValue(`${short}.${property}`)
    },
    apply: () => unknownValue(`${short}()`),
    construct: () => unknownValue(`new ${short}()`) as object,
    set: () => true,
    defineProperty: () => true,
    deleteProperty: () => true,
    has: (_, property) => typeof property === 'string',
  })
}

/**
 * A module that has whatever is asked of it: what `known` holds, and unknown values for the rest. It is its own prototype, because
 * bundlers copy the names a module owns and leave the others to the prototype.
 */
export function moduleOf(name: string, known: Readonly<Record<string, unknown>>): object {
  const proxy: object = new Proxy(
    { ...known },
    {
      get(_, property) {
        if (typeof property === 'symbol' || property === 'then') return undefined
        if (property === '__esModule') return true
        if (Object.hasOwn(known, property)) return known[property]
        return unknownValue(property === 'default' ? name : `${name}.${property}`)
      },
      has: () => true,
      getPrototypeOf: () => proxy,
    },
  )
  return proxy
}
