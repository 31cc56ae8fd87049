import type { Index, Schema, Table } from '../schema/model.ts'
import type { Step } from '../step.ts'
import type { Query } from './query.ts'

/** True where queries ask for every index that some steps add, or a foreign key does. */
export function allAskedFor(steps: readonly Step[], after: Schema, queries: readonly Query[]): boolean {
  return steps
    .flatMap((step) => step.changes)
    .every((change) => {
      if (change.kind !== 'addIndex' || change.index.unique) return true
      const table = after.tables.get(change.table)
      if (table === undefined) return true
      const [key] = change.index.keys
      return (
        table.foreignKeys.some((f) => f.columns[0] === key?.column) ||
        queries.some((query) => asksFor(query, table, change.index))
      )
    })
}

/** Code finds rows, or sorts them, by what an index begins with. */
export function asksFor(query: Query, table: Table, index: Index): boolean {
  const [key] = index.keys
  if (key === undefined) return false
  const named =
    query.columns?.some(
      (c) => c.table === table.key && c.column === key.column && c.use !== 'read' && c.use !== 'write',
    ) === true
  const joined = query.joins.some(
    (j) =>
      (j.from === table.key && j.fromColumns[0] === key.column) ||
      (j.to === table.key && j.toColumns[0] === key.column),
  )
  return (
    named ||
    joined ||
    query.predicates.some(
      (p) => p.table === table.key && (key.column === null ? p.expression !== null : p.column === key.column),
    )
  )
}
