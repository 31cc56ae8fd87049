import { prismaMethods } from './prisma/calls.ts'
import { mayBeRemote } from './remote.ts'
import { spellsTransactions } from './transactions.ts'
import type { Frame } from './typescript/module.ts'
import { takesSql } from './typescript/nodes.ts'
import type { Chain } from './typescript/nodes.ts'

const drizzleSteps = new Set([
  'select',
  'selectDistinct',
  'selectDistinctOn',
  'insert',
  'update',
  'delete',
  '$count',
  'execute',
  'query',
  'unsafe',
  'raw',
  'run',
  'all',
  'get',
])

const setup = new Set([
  'drizzle',
  'postgres',
  'neon',
  'withReplicas',
  'readReplicas',
  'unstable_cache',
  'createClient',
  'fetch',
  'cacheTag',
  'cacheLife',
])

/** Which chains of a text are kept: what may be a query, set up a client, run in a loop, or leave the process inside a transaction. */
export function interestIn(text: string): (chain: Chain, frame: Frame | null) => boolean {
  const spelled = spellsTransactions(text)
  return (chain, frame) => isWanted(chain, frame, spelled)
}

function isWanted(chain: Chain, frame: Frame | null, spelled: boolean): boolean {
  for (const step of chain.steps) {
    const name = step.name
    if (name === null) continue
    if (step.args !== null && (name in prismaMethods || drizzleSteps.has(name) || name === 'transaction')) return true
    if (name.startsWith('$') || name === 'createClient') return true
    if (step.template !== null && (name === '' || name === 'sql')) return true
    if (name === '' && takesSql(step)) return true
  }
  const root = chain.root.type === 'Identifier' ? chain.root.name : ''
  // Where several drivers are imported, each has a name of its own: `drizzlePostgres`.
  if (setup.has(root) || /^drizzle[A-Z_]/.test(root)) return true
  if (frame === null) return false
  if (
    chain.steps.length === 1 &&
    (chain.steps[0]?.name === '' || chain.root.type === 'ThisExpression') &&
    chain.steps[0]?.args !== null &&
    inLoop(frame)
  )
    return true
  // A method of a service that the class was given: `this.orders.owner(id)`.
  if (chain.root.type === 'ThisExpression' && chain.steps.length === 2 && isMethod(chain) && inLoop(frame)) return true
  return (
    (mayBeRemote(chain) ||
      chain.steps.some((s) => s.args !== null && /^(?:send\w*|post|request)$/i.test(s.name ?? ''))) &&
    (spelled || inTransaction(frame))
  )
}

const ofArrays =
  /^(?:push|pop|map|filter|forEach|find|some|every|includes|has|get|set|add|delete|join|slice|sort|reduce|log|warn|error|info|debug|emit|on)$/

function isMethod({ steps }: Chain): boolean {
  const [held, method] = steps
  return held?.args === null && held.name !== null && method?.args != null && !ofArrays.test(method.name ?? '')
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
