import type { Expression } from 'oxc-parser'
import { placeOf } from '../location.ts'
import type { Place } from '../location.ts'
import { always, both, either, negate, numbered, usesOf } from './conditions.ts'
import type { Condition, Term } from './conditions.ts'
import type { Model, Models } from './models.ts'
import { arrayOf, isUndefined, literalOf, objectOf, placeOfNode, sourceOf } from './objects.ts'
import type { Evaluate, Located, ObjectValue, Property } from './objects.ts'
import type { ColumnUse, NestedRead, Predicate, Query, QueryTable } from './query.ts'
import { unwrap } from './syntax.ts'

/** A query without what the code around it adds. */
export type Draft = Omit<Query, 'context' | 'changed' | 'place'> & { readonly start: number; readonly end: number }

/** Prisma Client's operations on a model, with what each does. */
export const prismaMethods: Readonly<Record<string, Query['operation']>> = {
  findMany: 'select', findFirst: 'select', findFirstOrThrow: 'select', findUnique: 'select', findUniqueOrThrow: 'select',
  count: 'select', aggregate: 'select', groupBy: 'select',
  create: 'insert', createMany: 'insert', createManyAndReturn: 'insert', upsert: 'insert',
  update: 'update', updateMany: 'update', updateManyAndReturn: 'update', delete: 'delete', deleteMany: 'delete',
}

/** Methods whose name no other library is likely to share. */
export const distinctiveMethods = /^(?:find(?:Many|First|Unique)(?:OrThrow)?|(?:create|update)Many(?:AndReturn)?|deleteMany|upsert|groupBy|aggregate)$/

const argumentKeys = new Set(['where', 'data', 'select', 'include', 'omit', 'orderBy', 'take', 'skip', 'cursor', 'distinct', 'by', 'having', '_count', '_sum', '_avg', '_min', '_max', 'create', 'update', 'skipDuplicates', 'relationLoadStrategy', 'cacheStrategy', 'limit', 'uncache'])

/** True where the properties of an object are those of a Prisma call. */
export function looksLikePrisma(argument: ObjectValue): boolean {
  return argument.properties.length > 0 && argument.properties.every((p) => argumentKeys.has(p.name)) && argument.properties.some((p) => ['where', 'data', 'create'].includes(p.name))
}

interface State {
  readonly models: Models
  readonly evaluate: Evaluate
  readonly tables: QueryTable[]
  readonly joins: Query['joins'][number][]
  readonly nested: NestedRead[]
  readonly columns: ColumnUse[]
  readonly drafts: Draft[]
  dynamic: boolean
}

/** Turns one call of Prisma Client into queries: the call itself, and one for each nested write. */
export function prismaQueries(call: string, model: Model, argument: Located | null, range: { start: number; end: number }, models: Models, evaluate: Evaluate, module: Located['module']): Draft[] {
  const operation = prismaMethods[call]
  if (operation === undefined) return []
  const state: State = { models, evaluate, tables: [], joins: [], nested: [], columns: [], drafts: [], dynamic: false }
  const place = placeOf(module.file, range.start, range.end)
  const empty: ObjectValue | null = argument === null ? { properties: [], complete: true, at: { node: { type: 'ObjectExpression', properties: [], start: 0, end: 0 }, scope: module.scope, module } } : objectOf(argument, evaluate)
  if (empty === null || !empty.complete) state.dynamic = true
  const args = new Map((empty?.properties ?? []).filter((p) => !isUndefined(p.node)).map((p) => [p.name, p]))
  for (const p of args.values()) if (p.maybe) state.dynamic = true

  const where = args.get('where')
  const condition = where === undefined ? always : whereOf(model, where, state, 0)
  if (condition === null) state.dynamic = true
  const having = args.get('having')
  if (having !== undefined) whereOf(model, having, state, 0)
  const ordering = orderOf(model, args.get('orderBy'), state)
  const cursor = args.get('cursor')
  if (cursor !== undefined) whereOf(model, cursor, state, 0)
  const mainColumns = operation === 'select' || args.has('select') ? selection(model, args, state, 1, 0) : null
  const writes = writesOf(model, call, args, state)
  const aggregated = ['count', 'aggregate', 'groupBy'].includes(call)
  for (const name of ['_sum', '_avg', '_min', '_max', '_count', 'by', 'distinct']) {
    const found = args.get(name)
    if (found !== undefined) fieldNames(model, found, state)
  }
  const predicates = condition === null ? [] : numbered(condition)
  const unique = call.startsWith('findUnique') || call === 'update' || call === 'delete' || call === 'upsert'
  const first = call.startsWith('findFirst')
  const draft: Draft = {
    start: range.start, end: range.end, client: 'prisma', call, operation,
    tables: [{ table: model.table, role: 'main', columns: aggregated ? [] : mainColumns }, ...state.tables],
    predicates, ordering, joins: state.joins,
    writes: writes?.columns ?? null,
    limit: unique || first ? 1 : aggregated ? null : numberOf(args.get('take') ?? args.get('limit'), state),
    offset: numberOf(args.get('skip'), state),
    sql: null,
    dynamic: state.dynamic,
    nested: state.nested,
    columns: [{ table: model.table, column: null, use: operation === 'select' ? 'read' : 'write', place }, ...usesOf(predicates), ...state.columns],
    ...(writes === null ? {} : { values: writes.values, literals: writes.literals }),
    ...(args.has('cacheStrategy') ? { cached: true } : {}),
  }
  return [draft, ...state.drafts]
}

function numberOf(property: Property | undefined, state: State): number | 'dynamic' | null {
  if (property === undefined) return null
  const literal = literalOf(property, state.evaluate)
  return typeof literal === 'number' ? Math.abs(literal) : literal === undefined ? 'dynamic' : null
}

function whereOf(model: Model, given: Located, state: State, depth: number): Condition | null {
  if (depth > 10) return null
  const object = objectOf(given, state.evaluate)
  if (object === null) return null
  if (!object.complete) state.dynamic = true
  let all: Condition | null = always
  for (const property of object.properties) {
    if (isUndefined(property.node)) continue
    if (property.maybe) state.dynamic = true
    const one = filterOf(model, property, state, depth)
    if (property.maybe) continue
    all = both(all, one)
  }
  return all
}

function filterOf(model: Model, property: Property, state: State, depth: number): Condition | null {
  const { name } = property
  if (name === 'AND' || name === 'OR' || name === 'NOT') {
    const array = arrayOf(property)
    const parts = array?.elements ?? [property]
    if (array !== null && !array.complete) state.dynamic = true
    const conditions = parts.map((part) => whereOf(model, part, state, depth + 1))
    if (name === 'AND') return conditions.reduce<Condition | null>((a, b) => both(a, b), always)
    if (name === 'NOT') return conditions.reduce<Condition | null>((a, b) => both(a, negate(b)), always)
    return conditions.length === 0 ? always : conditions.slice(1).reduce<Condition | null>((a, b) => either(a, b), conditions[0] ?? always)
  }
  const field = model.fields.get(name)
  if (field === undefined) {
    const compound = model.compounds.get(name)
    if (compound === undefined) return null
    const values = objectOf(property, state.evaluate)
    const terms: Term[] = compound.map((column, i) => {
      const value = values?.properties[i]
      return { table: model.table, column, expression: null, operator: '=', place: property.place, ...(value === undefined ? {} : { source: sourceOf(value) }) }
    })
    return [terms]
  }
  if (field.is === 'relation') return relationFilter(model, property, field, state, depth)
  return scalarFilter(model, field, property, state)
}

function relationFilter(model: Model, property: Property, field: { readonly model: string; readonly many: boolean; readonly columns: readonly string[]; readonly references: readonly string[] }, state: State, depth: number): Condition | null {
  const target = modelNamed(state.models, field.model)
  if (target === undefined) return null
  if (field.columns.length > 0) {
    state.joins.push({ from: model.table, fromColumns: field.columns, to: target.table, toColumns: field.references, many: field.many, place: property.place })
  }
  state.tables.push({ table: target.table, role: 'subquery', columns: [] })
  state.columns.push({ table: target.table, column: null, use: 'read', place: property.place })
  const node = unwrap(property.node)
  const literal = literalOf(property, state.evaluate)
  if (literal === null) {
    const column = field.columns[0]
    return field.many || column === undefined ? always : [field.columns.map((c) => ({ table: model.table, column: c, expression: null, operator: 'is null', place: property.place }))]
  }
  const object = objectOf({ ...property, node }, state.evaluate)
  if (object === null) {
    state.dynamic = true
    return null
  }
  const quantifiers = object.properties.filter((p) => ['some', 'every', 'none', 'is', 'isNot'].includes(p.name))
  if (quantifiers.length === 0) return joining(whereOf(target, property, state, depth + 1))
  let all: Condition | null = always
  for (const one of quantifiers) {
    if (literalOf(one, state.evaluate) === null) continue
    const inner = joining(whereOf(target, one, state, depth + 1))
    all = both(all, one.name === 'some' || one.name === 'is' ? inner : inner === null ? null : [inner.flat().map((term) => ({ ...term, operator: 'unknown' as const }))])
  }
  return all
}

/** Conditions on a related table decide which rows count, the database may start from either side. */
function joining(condition: Condition | null): Condition | null {
  return condition === null ? null : condition.map((terms) => terms.map((term) => ({ ...term, joining: true })))
}

const scalarOperators: Readonly<Record<string, Predicate['operator']>> = {
  equals: '=', not: '<>', in: 'in', notIn: 'not in', lt: '<', lte: '<=', gt: '>', gte: '>=', search: 'text search',
  contains: 'contains', startsWith: 'like', endsWith: 'like', has: 'has', hasSome: 'has', hasEvery: 'has', isEmpty: 'unknown', isSet: 'is not null',
}

function scalarFilter(model: Model, field: { readonly column: string; readonly type: string }, property: Property, state: State): Condition | null {
  const base = { table: model.table, column: field.column, expression: null, place: property.place }
  const literal = literalOf(property, state.evaluate)
  if (literal === null) return [[{ ...base, operator: 'is null' }]]
  if (literal !== undefined) return [[{ ...base, operator: '=', value: literal, source: sourceOf(property) }]]
  const node = unwrap(property.node)
  if (node.type === 'ConditionalExpression' && (isUndefined(node.consequent) || isUndefined(node.alternate))) {
    state.dynamic = true
    return always
  }
  const object = objectOf(property, state.evaluate)
  if (object === null) return [[{ ...base, operator: '=', source: sourceOf(property) }]]
  if (!object.complete) state.dynamic = true
  const names = object.properties.map((p) => p.name)
  if (names.includes('path') || names.some((n) => /^(string|array)_/.test(n))) return [[{ ...base, operator: 'json' }]]
  const insensitive = object.properties.some((p) => p.name === 'mode' && literalOf(p, state.evaluate) !== 'default')
  const terms: Term[] = []
  for (const one of object.properties) {
    if (one.name === 'mode' || isUndefined(one.node)) continue
    const operator = scalarOperators[one.name]
    if (operator === undefined) {
      terms.push({ ...base, operator: 'unknown' })
      continue
    }
    const value = literalOf(one, state.evaluate)
    if (one.name === 'not') {
      const inner = objectOf(one, state.evaluate)
      terms.push({ ...base, operator: value === null ? 'is not null' : inner === null ? '<>' : 'unknown', ...(value === undefined ? {} : { value }) })
    } else if (one.name === 'equals' && value === null) {
      terms.push({ ...base, operator: 'is null' })
    } else if (one.name === 'contains' || one.name === 'startsWith' || one.name === 'endsWith') {
      terms.push({ ...base, operator: insensitive ? 'ilike' : 'like', pattern: one.name === 'contains' ? 'infix' : one.name === 'startsWith' ? 'prefix' : 'suffix' })
    } else if (insensitive && (operator === '=' || operator === 'in')) {
      terms.push({ ...base, operator: 'ilike', pattern: 'exact' })
    } else {
      terms.push({ ...base, operator, source: sourceOf(one), ...(value === undefined ? {} : { value }) })
    }
  }
  return [terms]
}

function orderOf(model: Model, given: Located | undefined, state: State): Query['ordering'] {
  if (given === undefined) return []
  const ordering: Query['ordering'][number][] = []
  const parts = arrayOf(given)
  for (const part of parts?.elements ?? [given]) {
    const object = objectOf(part, state.evaluate)
    if (object === null || !object.complete) state.dynamic = true
    for (const property of object?.properties ?? []) {
      const field = model.fields.get(property.name)
      if (field === undefined) {
        state.dynamic ||= !property.name.startsWith('_')
        continue
      }
      if (field.is === 'relation') {
        const target = modelNamed(state.models, field.model)
        if (target !== undefined) {
          state.tables.push({ table: target.table, role: 'join', columns: [] })
          const inner = orderOf(target, property, state)
          ordering.push(...inner)
        }
        continue
      }
      const direct = literalOf(property, state.evaluate)
      const sort = direct ?? literalOf(objectOf(property, state.evaluate)?.properties.find((p) => p.name === 'sort') ?? property, state.evaluate)
      ordering.push({ table: model.table, column: field.column, descending: sort === 'desc', place: property.place })
      state.columns.push({ table: model.table, column: field.column, use: 'order', place: property.place })
    }
  }
  if (parts !== null && !parts.complete) state.dynamic = true
  return ordering
}

/** Columns that `select` names, null for all; relations that are loaded are noted on the way. */
function selection(model: Model, args: ReadonlyMap<string, Property>, state: State, depth: number, lists: number): readonly string[] | null {
  const select = args.get('select')
  const include = args.get('include')
  let columns: string[] | null = null
  for (const [given, isSelect] of [[select, true], [include, false]] as const) {
    if (given === undefined || depth > 8) continue
    const object = objectOf(given, state.evaluate)
    if (object === null) {
      if (!isSelect) state.dynamic = true
      continue
    }
    if (isSelect) columns = []
    for (const property of object.properties) {
      if (literalOf(property, state.evaluate) === false || isUndefined(property.node)) continue
      const field = model.fields.get(property.name)
      if (field === undefined) {
        if (property.name === '_count') countRelations(model, property, state)
        continue
      }
      if (field.is === 'column') {
        columns?.push(field.column)
        state.columns.push({ table: model.table, column: field.column, use: 'read', place: property.place })
        continue
      }
      const target = modelNamed(state.models, field.model)
      if (target === undefined) continue
      const inner = objectOf(property, state.evaluate)
      const innerArgs = new Map((inner?.properties ?? []).map((p) => [p.name, p]))
      const nestedLists = lists + (field.many ? 1 : 0)
      state.nested.push({
        table: target.table, relation: property.name, many: field.many, depth, lists: nestedLists, limited: innerArgs.has('take'), selects: innerArgs.has('select') || innerArgs.has('omit'), place: property.place,
      })
      if (field.columns.length > 0) state.joins.push({ from: model.table, fromColumns: field.columns, to: target.table, toColumns: field.references, many: field.many, place: property.place })
      state.columns.push({ table: target.table, column: null, use: 'read', place: property.place })
      const nestedWhere = innerArgs.get('where')
      if (nestedWhere !== undefined) {
        const condition = whereOf(target, nestedWhere, state, 0)
        if (condition !== null) state.columns.push(...usesOf(numbered(condition)))
      }
      const before = state.dynamic
      for (const one of orderOf(target, innerArgs.get('orderBy'), state)) state.columns.push({ table: one.table, column: one.column, use: 'order', place: one.place })
      state.dynamic = before
      const innerColumns = selection(target, innerArgs, state, depth + 1, nestedLists)
      state.tables.push({ table: target.table, role: 'include', columns: innerColumns })
    }
  }
  const omit = args.get('omit')
  if (omit !== undefined) fieldNames(model, omit, state)
  return columns
}

function countRelations(model: Model, given: Located, state: State): void {
  const select = objectOf(given, state.evaluate)?.properties.find((p) => p.name === 'select')
  if (select === undefined) return
  for (const property of objectOf(select, state.evaluate)?.properties ?? []) {
    const field = model.fields.get(property.name)
    const target = field?.is === 'relation' ? modelNamed(state.models, field.model) : undefined
    if (target === undefined || field?.is !== 'relation') continue
    state.tables.push({ table: target.table, role: 'subquery', columns: [] })
    state.columns.push({ table: target.table, column: null, use: 'read', place: property.place })
    if (field.columns.length > 0) state.joins.push({ from: model.table, fromColumns: field.columns, to: target.table, toColumns: field.references, many: field.many, place: property.place })
  }
}

function fieldNames(model: Model, given: Located, state: State): void {
  const array = arrayOf(given)
  const names: { name: string; place: Place }[] = []
  if (array !== null) {
    for (const one of array.elements) {
      const literal = literalOf(one, state.evaluate)
      if (typeof literal === 'string') names.push({ name: literal, place: placeOfNode(one) })
    }
  } else {
    for (const property of objectOf(given, state.evaluate)?.properties ?? []) names.push({ name: property.name, place: property.place })
    const literal = literalOf(given, state.evaluate)
    if (typeof literal === 'string') names.push({ name: literal, place: placeOfNode(given) })
  }
  for (const { name, place } of names) {
    const field = model.fields.get(name)
    if (field?.is === 'column') state.columns.push({ table: model.table, column: field.column, use: 'read', place })
  }
}

interface Writes { readonly columns: readonly string[] | null; readonly values: Readonly<Record<string, string>>; readonly literals: NonNullable<Query['literals']> }

function writesOf(model: Model, call: string, args: ReadonlyMap<string, Property>, state: State): Writes | null {
  const data = call === 'upsert' ? args.get('create') : args.get('data')
  if (call === 'upsert') {
    const update = args.get('update')
    if (update !== undefined) dataOf(model, update, state, 0)
  }
  if (data === undefined) return null
  const array = call.startsWith('createMany') ? arrayOf(data) : null
  if (call.startsWith('createMany') && array === null && objectOf(data, state.evaluate) === null) {
    return { columns: mappedColumns(model, data, state), values: {}, literals: [] }
  }
  const rows = (array?.elements ?? [data]).map((row) => dataOf(model, row, state, 0))
  const first = rows[0]
  if (first === undefined || rows.some((r) => r.columns === null)) return { columns: null, values: first?.values ?? {}, literals: rows.flatMap((r) => r.literals) }
  const shared = (first.columns ?? []).filter((c) => rows.every((r) => r.columns?.includes(c)))
  return { columns: shared, values: first.values, literals: rows.flatMap((r) => r.literals) }
}

/** Columns of `data: rows.map((row) => ({ … }))`. */
function mappedColumns(model: Model, data: Property, state: State): readonly string[] | null {
  const node = unwrap(data.node)
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || node.callee.computed || node.callee.property.name !== 'map') return null
  const callback = node.arguments[0]
  if (callback === undefined || callback.type !== 'ArrowFunctionExpression' && callback.type !== 'FunctionExpression') return null
  const returned = data.module.returns.get(callback) ?? []
  const only = returned[0]
  if (returned.length !== 1 || only === undefined) return null
  return dataOf(model, { node: only.node, scope: only.scope, module: data.module }, state, 0).columns
}

function dataOf(model: Model, given: Located, state: State, depth: number): Writes {
  const object = objectOf(given, state.evaluate)
  if (object === null || depth > 6) return { columns: null, values: {}, literals: [] }
  const columns: string[] = []
  const values: Record<string, string> = {}
  const literals: NonNullable<Query['literals']>[number][] = []
  for (const property of object.properties) {
    const field = model.fields.get(property.name)
    if (field === undefined) continue
    if (field.is === 'column') {
      if (isUndefined(property.node)) continue
      columns.push(field.column)
      values[field.column] = sourceOf(property)
      state.columns.push({ table: model.table, column: field.column, use: 'write', place: property.place })
      const literal = enumLiteral(property, state)
      if (literal !== null) literals.push({ column: field.column, value: literal, place: property.place })
      continue
    }
    columns.push(...field.many ? [] : field.columns)
    const target = modelNamed(state.models, field.model)
    if (target === undefined) continue
    for (const action of objectOf(property, state.evaluate)?.properties ?? []) nestedWrite(target, field, action, state, depth)
  }
  return { columns: object.complete ? columns : null, values, literals }
}

/** `'ADMIN'` and `Role.ADMIN` alike. */
function enumLiteral(property: Located, state: State): string | null {
  const literal = literalOf(property, state.evaluate)
  if (typeof literal === 'string') return literal
  const node = unwrap(property.node)
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier' || node.object.type !== 'Identifier' && node.object.type !== 'MemberExpression') return null
  const root = state.evaluate(node.object as Expression, property.scope, property.module)
  return root?.is === 'package' && (root.source === '@prisma/client' || root.source.includes('prisma')) ? node.property.name : null
}

function nestedWrite(target: Model, field: { readonly references: readonly string[]; readonly many: boolean }, action: Property, state: State, depth: number): void {
  const operation = action.name === 'create' || action.name === 'createMany' || action.name === 'upsert' || action.name === 'connectOrCreate' ? 'insert'
    : action.name === 'update' || action.name === 'updateMany' ? 'update' : action.name === 'delete' || action.name === 'deleteMany' ? 'delete' : null
  if (operation === null) return
  const inner: State = { ...state, tables: [], joins: [], nested: [], columns: [], dynamic: false }
  let data: Located = action
  const object = objectOf(action, state.evaluate)
  const part = (name: string): Property | undefined => object?.properties.find((p) => p.name === name)
  if (action.name === 'createMany' || action.name === 'update' && part('data') !== undefined) data = part('data') ?? action
  else if (action.name === 'upsert' || action.name === 'connectOrCreate') data = part('create') ?? action
  const rows = arrayOf(data)?.elements ?? [data]
  const writes = operation === 'delete' ? null : dataOf(target, rows[0] ?? data, inner, depth + 1)
  state.drafts.push({
    start: action.node.start, end: action.node.end, client: 'prisma', call: `${action.name} (nested)`, operation,
    tables: [{ table: target.table, role: 'main', columns: [] }], predicates: [], ordering: [], joins: [],
    writes: writes?.columns == null ? null : [...writes.columns, ...field.many ? field.references : []],
    limit: null, offset: null, sql: null, dynamic: true,
    columns: [{ table: target.table, column: null, use: 'write', place: action.place }, ...inner.columns],
    ...(writes === null ? {} : { values: writes.values, literals: writes.literals }),
  })
}

function modelNamed(models: Models, name: string): Model | undefined {
  return models.get(name.slice(0, 1).toLowerCase() + name.slice(1))
}
