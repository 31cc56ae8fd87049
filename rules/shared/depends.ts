import type { Key, Schema } from '../../src/schema/model.ts'
import { nameOf } from '../../src/schema/model.ts'

/** What rests on a table or on one of its columns, as words for a message: `the view \`totals\``. Views of which it is not known what they read are left out. */
export function dependentsOf(schema: Schema, table: Key, column: string | null): readonly string[] {
  const found: string[] = []
  for (const [view, { reads, materialized }] of schema.views) {
    if (reads.some((read) => read.table === table && (column === null || read.columns?.includes(column) === true))) found.push(`the ${materialized ? 'materialized view' : 'view'} \`${nameOf(view)}\``)
  }
  return found
}

/** The views that read a view or table, and those that read them. */
export function viewsOver(schema: Schema, of: Key): readonly Key[] {
  const found = new Set<Key>()
  const add = (object: Key) => {
    for (const [view, { reads }] of schema.views) {
      if (found.has(view) || view === of || !reads.some((read) => read.table === object)) continue
      found.add(view)
      add(view)
    }
  }
  add(of)
  return [...found]
}
