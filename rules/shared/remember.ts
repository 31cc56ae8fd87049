/** Makes something of an object once, however often it is asked for: what a rule gathers from a whole schema for each of its tables. */
export function remember<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const made = new WeakMap<K, V>()
  return (of) => {
    const known = made.get(of)
    if (known !== undefined) return known
    const value = make(of)
    made.set(of, value)
    return value
  }
}
