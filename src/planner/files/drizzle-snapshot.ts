import { createHash } from 'node:crypto'
import { targetOf } from '../../schema/sql/ddl.ts'
import {
  schemaOf,
  type Column,
  type ForeignKey,
  type Index,
  type Schema,
  type Table,
  type Unique,
} from '../../schema/model.ts'

type Json = Readonly<Record<string, unknown>>

/** The snapshots that drizzle-kit wrote before and after the change, with the schemas that they stand for. */
export interface Snapshots {
  readonly base: string | null
  readonly head: string | null
  readonly before: Schema
  readonly after: Schema
}

/**
 * The snapshot of a schema that lies between two others, as drizzle-kit writes it: what is as in one of them is taken over word for word, so
 * that the next `generate` sees no difference; what is in neither is written. Null where there is none to begin with, or in a format of another kind.
 */
export function snapshotBetween(
  schema: Schema,
  from: Snapshots,
  previous: string,
  tag: string,
): { readonly text: string; readonly id: string } | null {
  const [base, head] = [parsed(from.base), parsed(from.head)]
  const latest = head ?? base
  if (!latest || typeof latest.tables !== 'object' || latest.tables === null) return null
  const id = uuidOf(`${previous}\n${tag}`)
  const types = typesOf(from, base, head)
  const tables: Record<string, Json> = {}
  for (const table of schema.tables.values()) {
    if (table.partition.of || table.persistence === 'temporary') continue
    const [b, h] = [tableIn(base, table), tableIn(head, table)]
    // What drizzle-kit does not know (a table of another tool) stays unknown to it.
    if (b || h || !from.before.tables.has(table.key))
      tables[table.key] = tableBetween(table, {
        b,
        h,
        before: from.before.tables.get(table.key),
        after: from.after.tables.get(table.key),
        types,
        schema,
      })
  }
  const enums = Object.fromEntries(
    [...schema.enums].flatMap(([key, type]) => {
      const known = [part(head, 'enums'), part(base, 'enums')]
        .map((e) => e[key])
        .find((e) => e && JSON.stringify((e as Json).values) === JSON.stringify(type.values))
      return known || part(base, 'enums')[key] || part(head, 'enums')[key] || !from.before.enums.has(key)
        ? [[key, known ?? { name: type.name, schema: type.schema, values: type.values }]]
        : []
    }),
  )
  return { id, text: JSON.stringify({ ...latest, id, prevId: previous, tables, enums }, null, 2) }
}

/** The id of a snapshot; null where it has none. */
export function snapshotId(text: string | null): string | null {
  const id = parsed(text)?.id
  return typeof id === 'string' ? id : null
}

function parsed(text: string | null): Json | null {
  try {
    const value: unknown = text === null ? null : JSON.parse(text)
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : null
  } catch {
    return null
  }
}

function part(of: Json | null | undefined, name: string): Readonly<Record<string, unknown>> {
  const value = of?.[name]
  return value !== null && typeof value === 'object' ? (value as Json) : {}
}

function tableIn(snapshot: Json | null, table: Table): Json | undefined {
  return Object.values(part(snapshot, 'tables'))
    .map((t) => t as Json)
    .find((t) => t.name === table.name && ((t.schema as string) || 'public') === table.schema)
}

interface Sides {
  readonly b: Json | undefined
  readonly h: Json | undefined
  readonly before: Table | undefined
  readonly after: Table | undefined
  readonly types: ReadonlyMap<string, Json>
  readonly schema: Schema
}

function tableBetween(table: Table, sides: Sides): Json {
  const { b, h } = sides
  const whole = h ?? b
  /** Of the two snapshots the object that is like the one of the model, else what is written for it. */
  const pick = <T extends { readonly name: string }>(
    name: string,
    list: readonly T[],
    of: (t: Table) => readonly T[],
    write: (it: T) => Json,
  ): Json =>
    Object.fromEntries(
      list.flatMap((it) => {
        const [inHead, inBase] = [part(h, name)[it.name], part(b, name)[it.name]]
        const like = (side: Table | undefined) =>
          side !== undefined && of(side).some((o) => JSON.stringify(shape(o)) === JSON.stringify(shape(it)))
        const known =
          inHead !== undefined && like(sides.after)
            ? inHead
            : inBase !== undefined && like(sides.before)
              ? inBase
              : inHead !== undefined || inBase !== undefined
                ? { ...((inHead ?? inBase) as Json), ...patch(it) }
                : undefined
        return [[it.name, known ?? write(it)]]
      }),
    )
  const unknownUniques = new Set([...Object.keys(part(b, 'indexes')), ...Object.keys(part(h, 'indexes'))])
  return {
    ...(whole ?? { name: table.name, schema: table.schema === 'public' ? '' : table.schema }),
    columns: pick(
      'columns',
      table.columns,
      (t) => t.columns,
      (c) => columnJson(c, sides.types),
    ),
    indexes: pick(
      'indexes',
      table.indexes.filter((i) => !table.uniques.some((u) => u.name === i.name)),
      (t) => t.indexes,
      indexJson,
    ),
    foreignKeys: pick(
      'foreignKeys',
      table.foreignKeys,
      (t) => t.foreignKeys,
      (f) => foreignKeyJson(f, table),
    ),
    compositePrimaryKeys:
      table.primaryKey && table.primaryKey.columns.length > 1
        ? {
            ...part(whole, 'compositePrimaryKeys'),
            ...(Object.keys(part(whole, 'compositePrimaryKeys')).length
              ? {}
              : { [table.primaryKey.name]: { name: table.primaryKey.name, columns: table.primaryKey.columns } }),
          }
        : {},
    uniqueConstraints: pick(
      'uniqueConstraints',
      table.uniques.filter((u) => !unknownUniques.has(u.name)),
      (t) => t.uniques,
      uniqueJson,
    ),
    ...(whole && 'policies' in whole ? {} : { policies: {} }),
    checkConstraints: pick(
      'checkConstraints',
      table.checks,
      (t) => t.checks,
      (c) => ({ name: c.name, value: c.expression }),
    ),
    ...(whole && 'isRLSEnabled' in whole ? {} : { isRLSEnabled: table.rowSecurity.enabled }),
  }
}

/** What of an object counts: neither where it is declared nor what only a client knows. */
function shape(of: object): object {
  const {
    declared: _,
    property: _1,
    clientDefault: _2,
    node: _3,
    approximate: _4,
    validated: _5,
    notNull: _6,
    rests: _7,
    comment: _8,
    ...rest
  } = of as Record<string, unknown>
  return rest
}

/** What changes in a column that both snapshots know otherwise. */
function patch(of: object): Json {
  if (!('nullable' in of)) return {}
  const column = of as Column
  return { notNull: !column.nullable, ...(column.default === null ? { default: undefined } : {}) }
}

/** How drizzle-kit spells the types of columns that it knows. */
function typesOf({ before, after }: Snapshots, base: Json | null, head: Json | null): ReadonlyMap<string, Json> {
  const types = new Map<string, Json>()
  for (const [schema, snapshot] of [
    [before, base],
    [after, head],
  ] as const) {
    for (const table of schema.tables.values()) {
      const columns = part(tableIn(snapshot, table), 'columns')
      for (const c of table.columns) {
        const known = columns[c.name] as Json | undefined
        if (c.type !== null && known && !/serial/.test(String(known.type)))
          types.set(c.type, { type: known.type, ...(known.typeSchema ? { typeSchema: known.typeSchema } : {}) })
      }
    }
  }
  return types
}

function columnJson(column: Column, types: ReadonlyMap<string, Json>): Json {
  const known = types.get(column.type ?? '')
  return {
    name: column.name,
    ...(known ?? {
      type: (column.type ?? 'text')
        .replaceAll('character varying', 'varchar')
        .replace(/^timestamp(.*) without time zone$/, 'timestamp$1'),
    }),
    primaryKey: false,
    notNull: !column.nullable,
    ...(column.default === null ? {} : { default: column.default }),
  }
}

function indexJson(index: Index): Json {
  return {
    name: index.name,
    columns: index.keys.map((k) => ({
      expression: k.column ?? k.expression,
      isExpression: k.column === null,
      asc: !k.descending,
      nulls: k.nullsFirst ? 'first' : 'last',
      ...(k.opclass ? { opclass: k.opclass } : {}),
    })),
    isUnique: index.unique,
    ...(index.where ? { where: index.where } : {}),
    concurrently: false,
    method: index.method,
    with: {},
  }
}

function foreignKeyJson(key: ForeignKey, table: Table): Json {
  return {
    name: key.name,
    tableFrom: table.name,
    tableTo: key.references.table,
    ...(schemaOf(targetOf(key)) === 'public' ? {} : { schemaTo: key.references.schema }),
    columnsFrom: key.columns,
    columnsTo: key.references.columns,
    onDelete: key.onDelete.toLowerCase(),
    onUpdate: key.onUpdate.toLowerCase(),
  }
}

function uniqueJson(unique: Unique): Json {
  return { name: unique.name, nullsNotDistinct: unique.nullsNotDistinct, columns: unique.columns }
}

/** A random-looking id that is the same for the same plan. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
