import type { Expression } from 'oxc-parser'
import { placeOf } from '../location.ts'
import { elsewhere } from './loops.ts'
import type { Loop, QueryContext } from './query.ts'
import { transactionOf } from './transactions.ts'
import { functionOf } from './typescript/frames.ts'
import { lookUp } from './typescript/module.ts'
import type { Frame, LoopFrame, Module, Scope, Site } from './typescript/module.ts'
import { chainOf } from './typescript/nodes.ts'
import { arrayOf } from './typescript/objects.ts'
import type { Evaluate } from './typescript/objects.ts'
import type { Value } from './typescript/value.ts'

const arrayMethods = new Set([
  'map',
  'forEach',
  'flatMap',
  'filter',
  'reduce',
  'some',
  'every',
  'mapSeries',
  'eachSeries',
])
/** Those that wait for one element before they begin with the next, or can. */
const inTurn = new Set(['reduce', 'mapSeries', 'eachSeries'])
const passing = new Set([
  '$transaction',
  'transaction',
  'begin',
  'then',
  'catch',
  'finally',
  'run',
  'startActiveSpan',
  'add',
  'retry',
  '',
])

/** The nearest loop around a frame, and the transaction callback around it. */
export function contextOf(
  site: Pick<Site, 'chain' | 'frame' | 'scope' | 'certain' | 'variable'>,
  module: Module,
  evaluate: Evaluate,
  client: Value | null,
): QueryContext {
  const { frame, certain } = site
  const loop = loopOf(site, module)
  return {
    loop: loop !== null && site.chain.steps.some(({ name }) => name === 'catch') ? { ...loop, guarded: true } : loop,
    transaction: transactionOf(site, module, evaluate, client),
    borrowed:
      (site.chain.root.type === 'Identifier' && borrowed.test(site.chain.root.name)) ||
      (client?.is === 'pg' && client.single),
    file: module.kind,
    function: functionOf(frame)?.name ?? null,
    parameters: functionOf(frame)?.node.params.length ?? 0,
    certain,
  }
}

/** How people name the client of a transaction that a function is given. */
const borrowed = /^(?:tx|trx|txn|transaction)$/i

/** The nearest loop or array callback that runs what stands in a frame once an element; null where there is none in the same function. */
export function loopOf(
  { frame, variable, chain }: Pick<Site, 'frame' | 'variable' | 'chain'>,
  module: Module,
): Loop | null {
  let parallel = false
  let together = false
  let guarded = false
  let conditional = false
  let buffered = false
  /** How far the code is left behind the query, so that loops around it come by once. */
  let left: 'loop' | 'function' | null = null
  const cases: string[] = []
  const tests: string[] = []
  for (let at = frame; at !== null; at = at.parent) {
    if (at.kind === 'last') left = at.of === 'function' ? 'function' : (left ?? 'loop')
    if (at.kind === 'batch') {
      parallel = true
      together ||= at.name === '$transaction' || at.name === 'batch'
      guarded ||= at.name === 'allSettled'
    }
    if (at.kind === 'try') guarded = true
    if (at.kind === 'branch') {
      // What runs after an error runs for few elements.
      if (at.test === 'catch') return null
      conditional = true
      tests.push(at.test)
      if (at.cases === true) cases.push(at.test)
      // What is collected and sent when there is enough of it is a batch.
      if (/(?:length|size|count)\s*(?:>=?|===?)\s*(?![01]\b)|batch|chunk|%/i.test(at.test)) buffered = true
    }
    if (at.kind === 'loop') {
      if (left === 'function') continue
      if (left === 'loop') {
        left = null
        continue
      }
      const loop = ofLoop(at, module)
      if (isOneOf(at.variable, cases)) return null
      const body = module.file.text.slice(at.end, at.last)
      if (isRemembered(tests, body) || isPassedOver(module.file.text.slice(at.end, chain.start))) return null
      const batching = loop.batching || buffered || isTry(variable, at.variable, at.head, textAt(chain, module), body)
      return { ...loop, guarded, conditional, works: isWork(body), batching }
    }
    if (at.kind !== 'function') continue
    const call = at.argumentOf
    if (call === null) return null
    const step = call.chain.steps[call.step]
    const name = step?.name ?? ''
    left = null
    // `Effect.map(…)` and the like hand one value on.
    const namespace = call.step === 0 && call.chain.root.type === 'Identifier' ? call.chain.root.name : ''
    if (/^[A-Z]\w*[a-z]/.test(namespace) && lookUp(at.scope.parent ?? module.scope, namespace)?.is === 'import')
      continue
    if (arrayMethods.has(name) && call.index === 0 && step !== undefined) {
      const around = batchOutside(at.parent)
      const head = module.file.text.slice(call.chain.start, step.start)
      const parameter = at.node.params[0]
      const named = parameter?.type === 'Identifier' ? parameter.name : ''
      const body = module.file.text.slice(at.node.start, at.node.end)
      const before = module.file.text.slice(at.node.start, chain.start)
      if (isOneOf(named, cases) || isRemembered(tests, body) || isPassedOver(before)) return null
      return {
        guarded: guarded || around === 'allSettled',
        conditional,
        works: isWork(body),
        names: [...at.scope.names].flatMap(([own, binding]) =>
          binding.is === 'parameter' && binding.index === 0 ? [own] : [],
        ),
        together: together || around === '$transaction' || around === 'batch',
        place: placeOf(module.file, step.start, step.start + name.length),
        form: 'callback',
        parallel: parallel || around !== null || !inTurn.has(name),
        bounded: call.step === 0 ? lengthOf(call.chain.root, at.scope.parent ?? module.scope, module) : null,
        batching: batchWords.test(head.slice(-80)) || batchWords.test(named),
      }
    }
    if (
      !passing.has(name) ||
      (name === '' && call.chain.root.type === 'Identifier' && later.test(call.chain.root.name))
    )
      return null
  }
  return null
}

/** True where the round does something for the element: by what it calls, or as it waits for much else than the database. */
function isWork(body: string): boolean {
  return work.test(body) || ddl.test(body) || (body.match(elsewhere) ?? []).length >= 3
}

/** A change of the schema for each element. */
const ddl = /\b(?:ALTER|CREATE|DROP) (?:TABLE|SCHEMA|INDEX|UNIQUE|VIEW|MATERIALIZED|TYPE|ROLE|USER|DATABASE)\b/

/**
 * True where the round is a try: what it finds, or finds free, ends the loop, and the elements are candidates by their name, or are not what
 * is looked for. `asked` is the source of the query, `head` and `body` those of the loop.
 */
function isTry(found: string | null, element: string | null, head: string, asked: string, body: string): boolean {
  if (found === null || !/^\w+$/.test(found) || element === null) return false
  if (new RegExp(`\\b${element}\\b`).test(asked) && !candidate.test(element) && !candidates.test(`${element} ${head}`))
    return false
  const ends = new RegExp(
    `\\bif\\s*\\([^{};]*\\b${found}\\b[^{};]*\\)\\s*(?:\\{([^{}]*\\b(?:break|return\\b[^{}]*))\\}|((?:break|return)\\b[^;\\n]*))`,
    'g',
  )
  return [...body.matchAll(ends)].some(([, block, line = '']) =>
    new RegExp(`\\b(?:break|${found}|${element})\\b`).test(block ?? line),
  )
}

const candidates = /candidate|attempt|variant|variation|guess|fallback/i
const candidate = /^(?:try|trial|slug|name|handle|code)$/i

/** True where a `switch` over the element picks the one kind of it for which the query runs. */
function isOneOf(element: string | null, cases: readonly string[]): boolean {
  return element !== null && element !== '' && cases.some((test) => test === element || test.startsWith(`${element}.`))
}

/** True where only what is not in a map yet is asked for: once for each key, however many elements share it. */
function isRemembered(tests: readonly string[], body: string): boolean {
  return tests.some((test) => {
    if (/^!\s*[\w.]+\.has\(/.test(test)) return true
    const name = /^!\s*(\w+)$/.exec(test)?.[1]
    return name !== undefined && new RegExp(`\\b${name}\\s*=\\s*(?:await\\s+)?[\\w.]+\\.get\\(`).test(body)
  })
}

/** True where a round that finds its key in a map already goes on with the next: `if (known.has(key)) continue`. */
function isPassedOver(before: string): boolean {
  return /\bif\s*\((?:[^{};]*[|(\s])?\w+\.has\([^{};]*\)\s*\{?\s*(?:continue|return)\b/.test(before)
}

/** Waiting for a function that is called for what it does, by its name; what is sent is seldom waited for. */
const verbs =
  '(?:send|notify|publish|enqueue|schedule|trigger|execute|run|process|handle|perform|drain|clean|cleanup|sync|import|export|refresh|dispatch|apply|deploy|start|stop|pay|charge|refund|cancel|configure|resume|retry|revoke|invite|upload|fetch|mail|email|deliver|post|ping|request|make(?=\\w*(?:Request|Call)))'
const work = new RegExp(
  `\\bawait\\s+(?:(?:this\\.)?${verbs}(?:[A-Z]\\w*)?|(?:[\\w$]+\\??\\.)+${verbs}[A-Z]\\w*|(?:fetch|axios|got|ky)|(?:this\\.)?(?:stripe|openai|anthropic|resend|twilio)(?:\\.\\w+)+)\\s*\\(|\\b(?:send|enqueue|notify|create(?=\\w*(?:Notification|Reminder|Alert)))[A-Z]\\w*\\s*\\(`,
)

/** A constant by its spelling: a list that the code fixes. */
const fixedList = /^[A-Z][A-Z0-9_]+$/

/** How many elements a list of the code has, or the keys of an object of the code; null where the code does not fix it. */
function lengthOf(node: Expression, scope: Scope, module: Module): number | null {
  const array = arrayOf({ node, scope, module })
  if (array?.complete === true) return array.elements.length
  const [argument] = node.type === 'CallExpression' && namesKeys.test(textAt(node.callee, module)) ? node.arguments : []
  const list = argument === undefined ? node : argument
  if (list.type !== 'Identifier') return argument === undefined ? cutTo(node, module) : null
  if (fixedList.test(list.name)) return 5
  const cut = cutOf(list.name, scope, module) ?? filledOf(list.name, list.start, scope, module)
  if (cut !== null) return cut
  const binding = argument === undefined ? null : lookUp(scope, list.name)
  return binding?.is === 'variable' && binding.init?.type === 'ObjectExpression' && !binding.mutated
    ? binding.init.properties.length
    : null
}

/** How many elements a list of the code holds at most that gets more of them one by one before `end`; null where a loop or a function may fill it. */
function filledOf(name: string, end: number, scope: Scope, module: Module): number | null {
  const binding = lookUp(scope, name)
  if (binding?.is !== 'variable' || binding.init?.type !== 'ArrayExpression' || binding.assigned.length > 0) return null
  if (binding.init.elements.some((element) => element === null || element.type === 'SpreadElement')) return null
  const between = module.file.text.slice(binding.init.end, end).replace(/\bfor\s*\([^()]*$/, '')
  if (/\b(?:for|while)\b|=>|\bfunction\b/.test(between)) return null
  const pushed =
    between.match(new RegExp(`\\b${name.replaceAll('$', '\\$')}\\b(?:\\.push\\((?!\\s*\\.\\.\\.))?`, 'g')) ?? []
  return pushed.every((one) => one.endsWith('(')) ? binding.init.elements.length + pushed.length : null
}

/** How many elements a variable holds at most that takes the first of a list. */
function cutOf(name: string, scope: Scope, module: Module): number | null {
  const binding = lookUp(scope, name)
  return binding?.is === 'variable' && binding.init != null && !binding.mutated ? cutTo(binding.init, module) : null
}

/** How many elements `list.slice(0, 3)` has at most, or the rows of a query with a limit; null where nothing tells it. */
function cutTo(node: Expression, module: Module): number | null {
  const limit = limitOf(node)
  if (limit !== null) return limit
  if (node.type === 'ConditionalExpression') {
    const [one, other] = [cutTo(node.consequent, module), cutTo(node.alternate, module)]
    return one === null || other === null ? null : Math.max(one, other)
  }
  if (node.type === 'ArrayExpression') return node.elements.length === 0 ? 0 : null
  const [, first, last] = /\.slice\(\s*(?:0\s*,\s*(\d+)|-(\d+))\s*\)$/.exec(textAt(node, module)) ?? []
  return first === undefined && last === undefined ? null : Number(first ?? last)
}

/** The number in `….limit(5)` or `….findMany({ take: 5 })`. */
function limitOf(node: Expression): number | null {
  const last = chainOf(node)?.steps.at(-1)
  const [argument] = last?.args ?? []
  const take =
    last?.name === 'findMany' && argument?.type === 'ObjectExpression'
      ? argument.properties.find((p) => p.type === 'Property' && p.key.type === 'Identifier' && p.key.name === 'take')
      : undefined
  const value = last?.name === 'limit' ? argument : take?.type === 'Property' ? take.value : undefined
  return value?.type === 'Literal' && typeof value.value === 'number' ? value.value : null
}

const namesKeys = /^Object\.(?:keys|values|entries)$/

function textAt(node: { readonly start: number; readonly end: number }, module: Module): string {
  return module.file.text.slice(node.start, node.end)
}

/** Functions that keep a callback for later. */
const later =
  /schedule|cron|setTimeout|setInterval|setImmediate|register|subscribe|listen|queue|worker|debounce|throttle|^on[A-Z]|^use[A-Z]|^(?:it|test|describe|before|after)/i

const batchWords = /chunk|batch|page\b|pages\b|slices?\b/i

/** `Promise.all(xs.map(…))`: the name of the batch that stands around the call that takes the callback. */
function batchOutside(frame: Frame | null): string | null {
  for (let at = frame; at !== null && at.kind !== 'function'; at = at.parent) if (at.kind === 'batch') return at.name
  return null
}

function ofLoop(loop: LoopFrame, module: Module): Omit<Loop, 'guarded' | 'conditional' | 'works'> {
  let bounded: number | null = null
  if (loop.over !== null) {
    bounded = lengthOf(loop.over, loop.scope.parent ?? module.scope, module)
  } else if (loop.form === 'for') {
    const count = /<=?\s*(\d+)\s*;/.exec(loop.head)?.[1]
    const [, from, to] = /=\s*(\d+)\s*;[^;]*>=?\s*(\d+)\s*;[^;]*--/.exec(loop.head) ?? []
    const list = /<\s*([\w$]+)\.length\s*;/.exec(loop.head)?.[1]
    if (count !== undefined) bounded = Number(count)
    else if (from !== undefined) bounded = Number(from) - Number(to) + 1
    else if (list !== undefined) bounded = cutOf(list, loop.scope, module)
    else if (
      /<=?\s*(?:[A-Z][A-Z_]*|max\w*|\w*(?:attempt|retr)\w*)\s*;/i.test(loop.head) &&
      /attempt|retr|tries/i.test(loop.head)
    )
      bounded = 5
  }
  // One that counts up to the length of a list goes through it.
  const polling =
    (loop.form === 'while' && !/^[^<]*\w\s*<\s*[\w.]+\.length\s*\)?\s*$/.test(loop.head)) ||
    /^for\s*\(\s*;\s*;/.test(loop.head)
  return {
    place: placeOf(module.file, loop.start, loop.start + Math.max(1, loop.head.trimEnd().length)),
    form: loop.form,
    parallel: false,
    together: false,
    names: [...loop.scope.names].flatMap(([own, { is }]) => (is === 'element' ? [own] : [])),
    bounded,
    batching: polling || batchWords.test(loop.head) || /\+=/.test(loop.head) || (loop.exits && loop.form !== 'for-of'),
  }
}
