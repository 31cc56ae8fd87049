import type { Node } from 'libpg-query'
import { parseSql } from '../../sql/parser.ts'
import type { Schema } from '../model.ts'
import { asWritten } from './as-written.ts'
import { print } from './print.ts'
import { transform } from './transform.ts'
import type { Expr } from './tree.ts'
import { coerceTo, coerceType, looksLikeFunction } from './tree.ts'
import { Unknowable, parseType, spell } from './types.ts'

/** What an expression may refer to: the columns of its table with their types. */
export interface ExpressionScope {
  readonly schema: Schema
  readonly columns: readonly { readonly name: string; readonly type: string | null }[]
}

/** An expression in Postgres' own spelling; `exact` is false where it may differ from it. */
export interface Printed {
  readonly text: string
  /** As `format_type` spells it, null where unknown. */
  readonly type: string | null
  readonly exact: boolean
  /** True where an index definition shows it without parentheses around it. */
  readonly isCall: boolean
  /** True for the constant NULL, which is no default at all. */
  readonly isNull: boolean
}

/**
 * Prints an expression as `pg_get_expr` does once Postgres has read it: with the types of its literals and the conversions that it adds.
 * `target` is the type that it is converted to, as `format_type` spells it; null for none. What cannot be told is printed as it is written.
 */
export function printExpression(node: Node, scope: ExpressionScope, target: string | null = null): Printed {
  try {
    const read = transform(node, scope)
    if (target === null) {
      const told = read.type === 'unknown' ? coerceType(scope.schema, read, 'text', 'implicit', true) : read
      return {
        text: print(told),
        type: spell(told.type, told.mod),
        exact: true,
        isCall: looksLikeFunction(told),
        isNull: isNull(told),
      }
    }
    const { type, mod } = parseType(target)
    const coerced = coerceTo(scope.schema, read, type, mod, 'assignment', true)
    return {
      text: print(coerced),
      type: target,
      exact: true,
      isCall: looksLikeFunction(coerced),
      isNull: isNull(coerced),
    }
  } catch (error) {
    if (!(error instanceof Unknowable)) throw error
    return {
      text: asWritten(node),
      type: target,
      exact: false,
      isCall: 'FuncCall' in node || 'CoalesceExpr' in node || 'MinMaxExpr' in node,
      isNull: false,
    }
  }
}

function isNull(expr: Expr): boolean {
  return expr.kind === 'constant' && expr.value === null
}

/** Reads an expression in Postgres' spelling again, for columns whose types have changed since; null where it cannot be read. */
export function reprint(expression: string, scope: ExpressionScope, target: string | null = null): Printed | null {
  const result = parseSql(`SELECT ${expression}`)
  const node = 'nodes' in result ? result.nodes[0] : undefined
  const first = node !== undefined && 'SelectStmt' in node ? node.SelectStmt.targetList?.[0] : undefined
  return first === undefined || !('ResTarget' in first) || first.ResTarget.val === undefined
    ? null
    : printExpression(first.ResTarget.val, scope, target)
}
