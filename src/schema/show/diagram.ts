import type { Change } from '../change.ts'
import { tableOf } from '../change.ts'
import { targetOf } from '../sql/ddl.ts'
import type { Column, ForeignKey, Key, Schema, Table } from '../model.ts'

/** What an ER diagram shows, before it is written down in some language of pictures. */
export interface Diagram {
  readonly tables: readonly DrawnTable[]
  readonly edges: readonly Edge[]
  /** How many tables are left out. */
  readonly left: number
  readonly defaultSchema: string
}

/** What becomes of a table or a foreign key; null where nothing does. */
export type Mark = 'new' | 'dropped' | 'changed' | null

export interface DrawnTable {
  readonly table: Table
  readonly mark: Mark
  readonly columns: readonly { readonly column: Column; readonly note: string }[]
  /** Columns that are not shown. */
  readonly hidden: number
}

/** A foreign key between two tables of the diagram. */
export interface Edge {
  readonly from: Table
  readonly foreignKey: ForeignKey
  readonly mark: Mark
}

/** The tables of a schema with the columns that `columnsOf` picks. */
export function diagramOfSchema(
  schema: Schema,
  limit: number,
  columnsOf: (table: Table) => readonly Column[],
): Diagram {
  const tables = sorted([...schema.tables.values()].filter((t) => t.persistence !== 'temporary'))
  const shown = tables.slice(0, limit)
  return {
    tables: shown.map((table) => {
      const columns = columnsOf(table)
      return {
        table,
        mark: null,
        columns: columns.map((column) => ({ column, note: '' })),
        hidden: table.columns.length - columns.length,
      }
    }),
    edges: edgesOf(shown, () => null),
    left: tables.length - shown.length,
    defaultSchema: schema.defaultSchema,
  }
}

/**
 * What changes touch: changed tables with their keys and changed columns, and the tables beside them by their keys. At most `limit` tables,
 * and of each at most `most` columns. No tables where none is touched.
 */
export function diagramOfChanges(
  before: Schema,
  after: Schema,
  changes: readonly Change[],
  limit: number,
  most: number,
): Diagram {
  const marks = marksOf(before, after, changes)
  const touched = sorted([...marks.keys()].flatMap((k) => after.tables.get(k) ?? before.tables.get(k) ?? []))
  const all = [...bound(touched, limit), ...sorted(neighbours(touched, before, after))]
  const shown = all.slice(0, limit)
  const edges = edgesOf(shown, (table, f) => edgeMark(before, after, table, f))
  const isThere = (e: Edge) =>
    edges.some((o) => o.from.key === e.from.key && o.foreignKey.name === e.foreignKey.name) ||
    after.tables.get(e.from.key)?.foreignKeys.some((f) => f.name === e.foreignKey.name) === true
  const gone = edgesOf(
    shown.flatMap((t) => before.tables.get(t.key) ?? []),
    () => 'dropped',
  ).filter((e) => !isThere(e))
  return {
    tables: shown.map((t) => drawChanged(t, marks.get(t.key) ?? null, before, after, changes, most)),
    edges: [...edges, ...gone],
    left: all.length - shown.length,
    defaultSchema: after.defaultSchema,
  }
}

/** Tables in their order; where there are more than `limit`, those first that most of the others are bound to. */
function bound(tables: readonly Table[], limit: number): readonly Table[] {
  if (tables.length <= limit) return tables
  const among = new Set(tables.map((t) => t.key))
  const degrees = new Map<Key, number>()
  const count = (k: Key) => degrees.set(k, (degrees.get(k) ?? 0) + 1)
  for (const t of tables)
    for (const target of new Set(t.foreignKeys.map(targetOf))) {
      if (target === t.key || !among.has(target)) continue
      count(t.key)
      count(target)
    }
  const degree = (t: Table) => degrees.get(t.key) ?? 0
  const first = new Set(tables.toSorted((a, b) => degree(b) - degree(a)).slice(0, limit))
  return [...tables.filter((t) => first.has(t)), ...tables.filter((t) => !first.has(t))]
}

function marksOf(before: Schema, after: Schema, changes: readonly Change[]): ReadonlyMap<Key, Mark> {
  const marks = new Map<Key, Mark>()
  for (const change of changes) {
    const table = tableOf(change)
    if (!table || marks.has(table) || !(before.tables.has(table) || after.tables.has(table))) continue
    marks.set(table, !before.tables.has(table) ? 'new' : !after.tables.has(table) ? 'dropped' : 'changed')
  }
  return marks
}

function neighbours(touched: readonly Table[], before: Schema, after: Schema): readonly Table[] {
  const own = new Set(touched.map((t) => t.key))
  const found = new Map<Key, Table>()
  const add = (k: Key) => {
    const table = after.tables.get(k) ?? before.tables.get(k)
    if (table && !own.has(k)) found.set(k, table)
  }
  for (const t of touched)
    for (const f of [...t.foreignKeys, ...(before.tables.get(t.key)?.foreignKeys ?? [])]) add(targetOf(f))
  for (const t of after.tables.values()) if (t.foreignKeys.some((f) => own.has(targetOf(f)))) add(t.key)
  return [...found.values()]
}

function drawChanged(
  table: Table,
  mark: Mark,
  before: Schema,
  after: Schema,
  changes: readonly Change[],
  most: number,
): DrawnTable {
  const old = before.tables.get(table.key)
  const now = after.tables.get(table.key)
  const notes = new Map<string, string>()
  if (mark === 'changed' && old && now) {
    for (const c of now.columns) {
      const was = old.columns.find((o) => o.name === c.name)
      if (!was) notes.set(c.name, 'new')
      else if (was.type !== c.type && was.type && c.type) notes.set(c.name, `was ${was.type}`)
      else if (was.nullable !== c.nullable) notes.set(c.name, c.nullable ? 'now nullable' : 'now not null')
      else if (
        changes.some(
          (x) =>
            'from' in x &&
            typeof x.from === 'object' &&
            x.from !== null &&
            'name' in x.from &&
            tableOf(x) === table.key &&
            x.from.name === c.name,
        )
      )
        notes.set(c.name, 'changed')
    }
    for (const c of old.columns) if (!now.columns.some((o) => o.name === c.name)) notes.set(c.name, 'dropped')
  }
  const columns =
    mark === 'changed' && old && now
      ? [...now.columns, ...old.columns.filter((c) => notes.get(c.name) === 'dropped')]
      : table.columns
  const keys = new Set(keyColumns(table).map((c) => c.name))
  const wanted =
    mark === 'new' || mark === 'dropped' ? columns : columns.filter((c) => notes.has(c.name) || keys.has(c.name))
  const shown = wanted.slice(0, most)
  return {
    table,
    mark,
    columns: shown.map((column) => ({ column, note: notes.get(column.name) ?? '' })),
    hidden: columns.length - shown.length,
  }
}

function edgeMark(before: Schema, after: Schema, table: Table, f: ForeignKey): Mark {
  if (f.clientOnly) return null
  const had = before.tables.get(table.key)?.foreignKeys.some((o) => o.name === f.name)
  const has = after.tables.get(table.key)?.foreignKeys.some((o) => o.name === f.name)
  return had === has ? null : has ? 'new' : 'dropped'
}

function edgesOf(tables: readonly Table[], mark: (table: Table, f: ForeignKey) => Mark): readonly Edge[] {
  const shown = new Set(tables.map((t) => t.key))
  return tables.flatMap((from) =>
    from.foreignKeys
      .filter((f) => shown.has(targetOf(f)))
      .map((foreignKey): Edge => ({ from, foreignKey, mark: mark(from, foreignKey) })),
  )
}

/** The columns of a table's keys. */
export function keyColumns(table: Table): readonly Column[] {
  const keys = new Set([...(table.primaryKey?.columns ?? []), ...table.foreignKeys.flatMap((f) => f.columns)])
  return table.columns.filter((c) => keys.has(c.name))
}

function sorted(tables: readonly Table[]): readonly Table[] {
  return tables.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

/** What the other side of a foreign key sees: may there be no parent, and at most one child? */
export function cardinalityOf({ from, foreignKey }: Edge): { readonly optional: boolean; readonly one: boolean } {
  const same = (columns: readonly string[]) =>
    columns.length === foreignKey.columns.length && columns.every((c) => foreignKey.columns.includes(c))
  return {
    optional: foreignKey.columns.some((n) => from.columns.find((c) => c.name === n)?.nullable ?? false),
    one: [
      ...(from.primaryKey ? [from.primaryKey.columns] : []),
      ...from.uniques.map((u) => u.columns),
      ...from.indexes.filter((i) => i.unique && i.where === null).map((i) => i.keys.map((k) => k.column ?? '')),
    ].some(same),
  }
}

/** `PK`, `FK`, `UK`: what a column is part of. */
export function keysOf(table: Table, column: Column): readonly string[] {
  return [
    ...(table.primaryKey?.columns.includes(column.name) ? ['PK'] : []),
    ...(table.foreignKeys.some((f) => f.columns.includes(column.name)) ? ['FK'] : []),
    ...(table.uniques.some((u) => u.columns.length === 1 && u.columns[0] === column.name) ? ['UK'] : []),
  ]
}

/** A type as people write it. */
export function shortType(type: string | null): string {
  return (type ?? 'unknown')
    .replace('character varying', 'varchar')
    .replace(/^timestamp(.*) without time zone/, 'timestamp$1')
    .replace(/^timestamp(.*) with time zone/, 'timestamptz$1')
}
