import type { A_Const, A_Expr, FuncCall, Node, TypeCast } from 'libpg-query'
import { quoteIdent } from '../../sql/names.ts'
import { texts } from '../replay/nodes.ts'
import { resolveType } from '../replay/types.ts'
import { numeric } from './constants.ts'
import type { ExpressionScope } from './expression.ts'
import { functionOrNull, ofIn, operator, overArray } from './operators.ts'
import { resolveFunction } from './resolve.ts'
import type { Expr } from './tree.ts'
import { coerceTo, coerceType, constant, literal, toCommon } from './tree.ts'
import type { TypeId } from './types.ts'
import { elementOf, isArrayType, isBuiltin, parseType, qualified, underlying, unknowable } from './types.ts'

function need(node: Node | undefined, scope: ExpressionScope): Expr {
  return node === undefined ? unknowable('a part is missing') : transform(node, scope)
}

export function boolean(node: Node | undefined, scope: ExpressionScope): Expr {
  return coerceType(scope.schema, need(node, scope), 'bool', 'assignment', true)
}

/** Reads an expression as Postgres does: with the type of each part and the conversions between them. */
export function transform(node: Node, scope: ExpressionScope): Expr {
  const { schema } = scope
  if ('A_Const' in node) return ofConstant(node.A_Const)
  if ('ColumnRef' in node) return ofColumn(texts(node.ColumnRef.fields), scope)
  if ('TypeCast' in node) return ofCast(node.TypeCast, scope)
  if ('FuncCall' in node) return ofCall(node.FuncCall, scope)
  if ('A_Expr' in node) return ofOperator(node.A_Expr, scope)
  if ('SQLValueFunction' in node) return ofValueFunction(node.SQLValueFunction.op ?? '', node.SQLValueFunction.typmod)
  if ('BoolExpr' in node) {
    const args = (node.BoolExpr.args ?? []).map((each) => boolean(each, scope))
    if (node.BoolExpr.boolop === 'NOT_EXPR')
      return { kind: 'not', argument: args[0] ?? unknowable('NOT'), type: 'bool', mod: '' }
    return { kind: node.BoolExpr.boolop === 'OR_EXPR' ? 'or' : 'and', arguments: args, type: 'bool', mod: '' }
  }
  if ('NullTest' in node) {
    const argument = need(node.NullTest.arg, scope)
    return {
      kind: 'test',
      argument,
      test: node.NullTest.nulltesttype === 'IS_NOT_NULL' ? 'IS NOT NULL' : 'IS NULL',
      shows: true,
      type: 'bool',
      mod: '',
    }
  }
  if ('BooleanTest' in node) {
    const test = (node.BooleanTest.booltesttype ?? 'IS_TRUE').replaceAll('_', ' ')
    return { kind: 'test', argument: boolean(node.BooleanTest.arg, scope), test, shows: false, type: 'bool', mod: '' }
  }
  if ('CoalesceExpr' in node) return ofList('COALESCE', node.CoalesceExpr.args, scope)
  if ('MinMaxExpr' in node)
    return ofList(node.MinMaxExpr.op === 'IS_LEAST' ? 'LEAST' : 'GREATEST', node.MinMaxExpr.args, scope)
  if ('A_ArrayExpr' in node) return ofArray(node.A_ArrayExpr.elements ?? [], scope, null)
  if ('CollateClause' in node) {
    const argument = need(node.CollateClause.arg, scope)
    const typed = argument.type === 'unknown' ? coerceType(schema, argument, 'text', 'implicit', true) : argument
    return {
      kind: 'collate',
      argument: typed,
      collation: quoteIdent(texts(node.CollateClause.collname).at(-1) ?? ''),
      type: typed.type,
      mod: typed.mod,
    }
  }
  if ('RowExpr' in node) {
    const fields = (node.RowExpr.args ?? []).map((each) => transform(each, scope))
    return fields.some((each) => each.type === 'unknown')
      ? unknowable('a row of literals')
      : { kind: 'list', word: 'ROW', arguments: fields, type: 'record', mod: '' }
  }
  if ('CaseExpr' in node) return ofCase(node.CaseExpr, scope)
  if ('A_Indirection' in node) return ofSubscript(node.A_Indirection.arg, node.A_Indirection.indirection ?? [], scope)
  return unknowable(Object.keys(node)[0] ?? 'nothing')
}

function ofConstant(node: A_Const): Expr {
  if (node.isnull === true) return literal(null)
  if (node.sval !== undefined) return literal(node.sval.sval ?? '')
  if (node.boolval !== undefined) return constant(node.boolval.boolval === true ? 'true' : 'false', 'bool')
  if (node.fval !== undefined) {
    const written = node.fval.fval ?? ''
    if (/^-?\d+$/.test(written)) {
      const value = BigInt(written)
      if (value >= -(2n ** 63n) && value < 2n ** 63n) return constant(String(value), 'int8')
    }
    return constant(numeric(written), 'numeric')
  }
  if (node.bsval !== undefined) {
    const bits = /^b([01]*)$/i.exec(node.bsval.bsval ?? '')?.[1]
    return bits === undefined ? unknowable('a bit string') : constant(bits, 'bit')
  }
  return constant(String(node.ival?.ival ?? 0), 'int4')
}

function ofColumn(fields: readonly string[], scope: ExpressionScope): Expr {
  const name = fields.at(-1) ?? ''
  const column = scope.columns.find((each) => each.name === name)
  if (column === undefined || column.type === null) return unknowable(`the column ${name}`)
  return { kind: 'column', name, ...parseType(column.type) }
}

function typeOf(node: TypeCast['typeName'], scope: ExpressionScope): string {
  const resolved = resolveType(
    { draft: { schema: scope.schema }, options: { alone: true, postgres: 0, source: 'migrations' } },
    node,
  )
  return resolved.text ?? unknowable('a type')
}

function ofCast(node: TypeCast, scope: ExpressionScope): Expr {
  const { type, mod } = parseType(typeOf(node.typeName, scope))
  const { schema } = scope
  if (node.arg !== undefined && 'A_ArrayExpr' in node.arg && isArrayType(underlying(schema, type).type)) {
    const array = ofArray(node.arg.A_ArrayExpr.elements ?? [], scope, {
      type: elementOf(underlying(schema, type).type),
      mod,
    })
    return coerceType(schema, array, type, 'explicit', false)
  }
  return coerceTo(schema, need(node.arg, scope), type, mod, 'explicit', false)
}

function ofValueFunction(op: string, typmod: number | undefined): Expr {
  const word = op.replace(/^SVFOP_/, '').replace(/_N$/, '')
  const types: Readonly<Record<string, TypeId>> = {
    CURRENT_DATE: 'date',
    CURRENT_TIME: 'timetz',
    CURRENT_TIMESTAMP: 'timestamptz',
    LOCALTIME: 'time',
    LOCALTIMESTAMP: 'timestamp',
  }
  const mod = op.endsWith('_N') ? `(${typmod ?? 0})` : ''
  return { kind: 'value', word: `${word}${mod}`, type: types[word] ?? 'name', mod }
}

function ofList(
  word: 'COALESCE' | 'GREATEST' | 'LEAST',
  nodes: readonly Node[] | undefined,
  scope: ExpressionScope,
): Expr {
  const { type, values } = toCommon(
    scope.schema,
    (nodes ?? []).map((each) => transform(each, scope)),
  )
  return { kind: 'list', word, arguments: values, type, mod: '' }
}

function ofArray(
  nodes: readonly Node[],
  scope: ExpressionScope,
  target: { readonly type: TypeId; readonly mod: string } | null,
): Expr {
  const { schema } = scope
  const values = nodes.map((each) =>
    'A_ArrayExpr' in each ? ofArray(each.A_ArrayExpr.elements ?? [], scope, target) : transform(each, scope),
  )
  if (target !== null) {
    const elements = values.map((each) =>
      isArrayType(each.type) ? each : coerceTo(schema, each, target.type, target.mod, 'explicit', false),
    )
    return { kind: 'array', elements, type: `${target.type}[]`, mod: '' }
  }
  if (values.length === 0) return unknowable('an empty array without a type')
  if (values.every((each) => isArrayType(each.type)))
    return { kind: 'array', elements: values, type: values[0]?.type ?? 'text[]', mod: '' }
  const { type, values: elements } = toCommon(schema, values)
  return { kind: 'array', elements, type: `${type}[]`, mod: '' }
}

function ofCase(node: Extract<Node, { CaseExpr: unknown }>['CaseExpr'], scope: ExpressionScope): Expr {
  const { schema } = scope
  const given = node.arg === undefined ? null : need(node.arg, scope)
  const argument =
    given !== null && given.type === 'unknown' ? coerceType(schema, given, 'text', 'implicit', true) : given
  const branches = (node.args ?? []).map((each) => {
    if (!('CaseWhen' in each)) return unknowable('CASE')
    if (argument === null)
      return { when: boolean(each.CaseWhen.expr, scope), result: need(each.CaseWhen.result, scope) }
    const compared = operator(schema, '=', argument, need(each.CaseWhen.expr, scope))
    return {
      when: compared.kind === 'operator' ? compared.right : unknowable('CASE'),
      result: need(each.CaseWhen.result, scope),
    }
  })
  const otherwise = node.defresult === undefined ? literal(null) : need(node.defresult, scope)
  const { type, values } = toCommon(schema, [otherwise, ...branches.map((each) => each.result)])
  return {
    kind: 'case',
    argument,
    branches: branches.map((each, i) => ({ when: each.when, result: values[i + 1] ?? each.result })),
    otherwise: values[0] ?? otherwise,
    type,
    mod: '',
  }
}

function ofSubscript(node: Node | undefined, indirection: readonly Node[], scope: ExpressionScope): Expr {
  const { schema } = scope
  let expr = need(node, scope)
  for (const each of indirection) {
    if (!('A_Indices' in each)) return unknowable('a field of a row')
    const { is_slice, lidx, uidx } = each.A_Indices
    if (is_slice === true) {
      if (!isArrayType(expr.type) || lidx === undefined || uidx === undefined) return unknowable('a slice')
      expr = {
        kind: 'subscript',
        argument: expr,
        index: coerceType(schema, transform(lidx, scope), 'int4', 'assignment', true),
        to: coerceType(schema, transform(uidx, scope), 'int4', 'assignment', true),
        type: expr.type,
        mod: '',
      }
    } else if (isArrayType(expr.type)) {
      expr = {
        kind: 'subscript',
        argument: expr,
        index: coerceType(schema, need(uidx, scope), 'int4', 'assignment', true),
        to: null,
        type: elementOf(expr.type),
        mod: '',
      }
    } else if (expr.type === 'jsonb') {
      const index = need(uidx, scope)
      expr = {
        kind: 'subscript',
        argument: expr,
        index: index.type === 'unknown' ? coerceType(schema, index, 'text', 'implicit', true) : index,
        to: null,
        type: 'jsonb',
        mod: '',
      }
    } else return unknowable('a subscript')
  }
  return expr
}

/** Functions that the grammar has a syntax of its own for. */
const syntaxes = new Set(['extract', 'timezone', 'position', 'substring', 'overlay', 'btrim', 'ltrim', 'rtrim'])

function ofCall(node: FuncCall, scope: ExpressionScope): Expr {
  const { schema } = scope
  const names = texts(node.funcname)
  const name = names.at(-1) ?? ''
  const within = names.length > 1 ? (names.at(-2) ?? null) : null
  if (node.agg_star === true && name === 'count')
    return { kind: 'call', name: 'count', arguments: [], syntax: null, variadic: false, type: 'int8', mod: '' }
  const given = (node.args ?? []).map((each) => transform(each, scope))
  const [only] = given
  if (
    given.length === 1 &&
    only !== undefined &&
    within === null &&
    isBuiltin(name) &&
    (only.type === 'unknown' || !['lower', 'upper'].includes(name))
  ) {
    // A type's name over a value of that type is no call, though a function of that name may take the value by a cast.
    const call =
      only.type === name
        ? null
        : functionOrNull(
            schema,
            within,
            name,
            given.map((each) => each.type),
          )
    if (call === null) return coerceType(schema, only, name, 'explicit', false)
  }
  const callable = resolveFunction(
    schema,
    within,
    name,
    given.map((each) => each.type),
  )
  const values = given.map((each, i) => coerceType(schema, each, callable.arguments[i] ?? 'any', 'implicit', true))
  const syntax = node.funcformat === 'COERCE_SQL_SYNTAX' ? (syntaxes.has(name) ? name : unknowable(name)) : null
  return {
    kind: 'call',
    name: qualified(callable.schema, name),
    arguments: values,
    syntax,
    variadic: node.func_variadic === true,
    type: callable.result,
    mod: '',
  }
}

function ofOperator(node: A_Expr, scope: ExpressionScope): Expr {
  const { schema } = scope
  const names = texts(node.name)
  const name = names.at(-1) ?? ''
  const left = () => need(node.lexpr, scope)
  const right = () => need(node.rexpr, scope)
  const list = (of: Node | undefined) =>
    of !== undefined && 'List' in of ? (of.List.items ?? []) : unknowable('a list')
  switch (node.kind ?? 'AEXPR_OP') {
    case 'AEXPR_OP':
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE': {
      if (names.length > 1 && names[0] !== 'pg_catalog') return unknowable('a qualified operator')
      if (node.lexpr !== undefined && ('RowExpr' in node.lexpr || 'SubLink' in node.lexpr)) return unknowable('a row')
      return operator(schema, name, node.lexpr === undefined ? null : left(), right())
    }
    case 'AEXPR_SIMILAR':
      return operator(schema, name, left(), right())
    case 'AEXPR_OP_ANY':
      return overArray(schema, name, left(), right(), false)
    case 'AEXPR_OP_ALL':
      return overArray(schema, name, left(), right(), true)
    case 'AEXPR_IN':
      return ofIn(
        name,
        left(),
        list(node.rexpr).map((each) => transform(each, scope)),
        schema,
      )
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      const [from, to] = list(node.rexpr)
      const inside = node.kind === 'AEXPR_BETWEEN'
      return {
        kind: inside ? 'and' : 'or',
        type: 'bool',
        mod: '',
        arguments: [
          operator(schema, inside ? '>=' : '<', left(), need(from, scope)),
          operator(schema, inside ? '<=' : '>', left(), need(to, scope)),
        ],
      }
    }
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT': {
      const compared = operator(schema, '=', left(), right())
      if (compared.kind !== 'operator' || compared.left === null) return unknowable('IS DISTINCT FROM')
      const distinct: Expr = { kind: 'distinct', left: compared.left, right: compared.right, type: 'bool', mod: '' }
      return node.kind === 'AEXPR_DISTINCT' ? distinct : { kind: 'not', argument: distinct, type: 'bool', mod: '' }
    }
    case 'AEXPR_NULLIF': {
      const compared = operator(schema, '=', left(), right())
      if (compared.kind !== 'operator' || compared.left === null) return unknowable('NULLIF')
      return {
        kind: 'list',
        word: 'NULLIF',
        arguments: [compared.left, compared.right],
        type: compared.left.type,
        mod: '',
      }
    }
    default:
      return unknowable(node.kind ?? '')
  }
}
