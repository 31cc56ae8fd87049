import { placeOf } from '../../location.ts'
import { always, numbered, usesOf } from '../conditions.ts'
import type { Draft } from '../draft.ts'
import type { Query } from '../query.ts'
import { isUndefined, literalOf, objectOf } from '../typescript/objects.ts'
import type { Evaluate, Located, ObjectValue, Property } from '../typescript/objects.ts'
import { whereOf } from './filters.ts'
import type { Model, Models } from './models.ts'
import { fieldNames, orderOf, selection } from './selection.ts'
import type { State } from './state.ts'
import { writesOf } from './writes.ts'

/** Prisma Client's operations on a model, with what each does. */
export const prismaMethods: Readonly<Record<string, Query['operation']>> = {
  findMany: 'select',
  findFirst: 'select',
  findFirstOrThrow: 'select',
  findUnique: 'select',
  findUniqueOrThrow: 'select',
  count: 'select',
  aggregate: 'select',
  groupBy: 'select',
  create: 'insert',
  createMany: 'insert',
  createManyAndReturn: 'insert',
  upsert: 'insert',
  update: 'update',
  updateMany: 'update',
  updateManyAndReturn: 'update',
  delete: 'delete',
  deleteMany: 'delete',
}

/** Methods whose name no other library is likely to share. */
export const distinctiveMethods =
  /^(?:find(?:Many|First|Unique)(?:OrThrow)?|(?:create|update)Many(?:AndReturn)?|deleteMany|upsert|groupBy|aggregate)$/

const argumentKeys = new Set([
  'where',
  'data',
  'select',
  'include',
  'omit',
  'orderBy',
  'take',
  'skip',
  'cursor',
  'distinct',
  'by',
  'having',
  '_count',
  '_sum',
  '_avg',
  '_min',
  '_max',
  'create',
  'update',
  'skipDuplicates',
  'relationLoadStrategy',
  'cacheStrategy',
  'limit',
  'uncache',
])

/** True where the properties of an object are those of a Prisma call. */
export function looksLikePrisma(argument: ObjectValue): boolean {
  return (
    argument.properties.length > 0 &&
    argument.properties.every((p) => argumentKeys.has(p.name)) &&
    argument.properties.some((p) => ['where', 'data', 'create'].includes(p.name))
  )
}

/** True where an object has none of the properties of a Prisma call: what takes it is something else, a procedure of tRPC for one. */
export function isOfAnother({ properties, complete }: ObjectValue): boolean {
  return complete && properties.length > 0 && !properties.some((p) => argumentKeys.has(p.name))
}

/** Turns one call of Prisma Client into queries: the call itself, and one for each nested write. */
export function prismaQueries(
  call: string,
  model: Model,
  argument: Located | null,
  range: { start: number; end: number },
  models: Models,
  evaluate: Evaluate,
  module: Located['module'],
): Draft[] {
  const operation = prismaMethods[call]
  if (operation === undefined) return []
  const state: State = { models, evaluate, tables: [], joins: [], nested: [], columns: [], drafts: [], dynamic: false }
  const place = placeOf(module.file, range.start, range.end)
  const empty: ObjectValue | null =
    argument === null
      ? {
          properties: [],
          complete: true,
          at: { node: { type: 'ObjectExpression', properties: [], start: 0, end: 0 }, scope: module.scope, module },
        }
      : objectOf(argument, evaluate)
  if (empty === null || !empty.complete) state.dynamic = true
  const args = new Map((empty?.properties ?? []).filter((p) => !isUndefined(p.node)).map((p) => [p.name, p]))
  for (const p of args.values()) if (p.maybe) state.dynamic = true

  const where = args.get('where')
  const condition = where === undefined ? always : whereOf(model, where, state, 0)
  if (condition === null) state.dynamic = true
  const having = args.get('having')
  // Conditions on groups find no rows; what they name is used all the same.
  const grouped = having === undefined ? always : whereOf(model, having, state, 0)
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
    start: range.start,
    end: range.end,
    client: 'prisma',
    call,
    operation,
    tables: [{ table: model.table, role: 'main', columns: aggregated ? [] : mainColumns }, ...state.tables],
    predicates,
    ordering,
    joins: state.joins,
    writes: writes?.columns ?? null,
    limit: unique || first ? 1 : aggregated ? null : numberOf(args.get('take') ?? args.get('limit'), state),
    // Beside a cursor it leaves out the row of the cursor itself.
    offset: cursor !== undefined && args.has('skip') ? 1 : numberOf(args.get('skip'), state),
    sql: null,
    dynamic: state.dynamic,
    nested: state.nested,
    ...(condition === always ? {} : { filtered: true }),
    columns: [
      { table: model.table, column: null, use: operation === 'select' ? 'read' : 'write', place },
      ...usesOf(predicates),
      ...(grouped === null ? [] : usesOf(numbered(grouped))),
      ...state.columns,
    ],
    ...(writes === null ? {} : { values: writes.values }),
    ...(args.has('cacheStrategy') ? { cached: true } : {}),
  }
  return [draft, ...state.drafts]
}

function numberOf(property: Property | undefined, state: State): number | 'dynamic' | null {
  if (property === undefined) return null
  const literal = literalOf(property, state.evaluate)
  return typeof literal === 'number' ? Math.abs(literal) : literal === undefined ? 'dynamic' : null
}
