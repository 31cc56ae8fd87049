import type { Step } from '../step.ts'
import type { Config } from '../config.ts'
import { nameOf, schemaOf, type Key, type Schema } from '../schema/model.ts'

/** What is new, as seen from one moment of the pull request. */
export interface Newness {
  readonly tables: ReadonlySet<Key>
  /** `public.users.status`. */
  readonly columns: ReadonlySet<string>
}

/** For each step, what the pull request has created when it begins; one entry more for the end. */
export function newnessOf(steps: readonly Step[], before: Schema): readonly Newness[] {
  let tables = new Set<Key>()
  let columns = new Set<string>()
  const moments: Newness[] = []
  for (const step of steps) {
    moments.push({ tables, columns })
    if (step.changes.length === 0) continue
    tables = new Set(tables)
    columns = new Set(columns)
    for (const change of step.changes) {
      switch (change.kind) {
        case 'createTable':
          tables.add(change.table)
          break
        case 'renameTable':
        case 'setTableSchema':
          if (tables.delete(change.table)) tables.add(change.to)
          for (const column of columns) {
            if (column.startsWith(`${change.table}.`)) {
              columns.delete(column)
              columns.add(change.to + column.slice(change.table.length))
            }
          }
          break
        case 'dropTable':
          tables.delete(change.table)
          break
        case 'createView':
          if (!change.orReplace || !before.views.has(change.object)) tables.add(change.object)
          break
        case 'dropView':
          tables.delete(change.object)
          break
        case 'addColumn':
          if (!before.tables.get(change.table)?.columns.some((c) => c.name === change.to.name))
            columns.add(`${change.table}.${change.to.name}`)
          break
        case 'renameColumn':
          if (columns.delete(`${change.table}.${change.from}`)) columns.add(`${change.table}.${change.to}`)
          break
        case 'dropColumn':
          columns.delete(`${change.table}.${change.from.name}`)
          break
        default:
      }
    }
  }
  moments.push({ tables, columns })
  return moments
}

/** Declared rows of a table: by its full name, then its bare name, then `*`. */
export function rowsOf(config: Config, table: Key, defaultSchema: string): number | undefined {
  const bare = schemaOf(table) === defaultSchema ? config.tables[nameOf(table)]?.rows : undefined
  return config.tables[table]?.rows ?? bare ?? config.tables['*']?.rows
}

/** How large a table of so many rows counts. */
export function sizeOf(config: Config, rows: number | undefined): 'small' | 'medium' | 'large' | 'unknown' {
  if (rows === undefined) return 'unknown'
  return rows >= config.largeTableRows ? 'large' : rows <= config.smallTableRows ? 'small' : 'medium'
}
