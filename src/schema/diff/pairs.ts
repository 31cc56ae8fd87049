/** Objects of two lists by name: those that go, those that come (both where one differs), and the pairs that are the same. */
export function pairUp<T extends { readonly name: string }>(
  from: readonly T[],
  to: readonly T[],
  same: (a: T, b: T) => boolean,
  mayDrop: boolean,
  mayAdd: boolean,
) {
  const old = new Map(from.map((o) => [o.name, o]))
  const now = new Map(to.map((o) => [o.name, o]))
  return {
    gone: from.filter((o) => {
      const n = now.get(o.name)
      return n ? !same(o, n) : mayDrop
    }),
    fresh: to.filter((n) => {
      const o = old.get(n.name)
      return o ? !same(o, n) : mayAdd
    }),
    same: to.flatMap((n): [T, T][] => {
      const o = old.get(n.name)
      return o && same(o, n) ? [[o, n]] : []
    }),
  }
}
