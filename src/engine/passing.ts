import type { Step } from '../step.ts'
import type { Change } from '../schema/change.ts'
import type { Key, Schema } from '../schema/model.ts'

/**
 * The changes that add what is gone again when all steps have run: a table that a later migration of the same pull request drops, a column
 * or index of it. What is renamed on the way is still there.
 */
export function passingChanges(steps: readonly Step[], after: Schema): ReadonlySet<Change> {
  const passing = new Set<Change>()
  const renamed = new Set<string>()
  /** Names at this moment, and what becomes of them; null where it is dropped. */
  const ends = new Map<Key, Key | null>()
  const endOf = (table: Key): Key | null => (ends.has(table) ? (ends.get(table) ?? null) : table)
  for (const change of steps.flatMap((step) => step.changes).toReversed()) {
    switch (change.kind) {
      case 'dropTable':
        ends.set(change.table, null)
        break
      case 'renameTable':
      case 'setTableSchema':
        ends.set(change.table, endOf(change.to))
        ends.delete(change.to)
        break
      case 'renameColumn':
      case 'renameIndex':
      case 'renameConstraint':
        renamed.add(change.from)
        break
      case 'createTable':
        if (endOf(change.table) === null) passing.add(change)
        ends.delete(change.table)
        break
      case 'addColumn':
      case 'addIndex': {
        const end = endOf(change.table)
        const table = end === null ? undefined : after.tables.get(end)
        const name = change.kind === 'addColumn' ? change.to.name : change.index.name
        const stays =
          change.kind === 'addColumn'
            ? table?.columns.some((c) => c.name === name)
            : [
                ...(table?.indexes ?? []),
                ...(table?.uniques ?? []),
                ...(table?.primaryKey ? [table.primaryKey] : []),
              ].some((i) => i.name === name)
        if (end === null || (table?.complete === true && stays !== true && !renamed.has(name))) passing.add(change)
        break
      }
      default:
    }
  }
  return passing
}
