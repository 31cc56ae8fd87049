import type { Node } from 'libpg-query'
import { quoteIdent, quoteLiteral } from './names.ts'
import { parseSql } from './parser.ts'

/** The values of variables that are known wherever they stand. */
export type Known = ReadonlyMap<string, string>

/** What an expression of plpgsql is, as text; null where something of it is known only when it runs. */
export function constantText(expression: string, known: Known): string | null {
  const node = expressionOf(`SELECT ${expression}`)
  return node === null ? null : textOf(node, known)
}

/** What an expression is that holds nothing but constants, as text; null for all others. */
export function constantOf(node: Node): string | null {
  return textOf(node, new Map())
}

/** The elements of an array that a FOREACH goes through; null where they are not known. */
export function constantList(expression: string, known: Known): readonly string[] | null {
  const node = expressionOf(`SELECT ${expression}`)
  return node === null ? null : listOf(node, known)
}

/** The one column of rows that a query makes up of constants: `VALUES ('a'), ('b')`, `SELECT unnest(ARRAY['a', 'b'])`; null for all others. */
export function constantRows(query: string, known: Known): readonly string[] | null {
  const select = selectOf(query)
  if (select === null) return null
  const { valuesLists, fromClause = [], targetList = [], ...rest } = select
  if (rest.whereClause ?? rest.larg ?? rest.limitCount ?? rest.groupClause ?? rest.distinctClause ?? rest.withClause)
    return null
  if (valuesLists !== undefined)
    return all(
      valuesLists.map((row) =>
        'List' in row && row.List.items?.length === 1 && row.List.items[0] ? textOf(row.List.items[0], known) : null,
      ),
    )
  const [target, ...others] = targetList
  if (target === undefined || !('ResTarget' in target) || others.length > 0) return null
  const [from, ...more] = fromClause
  if (from === undefined) return unnested(target.ResTarget.val, known)
  const call = 'RangeFunction' in from ? from.RangeFunction.functions?.[0] : undefined
  const named = call !== undefined && 'List' in call ? call.List.items?.[0] : undefined
  return more.length === 0 && target.ResTarget.val !== undefined && 'ColumnRef' in target.ResTarget.val
    ? unnested(named, known)
    : null
}

function selectOf(query: string) {
  const result = parseSql(query)
  const [node, ...others] = 'nodes' in result ? result.nodes : []
  return node !== undefined && others.length === 0 && 'SelectStmt' in node ? node.SelectStmt : null
}

function expressionOf(query: string): Node | null {
  const target = selectOf(query)?.targetList?.[0]
  return target !== undefined && 'ResTarget' in target ? (target.ResTarget.val ?? null) : null
}

function unnested(node: Node | undefined, known: Known): readonly string[] | null {
  if (node === undefined || !('FuncCall' in node) || nameOf(node.FuncCall.funcname) !== 'unnest') return null
  const [list, ...others] = node.FuncCall.args ?? []
  return list === undefined || others.length > 0 ? null : listOf(list, known)
}

function listOf(node: Node, known: Known): readonly string[] | null {
  if ('TypeCast' in node && node.TypeCast.arg !== undefined) {
    const { arg } = node.TypeCast
    const text = 'A_Const' in arg ? textOf(arg, known) : null
    return text !== null && /^\{[\w, .-]*\}$/.test(text)
      ? text
          .slice(1, -1)
          .split(',')
          .map((each) => each.trim())
          .filter((each) => each !== '')
      : listOf(arg, known)
  }
  return 'A_ArrayExpr' in node ? all((node.A_ArrayExpr.elements ?? []).map((each) => textOf(each, known))) : null
}

function all(values: readonly (string | null)[]): readonly string[] | null {
  const known = values.filter((value) => value !== null)
  return known.length === values.length ? known : null
}

function textOf(node: Node, known: Known): string | null {
  if ('A_Const' in node) {
    const { sval, ival, isnull } = node.A_Const
    if (isnull === true) return null
    return sval === undefined ? (ival === undefined ? null : String(ival.ival ?? 0)) : (sval.sval ?? '')
  }
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast
    return arg !== undefined && ['text', 'varchar', 'name'].includes(nameOf(typeName?.names))
      ? textOf(arg, known)
      : null
  }
  if ('ColumnRef' in node) {
    const [field, ...others] = node.ColumnRef.fields ?? []
    return field !== undefined && others.length === 0 ? (known.get(nameOf([field])) ?? null) : null
  }
  if ('A_Expr' in node) {
    const { kind, name, lexpr, rexpr } = node.A_Expr
    if (kind !== 'AEXPR_OP' || nameOf(name) !== '||' || lexpr === undefined || rexpr === undefined) return null
    return all([textOf(lexpr, known), textOf(rexpr, known)])?.join('') ?? null
  }
  return 'FuncCall' in node ? called(nameOf(node.FuncCall.funcname), node.FuncCall.args ?? [], known) : null
}

/** https://www.postgresql.org/docs/current/functions-string.html */
function called(name: string, args: readonly Node[], known: Known): string | null {
  const values = all(args.map((each) => textOf(each, known)))
  const [first = '', ...rest] = values ?? []
  if (values === null || values.length === 0) return null
  switch (name) {
    case 'quote_ident':
      return quoteIdent(first)
    case 'quote_literal':
      return quoteLiteral(first)
    case 'lower':
      return first.toLowerCase()
    case 'upper':
      return first.toUpperCase()
    case 'concat':
      return values.join('')
    case 'format':
      return formatted(first, rest)
    default:
      return null
  }
}

/** `%[position$]type`; widths are not followed. */
function formatted(text: string, values: readonly string[]): string | null {
  let next = 0
  let isKnown = true
  const filled = text.replaceAll(/%(?:(\d+)\$)?([sIL%]|.|$)/gs, (whole, position: string | undefined, type: string) => {
    if (whole === '%%') return '%'
    if (position !== undefined) next = Number(position) - 1
    const value = values[next++]
    if (value === undefined || !/^[sIL]$/.test(type)) isKnown = false
    return type === 'I' ? quoteIdent(value ?? '') : type === 'L' ? quoteLiteral(value ?? '') : (value ?? '')
  })
  return isKnown ? filled : null
}

function nameOf(names: readonly Node[] | undefined): string {
  const last = names?.at(-1)
  return last !== undefined && 'String' in last ? (last.String.sval ?? '') : ''
}
