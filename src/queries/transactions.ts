import type { Expression } from 'oxc-parser'
import { placeOf } from '../location.ts'
import type { Place } from '../location.ts'
import { functionOf } from './typescript/frames.ts'
import { lookUp } from './typescript/module.ts'
import type { Frame, FunctionFrame, Module, Scope, Site } from './typescript/module.ts'
import type { Evaluate } from './typescript/objects.ts'
import type { Value } from './typescript/value.ts'

/** A transaction that is open where a piece of code runs. */
export interface OpenTransaction {
  /** The call that begins it. */
  readonly place: Place
  /** What it was called on, and where that name is looked up. */
  readonly receiver: Expression
  readonly scope: Scope
  /** What it runs in: the callback of `$transaction`, of `transaction` or of postgres.js, or what stands between two statements. */
  readonly by: '$transaction' | 'transaction' | 'begin' | 'statements'
}

/** Functions that keep a callback until the transaction is over. */
const later = new Set(['then', 'setTimeout', 'setImmediate', 'nextTick', 'after', 'waitUntil', 'afterCommit'])

/** The transaction around a site: a callback that one runs, or `BEGIN` before and `COMMIT` behind it on one connection; null where there is none. */
export function transactionAt(
  site: Pick<Site, 'chain' | 'frame'>,
  module: Module,
  evaluate: Evaluate,
): OpenTransaction | null {
  return callbackAround(site.frame, module, evaluate) ?? statementsAround(site, module, evaluate)
}

function callbackAround(frame: Frame | null, module: Module, evaluate: Evaluate): OpenTransaction | null {
  for (let at = frame; at !== null; at = at.parent) {
    if (at.kind !== 'function') continue
    const call = at.argumentOf
    if (call === null && isExecutor(at, module)) continue
    if (call === null) return null
    const step = call.chain.steps[call.step]
    const name = step?.name ?? ''
    if (step === undefined || isLater(at)) return null
    if (name !== '$transaction' && name !== 'transaction' && name !== 'begin') continue
    const scope = at.scope.parent ?? module.scope
    if (name === 'begin' && evaluate(call.chain.root, scope, module)?.is !== 'pg') continue
    return {
      place: placeOf(module.file, call.chain.start, step.start + name.length),
      receiver: call.chain.root,
      scope,
      by: name,
    }
  }
  return null
}

/** True for the function that a promise runs as it is made. */
function isExecutor({ node }: FunctionFrame, module: Module): boolean {
  return /\bnew\s+Promise\s*(?:<[^()]*>)?\(\s*$/.test(module.file.text.slice(Math.max(0, node.start - 60), node.start))
}

function isLater({ argumentOf: call }: FunctionFrame): boolean {
  if (call === null) return false
  const name = call.chain.steps[call.step]?.name ?? ''
  return later.has(name === '' && call.chain.root.type === 'Identifier' ? call.chain.root.name : name)
}

/** A statement that begins a transaction, or ends one. */
interface Mark {
  readonly site: Site
  readonly begins: boolean
}

const beginning = /^\s*(?:begin|start\s+transaction)\b/i
const ending = /^\s*(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i

/** True for a text of code that begins transactions by statements. */
export function spellsTransactions(text: string): boolean {
  return /['"`]\s*(?:begin|start\s+transaction)\b/i.test(text)
}

const marks = new WeakMap<Module, readonly Mark[]>()

/** Those of a module, in their order, whoever they are sent by. */
function marksOf(module: Module): readonly Mark[] {
  const known = marks.get(module)
  if (known !== undefined) return known
  const found = spellsTransactions(module.file.text)
    ? module.sites.flatMap((site): Mark[] => {
        const text = statementOf(site)
        const begins = beginning.test(text)
        return begins || ending.test(text) ? [{ site, begins }] : []
      })
    : []
  found.sort((a, b) => a.site.chain.start - b.site.chain.start)
  marks.set(module, found)
  return found
}

/** The text of `client.query('…')`; empty for anything else. */
function statementOf({ chain }: Site): string {
  const [step, ...more] = chain.steps
  const given = step?.args?.[0]
  if (step?.name !== 'query' || more.length > 0 || given === undefined) return ''
  if (given.type === 'Literal') return typeof given.value === 'string' ? given.value : ''
  return given.type === 'TemplateLiteral' ? (given.quasis[0]?.value.cooked ?? '') : ''
}

function statementsAround(
  { chain, frame }: Pick<Site, 'chain' | 'frame'>,
  module: Module,
  evaluate: Evaluate,
): OpenTransaction | null {
  const all = marksOf(module)
  if (all.length === 0) return null
  const around = framesOf(frame)
  if (around.some((at) => (at.kind === 'function' && isLater(at)) || (at.kind === 'branch' && at.test === 'catch')))
    return null
  const own = functionOf(frame)
  let open: Site | null = null
  let ends = false
  for (const { site, begins } of all) {
    if (functionOf(site.frame) !== own || (open !== null && !isSame(site, open))) continue
    if (site.chain.start > chain.start) {
      ends ||= !begins
      continue
    }
    if (begins && isAround(site.frame, around) && evaluate(site.chain.root, site.scope, module)?.is === 'pg')
      open = site
    else if (!begins && !isLeftBehind(site.frame, around)) open = null
  }
  if (open === null || !ends || open.chain.start === chain.start) return null
  return {
    place: placeOf(module.file, open.chain.start, open.chain.end),
    receiver: open.chain.root,
    scope: open.scope,
    by: 'statements',
  }
}

function framesOf(frame: Frame | null): readonly Frame[] {
  const found: Frame[] = []
  for (let at = frame; at !== null; at = at.parent) found.push(at)
  return found
}

/** True where what stands in a frame has run before what stands behind it in `around`: no condition or loop of its own decides. */
function isAround(frame: Frame | null, around: readonly Frame[]): boolean {
  const decides = framesOf(frame).find(({ kind }) => kind !== 'last' && kind !== 'batch')
  return decides === undefined || around.includes(decides)
}

/** True for a frame behind which the function is left, so that nothing of `around` that stands outside of it runs after it. */
function isLeftBehind(frame: Frame | null, around: readonly Frame[]): boolean {
  for (const at of framesOf(frame)) {
    if (at.kind !== 'last') {
      if (around.includes(at)) return false
    } else if (at.of === 'function' && at.parent !== null && !around.includes(at.parent)) return true
  }
  return false
}

function isSame(one: Site, other: Site): boolean {
  return sameName(one.chain.root, one.scope, { receiver: other.chain.root, scope: other.scope })
}

/** True where a call begins with the very name on which the transaction was begun. */
function sameName(
  root: Expression,
  scope: Scope,
  { receiver, scope: outer }: Pick<OpenTransaction, 'receiver' | 'scope'>,
): boolean {
  return (
    root.type === 'Identifier' &&
    receiver.type === 'Identifier' &&
    root.name === receiver.name &&
    lookUp(scope, root.name) === lookUp(outer, receiver.name)
  )
}

/**
 * The transaction that a query runs beside or in, and whether it is part of it; null where there is none. One of which nobody knows what
 * `transaction` is called on is none.
 */
export function transactionOf(
  site: Pick<Site, 'chain' | 'frame' | 'scope'>,
  module: Module,
  evaluate: Evaluate,
  client: Value | null,
): { readonly place: Place; readonly usesOwnClient: boolean } | null {
  const open = transactionAt(site, module, evaluate)
  if (open === null) return null
  const receiver = open.by === 'transaction' ? evaluate(open.receiver, open.scope, module) : null
  if (open.by === 'transaction' && receiver?.is !== 'drizzle' && receiver?.is !== 'instance') return null
  return { place: open.place, usesOwnClient: isInside(client, site, open) }
}

/** True where a query is part of a transaction that is open, or cannot be told not to be. */
function isInside(
  client: Value | null,
  { chain, scope }: Pick<Site, 'chain' | 'scope'>,
  open: OpenTransaction,
): boolean {
  if (client !== null && 'transaction' in client && client.transaction !== null) return true
  // Between statements only a pool is known to take a connection of its own: another client may be made of this one.
  if (open.by === 'statements') return client?.is !== 'pg' || client.single
  return client === null && !sameName(chain.root, scope, open)
}
