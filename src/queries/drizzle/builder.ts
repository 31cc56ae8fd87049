import type { Expression } from 'oxc-parser'
import { placeOf } from '../../location.ts'
import { always, both, numbered, usesOf } from '../conditions.ts'
import type { Condition } from '../conditions.ts'
import type { Draft } from '../draft.ts'
import type { Query } from '../query.ts'
import type { Module, Scope } from '../typescript/module.ts'
import { importedName } from '../typescript/module.ts'
import { chainOf, isFunction, unwrap } from '../typescript/nodes.ts'
import type { Chain, ChainStep } from '../typescript/nodes.ts'
import { arrayOf, isUndefined, literalOf, objectOf, sourceOf, textsOf } from '../typescript/objects.ts'
import type { Evaluate, Located, Property } from '../typescript/objects.ts'
import type { DrizzleTable } from '../typescript/value.ts'
import { conditionOf } from './conditions.ts'
import { orderOf } from './ordering.ts'
import { relational } from './relational.ts'
import { mention, number, tableOf } from './state.ts'
import type { DrizzleWorld, State } from './state.ts'

const selects = new Set(['select', 'selectDistinct', 'selectDistinctOn'])

const joins = new Set([
  'leftJoin',
  'rightJoin',
  'innerJoin',
  'fullJoin',
  'crossJoin',
  'leftJoinLateral',
  'innerJoinLateral',
])

/** Reads a chain as a Drizzle query; null where it is none, `dynamic` where the table cannot be told. */
export function drizzleQuery(
  chain: Chain,
  scope: Scope,
  module: Module,
  world: DrizzleWorld,
): Draft | 'dynamic' | null {
  const state: State = { world, tables: [], joins: [], nested: [], columns: [], flags: { dynamic: false } }
  const steps = chain.steps
  const find = steps.findIndex(
    (s, i) =>
      (s.args !== null &&
        (s.name === 'findMany' || s.name === 'findFirst') &&
        i >= 2 &&
        steps[i - 2]?.name === 'query') ||
      (s.args !== null &&
        (s.name === 'findMany' || s.name === 'findFirst') &&
        i === 1 &&
        chain.root.type === 'Identifier' &&
        chain.root.name === 'query'),
  )
  if (find >= 0) return relational(steps, find, chain, scope, module, state)
  const start = steps.findIndex(
    (s) =>
      s.args !== null &&
      (selects.has(s.name ?? '') ||
        s.name === 'insert' ||
        s.name === 'update' ||
        s.name === 'delete' ||
        s.name === '$count'),
  )
  const head = steps[start]
  if (head === undefined || head.args === null) return null
  const rest = steps.slice(start + 1)
  const by = (name: string): ChainStep | undefined => rest.find((s) => s.name === name && s.args !== null)
  const located = (node: Expression): Located => ({ node, scope, module })
  const argument = (step: ChainStep | undefined, index = 0): Located | null => {
    const found = step?.args?.[index]
    return found === undefined || found.type === 'SpreadElement' ? null : located(found)
  }
  const isSelect = selects.has(head.name ?? '')
  const source = isSelect ? argument(by('from')) : argument(head)
  if (source === null) return null
  const main = tableOf(source, world)
  if (main === null) return isSelect && by('from') !== undefined && distinctive(head, rest) ? 'dynamic' : null
  const place = placeOf(module.file, chain.start, chain.end)
  const operation: Query['operation'] =
    isSelect || head.name === '$count' ? 'select' : (head.name as 'insert' | 'update' | 'delete')
  state.columns.push({ table: main.key, column: null, use: operation === 'select' ? 'read' : 'write', place })
  if (rest.some((s) => s.name === '$dynamic' || s.name === 'as' || s.name === null)) state.flags.dynamic = true
  if (rest.some((s) => ['union', 'unionAll', 'intersect', 'except'].includes(s.name ?? ''))) state.flags.dynamic = true

  for (const step of rest) {
    if (!joins.has(step.name ?? '') || step.args === null) continue
    const target = argument(step)
    const joined = target === null ? null : tableOf(target, world)
    if (joined === null) {
      state.flags.dynamic = true
      continue
    }
    state.tables.push({ table: joined.key, role: 'join', columns: [] })
    state.columns.push({
      table: joined.key,
      column: null,
      use: 'read',
      place: placeOf(module.file, step.start, step.end),
    })
  }
  const sources = [main.key, ...state.tables.map((t) => t.table)]
  let condition: Condition | null = always
  for (const step of rest) {
    if (!joins.has(step.name ?? '') || step.args === null) continue
    const on = argument(step, 1)
    const inner = on === null ? always : conditionOf(on, state, sources)
    condition = both(
      condition,
      inner === null ? always : inner.map((terms) => terms.map((t) => ({ ...t, joining: true }))),
    )
  }
  const where = head.name === '$count' ? argument(head, 1) : argument(by('where'))
  if (where !== null) condition = both(condition, conditionOf(where, state, sources))
  const order = by('orderBy')
  const ordering =
    order?.args == null
      ? []
      : orderOf(
          order.args.flatMap((a) => (a.type === 'SpreadElement' ? [] : [located(a)])),
          state,
          sources,
        )
  // `orderBy((row) => …)` sorts by what is selected, under names that are not followed.
  if (order?.args?.some((a) => a.type === 'SpreadElement' || isFunction(a)) === true) state.flags.dynamic = true
  for (const name of ['groupBy', 'having', 'returning', 'onConflictDoUpdate', 'onConflictDoNothing']) {
    const step = by(name)
    for (const one of step?.args ?? []) if (one.type !== 'SpreadElement') mention(located(one), state, 'read')
  }
  const fields = argument(head)
  let columns: readonly string[] | null = null
  let counting = head.name === '$count'
  if (isSelect && fields !== null && head.name !== 'selectDistinctOn') {
    const object = objectOf(fields, world.evaluate)
    columns = []
    if (object !== null) {
      const before = state.columns.length
      for (const property of object.properties) mention(property, state, 'read')
      columns = state.columns
        .slice(before)
        .filter((c) => c.table === main.key && c.column !== null)
        .map((c) => c.column ?? '')
      counting =
        object.properties.length > 0 && by('groupBy') === undefined && object.properties.every((p) => isAggregate(p))
    }
  }
  const writes =
    operation === 'insert'
      ? values(argument(by('values')), main, state)
      : operation === 'update'
        ? values(argument(by('set')), main, state)
        : null
  if (operation === 'insert' && by('select') !== undefined) state.flags.dynamic = true
  const conflict = argument(by('onConflictDoUpdate'))
  const set =
    conflict === null ? undefined : objectOf(conflict, world.evaluate)?.properties.find((p) => p.name === 'set')
  if (set !== undefined) values(set, main, state)
  if (condition === null) state.flags.dynamic = true
  const predicates = condition === null ? [] : numbered(condition)
  return {
    start: chain.start,
    end: chain.end,
    client: 'drizzle',
    call: counting && head.name !== '$count' ? 'count' : (head.name ?? ''),
    operation,
    tables: [{ table: main.key, role: 'main', columns: operation === 'select' ? columns : [] }, ...state.tables],
    predicates,
    ordering,
    joins: state.joins,
    writes: writes?.columns ?? null,
    ...(writes === null ? {} : { values: writes.values }),
    limit: number(argument(by('limit')), world.evaluate),
    offset: number(argument(by('offset')), world.evaluate),
    sql: null,
    dynamic: state.flags.dynamic,
    nested: state.nested,
    columns: [...state.columns, ...usesOf(predicates)],
    ...(rest.some((s) => s.name === 'groupBy') ? { grouped: true } : {}),
    ...(rest.some((s) => s.name === '$withCache') ? { cached: true } : {}),
    ...locksOf(argument(by('for')), argument(by('for'), 1), world.evaluate),
    ...(by('where') === undefined ? {} : { filtered: true }),
  }
}

function locksOf(strength: Located | null, options: Located | null, evaluate: Evaluate): Pick<Query, 'locks'> {
  const kind = strength === null ? null : literalOf(strength, evaluate)
  if (kind !== 'update' && kind !== 'no key update') return {}
  const names = options === null ? [] : (objectOf(options, evaluate)?.properties.map((p) => p.name) ?? [])
  return { locks: names.includes('skipLocked') || names.includes('noWait') ? 'skips' : 'waits' }
}

/** A chain that only a query builder has: `select().from(x).where(…)`. */
function distinctive(head: ChainStep, rest: readonly ChainStep[]): boolean {
  return rest[0]?.name === 'from' && selects.has(head.name ?? '') && (rest.length > 1 || head.args?.length === 0)
}

const aggregates = new Set(['count', 'sum', 'avg', 'min', 'max', 'countDistinct'])

function isAggregate(property: Property): boolean {
  const node = unwrap(property.node)
  const chain = chainOf(node)
  const root = chain?.root
  const first = chain?.steps[0]
  if (root?.type === 'Identifier' && first?.args != null) {
    const name = first.name === '' ? importedName(property.scope, root.name) : (first.name ?? '')
    if (aggregates.has(name)) return true
  }
  const template = chain?.steps.find((s) => s.template !== null)?.template
  return (
    template != null &&
    /^\s*(?:\w+\s*\(\s*)*?(?:count|sum|avg|min|max)\s*\(/i.test(template.quasis[0]?.value.cooked ?? '')
  )
}

interface Writes {
  readonly columns: readonly string[] | null
  readonly values: Readonly<Record<string, string>>
}

function values(given: Located | null, table: DrizzleTable, state: State): Writes {
  const none: Writes = { columns: null, values: {} }
  if (given === null) return none
  const array = arrayOf(given)
  const row = array === null ? given : array.elements[0]
  if (row === undefined) return none
  let at: Located = row
  const node = unwrap(row.node)
  if (
    node.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    !node.callee.computed &&
    node.callee.property.name === 'map'
  ) {
    const callback = node.arguments[0]
    const returned = callback !== undefined && isFunction(callback) ? (row.module.returns.get(callback) ?? []) : []
    const only = returned[0]
    if (returned.length !== 1 || only === undefined) return none
    at = { node: only.node, scope: only.scope, module: row.module }
  }
  const object = objectOf(at, state.world.evaluate)
  if (object === null) return none
  const columns: string[] = []
  const written: Record<string, string> = {}
  for (const property of object.properties) {
    const column = state.world.column(table, property.name)
    if (column === null || isUndefined(property.node)) continue
    columns.push(column)
    written[column] = sourceOf(property)
    const texts = textsOf(property, state.world.evaluate)
    state.columns.push({
      table: table.key,
      column,
      use: 'write',
      place: property.place,
      ...(texts.length === 0 ? {} : { values: texts }),
    })
  }
  return { columns: object.complete && (array === null || array.complete) ? columns : null, values: written }
}
