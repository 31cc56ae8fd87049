import type { RuleContext } from '../../src/engine/rule.ts'
import { key, type Key } from '../../src/schema/model.ts'
import { isAlwaysTrue } from './always-true.ts'

/** True where an earlier statement of the pull request takes every row out of a table, and none puts rows in again before the step at hand. */
export function isEmptied(table: Key, ctx: RuleContext): boolean {
  let empty = false
  for (const step of ctx.steps) {
    if (step === ctx.step) return empty
    const { node, inside } = step.statement
    if (inside !== null) continue
    const of = (relation: { readonly schemaname?: string; readonly relname?: string } | undefined) => key(relation?.schemaname ?? step.before.defaultSchema, relation?.relname ?? '') === table
    if ('TruncateStmt' in node && (node.TruncateStmt.relations ?? []).some((relation) => 'RangeVar' in relation && of(relation.RangeVar))) empty = true
    if ('DeleteStmt' in node && of(node.DeleteStmt.relation) && (node.DeleteStmt.usingClause ?? []).length === 0) {
      const { whereClause } = node.DeleteStmt
      if (whereClause === undefined || isAlwaysTrue(whereClause)) empty = true
    }
    if ('InsertStmt' in node && of(node.InsertStmt.relation)) empty = false
  }
  return false
}
