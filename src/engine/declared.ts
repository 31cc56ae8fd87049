import type { Change } from '../schema/change.ts'
import { tableOf } from '../schema/change.ts'
import type { Declaration, Schema, SqlFunction, Table } from '../schema/model.ts'
import { indexColumns } from '../schema/model.ts'

/** Where a schema declares what a change is about: its column, constraint or index, else its table; null where it is not declared there. */
export function declarationOf(schema: Schema, change: Change): Declaration | null {
  const { tables, enums, views, domains, types, sequences, extensions } = schema
  const of = 'object' in change ? change.object : (tableOf(change) ?? '')
  const whole = [tables, enums, views, domains, types, sequences, extensions].find((map) => map.has(of))?.get(of)
  return partDeclarationOf(schema, change) ?? (whole ?? functionOf(schema, change))?.declared[0] ?? null
}

/** The function that a change is about, among those that share its name. */
function functionOf(schema: Schema, change: Change): SqlFunction | undefined {
  if (change.kind !== 'createFunction' && change.kind !== 'dropFunction') return undefined
  const { arguments: wanted } = change.kind === 'createFunction' ? change.to : (change.from ?? { arguments: [] })
  const named = schema.functions.get(change.object) ?? []
  return named.find((each) => each.arguments.join() === wanted.join()) ?? named[0]
}

/** Where a schema declares the column, constraint, index or value that a change is about; null where it has no place of its own there. */
export function partDeclarationOf(schema: Schema, change: Change): Declaration | null {
  const table = schema.tables.get(tableOf(change) ?? '')
  if (table) return partOf(table, change)
  if (change.kind === 'addEnumValue' || change.kind === 'dropEnumValue')
    return schema.enums.get(change.object)?.valuesDeclared?.get(change.value) ?? null
  return null
}

function partOf(table: Table, change: Change): Declaration | null {
  const column = (name: string) => table.columns.find((c) => c.name === name)?.declared[0] ?? null
  const named = (name: string) =>
    [
      table.primaryKey,
      ...table.uniques,
      ...table.indexes,
      ...table.foreignKeys,
      ...table.checks,
      ...table.exclusions,
    ].find((each) => each?.name === name)?.declared[0] ?? null
  const same = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((name, i) => name === b[i])
  switch (change.kind) {
    case 'addColumn':
    case 'alterColumnType':
    case 'setDefault':
    case 'dropDefault':
    case 'setNotNull':
    case 'dropNotNull':
    case 'setIdentity':
    case 'setGenerated':
      return column(change.to.name)
    case 'dropColumn':
      return column(change.from.name)
    case 'renameColumn':
      return column(change.to)
    case 'addPrimaryKey':
      return table.primaryKey?.declared[0] ?? null
    case 'addUnique':
      return (
        (
          table.uniques.find((u) => u.name === change.to.name || same(u.columns, change.to.columns)) ??
          table.indexes.find((i) => i.unique && same(indexColumns(i), change.to.columns))
        )?.declared[0] ?? null
      )
    case 'addIndex': {
      const columns = indexColumns(change.index)
      return (
        (
          table.indexes.find((i) => i.name === change.index.name || same(indexColumns(i), columns)) ??
          table.uniques.find((u) => change.index.unique && same(u.columns, columns))
        )?.declared[0] ?? null
      )
    }
    case 'addForeignKey':
      return (
        table.foreignKeys.find((f) => f.name === change.to.name || same(f.columns, change.to.columns))?.declared[0] ??
        null
      )
    case 'dropIndex':
    case 'renameIndex':
      return named(change.kind === 'dropIndex' ? change.name : change.to)
    case 'dropConstraint':
    case 'alterConstraint':
    case 'validateConstraint':
    case 'renameConstraint':
      return named(change.kind === 'renameConstraint' ? change.to : change.name)
    case 'addCheck':
      return table.checks.find((c) => c.name === change.to.name)?.declared[0] ?? null
    case 'addPolicy':
    case 'alterPolicy':
      return table.policies.find((policy) => policy.name === change.to.name)?.declared[0] ?? null
    default:
      return null
  }
}
