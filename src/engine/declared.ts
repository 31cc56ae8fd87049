import type { Change } from '../schema/change.ts'
import { tableOf } from '../schema/change.ts'
import type { Declaration, Schema, Table } from '../schema/model.ts'
import { indexColumns } from '../schema/model.ts'

/** Where a schema declares what a change is about: its column, constraint or index, else its table; null where it is not declared there. */
export function declarationOf(schema: Schema, change: Change): Declaration | null {
  const table = schema.tables.get(tableOf(change) ?? '')
  if (table) return partOf(table, change) ?? table.declared[0] ?? null
  if ('object' in change) return (schema.enums.get(change.object) ?? schema.views.get(change.object))?.declared[0] ?? null
  return null
}

function partOf(table: Table, change: Change): Declaration | null {
  const column = (name: string) => table.columns.find((c) => c.name === name)?.declared[0] ?? null
  const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((name, i) => name === b[i])
  switch (change.kind) {
    case 'addColumn': case 'alterColumnType': case 'setDefault': case 'dropDefault': case 'setNotNull': case 'dropNotNull': case 'setIdentity': case 'setGenerated':
      return column(change.to.name)
    case 'renameColumn':
      return column(change.to)
    case 'addPrimaryKey':
      return table.primaryKey?.declared[0] ?? null
    case 'addUnique':
      return (table.uniques.find((u) => u.name === change.to.name || same(u.columns, change.to.columns)) ??
        table.indexes.find((i) => i.unique && same(indexColumns(i), change.to.columns)))?.declared[0] ?? null
    case 'addIndex': {
      const columns = indexColumns(change.index)
      return (table.indexes.find((i) => i.name === change.index.name || same(indexColumns(i), columns)) ??
        table.uniques.find((u) => change.index.unique && same(u.columns, columns)))?.declared[0] ?? null
    }
    case 'addForeignKey':
      return table.foreignKeys.find((f) => f.name === change.to.name || same(f.columns, change.to.columns))?.declared[0] ?? null
    case 'addCheck':
      return table.checks.find((c) => c.name === change.to.name)?.declared[0] ?? null
    default:
      return null
  }
}
