import type { Expression } from 'oxc-parser'
import { placeOf } from '../../location.ts'
import { always, both, either, negate, numbered, usesOf } from '../conditions.ts'
import type { Condition } from '../conditions.ts'
import type { Draft } from '../draft.ts'
import type { Predicate, Query } from '../query.ts'
import type { Module, Scope } from '../typescript/module.ts'
import { isFunction, unwrap } from '../typescript/nodes.ts'
import type { Chain, ChainStep } from '../typescript/nodes.ts'
import { arrayOf, literalOf, objectOf, sourceOf, textsOf } from '../typescript/objects.ts'
import type { Evaluate, Located, Property } from '../typescript/objects.ts'
import type { DrizzleTable } from '../typescript/value.ts'
import { conditionOf, likePattern } from './conditions.ts'
import { orderOf } from './ordering.ts'
import { number } from './state.ts'
import type { State } from './state.ts'

/** `db.query.users.findMany({ with, where, orderBy, limit })`. */
export function relational(
  steps: readonly ChainStep[],
  find: number,
  chain: Chain,
  scope: Scope,
  module: Module,
  state: State,
): Draft | 'dynamic' {
  const name = steps[find - 1]?.name
  const table = name == null ? null : state.world.table(name)
  if (table === null) return 'dynamic'
  const call = steps[find]
  const place = placeOf(module.file, chain.start, chain.end)
  state.columns.push({ table: table.key, column: null, use: 'read', place })
  const given = call?.args?.[0]
  let args = new Map<string, Property>()
  if (given !== undefined && given.type !== 'SpreadElement') {
    const object = objectOf({ node: given, scope, module }, state.world.evaluate)
    if (object === null || !object.complete) state.flags.dynamic = true
    args = new Map((object?.properties ?? []).map((p) => [p.name, p]))
  }
  const where = args.get('where')
  const condition = where === undefined ? always : relationalWhere(where, table, state)
  if (condition === null) state.flags.dynamic = true
  const order = args.get('orderBy')
  const ordering = order === undefined ? [] : relationalOrder(order, table, state)
  const columns = chosen(args.get('columns'), table, state)
  const inner = args.get('with')
  if (inner !== undefined) withOf(inner, table, state, 1, 0)
  const predicates = condition === null ? [] : numbered(condition)
  return {
    start: chain.start,
    end: chain.end,
    client: 'drizzle',
    call: `query.${call?.name ?? ''}`,
    operation: 'select',
    tables: [{ table: table.key, role: 'main', columns }, ...state.tables],
    predicates,
    ordering,
    joins: state.joins,
    writes: null,
    limit: call?.name === 'findFirst' ? 1 : number(args.get('limit') ?? null, state.world.evaluate),
    offset: number(args.get('offset') ?? null, state.world.evaluate),
    sql: null,
    dynamic: state.flags.dynamic,
    nested: state.nested,
    columns: [...state.columns, ...usesOf(predicates)],
    ...(where === undefined ? {} : { filtered: true }),
  }
}

function relationalWhere(where: Property, table: DrizzleTable, state: State): Condition | null {
  const node = unwrap(where.node)
  if (isFunction(node)) {
    const body = where.module.returns.get(node)?.[0]
    if (body === undefined) return null
    return conditionOf(
      { node: body.node, scope: body.scope, module: where.module },
      withParameter(state, node, table),
      [table.key],
    )
  }
  if (node.type !== 'ObjectExpression') return conditionOf(where, state, [table.key])
  return objectFilter(where, table, state, 0)
}

/** The first parameter of a callback of the relational queries is the table itself. */
function withParameter(state: State, node: Expression, table: DrizzleTable): State {
  const callback = isFunction(node) ? node : null
  const parameter = callback?.params[0]
  const evaluate: Evaluate = (expression, scope, module) => {
    const at = unwrap(expression)
    if (
      at.type === 'MemberExpression' &&
      !at.computed &&
      at.property.type === 'Identifier' &&
      at.object.type === 'Identifier' &&
      parameter?.type === 'Identifier' &&
      at.object.name === parameter.name
    ) {
      return { is: 'column', table, property: at.property.name }
    }
    if (at.type === 'Identifier' && parameter?.type === 'ObjectPattern') {
      const property = parameter.properties.find(
        (p) => p.type !== 'RestElement' && p.value.type === 'Identifier' && p.value.name === at.name,
      )
      if (property !== undefined && property.type !== 'RestElement' && property.key.type === 'Identifier')
        return { is: 'column', table, property: property.key.name }
    }
    return state.world.evaluate(expression, scope, module)
  }
  return { ...state, world: { ...state.world, evaluate } }
}

const objectOperators: Readonly<Record<string, Predicate['operator']>> = {
  eq: '=',
  ne: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  in: 'in',
  notIn: 'not in',
  like: 'like',
  ilike: 'ilike',
  isNull: 'is null',
  isNotNull: 'is not null',
  arrayContains: 'has',
  arrayOverlaps: 'has',
  arrayContained: 'has',
}

function objectFilter(given: Located, table: DrizzleTable, state: State, depth: number): Condition | null {
  const object = depth > 8 ? null : objectOf(given, state.world.evaluate)
  if (object === null) return null
  if (!object.complete) state.flags.dynamic = true
  let all: Condition | null = always
  for (const property of object.properties) {
    if (property.maybe) state.flags.dynamic = true
    if (['AND', 'OR', 'NOT'].includes(property.name)) {
      const parts = (arrayOf(property)?.elements ?? [property]).map((p) => objectFilter(p, table, state, depth + 1))
      all = both(
        all,
        property.name === 'AND'
          ? parts.reduce<Condition | null>((a, b) => both(a, b), always)
          : property.name === 'OR'
            ? parts.reduce<Condition | null>((a, b) => (a === null ? b : either(a, b)), null)
            : parts.reduce<Condition | null>((a, b) => both(a, negate(b)), always),
      )
      continue
    }
    const column = state.world.column(table, property.name)
    if (column === null) {
      state.flags.dynamic = true
      // Which rows of another table there have to be: what is asked of them is a use of its columns.
      const relation = state.world.relation(table.key, property.name)
      const inner = relation === null ? null : objectFilter(property, relation.target, state, depth + 1)
      if (inner !== null) state.columns.push(...usesOf(numbered(inner)))
      continue
    }
    const base = { table: table.key, column, expression: null, place: property.place }
    const operators = objectOf(property, state.world.evaluate)
    if (operators === null) {
      all = both(all, [
        [{ ...base, operator: '=', source: sourceOf(property), values: textsOf(property, state.world.evaluate) }],
      ])
      continue
    }
    all = both(all, [
      operators.properties.map((o) => ({
        ...base,
        operator: objectOperators[o.name] ?? 'unknown',
        source: sourceOf(o),
        values: textsOf(o, state.world.evaluate),
        ...(o.name === 'like' || o.name === 'ilike' ? likePattern(o) : {}),
      })),
    ])
  }
  return all
}

function relationalOrder(order: Property, table: DrizzleTable, state: State): Query['ordering'] {
  const node = unwrap(order.node)
  if (isFunction(node)) {
    const body = order.module.returns.get(node)?.[0]
    if (body === undefined) return []
    return orderOf([{ node: body.node, scope: body.scope, module: order.module }], withParameter(state, node, table), [
      table.key,
    ])
  }
  const object = node.type === 'ObjectExpression' ? objectOf(order, state.world.evaluate) : null
  if (object === null) return orderOf([order], state, [table.key])
  return object.properties.flatMap((p) => {
    const column = state.world.column(table, p.name)
    if (column === null) return []
    state.columns.push({ table: table.key, column, use: 'order', place: p.place })
    const descending = literalOf(p, state.world.evaluate) === 'desc'
    return [{ table: table.key, column, descending, nullsFirst: descending, place: p.place }]
  })
}

function chosen(given: Property | undefined, table: DrizzleTable, state: State): readonly string[] | null {
  if (given === undefined) return null
  const columns: string[] = []
  let excluding = false
  for (const property of objectOf(given, state.world.evaluate)?.properties ?? []) {
    const column = state.world.column(table, property.name)
    if (column === null) continue
    state.columns.push({ table: table.key, column, use: 'read', place: property.place })
    if (literalOf(property, state.world.evaluate) === false) excluding = true
    else columns.push(column)
  }
  return excluding ? null : columns
}

function withOf(given: Located, table: DrizzleTable, state: State, depth: number, lists: number): void {
  if (depth > 8) return
  for (const property of objectOf(given, state.world.evaluate)?.properties ?? []) {
    const relation = state.world.relation(table.key, property.name)
    if (relation === null) continue
    const args = new Map((objectOf(property, state.world.evaluate)?.properties ?? []).map((p) => [p.name, p]))
    const more = lists + (relation.many ? 1 : 0)
    const target = relation.target
    state.nested.push({
      table: target.key,
      relation: property.name,
      many: relation.many,
      depth,
      lists: more,
      limited: args.has('limit'),
      selects: args.has('columns'),
      place: property.place,
    })
    state.tables.push({ table: target.key, role: 'include', columns: chosen(args.get('columns'), target, state) })
    state.columns.push({ table: target.key, column: null, use: 'read', place: property.place })
    if (relation.columns.length > 0)
      state.joins.push({
        from: table.key,
        fromColumns: relation.columns,
        to: target.key,
        toColumns: relation.references,
        many: relation.many,
        place: property.place,
      })
    const where = args.get('where')
    if (where !== undefined) {
      const condition = relationalWhere(where, target, state)
      if (condition !== null) state.columns.push(...usesOf(numbered(condition)))
    }
    const inner = args.get('with')
    if (inner !== undefined) withOf(inner, target, state, depth + 1, more)
  }
}
