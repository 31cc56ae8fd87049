import type { RuleContext } from '../../src/engine/rule.ts'
import { commitsAlone } from './outside-transaction.ts'

/** Where a later step of a recipe has to stand so that it does not share the first one's transaction: `in a later migration`. */
export function separateDeploy(ctx: RuleContext): string {
  switch (ctx.runner.name) {
    case 'drizzle':
      return 'in a later deploy (Drizzle runs all pending migrations in one transaction)'
    case 'node-pg-migrate':
      return ctx.runner.options?.singleTransaction === false
        ? 'in a later migration'
        : 'in a later deploy (node-pg-migrate runs all pending migrations in one transaction without `--no-single-transaction`)'
    case 'prisma':
      return commitsAlone(ctx)
        ? 'in a statement after it'
        : 'in a later migration (`npx prisma migrate dev --create-only`)'
    default:
      return commitsAlone(ctx) ? 'in a statement after it' : 'in a later migration'
  }
}
