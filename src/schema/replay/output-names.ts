import type { Node, SelectStmt } from 'libpg-query'
import { truncated } from './names.ts'
import { text, texts } from './nodes.ts'

/** The names of what a query gives; null where a `*` is among it. */
export function outputNames(query: SelectStmt): readonly string[] | null {
  let select = query
  while (select.larg !== undefined) select = select.larg
  const names: string[] = []
  for (const target of select.targetList ?? []) {
    if (!('ResTarget' in target) || target.ResTarget.val === undefined) return null
    const { val, name } = target.ResTarget
    if ('ColumnRef' in val && (val.ColumnRef.fields ?? []).some((field) => 'A_Star' in field)) return null
    names.push(truncated(name ?? figuredName(val)))
  }
  return names.length === 0 ? null : names
}

/** The name of an output column that the query does not name. (FigureColname) */
export function figuredName(node: Node): string {
  if ('ColumnRef' in node) return text(node.ColumnRef.fields?.at(-1))
  if ('FuncCall' in node) return text(node.FuncCall.funcname?.at(-1))
  if ('TypeCast' in node) {
    const inner = node.TypeCast.arg === undefined ? '?column?' : figuredName(node.TypeCast.arg)
    return inner === '?column?' ? (texts(node.TypeCast.typeName?.names).at(-1) ?? '?column?') : inner
  }
  if ('CoalesceExpr' in node) return 'coalesce'
  if ('MinMaxExpr' in node) return node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest'
  if ('CaseExpr' in node) {
    const inner = node.CaseExpr.defresult === undefined ? '?column?' : figuredName(node.CaseExpr.defresult)
    return inner === '?column?' ? 'case' : inner
  }
  if ('SubLink' in node && node.SubLink.subLinkType === 'EXISTS_SUBLINK') return 'exists'
  if ('SubLink' in node && node.SubLink.subselect !== undefined && 'SelectStmt' in node.SubLink.subselect) {
    const target = node.SubLink.subselect.SelectStmt.targetList?.[0]
    if (target !== undefined && 'ResTarget' in target)
      return (
        target.ResTarget.name ?? (target.ResTarget.val === undefined ? '?column?' : figuredName(target.ResTarget.val))
      )
  }
  if ('A_ArrayExpr' in node) return 'array'
  if ('RowExpr' in node) return 'row'
  if ('SQLValueFunction' in node)
    return (node.SQLValueFunction.op ?? '')
      .replace(/^SVFOP_/, '')
      .replace(/_N$/, '')
      .toLowerCase()
  return '?column?'
}
