import type { Step } from '../../src/step.ts'
import type { Node, WithClause } from 'libpg-query'
import type { RuleContext } from '../../src/engine/rule.ts'
import type { Change } from '../../src/schema/change.ts'
import type { Key, Schema } from '../../src/schema/model.ts'
import { accessExclusiveOn } from './locks.ts'
import { provesNotNull } from './not-null.ts'
import { walkTree } from './sql-tree.ts'
import { retype } from './retype.ts'
import { relationKey } from '../../src/schema/relation.ts'

/** Work that grows with the rows of an existing table. */
export interface SlowWork {
  readonly table: Key
  /** A clause that says what is done: `builds \`users_name\``. */
  readonly does: string
}

/** What a step does to an existing table that takes longer the more rows it has; null where it takes a moment. UPDATE and DELETE are left to `changedRows`. */
export function slowWork(step: Step, ctx: RuleContext): SlowWork | null {
  for (const change of step.changes) {
    if (!('table' in change) || change.table === '' || ctx.isNew(change.table)) continue
    const { table } = change
    const reads = `reads every row of \`${ctx.name(table)}\``
    const known = step.before.tables.get(table)
    switch (change.kind) {
      case 'addIndex':
        if (!change.concurrently && !change.only) return { table, does: `builds \`${change.index.name}\`` }
        break
      case 'addUnique':
      case 'addPrimaryKey':
        if (change.usingIndex === null) return { table, does: `builds the index of \`${change.to.name}\`` }
        break
      case 'addExclusion':
        return { table, does: `builds the index of \`${change.to.name}\`` }
      case 'addCheck':
        if (change.to.validated && change.to.enforced) return { table, does: reads }
        break
      case 'addForeignKey':
        if (change.to.validated && change.to.enforced && !change.inline) return { table, does: reads }
        break
      case 'validateConstraint':
        return { table, does: reads }
      case 'setNotNull':
        if (
          change.from.nullable &&
          !(known && provesNotNull(known, change.from.name)) &&
          !ctx.isNewColumn(table, change.from.name)
        )
          return { table, does: reads }
        break
      case 'alterColumnType':
        if (retype(change, ctx) === 'rewrite') {
          return { table, does: `rewrites \`${ctx.name(table)}\`` }
        }
        break
      default:
    }
  }
  const read = readWhole(step.statement.node, step.before)
  return read !== null && !ctx.isNew(read) ? { table: read, does: `reads \`${ctx.name(read)}\`` } : null
}

/** The table that a SELECT reads without a WHERE or a LIMIT. */
function readWhole(node: Node, schema: Schema): Key | null {
  if (!('SelectStmt' in node)) return null
  const { fromClause = [], whereClause, limitCount, intoClause } = node.SelectStmt
  const [from] = fromClause
  if (
    whereClause !== undefined ||
    limitCount !== undefined ||
    intoClause !== undefined ||
    from === undefined ||
    !('RangeVar' in from)
  )
    return null
  const { schemaname, relname = '' } = from.RangeVar
  if (/^(pg_catalog|information_schema)$/.test(schemaname ?? '') || relname.startsWith('pg_')) return null
  return relationKey(from.RangeVar, schema)
}

/** A table other than `but` that an earlier step of the same transaction locks everybody out of, and where it does (`line 3`); null where there is none, or where it is not known what shares a transaction. */
export function heldLock(
  step: Step,
  ctx: RuleContext,
  but: Key | null,
): { readonly table: Key; readonly change: Change; readonly since: string } | null {
  if (step.transaction.block === null) return null
  for (const other of ctx.transaction) {
    if (other === step) return null
    for (const change of other.changes) {
      const table = accessExclusiveOn(change, ctx.isNew)
      const { line } = other.statement.place
      const same = other.migration.path === step.migration.path
      if (table !== null && table !== but)
        return { table, change, since: same ? `line ${line}` : `line ${line} of \`${other.migration.name}\`` }
    }
  }
  return null
}

/** True where an INSERT reads a table, be it in a CTE: rows that are written out are read from none. */
function readsTable(insert: Node): boolean {
  const ctes = new Set<unknown>()
  walkTree(insert, (kind, value) => {
    if (kind === 'CommonTableExpr') ctes.add(value['ctename'])
    return true
  })
  let found = false
  walkTree(
    'InsertStmt' in insert ? [insert.InsertStmt.selectStmt, insert.InsertStmt.withClause] : [],
    (kind, value) => {
      if (kind === 'RangeVar' && !ctes.has(value['relname'])) found = true
      return true
    },
  )
  return found
}

/** The parts of a statement that may change rows: itself, and what stands in its WITH. */
export function rowChanges(node: Node): readonly Node[] {
  const [statement] = Object.values(node) as readonly { readonly withClause?: WithClause }[]
  return [
    ...(statement?.withClause?.ctes ?? []).flatMap((each) =>
      'CommonTableExpr' in each && each.CommonTableExpr.ctequery ? [each.CommonTableExpr.ctequery] : [],
    ),
    node,
  ]
}

/** The table whose rows an UPDATE, DELETE, MERGE or INSERT ... SELECT changes, with the columns that it sets; null for all others. */
export function changedRows(
  node: Node,
  schema: Schema,
): {
  readonly table: Key
  readonly verb: 'UPDATE' | 'DELETE' | 'MERGE' | 'INSERT'
  readonly where: Node | null
  readonly joins: boolean
  readonly sets: readonly string[]
} | null {
  const of = (relation: { schemaname?: string; relname?: string } | undefined) => relationKey(relation, schema)
  if ('UpdateStmt' in node) {
    const { relation, whereClause, fromClause = [], targetList = [] } = node.UpdateStmt
    const sets = targetList.flatMap((target) =>
      'ResTarget' in target && target.ResTarget.name ? [target.ResTarget.name] : [],
    )
    return { table: of(relation), verb: 'UPDATE', where: whereClause ?? null, joins: fromClause.length > 0, sets }
  }
  if ('DeleteStmt' in node) {
    const { relation, whereClause, usingClause = [] } = node.DeleteStmt
    return { table: of(relation), verb: 'DELETE', where: whereClause ?? null, joins: usingClause.length > 0, sets: [] }
  }
  if ('MergeStmt' in node)
    return { table: of(node.MergeStmt.relation), verb: 'MERGE', where: null, joins: true, sets: [] }
  if ('InsertStmt' in node && node.InsertStmt.selectStmt && 'SelectStmt' in node.InsertStmt.selectStmt) {
    const { fromClause = [], whereClause } = node.InsertStmt.selectStmt.SelectStmt
    if (!readsTable(node)) return null
    return {
      table: of(node.InsertStmt.relation),
      verb: 'INSERT',
      where: whereClause ?? null,
      joins: fromClause.length > 1,
      sets: [],
    }
  }
  return null
}
