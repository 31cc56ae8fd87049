import type { Node } from 'libpg-query'

/** True for a condition that excludes nothing: `true`, `1 = 1`, or one of these in an OR. */
export function isAlwaysTrue(node: Node): boolean {
  if ('A_Const' in node)
    return (
      JSON.stringify(node.A_Const).includes('"boolval":{"boolval":true}') ||
      JSON.stringify(node.A_Const).includes('"boolval":true')
    )
  if ('A_Expr' in node) {
    const { lexpr, rexpr, name, kind } = node.A_Expr
    const operator = name?.[0] && 'String' in name[0] ? name[0].String.sval : ''
    return (
      kind === 'AEXPR_OP' &&
      operator === '=' &&
      lexpr !== undefined &&
      rexpr !== undefined &&
      'A_Const' in lexpr &&
      'A_Const' in rexpr &&
      value(lexpr) === value(rexpr)
    )
  }
  return 'BoolExpr' in node && node.BoolExpr.boolop === 'OR_EXPR' && (node.BoolExpr.args ?? []).some(isAlwaysTrue)
}

function value(node: Node): string {
  return JSON.stringify(node, (name: string, part: unknown) => (name === 'location' ? undefined : part))
}
