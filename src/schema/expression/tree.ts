import type { TypeId } from './types.ts'
import {
  canCoerce,
  commonType,
  domainOf,
  hasLength,
  isArrayType,
  isPolymorphic,
  pathway,
  underlying,
  unknowable,
} from './types.ts'
import { canonical } from './constants.ts'
import type { Schema } from '../model.ts'

/** An expression as Postgres keeps it once every type in it is told; `mod` is the type's modifier, '' for none. */
export type Expr = { readonly type: TypeId; readonly mod: string } & (
  | { readonly kind: 'constant'; readonly value: string | null }
  | { readonly kind: 'column'; readonly name: string }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly arguments: readonly Expr[]
      readonly syntax: string | null
      readonly variadic: boolean
    }
  /** A conversion; an implicit one is shown only where the place asks for it. */
  | { readonly kind: 'cast'; readonly argument: Expr; readonly implicit: boolean; readonly length: boolean }
  | { readonly kind: 'operator'; readonly name: string; readonly left: Expr | null; readonly right: Expr }
  | { readonly kind: 'any'; readonly name: string; readonly all: boolean; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'and' | 'or'; readonly arguments: readonly Expr[] }
  | { readonly kind: 'not'; readonly argument: Expr }
  | { readonly kind: 'test'; readonly argument: Expr; readonly test: string; readonly shows: boolean }
  | { readonly kind: 'distinct'; readonly left: Expr; readonly right: Expr }
  | {
      readonly kind: 'case'
      readonly argument: Expr | null
      readonly branches: readonly { readonly when: Expr; readonly result: Expr }[]
      readonly otherwise: Expr
    }
  | {
      readonly kind: 'list'
      readonly word: 'COALESCE' | 'GREATEST' | 'LEAST' | 'NULLIF' | 'ROW'
      readonly arguments: readonly Expr[]
    }
  | { readonly kind: 'array'; readonly elements: readonly Expr[] }
  | { readonly kind: 'value'; readonly word: string }
  | { readonly kind: 'collate'; readonly argument: Expr; readonly collation: string }
  | { readonly kind: 'subscript'; readonly argument: Expr; readonly index: Expr; readonly to: Expr | null }
)

/** A literal whose type is not told yet. */
export function literal(value: string | null): Expr {
  return { kind: 'constant', value, type: 'unknown', mod: '' }
}

/** A constant of a type; the value is as the type prints it. */
export function constant(value: string | null, type: TypeId, mod = ''): Expr {
  return { kind: 'constant', value, type, mod }
}

/** Converts an expression without its modifier. (coerce_type in src/backend/parser/parse_coerce.c) */
export function coerceType(
  schema: Schema,
  expr: Expr,
  to: TypeId,
  context: 'implicit' | 'assignment' | 'explicit',
  implicit: boolean,
): Expr {
  if (expr.type === to || to === 'any') return expr
  if (isPolymorphic(to)) return expr
  if (expr.type === 'unknown') {
    if (expr.kind === 'constant') {
      const base = underlying(schema, to).type
      const typed = constant(expr.value === null ? null : canonical(schema, expr.value, base), base)
      return domainOf(schema, to) === undefined
        ? typed
        : { kind: 'cast', argument: typed, type: to, mod: '', implicit, length: false }
    }
    return unknowable('a literal behind another')
  }
  const path = pathway(schema, expr.type, to, context)
  if (path === null) return unknowable(`a conversion of ${expr.type} to ${to}`)
  return { kind: 'cast', argument: expr, type: to, mod: '', implicit, length: false }
}

/** Converts an expression to a type with its modifier. */
export function coerceTo(
  schema: Schema,
  expr: Expr,
  to: TypeId,
  mod: string,
  context: 'implicit' | 'assignment' | 'explicit',
  implicit: boolean,
): Expr {
  // A collation stays outside of the conversion.
  if (expr.kind === 'collate' && to !== expr.type) return unknowable('a conversion of a collated value')
  const coerced = coerceType(schema, expr, to, context, implicit)
  if (mod === '' || coerced.mod === mod || !hasLength(to)) return coerced
  const hidden: Expr = coerced !== expr && coerced.kind === 'cast' ? { ...coerced, implicit: true } : coerced
  if (hidden.kind === 'constant' && to === 'interval') return { ...hidden, mod }
  return { kind: 'cast', argument: hidden, type: to, mod, implicit, length: true }
}

/** Brings values to the type that they have in common. */
export function toCommon(
  schema: Schema,
  values: readonly Expr[],
): { readonly type: TypeId; readonly values: readonly Expr[] } {
  const type = commonType(
    schema,
    values.map((each) => each.type),
  )
  if (type === null) return unknowable('values of different kinds')
  if (!values.every((each) => canCoerce(schema, each.type, type))) return unknowable('values without a common type')
  return { type, values: values.map((each) => coerceType(schema, each, type, 'implicit', true)) }
}

/** True for an expression that mentions a column. */
export function mentionsColumn(expr: Expr): boolean {
  switch (expr.kind) {
    case 'column':
      return true
    case 'constant':
    case 'value':
      return false
    case 'call':
    case 'and':
    case 'or':
    case 'list':
      return expr.arguments.some(mentionsColumn)
    case 'array':
      return expr.elements.some(mentionsColumn)
    case 'operator':
      return (expr.left !== null && mentionsColumn(expr.left)) || mentionsColumn(expr.right)
    case 'any':
    case 'distinct':
      return mentionsColumn(expr.left) || mentionsColumn(expr.right)
    case 'case':
      return (
        (expr.argument !== null && mentionsColumn(expr.argument)) ||
        mentionsColumn(expr.otherwise) ||
        expr.branches.some((each) => mentionsColumn(each.when) || mentionsColumn(each.result))
      )
    case 'subscript':
      return mentionsColumn(expr.argument) || mentionsColumn(expr.index)
    default:
      return mentionsColumn(expr.argument)
  }
}

/** True where an index definition shows the expression without parentheses around it. */
export function looksLikeFunction(expr: Expr): boolean {
  if (expr.kind === 'cast' && expr.implicit) return false
  return expr.kind === 'call' || expr.kind === 'value' || (expr.kind === 'list' && expr.word !== 'ROW')
}

/** The modifier of an array's element. */
export function elementType(type: TypeId): TypeId {
  return isArrayType(type) ? type.slice(0, -2) : unknowable(`${type} is no array`)
}
