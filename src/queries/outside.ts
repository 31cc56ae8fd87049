import { placeOf } from '../location.ts'
import type { Place } from '../location.ts'
import type { ChangedLines } from './changed.ts'
import type { OutsideCall, Query } from './query.ts'
import { calledBy } from './repeats.ts'
import { transactionAt } from './transactions.ts'
import type { OpenTransaction } from './transactions.ts'
import { functionOf } from './typescript/frames.ts'
import { lookUp } from './typescript/module.ts'
import type { Module, Site } from './typescript/module.ts'
import type { Evaluate } from './typescript/objects.ts'

type Placed = Query & { readonly project: string }

/** A call inside of a transaction that hands nothing of it on. */
interface Call {
  readonly call: OutsideCall
  readonly site: Site
  readonly module: Module
}

/** Queries without the transaction around them where what it sends itself goes to another database: they cannot be part of it. */
export function besideOtherDatabases(queries: readonly Placed[]): Placed[] {
  const homes = databasesOf(queries)
  return queries.map((query) => {
    const { transaction } = query.context
    const home = transaction === null || transaction.usesOwnClient ? undefined : homes.get(keyOf(transaction.place))
    return home === undefined || home.has(query.project)
      ? query
      : { ...query, context: { ...query.context, transaction: null } }
  })
}

/** The projects whose databases transactions are of, by where they begin: those that their own queries speak to. */
function databasesOf(queries: readonly Placed[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { context, project } of queries) {
    if (context.transaction?.usesOwnClient !== true) continue
    const key = keyOf(context.transaction.place)
    found.set(key, (found.get(key) ?? new Set()).add(project))
  }
  return found
}

/** Notes the calls of a function that stand in a transaction, where the function writes with a client of its own, or with the one around that it was given. */
export function withOutsideCalls(
  queries: readonly Placed[],
  modules: readonly Module[],
  evaluate: Evaluate,
  changed: ChangedLines,
): Placed[] {
  const homes = databasesOf(queries)
  if (homes.size === 0) return [...queries]
  const calls = new Map<string, Call[]>()
  for (const module of modules) {
    for (const site of module.sites) {
      const last = site.chain.steps.at(-1)
      if (last?.args == null || !site.awaited || isAfterError(site)) continue
      const transaction = transactionAt(site, module, evaluate)
      if (transaction === null || !homes.has(keyOf(transaction.place))) continue
      if (ownNames(site, transaction).test(module.file.text.slice(last.start, last.end))) continue
      const called = calledBy(site, module, evaluate)
      if (called === null) continue
      const place = placeOf(module.file, site.chain.start, site.chain.end)
      const target = `${called.path}\n${called.own}`
      const call = { place, changed: changed.touches(place), function: called.own, transaction: transaction.place }
      calls.set(target, [...(calls.get(target) ?? []), { call, site, module }])
    }
  }
  if (calls.size === 0) return [...queries]
  const sites = new Map(
    modules.flatMap((module) =>
      module.sites.map((site) => [keyOf(placeOf(module.file, site.chain.start, site.chain.end)), { site, module }]),
    ),
  )
  return queries.map((query) => {
    const { context, place, operation, project } = query
    if (operation === 'select' || context.transaction !== null || context.borrowed || !context.certain) return query
    const at = sites.get(keyOf(place))
    const found = (calls.get(`${place.path}\n${context.function ?? ''}`) ?? []).filter(
      (one) =>
        homes.get(keyOf(one.call.transaction))?.has(project) === true &&
        at !== undefined &&
        isOutside(at.site, at.module, one),
    )
    return found.length === 0 ? query : { ...query, outside: found.map(({ call }) => call) }
  })

  /** True where a query of a function is sent by what the module or the class holds, or by what the call hands over of the client around it. */
  function isOutside({ chain, scope, frame }: Site, module: Module, from: Call): boolean {
    if (chain.root.type === 'ThisExpression') return true
    const binding = chain.root.type === 'Identifier' ? lookUp(scope, chain.root.name) : null
    if (binding?.is === 'import') return true
    if (binding?.is === 'variable') return binding.scope === module.scope
    if (binding?.is !== 'parameter' || binding.path.length > 0 || binding.frame !== functionOf(frame)) return false
    const given = from.site.chain.steps.at(-1)?.args?.[binding.index]
    if (given === undefined || given.type === 'SpreadElement') return false
    const client = evaluate(given, from.site.scope, from.module)
    return (client?.is === 'prisma' || client?.is === 'drizzle') && client.transaction === null
  }
}

function keyOf({ path, line, column }: Place): string {
  return `${path}:${line}:${column}`
}

/** The names under which code of a transaction has its client. */
function ownNames(site: Site, { by, receiver }: OpenTransaction): RegExp {
  const names = by === 'statements' && receiver.type === 'Identifier' ? [receiver.name] : []
  for (let at = site.frame; at !== null; at = at.parent)
    if (at.kind === 'function' && at.argumentOf?.chain.steps[at.argumentOf.step]?.name === by)
      for (const one of at.node.params) if (one.type === 'Identifier') names.push(one.name)
  return new RegExp(`(?<![\\w$.])(?:${names.map((name) => name.replaceAll('$', '\\$')).join('|') || '(?!)'})(?![\\w$])`)
}

/** True for what is written down of an error, which has to stay when the transaction is rolled back. */
function isAfterError({ frame }: Site): boolean {
  for (let at = frame; at !== null; at = at.parent) if (at.kind === 'branch' && at.test === 'catch') return true
  return false
}
