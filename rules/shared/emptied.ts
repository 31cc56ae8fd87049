import type { RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { isAlwaysTrue } from './always-true.ts'
import { relationKey } from '../../src/schema/relation.ts'

/** True where an earlier statement of the pull request puts rows into a table of its own: written out, not read from a table that may be empty. */
export function isFilled(table: Key, ctx: RuleContext): boolean {
  return (
    !isEmptied(table, ctx) &&
    ctx.steps.slice(0, ctx.step ? ctx.steps.indexOf(ctx.step) : 0).some(({ statement: { node, inside }, before }) => {
      if (inside !== null || !('InsertStmt' in node)) return false
      const { relation, selectStmt } = node.InsertStmt
      return (
        relationKey(relation, before) === table &&
        selectStmt !== undefined &&
        'SelectStmt' in selectStmt &&
        (selectStmt.SelectStmt.valuesLists ?? []).length > 0
      )
    })
  )
}

/** True where an earlier statement of the pull request takes every row out of a table, and none puts rows in again before the step at hand. */
export function isEmptied(table: Key, ctx: RuleContext): boolean {
  let empty = false
  for (const step of ctx.steps) {
    if (step === ctx.step) return empty
    const { node, inside } = step.statement
    if (inside !== null) continue
    const of = (relation: { readonly schemaname?: string; readonly relname?: string } | undefined) =>
      relationKey(relation, step.before) === table
    if (
      'TruncateStmt' in node &&
      (node.TruncateStmt.relations ?? []).some((relation) => 'RangeVar' in relation && of(relation.RangeVar))
    )
      empty = true
    if ('DeleteStmt' in node && of(node.DeleteStmt.relation) && (node.DeleteStmt.usingClause ?? []).length === 0) {
      const { whereClause } = node.DeleteStmt
      if (whereClause === undefined || isAlwaysTrue(whereClause)) empty = true
    }
    if ('InsertStmt' in node && of(node.InsertStmt.relation)) empty = false
  }
  return false
}
