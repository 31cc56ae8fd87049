import type { Node } from 'libpg-query'
import { quoteIdent, quoteLiteral } from '../sql/names.ts'
import type { Schema } from './model.ts'
import { text, texts } from './replay/nodes.ts'

/** What an expression may refer to: the columns of its table with their types. */
export interface ExpressionScope {
  readonly schema: Schema
  readonly columns: readonly { readonly name: string; readonly type: string | null }[]
}

/** An expression in Postgres' own spelling; `exact` is false where it may differ from it. */
export interface Printed {
  readonly text: string
  readonly type: string | null
  readonly exact: boolean
}

/** Prints an expression as `pg_get_expr` would, converted to `target` (a type as `format_type` spells it) where one is given. */
export function printExpression(node: Node, _scope: ExpressionScope, target: string | null = null): Printed {
  const printed = plain(node)
  return { text: printed, type: target, exact: false }
}

function plain(node: Node): string {
  const inner = (each: Node | undefined) => each === undefined ? '' : plain(each)
  if ('A_Const' in node) {
    const { sval, ival, fval, boolval, isnull } = node.A_Const
    if (isnull === true) return 'NULL'
    if (sval !== undefined) return quoteLiteral(sval.sval ?? '')
    if (boolval !== undefined) return boolval.boolval === true ? 'true' : 'false'
    return fval?.fval ?? String(ival?.ival ?? 0)
  }
  if ('ColumnRef' in node) return quoteIdent(text(node.ColumnRef.fields?.at(-1)))
  if ('FuncCall' in node) return `${texts(node.FuncCall.funcname).filter((each) => each !== 'pg_catalog').map(quoteIdent).join('.')}(${(node.FuncCall.args ?? []).map(inner).join(', ')})`
  if ('TypeCast' in node) return `${inner(node.TypeCast.arg)}::${texts(node.TypeCast.typeName?.names).filter((each) => each !== 'pg_catalog').map(quoteIdent).join('.')}`
  if ('SQLValueFunction' in node) return (node.SQLValueFunction.op ?? '').replace(/^SVFOP_/, '').replace(/_N$/, '')
  if ('A_Expr' in node) return `(${inner(node.A_Expr.lexpr)} ${text(node.A_Expr.name?.[0])} ${inner(node.A_Expr.rexpr)})`
  if ('BoolExpr' in node) return `(${(node.BoolExpr.args ?? []).map(inner).join(node.BoolExpr.boolop === 'OR_EXPR' ? ' OR ' : ' AND ')})`
  if ('NullTest' in node) return `(${inner(node.NullTest.arg)} IS ${node.NullTest.nulltesttype === 'IS_NULL' ? '' : 'NOT '}NULL)`
  if ('List' in node) return `(${(node.List.items ?? []).map(inner).join(', ')})`
  return '…'
}
