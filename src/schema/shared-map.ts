/** One key with its value; `order` is the moment at which the key was first put. */
interface Entry<V> {
  readonly key: string
  readonly value: V
  readonly order: number
  readonly tags: readonly string[]
}

/** Entries whose keys have the same hash: nearly always one. */
interface Leaf<V> {
  readonly hash: number
  readonly entries: readonly Entry<V>[]
}

/** Up to 32 children; `bitmap` says which, in the order of their bits. */
interface Branch<V> {
  readonly bitmap: number
  readonly children: readonly Trie<V>[]
}

type Trie<V> = Leaf<V> | Branch<V>

const bitsPerLevel = 5

/** FNV-1a. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

function bitOf(hash: number, level: number): number {
  return 1 << ((hash >>> (level * bitsPerLevel)) & 31)
}

/** How many bits are set in a number of 32 bits. */
function population(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555)
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333)
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

function find<V>(trie: Trie<V> | null, key: string, hash: number): Entry<V> | undefined {
  let at = trie
  for (let level = 0; at !== null; level++) {
    if ('entries' in at) return at.hash === hash ? at.entries.find((entry) => entry.key === key) : undefined
    const bit = bitOf(hash, level)
    at = (at.bitmap & bit) === 0 ? null : (at.children[population(at.bitmap & (bit - 1))] ?? null)
  }
  return undefined
}

function put<V>(trie: Trie<V> | null, entry: Entry<V>, hash: number, level: number): Trie<V> {
  if (trie === null) return { hash, entries: [entry] }
  if ('entries' in trie) {
    if (trie.hash === hash) return { hash, entries: [...trie.entries.filter((each) => each.key !== entry.key), entry] }
    return put({ bitmap: bitOf(trie.hash, level), children: [trie] }, entry, hash, level)
  }
  const bit = bitOf(hash, level)
  const slot = population(trie.bitmap & (bit - 1))
  if ((trie.bitmap & bit) === 0)
    return { bitmap: trie.bitmap | bit, children: trie.children.toSpliced(slot, 0, put(null, entry, hash, level + 1)) }
  return {
    bitmap: trie.bitmap,
    children: trie.children.with(slot, put(trie.children[slot] ?? null, entry, hash, level + 1)),
  }
}

function remove<V>(trie: Trie<V>, key: string, hash: number, level: number): Trie<V> | null {
  if ('entries' in trie) {
    const entries = trie.entries.filter((each) => each.key !== key)
    return entries.length === 0 ? null : { hash, entries }
  }
  const bit = bitOf(hash, level)
  const slot = population(trie.bitmap & (bit - 1))
  const child = trie.children[slot]
  if (child === undefined) return trie
  const left = remove(child, key, hash, level + 1)
  if (left !== null) return { bitmap: trie.bitmap, children: trie.children.with(slot, left) }
  return trie.children.length === 1 ? null : { bitmap: trie.bitmap & ~bit, children: trie.children.toSpliced(slot, 1) }
}

function collect<V>(trie: Trie<V> | null, into: Entry<V>[]): Entry<V>[] {
  if (trie === null) return into
  if ('entries' in trie) into.push(...trie.entries)
  else for (const child of trie.children) collect(child, into)
  return into
}

/** What the values of a map are looked up by besides their key. */
type TagsOf<V> = (value: V) => readonly string[]

/**
 * A map that never changes: `with` and `without` give another one that shares what stays the same, in the time that a look-up takes
 * (a hash array mapped trie). It keeps the order in which keys were first put, as `Map` does, and finds values by the tags that they have.
 */
export class SharedMap<V> implements ReadonlyMap<string, V> {
  readonly size: number
  readonly #trie: Trie<V> | null
  readonly #next: number
  readonly #tagsOf: TagsOf<V> | null
  /** The keys that have a tag. */
  readonly #tagged: SharedMap<SharedMap<true>> | null
  /** The same map in the order of its keys, made when it is first gone through. */
  #inOrder: ReadonlyMap<string, V> | null = null

  private constructor(
    trie: Trie<V> | null,
    size: number,
    next: number,
    tagsOf: TagsOf<V> | null,
    tagged: SharedMap<SharedMap<true>> | null,
  ) {
    this.#trie = trie
    this.size = size
    this.#next = next
    this.#tagsOf = tagsOf
    this.#tagged = tagged
  }

  /** The same as another map; `tagsOf` is asked once for each value that is put and must give each tag once. */
  static of<V>(map: ReadonlyMap<string, V>, tagsOf: TagsOf<V> | null = null): SharedMap<V> {
    let result = new SharedMap<V>(
      null,
      0,
      0,
      tagsOf,
      tagsOf === null ? null : new SharedMap<SharedMap<true>>(null, 0, 0, null, null),
    )
    for (const [key, value] of map) result = result.with(key, value)
    return result
  }

  get(key: string): V | undefined {
    return find(this.#trie, key, hashOf(key))?.value
  }

  has(key: string): boolean {
    return find(this.#trie, key, hashOf(key)) !== undefined
  }

  /** The map with a value under a key; one that is there already keeps its place. */
  with(key: string, value: V): SharedMap<V> {
    const hash = hashOf(key)
    const before = find(this.#trie, key, hash)
    const tags = this.#tagsOf?.(value) ?? []
    const trie = put(this.#trie, { key, value, order: before?.order ?? this.#next, tags }, hash, 0)
    return new SharedMap(
      trie,
      this.size + (before === undefined ? 1 : 0),
      this.#next + 1,
      this.#tagsOf,
      this.#retagged(key, before?.tags ?? [], tags),
    )
  }

  /** The map without a key. */
  without(key: string): SharedMap<V> {
    const hash = hashOf(key)
    const before = find(this.#trie, key, hash)
    if (before === undefined || this.#trie === null) return this
    return new SharedMap(
      remove(this.#trie, key, hash, 0),
      this.size - 1,
      this.#next,
      this.#tagsOf,
      this.#retagged(key, before.tags, []),
    )
  }

  /** The values that have a tag. */
  tagged(tag: string): readonly V[] {
    const keys = this.#tagged?.get(tag)
    return keys === undefined ? [] : [...keys.keys()].flatMap((key) => find(this.#trie, key, hashOf(key))?.value ?? [])
  }

  isTagged(tag: string): boolean {
    return this.#tagged?.has(tag) === true
  }

  #retagged(key: string, from: readonly string[], to: readonly string[]): SharedMap<SharedMap<true>> | null {
    if (this.#tagged === null) return null
    let tagged = this.#tagged
    for (const tag of from) {
      if (to.includes(tag)) continue
      const keys = tagged.get(tag)?.without(key)
      tagged = keys === undefined || keys.size === 0 ? tagged.without(tag) : tagged.with(tag, keys)
    }
    for (const tag of to) {
      if (!from.includes(tag))
        tagged = tagged.with(tag, (tagged.get(tag) ?? SharedMap.of<true>(new Map())).with(key, true))
    }
    return tagged
  }

  #ordered(): ReadonlyMap<string, V> {
    this.#inOrder ??= new Map(
      collect(this.#trie, [])
        .toSorted((a, b) => a.order - b.order)
        .map(({ key, value }) => [key, value]),
    )
    return this.#inOrder
  }

  keys(): MapIterator<string> {
    return this.#ordered().keys()
  }

  values(): MapIterator<V> {
    return this.#ordered().values()
  }

  entries(): MapIterator<[string, V]> {
    return this.#ordered().entries()
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this)
  }
}
