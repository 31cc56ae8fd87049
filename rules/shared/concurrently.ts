import type { RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'

/** `CONCURRENTLY ` for a table that others use already; nothing for one that the pull request creates. */
export function concurrently(table: Key, ctx: RuleContext): string {
  return ctx.isNew(table) ? '' : 'CONCURRENTLY '
}
