import type { Node } from 'libpg-query'
import type { Predicate } from '../query.ts'

/** Walks a parse tree by the names of its nodes; `enter` answers whether to go on inside. */
export function walk(node: unknown, enter: (kind: string, value: unknown) => boolean): void {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, enter)
  } else if (typeof node === 'object' && node !== null) {
    for (const [name, value] of Object.entries(node)) {
      if (/^[A-Z]/.test(name) ? enter(name, value) : true) walk(value, enter)
    }
  }
}

/** Prints an expression as Postgres does, as far as indexes on expressions go; null for what it does not know. */
export function print(node: Node): string | null {
  if ('ColumnRef' in node)
    return node.ColumnRef.fields?.map((f) => ('String' in f ? f.String.sval : '*')).at(-1) ?? null
  if ('A_Const' in node) {
    const value = constant(node)
    return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : value === undefined ? null : String(value)
  }
  if ('ParamRef' in node) return `$${node.ParamRef.number}`
  if ('FuncCall' in node) {
    const args = (node.FuncCall.args ?? []).map(print)
    const name = node.FuncCall.funcname?.map((n) => ('String' in n ? n.String.sval : '')).at(-1)
    return args.includes(null) || name === undefined ? null : `${name}(${args.join(', ')})`
  }
  if ('TypeCast' in node) {
    const inner = node.TypeCast.arg === undefined ? null : print(node.TypeCast.arg)
    const type = castName(node)
    return inner === null || type === null ? null : `(${inner})::${type}`
  }
  if ('CoalesceExpr' in node) {
    const args = (node.CoalesceExpr.args ?? []).map(print)
    return args.includes(null) ? null : `COALESCE(${args.join(', ')})`
  }
  if (
    'A_Expr' in node &&
    node.A_Expr.kind === 'AEXPR_OP' &&
    node.A_Expr.lexpr !== undefined &&
    node.A_Expr.rexpr !== undefined
  ) {
    const left = print(node.A_Expr.lexpr)
    const right = print(node.A_Expr.rexpr)
    const name = node.A_Expr.name?.map((n) => ('String' in n ? n.String.sval : '')).at(-1)
    return left === null || right === null ? null : `(${left} ${name ?? ''} ${right})`
  }
  return null
}

function castName(node: Node): string | null {
  if (!('TypeCast' in node)) return null
  const names = node.TypeCast.typeName?.names?.map((n) => ('String' in n ? (n.String.sval ?? '') : '')) ?? []
  const last = names.at(-1)
  const array = (node.TypeCast.typeName?.arrayBounds?.length ?? 0) > 0 ? '[]' : ''
  return last === undefined
    ? null
    : ({
        int4: 'integer',
        int8: 'bigint',
        int2: 'smallint',
        bool: 'boolean',
        timestamptz: 'timestamp with time zone',
        timestamp: 'timestamp without time zone',
        varchar: 'character varying',
        float8: 'double precision',
      }[last] ?? last) + array
}

/** The type of a literal or a cast; null where SQL does not say it. */
export function typeOf(node: Node): string | null {
  if ('TypeCast' in node) return castName(node)
  if ('A_Const' in node) {
    if (node.A_Const.ival !== undefined) return 'integer'
    if (node.A_Const.fval !== undefined) return 'numeric'
    if (node.A_Const.boolval !== undefined) return 'boolean'
  }
  return null
}

/** The value of a literal, through casts; undefined for anything else. */
export function constant(node: Node | undefined): string | number | boolean | null | undefined {
  if (node === undefined) return undefined
  if ('TypeCast' in node) return constant(node.TypeCast.arg)
  if (!('A_Const' in node)) return undefined
  const value = node.A_Const
  if (value.isnull === true) return null
  if (value.sval !== undefined) return value.sval.sval ?? ''
  if (value.ival !== undefined) return value.ival.ival ?? 0
  if (value.boolval !== undefined) return value.boolval.boolval ?? false
  return value.fval === undefined ? undefined : Number(value.fval.fval)
}

/** Where the wildcards of a pattern of LIKE stand; null where it is not known. */
export function patternOf(node: Node): Predicate['pattern'] | null {
  const literal = constant(node)
  if (typeof literal === 'string') {
    const start = /^[%_]/.test(literal)
    const end = /[%_]$/.test(literal)
    return start ? (end ? 'infix' : 'suffix') : /[%_]/.test(literal) ? 'prefix' : 'exact'
  }
  if (
    'A_Expr' in node &&
    node.A_Expr.name?.some((n) => 'String' in n && n.String.sval === '||') &&
    node.A_Expr.lexpr !== undefined
  ) {
    const first = firstOperand(node.A_Expr.lexpr)
    const value = constant(first)
    if (typeof value === 'string' && /^[%_]/.test(value)) return 'infix'
  }
  if ('FuncCall' in node && node.FuncCall.funcname?.some((n) => 'String' in n && n.String.sval === 'concat')) {
    const value = constant(node.FuncCall.args?.[0])
    if (typeof value === 'string' && /^[%_]/.test(value)) return 'infix'
  }
  return null
}

function firstOperand(node: Node): Node {
  return 'A_Expr' in node && node.A_Expr.lexpr !== undefined ? firstOperand(node.A_Expr.lexpr) : node
}

/** True where a column or a subquery stands inside. */
export function refersToColumn(node: Node): boolean {
  let found = false
  walk(node, (kind) => {
    if (kind === 'ColumnRef' || kind === 'SelectStmt') found = true
    return true
  })
  return found
}

/** True for `*` and `t.*`. */
export function isStar(node: Node): boolean {
  return 'ColumnRef' in node && (node.ColumnRef.fields ?? []).some((f) => 'A_Star' in f)
}

const aggregates = new Set([
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'bool_or',
  'bool_and',
  'array_agg',
  'string_agg',
  'json_agg',
  'jsonb_agg',
  'every',
])

/** True where an expression gives one value for all rows. */
export function isAggregate(node: Node): boolean {
  let found = false
  walk(node, (kind, value) => {
    if (kind === 'FuncCall') {
      const call = value as { funcname?: Node[]; over?: unknown }
      const name = call.funcname?.map((n) => ('String' in n ? (n.String.sval ?? '') : '')).at(-1) ?? ''
      if (aggregates.has(name) && call.over === undefined) found = true
    }
    return kind !== 'SelectStmt'
  })
  if ('SubLink' in node && node.SubLink.subLinkType === 'EXISTS_SUBLINK') return true
  return found
}

/** The number of a parameter as it is written, `$1`, through casts; null for anything else. */
export function parameterOf(node: Node | undefined): string | null {
  if (node === undefined) return null
  if ('TypeCast' in node) return parameterOf(node.TypeCast.arg)
  return 'ParamRef' in node ? `$${node.ParamRef.number ?? 0}` : null
}

/** What LIMIT and OFFSET say. */
export function limitOf(node: Node | undefined): number | 'dynamic' | null {
  if (node === undefined) return null
  const value = constant(node)
  return typeof value === 'number' ? value : value === null ? null : 'dynamic'
}
