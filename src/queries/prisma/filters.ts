import type { Expression } from 'oxc-parser'
import { always, both, either, negate, numbered, usesOf } from '../conditions.ts'
import type { Condition, Term } from '../conditions.ts'
import type { Predicate } from '../query.ts'
import { chainOf, unwrap } from '../typescript/nodes.ts'
import { arrayOf, isUndefined, literalOf, objectOf, sourceOf } from '../typescript/objects.ts'
import type { Located, Property } from '../typescript/objects.ts'
import type { Model, ModelField } from './models.ts'
import { enumValues, modelNamed } from './state.ts'
import type { State } from './state.ts'

/** Reads a `where`; null where it is not known. */
export function whereOf(model: Model, given: Located, state: State, depth: number): Condition | null {
  if (depth > 10) return null
  const object = objectOf(given, state.evaluate)
  if (object === null) return null
  if (!object.complete) state.dynamic = true
  let all: Condition | null = always
  for (const property of object.properties) {
    if (isUndefined(property.node)) continue
    if (property.maybe) state.dynamic = true
    const one = filterOf(model, property, state, depth)
    if (property.maybe) {
      if (one !== null) state.columns.push(...usesOf(numbered(one)))
      continue
    }
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
    // None leaves every row; one that is not known says nothing of them.
    const [first = always, ...others] = conditions
    return others.reduce<Condition | null>((a, b) => either(a, b), first)
  }
  const field = model.fields.get(name)
  if (field === undefined) {
    const compound = model.compounds.get(name)
    if (compound === undefined) return null
    const values = objectOf(property, state.evaluate)
    const terms: Term[] = compound.map((column, i) => {
      const value = values?.properties[i]
      return {
        table: model.table,
        column,
        expression: null,
        operator: '=',
        place: property.place,
        ...(value === undefined ? {} : { source: sourceOf(value) }),
      }
    })
    return [terms]
  }
  if (field.is === 'relation') return relationFilter(model, property, field, state, depth)
  return scalarFilter(model, field, property, state)
}

function relationFilter(
  model: Model,
  property: Property,
  field: Extract<ModelField, { is: 'relation' }>,
  state: State,
  depth: number,
): Condition | null {
  const target = modelNamed(state.models, field.model)
  if (target === undefined) return null
  if (field.columns.length > 0) {
    state.joins.push({
      from: model.table,
      fromColumns: field.columns,
      to: target.table,
      toColumns: field.references,
      many: field.many,
      place: property.place,
    })
  }
  state.tables.push({ table: target.table, role: 'subquery', columns: [] })
  state.columns.push({ table: target.table, column: null, use: 'read', place: property.place })
  const node = unwrap(property.node)
  const literal = literalOf(property, state.evaluate)
  if (literal === null) {
    return !field.owns
      ? always
      : [
          field.columns.map((c) => ({
            table: model.table,
            column: c,
            expression: null,
            operator: 'is null',
            place: property.place,
          })),
        ]
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
    all = both(
      all,
      one.name === 'some' || one.name === 'is'
        ? inner
        : inner === null
          ? null
          : [inner.flat().map((term) => ({ ...term, operator: 'unknown' as const }))],
    )
  }
  return all
}

/** Conditions on a related table decide which rows count, the database may start from either side. */
function joining(condition: Condition | null): Condition | null {
  return condition === null ? null : condition.map((terms) => terms.map((term) => ({ ...term, joining: true })))
}

function isColumn(node: Expression): boolean {
  const steps = chainOf(node)?.steps ?? []
  return steps.length > 2 && steps.at(-2)?.name === 'fields' && steps.every(({ args }) => args === null)
}

const scalarOperators: Readonly<Record<string, Predicate['operator']>> = {
  equals: '=',
  not: '<>',
  in: 'in',
  notIn: 'not in',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  search: 'text search',
  contains: 'contains',
  startsWith: 'like',
  endsWith: 'like',
  has: 'has',
  hasSome: 'has',
  hasEvery: 'has',
  isEmpty: 'unknown',
  isSet: 'is not null',
}

function scalarFilter(
  model: Model,
  field: Extract<ModelField, { is: 'column' }>,
  property: Property,
  state: State,
): Condition | null {
  const texts = enumValues(field, property, state.evaluate)
  const base = {
    table: model.table,
    column: field.column,
    expression: null,
    place: property.place,
    ...(texts.length === 0 ? {} : { values: texts }),
  }
  const named = (value: ReturnType<typeof literalOf>) =>
    typeof value === 'string' ? (field.enum?.get(value) ?? value) : value
  const literal = named(literalOf(property, state.evaluate))
  if (literal === null) return [[{ ...base, operator: 'is null' }]]
  if (literal !== undefined) return [[{ ...base, operator: '=', value: literal, source: sourceOf(property) }]]
  const node = unwrap(property.node)
  if (node.type === 'ConditionalExpression' && (isUndefined(node.consequent) || isUndefined(node.alternate))) {
    state.dynamic = true
    return always
  }
  const object = objectOf(property, state.evaluate)
  // `prisma.user.fields.name`: another column of the row, by which no index finds it.
  if (isColumn(node)) return [[{ ...base, operator: 'unknown' }]]
  if (object === null) return [[{ ...base, operator: '=', source: sourceOf(property) }]]
  if (!object.complete) state.dynamic = true
  const names = object.properties.map((p) => p.name)
  if (names.includes('path') || names.some((n) => /^(string|array)_/.test(n))) {
    const path = object.properties.find((p) => p.name === 'path')
    return [[{ ...base, operator: 'json', ...(path === undefined ? {} : { source: sourceOf(path) }) }]]
  }
  const insensitive = object.properties.some((p) => p.name === 'mode' && literalOf(p, state.evaluate) !== 'default')
  const terms: Term[] = []
  for (const one of object.properties) {
    if (one.name === 'mode' || isUndefined(one.node)) continue
    const operator = scalarOperators[one.name]
    if (operator === undefined) {
      terms.push({ ...base, operator: 'unknown' })
      continue
    }
    if (isColumn(unwrap(one.node))) {
      terms.push({ ...base, operator: 'unknown' })
      continue
    }
    const value = named(literalOf(one, state.evaluate))
    if (one.name === 'not') {
      const inner = objectOf(one, state.evaluate)
      terms.push({
        ...base,
        operator: value === null ? 'is not null' : inner === null ? '<>' : 'unknown',
        ...(value === undefined ? {} : { value }),
      })
    } else if (one.name === 'equals' && value === null) {
      terms.push({ ...base, operator: 'is null' })
    } else if (one.name === 'contains' || one.name === 'startsWith' || one.name === 'endsWith') {
      terms.push({
        ...base,
        operator: insensitive ? 'ilike' : 'like',
        pattern: one.name === 'contains' ? 'infix' : one.name === 'startsWith' ? 'prefix' : 'suffix',
      })
    } else if (insensitive && (operator === '=' || operator === 'in')) {
      terms.push({ ...base, operator: 'ilike', pattern: 'exact' })
    } else {
      terms.push({ ...base, operator, source: sourceOf(one), ...(value === undefined ? {} : { value }) })
    }
  }
  return [terms]
}
