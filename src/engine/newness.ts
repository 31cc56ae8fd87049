import type { RangeVar } from 'libpg-query'
import type { Step } from '../step.ts'
import type { Change } from '../schema/change.ts'
import { SharedMap } from '../schema/shared-map.ts'
import { key, type Key, type Schema } from '../schema/model.ts'

/** What is new, as seen from one moment of the pull request. */
export interface Newness {
  readonly tables: SharedMap<true>
  /** `public.users.status`. */
  readonly columns: SharedMap<true>
}

export const nothingNew: Newness = { tables: SharedMap.of(new Map()), columns: SharedMap.of(new Map()) }

/** For each step, what the pull request has created when it begins; one entry more for the end, to which tables belong that came and went. */
export function newnessOf(steps: readonly Step[], before: Schema): readonly Newness[] {
  let { tables, columns } = nothingNew
  const moments: Newness[] = []
  const gone: Key[] = []
  for (const step of steps) {
    moments.push({ tables, columns })
    for (const { table, column } of step.refused === undefined ? [] : meantBy(step))
      if (column === null) tables = tables.with(table, true)
      else columns = columns.with(`${table}.${column}`, true)
    for (const change of step.changes) {
      switch (change.kind) {
        case 'createTable':
          tables = tables.with(change.table, true)
          break
        case 'renameTable':
        case 'setTableSchema':
          if (tables.has(change.table)) tables = tables.without(change.table).with(change.to, true)
          for (const column of columns.keys())
            if (column.startsWith(`${change.table}.`))
              columns = columns.without(column).with(change.to + column.slice(change.table.length), true)
          break
        case 'dropTable':
          if (tables.has(change.table) && !before.tables.has(change.table)) gone.push(change.table)
          tables = tables.without(change.table)
          break
        case 'createView':
          if (!change.orReplace || !before.views.has(change.object)) tables = tables.with(change.object, true)
          break
        case 'dropView':
          tables = tables.without(change.object)
          break
        case 'addColumn':
          if (!before.tables.get(change.table)?.columns.some((c) => c.name === change.to.name))
            columns = columns.with(`${change.table}.${change.to.name}`, true)
          break
        case 'renameColumn': {
          const from = `${change.table}.${change.from}`
          if (columns.has(from)) columns = columns.without(from).with(`${change.table}.${change.to}`, true)
          break
        }
        case 'dropColumn':
          columns = columns.without(`${change.table}.${change.from.name}`)
          break
        default:
      }
    }
  }
  moments.push({ tables: gone.reduce((all, table) => all.with(table, true), tables), columns })
  return moments
}

/**
 * The tables and columns that a refused statement was to make. What stands behind it runs only in a database where it succeeded, and there
 * they are new: a history that is applied a second time under another name, a table that refers to one that is missing.
 */
function meantBy({ statement: { node }, before }: Step): readonly { table: Key; column: string | null }[] {
  const keyOf = ({ schemaname, relname = '' }: RangeVar): Key => {
    const path = schemaname === undefined ? (before.searchPath ?? [before.defaultSchema]) : [schemaname]
    const keys = path.map((schema) => key(schema, relname))
    return keys.find((at) => before.tables.has(at)) ?? keys[0] ?? key(before.defaultSchema, relname)
  }
  if ('CreateStmt' in node && node.CreateStmt.relation)
    return [{ table: keyOf(node.CreateStmt.relation), column: null }]
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.into?.rel)
    return [{ table: keyOf(node.CreateTableAsStmt.into.rel), column: null }]
  if (!('AlterTableStmt' in node) || !node.AlterTableStmt.relation) return []
  const table = keyOf(node.AlterTableStmt.relation)
  return (node.AlterTableStmt.cmds ?? []).flatMap((cmd) => {
    const def =
      'AlterTableCmd' in cmd && cmd.AlterTableCmd.subtype === 'AT_AddColumn' ? cmd.AlterTableCmd.def : undefined
    return def && 'ColumnDef' in def ? [{ table, column: def.ColumnDef.colname ?? '' }] : []
  })
}

/**
 * The tables of which a step proves that they hold no row: a NOT NULL column that has no value for old rows is added to them, in the same
 * transaction or earlier, and Postgres refuses that on any other. What such a table is locked for takes no time.
 */
export function provenEmpty(steps: readonly Step[], moments: readonly Newness[]): readonly ReadonlySet<Key>[] {
  const proofs = steps.flatMap((step, i) =>
    step.changes.flatMap((change) =>
      lacksValueForOldRows(change, step) && moments[i]?.tables.has(change.table) !== true
        ? [{ table: change.table, i, transaction: step.transaction.id }]
        : [],
    ),
  )
  return steps.map(
    (step, i) =>
      new Set(proofs.filter((of) => of.i <= i || of.transaction === step.transaction.id).map(({ table }) => table)),
  )
}

/** True for a NOT NULL column that is surely added and that neither it nor its domain gives a value. */
function lacksValueForOldRows(change: Change, { statement, before }: Step): change is Change & { kind: 'addColumn' } {
  if (change.kind !== 'addColumn' || change.ifNotExists || statement.conditional) return false
  const { nullable, default: value, identity, generated, type } = change.to
  const isDomain = type === null || before.domains.has(type) || before.domains.has(key(before.defaultSchema, type))
  return (
    !nullable &&
    value === null &&
    identity === null &&
    generated === null &&
    !isDomain &&
    !/^(?:small|big)?serial/.test(type)
  )
}
