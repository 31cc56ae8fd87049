import type { RuleContext } from '../../src/engine/rule.ts'
import { isLiquibase } from '../../src/project/liquibase.ts'
import { commitsEach } from '../../src/project/transactions.ts'
import type { Step } from '../../src/step.ts'

/** How to run a statement outside a transaction with the runner at hand. */
export interface Outside {
  /** What to do, as a clause that ends in a colon's place: `put it alone in a migration of its own (…)`. */
  readonly how: string
  /** True where the statement may replace the one at hand in its own file, nothing else changed. */
  readonly inPlace: boolean
  /** True where no migration of this runner can hold it. */
  readonly never: boolean
}

/** What is to run outside a transaction. */
export interface Wanted {
  /** What lets the statement that stays in the migration find its work done, where no migration can hold the one that does it. */
  readonly kept?: 'IF NOT EXISTS' | 'IF EXISTS'
  /** The rule that speaks of the statement that stays: nothing in the repository shows that its work is done. */
  readonly silenced?: string
  /** True where it needs what the pull request changes. */
  readonly later?: boolean
  /** True where it stands in the migration at hand, and has to leave it. */
  readonly written?: boolean
  /** True for several statements. */
  readonly many?: boolean
}

/** Where a statement that cannot run in a transaction has to go, for this runner and this step. */
export function outsideTransaction(
  ctx: RuleContext,
  { kept, silenced, later = false, written = false, many = false }: Wanted = {},
): Outside {
  const alone = ctx.step !== null && ctx.step.migration.statements.filter((s) => s.inside === null).length === 1
  const free = ctx.step?.transaction.block === false
  const [it, its] = many ? ['them', 'their'] : ['it', 'its']
  const single = many ? 'each alone' : 'it alone'
  /** In a file whose statements commit one by one, any number has room. */
  const own = (how: string): Outside => ({ how, inPlace: free, never: false })
  /** Where a file is one query, a statement has to stand alone in it. */
  const query = (how: string): Outside => ({ how, inPlace: free || (alone && !many), never: false })
  if (commitsAlone(ctx)) return own(`this file commits each statement alone, so ${many ? 'they' : 'it'} can stand here`)
  switch (ctx.runner.name) {
    case 'prisma':
      return query(`put ${single} in a migration of its own (\`npx prisma migrate dev --create-only\`)`)
    case 'drizzle':
    case 'refinery':
      return {
        how: `${ctx.runner.name === 'drizzle' ? 'Drizzle runs all pending migrations in one transaction' : 'refinery runs each file in a transaction'}, so no migration of it can do this. ${later && written ? `Leave ${it} out of this one, run ${it}` : `Run ${it}`} by hand ${kept === 'IF EXISTS' || later ? 'after' : 'before'} the deploy${kept === undefined ? '' : `, and let ${later ? 'a later' : 'the'} migration find its work done (\`${kept}\`)${silenced === undefined ? '' : `, with \`-- schemagate-ignore ${silenced}: built by hand\` above it`}`}`,
        inPlace: false,
        never: true,
      }
    case 'goose':
      return own(`put ${it} in a migration of ${its} own that begins with \`-- +goose NO TRANSACTION\``)
    case 'dbmate':
      return own(`put ${single} in a migration of its own that begins with \`-- migrate:up transaction:false\``)
    case 'sqlx':
      return own(`put ${single} in a migration of its own whose first line is \`-- no-transaction\``)
    case 'graphile-migrate':
      return own(`put ${single} in a migration of its own that begins with \`--! no-transaction\``)
    case 'diesel':
      return own(`put ${single} in a migration of its own with \`run_in_transaction = false\` in its \`metadata.toml\``)
    case 'atlas':
      return own(`put ${it} in a migration of ${its} own that begins with \`-- atlas:txmode none\``)
    case 'flyway':
      return query(`put ${it} in a migration of ${its} own, with \`executeInTransaction=false\` in its \`.conf\` file`)
    case 'node-pg-migrate':
      return {
        how: `a SQL file of node-pg-migrate always runs in a transaction, so put ${it} in a migration in JavaScript, as \`pgm.sql(…)\` after \`pgm.noTransaction()\``,
        inPlace: false,
        never: false,
      }
    case 'golang-migrate':
    case 'supabase':
    case 'psql':
      if (ctx.step !== null && isLiquibase(ctx.step.statement.file.text))
        return own(`put ${it} in a changeset of ${its} own with \`runInTransaction:false\``)
      return query(`put ${single} in a migration of its own, outside a transaction`)
  }
}

/** True where a statement that is put into the file of the one at hand commits alone, as that does. */
export function commitsAlone({ step, runner, postgres }: RuleContext): boolean {
  return step?.transaction.block === false && commitsEach(runner, step.migration, { postgres })
}

/** Where `ALTER TYPE ... ADD VALUE` has to go, as a clause that begins with a semicolon: below PostgreSQL 12 no transaction takes it. */
export function addingValue(ctx: RuleContext, many = false): string {
  return ctx.postgres < 12 ? `; ${outsideTransaction(ctx, { many }).how}` : ''
}

/** True where another changeset of Liquibase begins between two statements of a file. */
export function isOtherChangeset({ statement: first }: Step, { statement: second }: Step): boolean {
  const { text } = first.file
  return isLiquibase(text) && /^\s*--\s*changeset\s/im.test(text.slice(first.end, second.start))
}
