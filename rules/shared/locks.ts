import type { Step } from '../../src/step.ts'
import type { RuleContext } from '../../src/engine/rule.ts'
import type { Change } from '../../src/schema/change.ts'
import { key, type Key } from '../../src/schema/model.ts'

/**
 * Changes that take ACCESS EXCLUSIVE on their table (measured on PostgreSQL 15 and 18).
 * https://www.postgresql.org/docs/current/explicit-locking.html
 */
const accessExclusive = new Set<Change['kind']>([
  'dropTable',
  'renameTable',
  'setTableSchema',
  'setPersistence',
  'setRowSecurity',
  'addColumn',
  'dropColumn',
  'renameColumn',
  'alterColumnType',
  'setNotNull',
  'dropNotNull',
  'setDefault',
  'dropDefault',
  'setIdentity',
  'setGenerated',
  'addPrimaryKey',
  'addUnique',
  'addCheck',
  'addExclusion',
  'addNotNull',
  'dropConstraint',
  'renameConstraint',
  'dropTrigger',
  'addPolicy',
  'alterPolicy',
  'dropPolicy',
])

/** The existing table that a change locks so that nobody can read or write it; null for all others. */
export function accessExclusiveOn(change: Change, isNew: (table: Key) => boolean): Key | null {
  if (change.kind === 'createTable') {
    const parent = change.to.partition.of?.parent ?? null
    return parent === null || isNew(parent) ? null : parent
  }
  if (!('table' in change) || change.table === '' || isNew(change.table)) return null
  if (accessExclusive.has(change.kind)) return change.table
  if ((change.kind === 'dropIndex' || change.kind === 'detachPartition') && !change.concurrently) return change.table
  return null
}

/** The existing table on which a step takes a lock that makes writers wait, and that may have to wait itself; null where there is none. */
export function strongLock(step: Step, ctx: RuleContext): Key | null {
  const isNew = (table: Key) => ctx.isNew(table) || createdBefore(step, table, ctx)
  for (const change of step.changes) {
    const exclusive = accessExclusiveOn(change, isNew)
    if (exclusive !== null) return exclusive
    if (!('table' in change) || isNew(change.table)) continue
    if (change.kind === 'addForeignKey' || change.kind === 'addTrigger' || change.kind === 'setTrigger')
      return change.table
    if (change.kind === 'addIndex' && !change.concurrently) return change.table
  }
  const created = step.changes.find((change) => change.kind === 'createTable')
  const parent = created?.to.foreignKeys
    .map((foreignKey) => key(foreignKey.references.schema, foreignKey.references.table))
    .find((table) => table !== created.table && !isNew(table))
  return parent ?? null
}

function createdBefore(step: Step, table: Key, ctx: RuleContext): boolean {
  for (const other of ctx.steps) {
    if (other.changes.some((change) => change.kind === 'createTable' && change.table === table)) return true
    if (other === step) return false
  }
  return false
}
