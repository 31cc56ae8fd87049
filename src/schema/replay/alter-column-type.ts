import type { ColumnDef } from 'libpg-query'
import type { Change } from '../change.ts'
import type { ExpressionScope } from '../expression/expression.ts'
import { isAssignable } from '../expression/compatible.ts'
import { reprint } from '../expression/expression.ts'
import type { Column, Key, Table } from '../model.ts'
import { key } from '../model.ts'
import { sourceSlice } from './source.ts'
import { checkComparable } from './constraints.ts'
import { put, readers, referrers, sequencesOf, targetOf } from './draft.ts'
import { readsColumn } from './drop-column.ts'
import { updateFamily } from './family.ts'
import { texts } from './nodes.ts'
import { mentions } from './rewrite.ts'
import { checkIdentityType } from './sequences.ts'
import type { Session } from './session.ts'
import { checkOwn, columnFor, current, refuse } from './session.ts'
import { resolveType } from './types.ts'

export function alterType(session: Session, at: Key, name: string, node: ColumnDef): readonly Change[] {
  const table = current(session, at)
  const from = columnFor(session, table, name)
  const type = resolveType(session, node.typeName)
  const collation = node.collClause === undefined ? null : (texts(node.collClause.collname).at(-1) ?? null)
  const to: Column = { ...from, type: type.text, collation }
  checkOwn(session, table, from.name, 'alter')
  if (from.identity !== null) checkIdentityType(type.text)
  checkReaders(session, table, from.name)
  if (
    node.raw_default === undefined &&
    from.type !== null &&
    type.text !== null &&
    !isAssignable(session.draft.schema, from.type, type.text)
  ) {
    refuse(`column "${from.name}" cannot be cast automatically to type ${type.text}`)
  }
  checkDefault(session, from, type.text)
  updateFamily(session, at, (it) =>
    remake(
      session,
      {
        ...it,
        columns: it.columns.map((column) =>
          column.name === from.name ? { ...column, type: to.type, collation } : column,
        ),
      },
      from.name,
    ),
  )
  for (const other of new Set([current(session, at), ...referrers(session.draft.schema, at)])) {
    for (const foreign of other.foreignKeys) {
      const target = targetOf(foreign)
      const concerned =
        (other.key === at && foreign.columns.includes(from.name)) ||
        (target === at && foreign.references.columns.includes(from.name))
      if (concerned)
        checkComparable(session, other, foreign.columns, current(session, target), foreign.references.columns)
    }
  }
  const [sequence] = sequencesOf(session.draft.schema, at, from.name)
  if (sequence !== undefined && from.identity !== null && type.text !== null)
    put(session.draft, 'sequences', key(sequence.schema, sequence.name), { ...sequence, type: type.text })
  const using = node.raw_default === undefined ? null : sourceSlice(session.statement, session.place, 'using')
  return [
    {
      kind: 'alterColumnType',
      place: session.place,
      table: at,
      from,
      to,
      using,
      collationChanges: (from.collation ?? null) !== collation,
    },
  ]
}

/** Postgres does not change the type of a column that something else than a check, index or key is built on. */
function checkReaders(session: Session, table: Table, name: string): void {
  if (readers(session.draft.schema, table.key).some((view) => readsColumn(view, table.key, name)))
    refuse('cannot alter type of a column used by a view or rule')
  if (
    table.columns.some(
      (column) => column.name !== name && column.generated !== null && mentions(column.generated.expression, name),
    )
  )
    refuse('cannot alter type of a column used by a generated column')
  if (table.policies.some((policy) => mentions(policy.using, name) || mentions(policy.check, name)))
    refuse('cannot alter type of a column used in a policy definition')
  if (table.triggers.some((trigger) => trigger.columns.includes(name)))
    refuse('cannot alter type of a column used in a trigger definition')
}

/** A default stays as it is and is converted when it is stored; Postgres refuses a type to which it cannot be. */
function checkDefault(session: Session, from: Column, type: string | null): void {
  if (from.default === null || from.type === null || type === null || from.approximate === true) return
  const { schema } = session.draft
  const value = reprint(from.default, { schema, columns: [] })
  if (
    value === null ||
    !value.exact ||
    value.type === null ||
    value.type === 'unknown' ||
    isAssignable(schema, value.type, type)
  )
    return
  refuse(`default for column "${from.name}" cannot be cast automatically to type ${type}`)
}

/** Checks and indexes are made anew when a column that they mention changes its type, and may read otherwise then. */
function remake(session: Session, table: Table, column: string): Table {
  const scope = { schema: session.draft.schema, columns: table.columns }
  const again = (expression: string, target: string | null) => {
    if (!mentions(expression, column)) return expression
    const printed = reprint(expression, scope, target)
    return printed === null || !printed.exact ? expression : printed.text
  }
  return {
    ...table,
    checks: table.checks.map((check) => ({ ...check, expression: again(check.expression, 'boolean') })),
    indexes: table.indexes.map((index) => ({
      ...index,
      where: index.where === null ? null : again(index.where, 'boolean'),
      keys: index.keys.map((each) =>
        each.expression === null ? each : { ...each, expression: againInIndex(each.expression, scope, column) },
      ),
    })),
  }
}

function againInIndex(expression: string, scope: ExpressionScope, column: string): string {
  if (!mentions(expression, column)) return expression
  const printed = reprint(expression, scope)
  if (printed === null || !printed.exact) return expression
  return printed.isCall ? printed.text : `(${printed.text})`
}
