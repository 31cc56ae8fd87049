import { unwrap } from '../typescript/nodes.ts'
import { arrayOf, isUndefined, objectOf, sourceOf } from '../typescript/objects.ts'
import type { Located, Property } from '../typescript/objects.ts'
import type { Model, ModelField } from './models.ts'
import { enumValues, modelNamed } from './state.ts'
import type { State } from './state.ts'

interface Writes {
  readonly columns: readonly string[] | null
  readonly values: Readonly<Record<string, string>>
}

/** The columns that a call writes; null where it writes none. */
export function writesOf(model: Model, call: string, args: ReadonlyMap<string, Property>, state: State): Writes | null {
  const data = call === 'upsert' ? args.get('create') : args.get('data')
  if (call === 'upsert') {
    const update = args.get('update')
    if (update !== undefined) dataOf(model, update, state, 0)
  }
  if (data === undefined) return null
  const array = call.startsWith('createMany') ? arrayOf(data) : null
  if (call.startsWith('createMany') && array === null && objectOf(data, state.evaluate) === null) {
    return { columns: mappedColumns(model, data, state), values: {} }
  }
  const rows = (array?.elements ?? [data]).map((row) => dataOf(model, row, state, 0))
  const first = rows[0]
  if (first === undefined || rows.some((r) => r.columns === null)) return { columns: null, values: first?.values ?? {} }
  const shared = (first.columns ?? []).filter((c) => rows.every((r) => r.columns?.includes(c)))
  return { columns: shared, values: first.values }
}

/** Columns of `data: rows.map((row) => ({ … }))`. */
function mappedColumns(model: Model, data: Property, state: State): readonly string[] | null {
  const node = unwrap(data.node)
  if (
    node.type !== 'CallExpression' ||
    node.callee.type !== 'MemberExpression' ||
    node.callee.computed ||
    node.callee.property.name !== 'map'
  )
    return null
  const callback = node.arguments[0]
  if (callback === undefined || (callback.type !== 'ArrowFunctionExpression' && callback.type !== 'FunctionExpression'))
    return null
  const returned = data.module.returns.get(callback) ?? []
  const only = returned[0]
  if (returned.length !== 1 || only === undefined) return null
  return dataOf(model, { node: only.node, scope: only.scope, module: data.module }, state, 0).columns
}

function dataOf(model: Model, given: Located, state: State, depth: number): Writes {
  const object = objectOf(given, state.evaluate)
  if (object === null || depth > 6) return { columns: null, values: {} }
  const columns: string[] = []
  const values: Record<string, string> = {}
  for (const property of object.properties) {
    const field = model.fields.get(property.name)
    if (field === undefined) continue
    if (field.is === 'column') {
      if (isUndefined(property.node)) continue
      columns.push(field.column)
      values[field.column] = sourceOf(property)
      const texts = enumValues(field, property, state.evaluate)
      state.columns.push({
        table: model.table,
        column: field.column,
        use: 'write',
        place: property.place,
        ...(texts.length === 0 ? {} : { values: texts }),
      })
      continue
    }
    if (field.owns) columns.push(...field.columns)
    const target = modelNamed(state.models, field.model)
    if (target === undefined) continue
    for (const action of objectOf(property, state.evaluate)?.properties ?? [])
      nestedWrite(target, field, action, state, depth)
  }
  return { columns: object.complete ? columns : null, values }
}

function nestedWrite(
  target: Model,
  field: Extract<ModelField, { is: 'relation' }>,
  action: Property,
  state: State,
  depth: number,
): void {
  const operation =
    action.name === 'create' ||
    action.name === 'createMany' ||
    action.name === 'upsert' ||
    action.name === 'connectOrCreate'
      ? 'insert'
      : action.name === 'update' || action.name === 'updateMany'
        ? 'update'
        : action.name === 'delete' || action.name === 'deleteMany'
          ? 'delete'
          : null
  if (operation === null) return
  const inner: State = { ...state, tables: [], joins: [], nested: [], columns: [], dynamic: false }
  let data: Located = action
  const object = objectOf(action, state.evaluate)
  const part = (name: string): Property | undefined => object?.properties.find((p) => p.name === name)
  if (action.name === 'createMany' || (action.name === 'update' && part('data') !== undefined))
    data = part('data') ?? action
  else if (action.name === 'upsert' || action.name === 'connectOrCreate') data = part('create') ?? action
  const rows = arrayOf(data)?.elements ?? [data]
  const writes = operation === 'delete' ? null : dataOf(target, rows[0] ?? data, inner, depth + 1)
  state.drafts.push({
    start: action.node.start,
    end: action.node.end,
    client: 'prisma',
    call: `${action.name} (nested)`,
    operation,
    tables: [{ table: target.table, role: 'main', columns: [] }],
    predicates: [],
    ordering: [],
    joins: [],
    writes: writes?.columns == null ? null : [...writes.columns, ...(field.owns ? [] : field.references)],
    limit: null,
    offset: null,
    sql: null,
    dynamic: true,
    columns: [{ table: target.table, column: null, use: 'write', place: action.place }, ...inner.columns],
    ...(writes === null ? {} : { values: writes.values }),
  })
}
