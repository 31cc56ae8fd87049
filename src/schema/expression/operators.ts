import { resolveFunction, resolveOperator } from './resolve.ts'
import type { Expr } from './tree.ts'
import { coerceType, mentionsColumn } from './tree.ts'
import type { TypeId } from './types.ts'
import {
  Unknowable,
  canCoerce,
  categoryOf,
  commonType,
  elementOf,
  isArrayType,
  underlying,
  unknowable,
} from './types.ts'
import type { Schema } from '../model.ts'

export function functionOrNull(schema: Schema, within: string | null, name: string, types: readonly TypeId[]): unknown {
  try {
    return resolveFunction(schema, within, name, types)
  } catch (error) {
    if (error instanceof Unknowable) return null
    throw error
  }
}

export function operator(schema: Schema, name: string, left: Expr | null, right: Expr): Expr {
  const inputs = left === null ? [right.type] : [left.type, right.type]
  const callable = resolveOperator(schema, name, inputs)
  const rightType = callable.arguments.at(-1) ?? 'any'
  return {
    kind: 'operator',
    name,
    left: left === null ? null : coerceType(schema, left, callable.arguments[0] ?? 'any', 'implicit', true),
    right: coerceType(schema, right, rightType, 'implicit', true),
    type: callable.result,
    mod: '',
  }
}

export function overArray(schema: Schema, name: string, left: Expr, right: Expr, all: boolean): Expr {
  const array = right.type === 'unknown' ? null : underlying(schema, right.type).type
  if (array !== null && !isArrayType(array)) return unknowable('ANY of no array')
  const element = array === null ? 'unknown' : elementOf(array)
  const callable = resolveOperator(schema, name, [left.type, element])
  const [leftType = 'any', rightType = 'any'] = callable.arguments
  return {
    kind: 'any',
    name,
    all,
    left: coerceType(schema, left, leftType, 'implicit', true),
    right: coerceType(schema, right, `${rightType}[]`, 'implicit', true),
    type: 'bool',
    mod: '',
  }
}

/** Constants of a list become an array where they have a common type; columns stay comparisons. (transformAExprIn) */
export function ofIn(name: string, left: Expr, values: readonly Expr[], schema: Schema): Expr {
  const fixed = values.filter((each) => !mentionsColumn(each))
  const rest = values.filter(mentionsColumn)
  const parts: Expr[] = []
  const type =
    fixed.length > 1
      ? commonType(
          schema,
          [left, ...fixed].map((each) => each.type),
        )
      : null
  const joined =
    type !== null &&
    [left, ...fixed].every((each) => canCoerce(schema, each.type, type)) &&
    categoryOf(schema, type) !== 'P'
  if (joined) {
    const array: Expr = {
      kind: 'array',
      elements: fixed.map((each) => coerceType(schema, each, type, 'implicit', true)),
      type: `${type}[]`,
      mod: '',
    }
    parts.push(overArray(schema, name, left, array, name !== '='))
  }
  for (const each of joined ? rest : values) parts.push(operator(schema, name, left, each))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return { kind: name === '=' ? 'or' : 'and', arguments: parts, type: 'bool', mod: '' }
}
