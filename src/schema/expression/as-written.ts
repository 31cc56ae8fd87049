import type { Node } from 'libpg-query'
import { quoteIdent, quoteLiteral } from '../../sql/names.ts'
import { isBuiltin, spell } from './types.ts'
import { text, texts } from '../replay/nodes.ts'

/** What cannot be read is printed close to how it is written. */
export function asWritten(node: Node): string {
  const inner = (each: Node | undefined) => (each === undefined ? '' : asWritten(each))
  const name = (names: readonly Node[] | undefined) =>
    texts(names)
      .filter((each) => each !== 'pg_catalog')
      .map(quoteIdent)
      .join('.')
  if ('A_Const' in node) {
    const { sval, ival, fval, boolval, isnull } = node.A_Const
    if (isnull === true) return 'NULL'
    if (sval !== undefined) return quoteLiteral(sval.sval ?? '')
    if (boolval !== undefined) return boolval.boolval === true ? 'true' : 'false'
    return fval?.fval ?? String(ival?.ival ?? 0)
  }
  if ('ColumnRef' in node) return quoteIdent(text(node.ColumnRef.fields?.at(-1)))
  if ('FuncCall' in node) return `${name(node.FuncCall.funcname)}(${(node.FuncCall.args ?? []).map(inner).join(', ')})`
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast
    const cast = name(typeName?.names)
    return `${arg !== undefined && 'A_Const' in arg ? inner(arg) : `(${inner(arg)})`}::${isBuiltin(cast) ? spell(cast) : cast}${(typeName?.arrayBounds ?? []).length > 0 ? '[]' : ''}`
  }
  if ('SQLValueFunction' in node) return (node.SQLValueFunction.op ?? '').replace(/^SVFOP_/, '').replace(/_N$/, '')
  if ('A_Expr' in node) {
    const { kind, lexpr, rexpr } = node.A_Expr
    const word =
      kind === 'AEXPR_IN'
        ? text(node.A_Expr.name?.[0]) === '='
          ? 'IN'
          : 'NOT IN'
        : kind === 'AEXPR_DISTINCT'
          ? 'IS DISTINCT FROM'
          : text(node.A_Expr.name?.at(-1))
    return `(${lexpr === undefined ? '' : `${inner(lexpr)} `}${word} ${inner(rexpr)})`
  }
  if ('BoolExpr' in node) {
    const args = (node.BoolExpr.args ?? []).map(inner)
    return node.BoolExpr.boolop === 'NOT_EXPR'
      ? `(NOT ${args.join('')})`
      : `(${args.join(node.BoolExpr.boolop === 'OR_EXPR' ? ' OR ' : ' AND ')})`
  }
  if ('NullTest' in node)
    return `(${inner(node.NullTest.arg)} IS ${node.NullTest.nulltesttype === 'IS_NOT_NULL' ? 'NOT NULL' : 'NULL'})`
  if ('List' in node) return `(${(node.List.items ?? []).map(inner).join(', ')})`
  if ('CoalesceExpr' in node) return `COALESCE(${(node.CoalesceExpr.args ?? []).map(inner).join(', ')})`
  if ('A_ArrayExpr' in node) return `ARRAY[${(node.A_ArrayExpr.elements ?? []).map(inner).join(', ')}]`
  if ('CaseExpr' in node) return 'CASE … END'
  return '…'
}
