import { indexColumns, type Table } from '../../src/schema/model.ts'

/** What makes rows unique by columns alone, beside the primary key: constraints, and indexes without a predicate. */
export function uniquesOf(table: Table): readonly { readonly name: string; readonly columns: readonly string[] }[] {
  return [
    ...table.uniques,
    ...table.indexes
      .filter((index) => index.unique && index.where === null && index.keys.every((k) => k.column !== null))
      .map((index) => ({ name: index.name, columns: indexColumns(index) })),
  ]
}
