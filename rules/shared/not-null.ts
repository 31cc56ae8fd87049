import type { Node } from 'libpg-query'
import type { Table } from '../../src/schema/model.ts'

/** True where a validated, enforced CHECK constraint proves that a column holds no NULL: `c IS NOT NULL`, alone or as a term of an AND. */
export function provesNotNull(table: Table, column: string): boolean {
  return table.checks.some((check) => check.validated && check.enforced && check.node !== undefined && proves(check.node, column)) ||
    table.columns.some((c) => c.name === column && c.notNull?.validated === true)
}

function proves(node: Node, column: string): boolean {
  if ('NullTest' in node) {
    const { nulltesttype, arg } = node.NullTest
    return nulltesttype === 'IS_NOT_NULL' && arg !== undefined && 'ColumnRef' in arg && lastName(arg.ColumnRef.fields) === column
  }
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') return (node.BoolExpr.args ?? []).some((term) => proves(term, column))
  return false
}

function lastName(fields: readonly Node[] | undefined): string | null {
  const last = fields?.at(-1)
  return last && 'String' in last ? last.String.sval ?? null : null
}
