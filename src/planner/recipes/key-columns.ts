import type { Column, Key, Schema, Table } from '../../schema/model.ts'
import { targetOf } from '../../schema/sql/ddl.ts'
import { newName } from './replace-column.ts'

/** A column whose type changes with that of a key, and the second column that takes its place. */
export interface Member {
  readonly from: Column
  /** Name of the second column until it takes over. */
  readonly name: string
}

/** A table with the columns of it that belong to the key: the key itself, or foreign keys that point at it. */
export interface Swapped {
  readonly table: Table
  readonly members: readonly Member[]
}

const integers: readonly string[] = ['smallint', 'integer', 'bigint']

/** True where the type of a column that rows are found by gets wider, so that every value of the old type is one of the new. */
export function widensKey(schema: Schema, table: Table, from: Column, to: Column): boolean {
  const [a, b] = [integers.indexOf(from.type ?? ''), integers.indexOf(to.type ?? '')]
  if (a < 0 || b <= a || table.partition.by !== null) return false
  return table.primaryKey?.columns.includes(from.name) === true || pointingAt(schema, table.key, from.name).length > 0
}

/** The columns that point at a column by a foreign key, with their tables. */
export function pointingAt(
  schema: Schema,
  target: Key,
  column: string,
): readonly { readonly table: Table; readonly column: string }[] {
  return [...schema.tables.values()].flatMap((table) =>
    table.foreignKeys
      .filter((f) => !f.clientOnly && targetOf(f) === target)
      .flatMap((f) => {
        const referenced = f.references.columns.length
          ? f.references.columns
          : (schema.tables.get(target)?.primaryKey?.columns ?? [])
        const at = referenced.indexOf(column)
        return at < 0 || f.columns[at] === undefined ? [] : [{ table, column: f.columns[at] }]
      }),
  )
}

/** The columns that belong to a key by foreign keys, by table: what points at it, and what points at that. The table of the key is the last. */
export function keyColumns(schema: Schema, table: Table, column: string, type: string): readonly Swapped[] {
  const found = new Map<Key, string[]>()
  const visit = (of: Table, name: string): void => {
    const names = found.get(of.key) ?? []
    if (names.includes(name)) return
    found.set(of.key, [...names, name])
    for (const other of pointingAt(schema, of.key, name)) visit(other.table, other.column)
  }
  visit(table, column)
  const order: Key[] = []
  const place = (key: Key, above: ReadonlySet<Key>): void => {
    if (order.includes(key) || above.has(key)) return
    for (const name of found.get(key) ?? [])
      for (const other of pointingAt(schema, key, name)) place(other.table.key, new Set([...above, key]))
    order.push(key)
  }
  place(table.key, new Set())
  return order.flatMap((key): Swapped[] => {
    const of = schema.tables.get(key)
    const members = (found.get(key) ?? []).flatMap((name): Member[] => {
      const from = of?.columns.find((c) => c.name === name)
      return from && from.type !== type ? [{ from, name: newName(of!, name, type) }] : []
    })
    return of && members.length ? [{ table: of, members }] : []
  })
}
