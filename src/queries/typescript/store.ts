import type { Tree, TreeEntry } from '../../changeset/tree.ts'
import { featuresOf, noFeatures } from './features.ts'
import type { Features } from './features.ts'
import type { Frame, Module } from './module.ts'
import type { Chain } from './nodes.ts'
import { readModule } from './parse.ts'

/** Parsed files of one tree. What a blob holds is remembered from one review to the next. */
export interface Store {
  features(entries: readonly TreeEntry[]): Promise<ReadonlyMap<string, Features>>
  /** Parses files, as far as they exist and are text. */
  modules(paths: readonly string[]): Promise<readonly Module[]>
  /** A parsed module; undefined where it was not asked for yet, null where it cannot be read. */
  loaded(path: string): Module | null | undefined
  all(): readonly Module[]
  texts(paths: readonly string[]): Promise<ReadonlyMap<string, string>>
}

/** Looks at blobs are small and many, modules large: they are let go, oldest first, beyond so many characters of source. */
const mostSource = 48_000_000
const mostLooks = 200_000
const looks = new Map<string, Features>()
const parsed = new Map<string, Module>()
const small = new Map<string, string>()
let source = 0

/** Opens the store for a tree. `interest` says which chains of a text are kept; it has to be the same one each time. */
export async function openStore(
  tree: Tree,
  entries: readonly TreeEntry[],
  interest: (text: string) => (chain: Chain, frame: Frame | null) => boolean,
): Promise<Store> {
  const oids = new Map(entries.map((e) => [e.path, e.oid]))
  const own = new Map<string, Module | null>()
  return {
    async features(wanted) {
      const missing = wanted.filter((e) => !looks.has(e.oid)).map((e) => e.path)
      if (missing.length > 0) {
        if (looks.size + missing.length > mostLooks) looks.clear()
        const contents = await tree.read(missing)
        for (const path of missing) {
          const content = contents.get(path)
          const oid = oids.get(path)
          if (oid !== undefined) looks.set(oid, content?.kind === 'text' ? featuresOf(content.text) : noFeatures)
        }
      }
      return new Map(wanted.map((e) => [e.path, looks.get(e.oid) ?? noFeatures]))
    },
    async modules(paths) {
      const missing: string[] = []
      for (const path of paths) {
        if (own.has(path)) continue
        const known = parsed.get(`${oids.get(path) ?? ''} ${path}`)
        if (known === undefined) missing.push(path)
        else own.set(path, known)
      }
      const contents = missing.length === 0 ? new Map() : await tree.read(missing)
      for (const path of missing) {
        const content = contents.get(path) as { kind: string; text?: string } | undefined
        if (content?.text === undefined || /\.(?:json|css|scss|svg|png)$/.test(path) || content.text.length > 600_000) {
          own.set(path, null)
          continue
        }
        const module = readModule(path, content.text, interest(content.text))
        own.set(path, module)
        remember(`${oids.get(path) ?? ''} ${path}`, module)
      }
      return paths.flatMap((path) => own.get(path) ?? [])
    },
    loaded: (path) => own.get(path),
    all: () => [...own.values()].filter((m) => m !== null),
    async texts(paths) {
      const missing = paths.filter((p) => !small.has(oids.get(p) ?? ''))
      if (missing.length > 0) {
        if (small.size > 5000) small.clear()
        for (const [path, content] of await tree.read(missing))
          if (content.kind === 'text') small.set(oids.get(path) ?? '', content.text)
      }
      return new Map(
        paths.flatMap((p) => {
          const text = small.get(oids.get(p) ?? '')
          return text === undefined ? [] : [[p, text] as const]
        }),
      )
    },
  }
}

function remember(id: string, module: Module): void {
  parsed.set(id, module)
  source += module.file.text.length
  for (const [oldest, one] of parsed) {
    if (source <= mostSource) return
    parsed.delete(oldest)
    source -= one.file.text.length
  }
}
