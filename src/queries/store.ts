import type { Tree, TreeEntry } from '../changeset/tree.ts'
import { featuresOf } from './features.ts'
import type { Features } from './features.ts'
import { prismaMethods } from './prisma-calls.ts'
import { readModule } from './syntax.ts'
import type { Chain, Frame, Module } from './syntax.ts'

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

const none: Features = { delegates: [], tables: [], raw: false, definesTables: false, setup: false, transactions: false }

/** Opens the store for a tree. */
export async function openStore(tree: Tree, entries: readonly TreeEntry[]): Promise<Store> {
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
          if (oid !== undefined) looks.set(oid, content?.kind === 'text' ? featuresOf(content.text) : none)
        }
      }
      return new Map(wanted.map((e) => [e.path, looks.get(e.oid) ?? none]))
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
        const module = readModule(path, content.text, interesting)
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
        for (const [path, content] of await tree.read(missing)) if (content.kind === 'text') small.set(oids.get(path) ?? '', content.text)
      }
      return new Map(paths.flatMap((p) => {
        const text = small.get(oids.get(p) ?? '')
        return text === undefined ? [] : [[p, text] as const]
      }))
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

const drizzleSteps = new Set(['select', 'selectDistinct', 'selectDistinctOn', 'insert', 'update', 'delete', '$count', 'execute', 'query', 'unsafe', 'raw', 'run', 'all', 'get'])
const setup = new Set(['drizzle', 'postgres', 'neon', 'withReplicas', 'readReplicas', 'unstable_cache', 'createClient', 'fetch', 'cacheTag', 'cacheLife'])
const remote = /^(?:fetch|axios|got|ky|request|superagent|stripe|openai|resend|sgMail|mailer|transporter|s3|s3Client|sleep|delay|setTimeout|wait)$/i

/** Which chains are kept: what may be a query, set up a client, run in a loop, or leave the process inside a transaction. */
function interesting(chain: Chain, frame: Frame | null): boolean {
  for (const step of chain.steps) {
    const name = step.name
    if (name === null) continue
    if (step.args !== null && (name in prismaMethods || drizzleSteps.has(name) || name === 'transaction')) return true
    if (name.startsWith('$')) return true
    if (step.template !== null && (name === '' || name === 'sql')) return true
  }
  const root = chain.root.type === 'Identifier' ? chain.root.name : ''
  if (setup.has(root)) return true
  if (frame === null) return false
  if (chain.steps.length === 1 && (chain.steps[0]?.name === '' || chain.root.type === 'ThisExpression') && chain.steps[0]?.args !== null && inLoop(frame)) return true
  return (remote.test(root) || chain.steps.some((s) => s.args !== null && /^(?:send\w*|post|request)$/i.test(s.name ?? ''))) && inTransaction(frame)
}

function inLoop(frame: Frame | null): boolean {
  for (let at = frame; at !== null; at = at.parent) {
    if (at.kind === 'loop') return true
    if (at.kind === 'function' && at.argumentOf !== null) return true
  }
  return false
}

function inTransaction(frame: Frame | null): boolean {
  for (let at = frame; at !== null; at = at.parent) {
    if (at.kind !== 'function' || at.argumentOf === null) continue
    const name = at.argumentOf.chain.steps[at.argumentOf.step]?.name
    if (name === '$transaction' || name === 'transaction' || name === 'begin') return true
  }
  return false
}
