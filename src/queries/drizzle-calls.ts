import type { Expression, TemplateLiteral } from 'oxc-parser'
import { placeOf } from '../location.ts'
import type { Key, Schema } from '../schema/model.ts'
import { parseSql } from '../sql/parser.ts'
import { always, both, either, negate, numbered, usesOf } from './conditions.ts'
import type { Condition, Term } from './conditions.ts'
import type { ModelField } from './models.ts'
import { arrayOf, isUndefined, literalOf, objectOf, placeOfNode, sourceOf } from './objects.ts'
import type { Evaluate, Located, Property } from './objects.ts'
import type { Draft } from './prisma-calls.ts'
import type { ColumnUse, NestedRead, Predicate, Query, QueryTable } from './query.ts'
import { sqlCondition } from './sql-query.ts'
import { chainOf, unwrap } from './syntax.ts'
import type { Chain, ChainStep, Module, Scope } from './syntax.ts'
import type { DrizzleTable } from './values.ts'
import { isFunction } from './values.ts'

/** What reading Drizzle needs besides the code: which column a property is, and the relations that `with` follows. */
export interface DrizzleWorld {
  readonly evaluate: Evaluate
  column(table: DrizzleTable, property: string): string | null
  /** A table by the name that `db.query.<name>` uses. */
  table(name: string): DrizzleTable | null
  relation(table: Key, name: string): (ModelField & { readonly is: 'relation'; readonly target: DrizzleTable }) | null
  readonly schemas: readonly Schema[]
}

interface State {
  readonly world: DrizzleWorld
  readonly tables: QueryTable[]
  readonly joins: Query['joins'][number][]
  readonly nested: NestedRead[]
  readonly columns: ColumnUse[]
  readonly flags: { dynamic: boolean }
}

const selects = new Set(['select', 'selectDistinct', 'selectDistinctOn'])
const joins = new Set(['leftJoin', 'rightJoin', 'innerJoin', 'fullJoin', 'crossJoin', 'leftJoinLateral', 'innerJoinLateral'])

/** Reads a chain as a Drizzle query; null where it is none, `dynamic` where the table cannot be told. */
export function drizzleQuery(chain: Chain, scope: Scope, module: Module, world: DrizzleWorld): Draft | 'dynamic' | null {
  const state: State = { world, tables: [], joins: [], nested: [], columns: [], flags: { dynamic: false } }
  const steps = chain.steps
  const find = steps.findIndex((s, i) => s.args !== null && (s.name === 'findMany' || s.name === 'findFirst') && i >= 2 && steps[i - 2]?.name === 'query' || s.args !== null && (s.name === 'findMany' || s.name === 'findFirst') && i === 1 && chain.root.type === 'Identifier' && chain.root.name === 'query')
  if (find >= 0) return relational(steps, find, chain, scope, module, state)
  const start = steps.findIndex((s) => s.args !== null && (selects.has(s.name ?? '') || s.name === 'insert' || s.name === 'update' || s.name === 'delete' || s.name === '$count'))
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
  const operation: Query['operation'] = isSelect || head.name === '$count' ? 'select' : head.name as 'insert' | 'update' | 'delete'
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
    state.columns.push({ table: joined.key, column: null, use: 'read', place: placeOf(module.file, step.start, step.end) })
  }
  const sources = [main.key, ...state.tables.map((t) => t.table)]
  let condition: Condition | null = always
  for (const step of rest) {
    if (!joins.has(step.name ?? '') || step.args === null) continue
    const on = argument(step, 1)
    const inner = on === null ? always : conditionOf(on, state, sources)
    condition = both(condition, inner === null ? always : inner.map((terms) => terms.map((t) => ({ ...t, joining: true }))))
  }
  const where = head.name === '$count' ? argument(head, 1) : argument(by('where'))
  if (where !== null) condition = both(condition, conditionOf(where, state, sources))
  const order = by('orderBy')
  const ordering = order?.args == null ? [] : orderOf(order.args.flatMap((a) => a.type === 'SpreadElement' ? [] : [located(a)]), state, sources)
  if (order?.args?.some((a) => a.type === 'SpreadElement') === true) state.flags.dynamic = true
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
      columns = state.columns.slice(before).filter((c) => c.table === main.key && c.column !== null).map((c) => c.column ?? '')
      counting = object.properties.length > 0 && by('groupBy') === undefined && object.properties.every((p) => isAggregate(p))
    }
  }
  const writes = operation === 'insert' ? values(argument(by('values')), main, state) : operation === 'update' ? values(argument(by('set')), main, state) : null
  if (operation === 'insert' && by('select') !== undefined) state.flags.dynamic = true
  const conflict = argument(by('onConflictDoUpdate'))
  const set = conflict === null ? undefined : objectOf(conflict, world.evaluate)?.properties.find((p) => p.name === 'set')
  if (set !== undefined) values(set, main, state)
  if (condition === null) state.flags.dynamic = true
  const predicates = condition === null ? [] : numbered(condition)
  return {
    start: chain.start, end: chain.end, client: 'drizzle',
    call: counting ? '$count' : head.name ?? '', operation,
    tables: [{ table: main.key, role: 'main', columns: operation === 'select' ? columns : [] }, ...state.tables],
    predicates, ordering, joins: state.joins,
    writes: writes?.columns ?? null, ...(writes === null ? {} : { values: writes.values, literals: writes.literals }),
    limit: number(argument(by('limit')), world.evaluate), offset: number(argument(by('offset')), world.evaluate),
    sql: null, dynamic: state.flags.dynamic, nested: state.nested, columns: [...state.columns, ...usesOf(predicates)],
    ...(rest.some((s) => s.name === 'groupBy') ? { grouped: true } : {}),
    ...(rest.some((s) => s.name === '$withCache') ? { cached: true } : {}),
    ...(rest.some((s) => s.name === 'for') ? { locks: forStep(argument(by('for')), argument(by('for'), 1), world.evaluate) } : {}),
    ...(by('where') === undefined ? {} : { filtered: true }),
  }
}

function forStep(strength: Located | null, options: Located | null, evaluate: Evaluate): 'waits' | 'skips' {
  void strength
  const names = options === null ? [] : objectOf(options, evaluate)?.properties.map((p) => p.name) ?? []
  return names.includes('skipLocked') || names.includes('noWait') ? 'skips' : 'waits'
}

/** A chain that only a query builder has: `select().from(x).where(…)`. */
function distinctive(head: ChainStep, rest: readonly ChainStep[]): boolean {
  return rest[0]?.name === 'from' && selects.has(head.name ?? '') && (rest.length > 1 || head.args?.length === 0)
}

function tableOf(given: Located, world: DrizzleWorld): DrizzleTable | null {
  const value = world.evaluate(given.node, given.scope, given.module)
  return value?.is === 'table' ? value.table : null
}

function number(given: Located | null, evaluate: Evaluate): number | 'dynamic' | null {
  if (given === null) return null
  const literal = literalOf(given, evaluate)
  return typeof literal === 'number' ? literal : 'dynamic'
}

function columnOf(given: Located, world: DrizzleWorld): { table: Key; column: string } | null {
  const value = world.evaluate(given.node, given.scope, given.module)
  if (value?.is !== 'column') return null
  const column = world.column(value.table, value.property)
  return column === null ? null : { table: value.table.key, column }
}

const binary: Readonly<Record<string, Predicate['operator']>> = {
  eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=', inArray: 'in', notInArray: 'not in', like: 'like', ilike: 'ilike', notLike: 'unknown', notIlike: 'unknown',
  arrayContains: 'has', arrayContained: 'has', arrayOverlaps: 'has', between: 'between', notBetween: 'unknown',
}

/** Reads `and(eq(a, b), …)` and `sql` templates; null where it is not known. */
export function conditionOf(given: Located, state: State, sources: readonly Key[], depth = 0): Condition | null {
  if (depth > 12) return null
  const { world } = state
  const node = unwrap(given.node)
  if (isUndefined(node)) return always
  if (node.type === 'TaggedTemplateExpression') return template(node.quasi, { ...given, node }, state, sources)
  if (node.type === 'Identifier') {
    const value = initOf(given)
    if (value === null) return null
    if (!value.steady) state.flags.dynamic = true
    return value.steady ? conditionOf(value.at, state, sources, depth + 1) : null
  }
  if (node.type === 'ConditionalExpression' || node.type === 'LogicalExpression') {
    state.flags.dynamic = true
    return always
  }
  const chain = chainOf(node)
  const step = chain?.steps.at(-1)
  if (chain === null || step?.args == null || chain.root.type !== 'Identifier') return null
  const name = step.name === '' ? chain.root.name : step.name ?? ''
  const args: Located[] = []
  for (const one of step.args) {
    if (one.type === 'SpreadElement') {
      const inner = arrayOf({ ...given, node: one.argument })
      if (inner === null || !inner.complete) {
        state.flags.dynamic = true
        mention({ ...given, node: one.argument }, state, 'filter')
      }
      args.push(...inner?.complete === true ? inner.elements : [])
    } else {
      args.push({ ...given, node: one })
    }
  }
  const [first, second] = args
  if (name === 'and') return args.map((a) => conditionOf(a, state, sources, depth + 1)).reduce<Condition | null>((a, b) => both(a, b ?? unknown(state)), always)
  if (name === 'or') return args.length === 0 ? always : args.map((a) => conditionOf(a, state, sources, depth + 1)).reduce<Condition | null>((a, b) => a === null ? b : either(a, b), null)
  if (first === undefined) return null
  if (name === 'not') return negate(conditionOf(first, state, sources, depth + 1))
  if (name === 'exists' || name === 'notExists') {
    mention(first, state, 'filter')
    return always
  }
  const place = placeOfNode({ ...given, node })
  const left = columnOf(first, world)
  if (name === 'isNull' || name === 'isNotNull') return left === null ? null : [[{ ...left, expression: null, operator: name === 'isNull' ? 'is null' : 'is not null', place }]]
  const operator = binary[name]
  if (operator === undefined) return null
  const right = second === undefined ? null : columnOf(second, world)
  if (left !== null && right !== null && left.table !== right.table) {
    if (operator === '=') state.joins.push({ from: left.table, fromColumns: [left.column], to: right.table, toColumns: [right.column], many: false, place })
    return [[{ ...left, expression: null, operator, place, joining: true }, { ...right, expression: null, operator, place, joining: true }]]
  }
  if (left === null) {
    const inner = unwrap(first.node)
    if (inner.type === 'TaggedTemplateExpression') {
      const term = expressionTerm(inner.quasi, { ...first, node: inner }, state, sources)
      if (term !== null) return [[{ ...term, operator, place, ...(second === undefined ? {} : { source: sourceOf(second) }) }]]
    }
    mention(first, state, 'filter')
    return [[{ table: sources[0] ?? '', column: null, expression: null, operator: 'unknown', place }]]
  }
  const value = second === undefined ? undefined : literalOf(second, world.evaluate)
  const term: Term = {
    ...left, expression: null, operator, place,
    ...(second === undefined ? {} : { source: sourceOf(second) }),
    ...(value === undefined ? {} : { value }),
    ...(operator === 'like' || operator === 'ilike' ? likePattern(second) : {}),
  }
  return [[term]]
}

function unknown(state: State): Condition {
  state.flags.dynamic = true
  return always
}

function likePattern(given: Located | undefined): { pattern: NonNullable<Predicate['pattern']> } | Record<string, never> {
  if (given === undefined) return {}
  const node = unwrap(given.node)
  const [start, end] = node.type === 'TemplateLiteral' ? [node.quasis[0]?.value.cooked ?? '', node.quasis.at(-1)?.value.cooked ?? '']
    : node.type === 'Literal' && typeof node.value === 'string' ? [node.value, node.value] : ['', '']
  if (start === '' && end === '') return {}
  const left = /^[%_]/.test(start)
  const right = /[%_]$/.test(end)
  return { pattern: left ? right ? 'infix' : 'suffix' : right ? 'prefix' : 'exact' }
}

function initOf(given: Located): { at: Located; steady: boolean } | null {
  const node = unwrap(given.node)
  if (node.type !== 'Identifier') return null
  for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
    const binding = scope.names.get(node.name)
    if (binding === undefined) continue
    if (binding.is !== 'variable' || binding.init === null || binding.path.length > 0) return null
    return { at: { node: binding.init, scope: binding.scope, module: given.module }, steady: !binding.mutated && binding.assigned.length === 0 }
  }
  return null
}

/** Text of a `sql` template with columns written out and values as `$n`; null where something else stands in it. */
export function templateText(quasi: TemplateLiteral, given: Located, world: DrizzleWorld, depth = 0): { text: string; columns: { table: Key; column: string }[] } | null {
  let text = ''
  const columns: { table: Key; column: string }[] = []
  let parameter = 0
  for (const [i, part] of quasi.quasis.entries()) {
    text += part.value.cooked ?? ''
    const inner = quasi.expressions[i]
    if (inner === undefined) continue
    const at = { ...given, node: inner }
    const column = columnOf(at, world)
    if (column !== null) {
      text += `"${column.table.slice(column.table.indexOf('.') + 1)}"."${column.column}"`
      columns.push(column)
      continue
    }
    const table = tableOf(at, world)
    if (table !== null) {
      text += `"${table.key.slice(0, table.key.indexOf('.'))}"."${table.key.slice(table.key.indexOf('.') + 1)}"`
      continue
    }
    const node = unwrap(inner)
    if (node.type === 'TaggedTemplateExpression') {
      const nested = depth > 4 ? null : templateText(node.quasi, { ...given, node }, world, depth + 1)
      if (nested === null) return null
      text += nested.text
      columns.push(...nested.columns)
      continue
    }
    if (node.type === 'CallExpression') {
      const chain = chainOf(node)
      const name = chain?.steps.at(-1)?.name
      if (name === 'raw' || name === 'join' || name === 'identifier' || name === 'empty') return null
    }
    text += `$${++parameter}`
  }
  return { text, columns }
}

function template(quasi: TemplateLiteral, given: Located, state: State, sources: readonly Key[]): Condition | null {
  const built = templateText(quasi, given, state.world)
  const place = placeOfNode(given)
  const fallback: Condition = [[{ table: sources[0] ?? '', column: null, expression: null, operator: 'unknown', place }]]
  if (built === null) return fallback
  const parsed = parseSql(`SELECT 1 WHERE ${built.text}`)
  const node = 'nodes' in parsed ? parsed.nodes[0] : undefined
  const where = node !== undefined && 'SelectStmt' in node ? node.SelectStmt.whereClause : undefined
  for (const column of built.columns) state.columns.push({ ...column, use: 'filter', place })
  if (where === undefined) return fallback
  const inner = sqlCondition(where, { schemas: state.world.schemas, place: () => place }, sources)
  return inner.condition ?? fallback
}

function expressionTerm(quasi: TemplateLiteral, given: Located, state: State, sources: readonly Key[]): Pick<Term, 'table' | 'column' | 'expression'> | null {
  const built = templateText(quasi, given, state.world)
  if (built === null || built.columns.length !== 1) return null
  const parsed = parseSql(`SELECT 1 WHERE ${built.text} = $99`)
  const node = 'nodes' in parsed ? parsed.nodes[0] : undefined
  const where = node !== undefined && 'SelectStmt' in node ? node.SelectStmt.whereClause : undefined
  if (where === undefined) return null
  const term = sqlCondition(where, { schemas: state.world.schemas, place: () => placeOfNode(given) }, sources).condition?.[0]?.[0]
  return term === undefined || term.column === null ? null : { table: term.table, column: term.column, expression: term.expression }
}

function orderOf(items: readonly Located[], state: State, sources: readonly Key[]): Query['ordering'] {
  const ordering: Query['ordering'][number][] = []
  let known = true
  for (const item of items) {
    const array = arrayOf(item)
    if (array !== null) {
      ordering.push(...orderOf(array.elements, state, sources))
      continue
    }
    let node = unwrap(item.node)
    let descending = false
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && (node.callee.name === 'desc' || node.callee.name === 'asc')) {
      descending = node.callee.name === 'desc'
      const inner = node.arguments[0]
      if (inner !== undefined && inner.type !== 'SpreadElement') node = unwrap(inner)
    }
    const column = columnOf({ ...item, node }, state.world)
    if (column === null) {
      const random = node.type === 'TaggedTemplateExpression' && /^\s*random\(\)\s*$/i.test(node.quasi.quasis[0]?.value.cooked ?? '')
      if (random) state.columns.push({ table: sources[0] ?? '', column: 'random()', use: 'order', place: placeOfNode(item) })
      else mention(item, state, 'order')
      known = false
      continue
    }
    if (known) ordering.push({ ...column, descending, place: placeOfNode(item) })
    state.columns.push({ ...column, use: 'order', place: placeOfNode(item) })
  }
  return ordering
}

/** Notes every column that an expression names. */
function mention(given: Located, state: State, use: ColumnUse['use'], depth = 0): void {
  if (depth > 12) return
  const node = unwrap(given.node)
  const column = columnOf({ ...given, node }, state.world)
  if (column !== null) {
    state.columns.push({ ...column, use, place: placeOfNode(given) })
    return
  }
  const inside: Expression[] = []
  if (node.type === 'CallExpression') {
    for (const one of node.arguments) inside.push(one.type === 'SpreadElement' ? one.argument : one)
    if (node.callee.type === 'MemberExpression') inside.push(node.callee.object)
  } else if (node.type === 'TaggedTemplateExpression') {
    inside.push(...node.quasi.expressions)
    if (node.tag.type === 'MemberExpression') inside.push(node.tag.object)
  } else if (node.type === 'ObjectExpression') {
    for (const property of node.properties) inside.push(property.type === 'SpreadElement' ? property.argument : property.value)
  } else if (node.type === 'ArrayExpression') {
    for (const element of node.elements) if (element !== null) inside.push(element.type === 'SpreadElement' ? element.argument : element as Expression)
  } else if (node.type === 'ConditionalExpression') {
    inside.push(node.consequent, node.alternate)
  } else if (node.type === 'MemberExpression') {
    inside.push(node.object)
  }
  for (const one of inside) mention({ ...given, node: one }, state, use, depth + 1)
}

function isAggregate(property: Property): boolean {
  const node = unwrap(property.node)
  const chain = chainOf(node)
  const root = chain?.root
  const first = chain?.steps[0]
  if (root?.type === 'Identifier' && first?.name === '' && ['count', 'sum', 'avg', 'min', 'max', 'countDistinct'].includes(root.name)) return true
  const template = chain?.steps.find((s) => s.template !== null)?.template
  return template != null && /^\s*(?:cast\s*\(\s*)?(?:count|sum|avg|min|max|coalesce\s*\(\s*sum)\s*\(/i.test(template.quasis[0]?.value.cooked ?? '')
}

interface Writes { readonly columns: readonly string[] | null; readonly values: Readonly<Record<string, string>>; readonly literals: NonNullable<Query['literals']> }

function values(given: Located | null, table: DrizzleTable, state: State): Writes {
  const none: Writes = { columns: null, values: {}, literals: [] }
  if (given === null) return none
  const array = arrayOf(given)
  const row = array === null ? given : array.elements[0]
  if (row === undefined) return none
  let at: Located = row
  const node = unwrap(row.node)
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && !node.callee.computed && node.callee.property.name === 'map') {
    const callback = node.arguments[0]
    const returned = callback !== undefined && isFunction(callback) ? row.module.returns.get(callback) ?? [] : []
    const only = returned[0]
    if (returned.length !== 1 || only === undefined) return none
    at = { node: only.node, scope: only.scope, module: row.module }
  }
  const object = objectOf(at, state.world.evaluate)
  if (object === null) return none
  const columns: string[] = []
  const written: Record<string, string> = {}
  const literals: NonNullable<Query['literals']>[number][] = []
  for (const property of object.properties) {
    const column = state.world.column(table, property.name)
    if (column === null || isUndefined(property.node)) continue
    columns.push(column)
    written[column] = sourceOf(property)
    state.columns.push({ table: table.key, column, use: 'write', place: property.place })
    const literal = literalOf(property, state.world.evaluate)
    if (typeof literal === 'string') literals.push({ column, value: literal, place: property.place })
  }
  return { columns: object.complete && (array === null || array.complete) ? columns : null, values: written, literals }
}

/** `db.query.users.findMany({ with, where, orderBy, limit })`. */
function relational(steps: readonly ChainStep[], find: number, chain: Chain, scope: Scope, module: Module, state: State): Draft | 'dynamic' {
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
    start: chain.start, end: chain.end, client: 'drizzle', call: `query.${call?.name ?? ''}`, operation: 'select',
    tables: [{ table: table.key, role: 'main', columns }, ...state.tables],
    predicates, ordering, joins: state.joins, writes: null,
    limit: call?.name === 'findFirst' ? 1 : number(args.get('limit') ?? null, state.world.evaluate), offset: number(args.get('offset') ?? null, state.world.evaluate),
    sql: null, dynamic: state.flags.dynamic, nested: state.nested, columns: [...state.columns, ...usesOf(predicates)],
    ...(where === undefined ? {} : { filtered: true }),
  }
}

function relationalWhere(where: Property, table: DrizzleTable, state: State): Condition | null {
  const node = unwrap(where.node)
  if (isFunction(node)) {
    const body = where.module.returns.get(node)?.[0]
    if (body === undefined) return null
    return conditionOf({ node: body.node, scope: body.scope, module: where.module }, withParameter(state, node, table), [table.key])
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
    if (at.type === 'MemberExpression' && !at.computed && at.property.type === 'Identifier' && at.object.type === 'Identifier' && parameter?.type === 'Identifier' && at.object.name === parameter.name) {
      return { is: 'column', table, property: at.property.name }
    }
    if (at.type === 'Identifier' && parameter?.type === 'ObjectPattern') {
      const property = parameter.properties.find((p) => p.type !== 'RestElement' && p.value.type === 'Identifier' && p.value.name === at.name)
      if (property !== undefined && property.type !== 'RestElement' && property.key.type === 'Identifier') return { is: 'column', table, property: property.key.name }
    }
    return state.world.evaluate(expression, scope, module)
  }
  return { ...state, world: { ...state.world, evaluate } }
}

const objectOperators: Readonly<Record<string, Predicate['operator']>> = {
  eq: '=', ne: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=', in: 'in', notIn: 'not in', like: 'like', ilike: 'ilike', isNull: 'is null', isNotNull: 'is not null', arrayContains: 'has', arrayOverlaps: 'has', arrayContained: 'has',
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
      all = both(all, property.name === 'AND' ? parts.reduce<Condition | null>((a, b) => both(a, b), always) : property.name === 'OR' ? parts.reduce<Condition | null>((a, b) => a === null ? b : either(a, b), null) : parts.reduce<Condition | null>((a, b) => both(a, negate(b)), always))
      continue
    }
    const column = state.world.column(table, property.name)
    if (column === null) {
      state.flags.dynamic = true
      continue
    }
    const base = { table: table.key, column, expression: null, place: property.place }
    const operators = objectOf(property, state.world.evaluate)
    if (operators === null) {
      all = both(all, [[{ ...base, operator: '=', source: sourceOf(property) }]])
      continue
    }
    all = both(all, [operators.properties.map((o) => ({ ...base, operator: objectOperators[o.name] ?? 'unknown', source: sourceOf(o), ...(o.name === 'like' || o.name === 'ilike' ? likePattern(o) : {}) }))])
  }
  return all
}

function relationalOrder(order: Property, table: DrizzleTable, state: State): Query['ordering'] {
  const node = unwrap(order.node)
  if (isFunction(node)) {
    const body = order.module.returns.get(node)?.[0]
    if (body === undefined) return []
    return orderOf([{ node: body.node, scope: body.scope, module: order.module }], withParameter(state, node, table), [table.key])
  }
  const object = node.type === 'ObjectExpression' ? objectOf(order, state.world.evaluate) : null
  if (object === null) return orderOf([order], state, [table.key])
  return object.properties.flatMap((p) => {
    const column = state.world.column(table, p.name)
    if (column === null) return []
    state.columns.push({ table: table.key, column, use: 'order', place: p.place })
    return [{ table: table.key, column, descending: literalOf(p, state.world.evaluate) === 'desc', place: p.place }]
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
    state.nested.push({ table: target.key, relation: property.name, many: relation.many, depth, lists: more, limited: args.has('limit'), selects: args.has('columns'), place: property.place })
    state.tables.push({ table: target.key, role: 'include', columns: chosen(args.get('columns'), target, state) })
    state.columns.push({ table: target.key, column: null, use: 'read', place: property.place })
    if (relation.columns.length > 0) state.joins.push({ from: table.key, fromColumns: relation.columns, to: target.key, toColumns: relation.references, many: relation.many, place: property.place })
    const where = args.get('where')
    if (where !== undefined) {
      const condition = relationalWhere(where, target, state)
      if (condition !== null) state.columns.push(...usesOf(numbered(condition)))
    }
    const inner = args.get('with')
    if (inner !== undefined) withOf(inner, target, state, depth + 1, more)
  }
}
