import type { RuleContext } from '../../src/engine/rule.ts'

/** The words for who declares the schema: in Prisma, in Drizzle, or in SQL. */
export function byOrm<T>(ctx: RuleContext, words: { readonly prisma: T; readonly drizzle: T; readonly sql: T }): T {
  return words[ctx.project.orm ?? 'sql']
}
