import * as orm from 'drizzle-orm'
import type { KitRelation } from '../kit.ts'
import { columnName } from './columns.ts'
import type { AnyColumn, Context } from './columns.ts'
import { siteOf } from './sites.ts'

/** A relation that names the columns on both of its sides. */
interface Joined {
  readonly columns: readonly AnyColumn[]
  readonly references: readonly AnyColumn[]
  readonly to: object
}

/** What `defineRelations` gave, by the table that holds the columns. */
const defined = Symbol('relations')

type Definition = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/**
 * `defineRelations` of Drizzle v1, as far as it names columns: `r.one.users({ from: r.posts.authorId, to: r.users.id })`. What it takes
 * for `r` hands out the columns of the tables; conditions and joins through a third table say nothing of a column that refers to another.
 */
export function defineRelations(
  tables: Readonly<Record<string, object>>,
  define: (helpers: unknown) => Definition,
): object {
  const one = new Proxy(
    {},
    {
      get: (_, target) => (given?: { readonly from?: unknown; readonly to?: unknown }) => ({
        target,
        from: list(given?.from),
        to: list(given?.to),
      }),
    },
  )
  const many = new Proxy({}, { get: () => () => null })
  const column = (of: object) =>
    new Proxy({}, { get: (_, name) => withThrough((of as Record<string | symbol, unknown>)[name]) })
  const helpers = new Proxy(
    {},
    {
      get: (_, name) =>
        name === 'one'
          ? one
          : name === 'many'
            ? many
            : typeof name === 'string' && tables[name]
              ? column(tables[name])
              : undefined,
    },
  )
  const found: [object, Joined][] = []
  for (const [name, relations] of Object.entries(attempt(() => define(helpers)) ?? {})) {
    const table = tables[name]
    for (const it of Object.values(relations ?? {})) {
      const { target, from, to } = (it ?? {}) as {
        target?: string
        from?: readonly AnyColumn[]
        to?: readonly AnyColumn[]
      }
      const other = target === undefined ? undefined : tables[target]
      if (table && other && from && to && from.length > 0 && from.length === to.length)
        found.push([table, { columns: from, references: to, to: other }])
    }
  }
  return { [defined]: found }
}

/** A column that goes through a third table is no column of the relation. */
function withThrough(column: unknown): unknown {
  return typeof column === 'object' && column !== null && !('through' in column)
    ? Object.assign(Object.create(column) as object, { through: () => null })
    : column
}

function list(given: unknown): readonly AnyColumn[] {
  const columns = (Array.isArray(given) ? given : [given]) as readonly unknown[]
  return columns.every((it) => typeof it === 'object' && it !== null && 'table' in it)
    ? (columns as readonly AnyColumn[])
    : []
}

/** The relations by the table whose columns refer to another, of everything that the entry modules export. */
export function relationsOf(
  objects: readonly unknown[],
  context: Context,
  nameOf: (table: object) => { readonly schema: string; readonly name: string },
): ReadonlyMap<object, readonly KitRelation[]> {
  const found = new Map<object, KitRelation[]>()
  for (const [table, it] of objects.flatMap(joinedIn)) {
    // Of two tables that name each other's keys, the one whose key is not the target holds the column.
    if (it.columns.every((column) => column.primary) && !it.references.every((column) => column.primary)) continue
    const { schema, name } = nameOf(it.to)
    const relation: KitRelation = {
      columns: it.columns.map((column) => columnName(column, context)),
      schemaTo: schema,
      tableTo: name,
      columnsTo: it.references.map((column) => columnName(column, context)),
      site: siteOf(it.columns[0]) ?? siteOf(table),
    }
    found.set(table, [...(found.get(table) ?? []), relation])
  }
  return found
}

function joinedIn(value: unknown): readonly (readonly [object, Joined])[] {
  if (typeof value !== 'object' || value === null) return []
  if (Object.hasOwn(value, defined))
    return (value as { readonly [defined]: readonly (readonly [object, Joined])[] })[defined]
  const { table, config } = value as { readonly table?: unknown; readonly config?: unknown }
  if (!(value instanceof orm.Relations) || typeof table !== 'object' || table === null || typeof config !== 'function')
    return []
  const relations = attempt(() =>
    (config as (helpers: unknown) => Readonly<Record<string, unknown>>)(
      orm.createTableRelationsHelpers(table as never),
    ),
  )
  return Object.values(relations ?? {}).flatMap((it): readonly (readonly [object, Joined])[] => {
    const { fields = [], references = [] } =
      (
        it as {
          readonly config?: { readonly fields?: readonly AnyColumn[]; readonly references?: readonly AnyColumn[] }
        }
      ).config ?? {}
    const to = (it as { readonly referencedTable?: unknown }).referencedTable
    return typeof to === 'object' && to !== null && fields.length > 0 && fields.length === references.length
      ? [[table, { columns: fields, references, to }]]
      : []
  })
}

/** What a function of the project gives; null where it throws: a relation that cannot be built says nothing of the tables. */
function attempt<T>(run: () => T): T | null {
  try {
    return run()
  } catch {
    return null
  }
}
