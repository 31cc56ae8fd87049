import type { Place } from '../../location.ts'
import { numbered, usesOf } from '../conditions.ts'
import type { Order, Query } from '../query.ts'
import { arrayOf, isUndefined, literalOf, objectOf, placeOfNode } from '../typescript/objects.ts'
import type { Located, Property } from '../typescript/objects.ts'
import { whereOf } from './filters.ts'
import type { Model } from './models.ts'
import { modelNamed } from './state.ts'
import type { State } from './state.ts'

/** Reads `orderBy`, through relations. */
export function orderOf(model: Model, given: Located | undefined, state: State): Query['ordering'] {
  if (given === undefined) return []
  const ordering: Order[] = []
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
      const settings = objectOf(property, state.evaluate)?.properties ?? []
      const setting = (name: string): unknown => {
        const found = settings.find((p) => p.name === name)
        return found === undefined ? undefined : literalOf(found, state.evaluate)
      }
      const descending = (literalOf(property, state.evaluate) ?? setting('sort')) === 'desc'
      const nulls = setting('nulls')
      ordering.push({
        table: model.table,
        column: field.column,
        descending,
        nullsFirst: nulls === undefined ? descending : nulls === 'first',
        place: property.place,
      })
      state.columns.push({ table: model.table, column: field.column, use: 'order', place: property.place })
    }
  }
  if (parts !== null && !parts.complete) state.dynamic = true
  return ordering
}

/** Columns that `select` names, null for all; relations that are loaded are noted on the way. */
export function selection(
  model: Model,
  args: ReadonlyMap<string, Property>,
  state: State,
  depth: number,
  lists: number,
): readonly string[] | null {
  const select = args.get('select')
  const include = args.get('include')
  let columns: string[] | null = null
  for (const [given, isSelect] of [
    [select, true],
    [include, false],
  ] as const) {
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
        table: target.table,
        relation: property.name,
        many: field.many,
        depth,
        lists: nestedLists,
        limited: innerArgs.has('take') || isOneOf(target, innerArgs.get('where'), field.references, state),
        selects: innerArgs.has('select') || innerArgs.has('omit'),
        place: property.place,
      })
      if (field.columns.length > 0)
        state.joins.push({
          from: model.table,
          fromColumns: field.columns,
          to: target.table,
          toColumns: field.references,
          many: field.many,
          place: property.place,
        })
      state.columns.push({ table: target.table, column: null, use: 'read', place: property.place })
      const nestedWhere = innerArgs.get('where')
      if (nestedWhere !== undefined) {
        const condition = whereOf(target, nestedWhere, state, 0)
        if (condition !== null) state.columns.push(...usesOf(numbered(condition)))
      }
      const before = state.dynamic
      for (const one of orderOf(target, innerArgs.get('orderBy'), state))
        state.columns.push({ table: one.table, column: one.column, use: 'order', place: one.place })
      state.dynamic = before
      const innerColumns = selection(target, innerArgs, state, depth + 1, nestedLists)
      state.tables.push({ table: target.table, role: 'include', columns: innerColumns })
    }
  }
  const omit = args.get('omit')
  if (omit !== undefined) fieldNames(model, omit, state)
  return columns
}

/** True where a condition picks the rows of one thing among those that are related: `where: { userId }`. */
function isOneOf(target: Model, where: Property | undefined, back: readonly string[], state: State): boolean {
  if (where === undefined) return false
  const keys = new Set(
    [...target.fields.values()].flatMap((field) => (field.is === 'relation' && field.owns ? field.columns : [])),
  )
  return (objectOf(where, state.evaluate)?.properties ?? []).some((property) => {
    const field = target.fields.get(property.name)
    return (
      field?.is === 'column' &&
      keys.has(field.column) &&
      !back.includes(field.column) &&
      !property.maybe &&
      objectOf(property, state.evaluate) === null
    )
  })
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
    if (field.columns.length > 0)
      state.joins.push({
        from: model.table,
        fromColumns: field.columns,
        to: target.table,
        toColumns: field.references,
        many: field.many,
        place: property.place,
      })
  }
}

/** Notes fields that are named in a list, an object or as one string: `by`, `distinct`, `_sum`, `omit`. */
export function fieldNames(model: Model, given: Located, state: State): void {
  const array = arrayOf(given)
  const names: { name: string; place: Place }[] = []
  if (array !== null) {
    for (const one of array.elements) {
      const literal = literalOf(one, state.evaluate)
      if (typeof literal === 'string') names.push({ name: literal, place: placeOfNode(one) })
    }
  } else {
    for (const property of objectOf(given, state.evaluate)?.properties ?? [])
      names.push({ name: property.name, place: property.place })
    const literal = literalOf(given, state.evaluate)
    if (typeof literal === 'string') names.push({ name: literal, place: placeOfNode(given) })
  }
  for (const { name, place } of names) {
    const field = model.fields.get(name)
    if (field?.is === 'column') state.columns.push({ table: model.table, column: field.column, use: 'read', place })
  }
}
