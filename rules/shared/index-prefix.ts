import type { Index, Table } from '../../src/schema/model.ts'

/** An index as the planner sees it, those of keys and unique constraints among them. */
export interface UsableIndex {
  readonly name: string
  /** Key columns; null for an expression. */
  readonly columns: readonly (string | null)[]
  readonly unique: boolean
  readonly method: string
  readonly where: string | null
  /** What it belongs to. */
  readonly of: 'index' | 'unique' | 'primaryKey'
  readonly index: Index | null
}

/** All indexes of a table: plain ones, and those behind its primary key and unique constraints. */
export function indexesOf(table: Table): readonly UsableIndex[] {
  return [
    ...(table.primaryKey
      ? [
          {
            name: table.primaryKey.name,
            columns: table.primaryKey.columns,
            unique: true,
            method: 'btree',
            where: null,
            of: 'primaryKey' as const,
            index: null,
          },
        ]
      : []),
    ...table.uniques.map((u) => ({
      name: u.name,
      columns: u.columns,
      unique: true,
      method: 'btree',
      where: null,
      of: 'unique' as const,
      index: null,
    })),
    ...table.indexes.map((i) => ({
      name: i.name,
      columns: i.keys.map((k) => k.column),
      unique: i.unique,
      method: i.method,
      where: i.where,
      of: 'index' as const,
      index: i,
    })),
  ]
}

/**
 * The index whose leading columns are exactly `columns`, in any order, so that a lookup by equality of all of them is served.
 * A partial index counts only where its predicate says that one of the columns is not null.
 */
export function indexLedBy(table: Table, columns: readonly string[]): UsableIndex | null {
  return (
    indexesOf(table).find(
      (index) =>
        (index.method === 'btree' || (index.method === 'hash' && columns.length === 1)) &&
        (index.index?.valid ?? true) &&
        columns.every((column) => index.columns.slice(0, columns.length).includes(column)) &&
        (index.where === null || columns.some((column) => isNotNull(index.where ?? '', column))),
    ) ?? null
  )
}

function isNotNull(where: string, column: string): boolean {
  const bare = where.replace(/^\(+|\)+$/g, '').trim()
  return bare === `${column} IS NOT NULL` || bare === `"${column}" IS NOT NULL`
}
