import type { ProjectReview } from '../../report/report.ts'
import { targetOf } from '../../schema/sql/ddl.ts'
import type { Column, ForeignKey, Table } from '../../schema/model.ts'

/** Columns that go from one table to another, and how rows of the two belong together. */
export interface Move {
  readonly kind: 'move-column' | 'merge-tables' | 'split-table'
  readonly source: Table
  readonly target: Table
  readonly on: { readonly source: string; readonly target: string }
  readonly link: ForeignKey
  readonly columns: readonly Column[]
}

/** Columns that go from one table and come, with equal name and type, in another that a foreign key joins with it. */
export function movedColumns({ before, after }: Pick<ProjectReview, 'before' | 'after'>): readonly Move[] {
  const moves: Move[] = []
  for (const source of before.tables.values()) {
    const now = after.tables.get(source.key)
    const gone = source.columns.filter((c) => !now?.columns.some((o) => o.name === c.name))
    for (const target of gone.length ? after.tables.values() : []) {
      if (target.key === source.key) continue
      const old = before.tables.get(target.key)
      const columns = gone.filter(
        (c) =>
          c.type !== null &&
          !isKey(source, c.name) &&
          target.columns.some((o) => o.name === c.name && o.type === c.type) &&
          !old?.columns.some((o) => o.name === c.name),
      )
      if (!columns.length) continue
      const link = linkOf(old ?? target, source) ?? null
      const back = old ? linkOf(source, old) : null
      if (!old && link && now && columns.length >= 2)
        moves.push({
          kind: 'split-table',
          source,
          target,
          link,
          columns,
          on: { source: link.references.columns[0] ?? 'id', target: link.columns[0]! },
        })
      else if (old && link)
        moves.push({
          kind: now ? 'move-column' : 'merge-tables',
          source,
          target: old,
          link,
          columns,
          on: { source: link.references.columns[0] ?? 'id', target: link.columns[0]! },
        })
      else if (old && back)
        moves.push({
          kind: now ? 'move-column' : 'merge-tables',
          source,
          target: old,
          link: back,
          columns,
          on: { source: back.columns[0]!, target: back.references.columns[0] ?? 'id' },
        })
    }
  }
  return moves
}

function isKey(table: Table, column: string): boolean {
  return (
    table.primaryKey?.columns.includes(column) === true ||
    table.foreignKeys.some((f) => f.columns.includes(column)) ||
    /^(created_?at|updated_?at)$/i.test(column)
  )
}

function linkOf(from: Table, to: Table): ForeignKey | undefined {
  return from.foreignKeys.find((f) => targetOf(f) === to.key && f.columns.length === 1)
}
