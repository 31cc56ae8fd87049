import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Step } from '../../src/step.ts'
import type { Key } from '../../src/schema/model.ts'
import { wholeLines } from '../shared/suggest.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { refusesTransaction } from '../../src/sql/transaction-block.ts'
import { sql } from '../shared/sql.ts'
import { sentence } from '../shared/words.ts'

export default {
  id: 'no-concurrently-in-transaction',
  severity: 'error',
  summary: 'What cannot run inside a transaction fails in a migration that runs in one.',
  why: `CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, REINDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY, VACUUM, CREATE DATABASE and
    ALTER SYSTEM refuse to run in a transaction block. A file of several statements that is sent as one query is such a block too, and
    so is everything that a runner puts between BEGIN and COMMIT.`,
  fix: 'Run the statement alone, outside a transaction, in the way that your runner has for it.',
  references: [
    'https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
    'https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT',
  ],
  sources: [
    'squawk/ban-concurrent-index-creation-in-transaction',
    'pgfence/concurrent-in-transaction',
    'pgsafe/concurrently-in-transaction',
    'pgls/banConcurrentIndexCreationInTransaction',
    'diesel-guard/AddIndexCheck',
    'diesel-guard/DropIndexCheck',
    'diesel-guard/ReindexCheck',
  ],
  claims: { fails: '25001' },
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `begin; create index concurrently users_name on users (name); commit;`,
      runner: 'psql',
      message: 'fails',
    },
    {
      title: 'Drizzle runs all pending migrations in one transaction.',
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      unproven: "the transaction is the runner's",
    },
    {
      title: 'Prisma 6 sends a file as one query, which is a transaction where it holds several statements.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      sql: `
        alter table users add column name text;
        create index concurrently users_name on users (name);`,
    },
    {
      title:
        'After a COMMIT of its own the statement works under Drizzle, and what follows is no longer rolled back: a warning.',
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key, name text);`,
      sql: `
        commit;--> statement-breakpoint
        create index concurrently if not exists users_name on users (name);`,
      severity: 'warning',
      unproven: 'it works, at a price',
    },
    {
      title: 'Where the version is not known, it is said of those that fail.',
      runner: 'supabase',
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users add column email text; create index concurrently users_name on users (name);`,
      message: 'fails here with a Supabase CLI below 2.109',
      severity: 'info',
      unproven: 'it hangs on the version of the runner',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'prisma@6',
    },
    {
      given: `create table users (id bigint primary key, name text, email text);`,
      sql: `
        create index concurrently users_name on users (name);
        create index concurrently users_email on users (email);`,
      runner: 'prisma@7.10',
    },
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'psql',
    },
  ],
  visit: {
    statement(statement, ctx) {
      const form = refusesTransaction(statement)
      if (form === null) return
      const { transaction } = ctx.step
      const fresh = onNewTable(ctx)
      if (transaction.block === true && fresh !== null) {
        return {
          anySize: true,
          fails: true,
          message: `\`${form}\` fails here: ${transaction.because}.`,
          help: `Nobody uses \`${ctx.name(fresh)}\` yet, so leave CONCURRENTLY out:\n${sql(plain(statement.text))}`,
          ...wholeLines(ctx.step, plain(statement.text)),
        }
      }
      const outside = outsideTransaction(ctx, {
        ...(form === 'DROP INDEX CONCURRENTLY' ? { kept: 'IF EXISTS' } : {}),
        written: true,
        later: needsThePullRequest(ctx),
      })
      const text = statement.text.split('\n').length > 12 ? form : `${statement.text};`
      if (statement.inside !== null) {
        return {
          anySize: true,
          fails: true,
          message: `\`${form}\` fails inside a ${statement.inside === 'do' ? 'DO block' : 'function'}, which always runs in a transaction.`,
          help: `Take it out and ${outside.how}:\n${sql(text)}`,
        }
      }
      if (transaction.block === true) {
        return {
          anySize: true,
          fails: true,
          message: `\`${form}\` fails here: ${transaction.because}.`,
          help: `${sentence(outside.how)}:\n${sql(text)}`,
        }
      }
      const older = olderThat[ctx.runner.name]
      if (transaction.block === null && older !== undefined && !ctx.runner.assumed) {
        return {
          severity: 'info',
          anySize: true,
          message: `\`${form}\` fails here with ${form === 'DROP INDEX CONCURRENTLY' ? older.drops : older.all}, which ${older.sends}.`,
          help: `${sentence(outside.how)}, which works with every version:\n${sql(text)}`,
        }
      }
      if (ctx.runner.name === 'drizzle' && transaction.block === false) {
        return {
          severity: 'warning',
          message: `\`${form}\` runs after a COMMIT that ends Drizzle's transaction: when it fails, what ran before stays, and the migration is run again from its start.`,
          help: 'Every statement of this migration has to be safe to repeat: `IF NOT EXISTS`, `IF EXISTS`. Where that cannot be, run this one by hand before the deploy.',
        }
      }
      return
    },
  },
} satisfies Rule

/** The table of the pull request that the statement at hand builds an index on; null for any other. */
function onNewTable({ step, isNew }: RuleContext & { readonly step: Step }): Key | null {
  const [change, ...more] = step.changes
  return change?.kind === 'addIndex' && more.length === 0 && isNew(change.table) && step.statement.inside === null
    ? change.table
    : null
}

const plain = (text: string) => `${text.replace(/(\bindex)\s+concurrently\b/i, '$1')};`

/** True for an index over a column that the pull request adds. */
function needsThePullRequest({ step, isNewColumn }: RuleContext & { readonly step: Step }): boolean {
  return step.changes.some(
    (change) =>
      change.kind === 'addIndex' &&
      change.index.keys.some(({ column }) => column !== null && isNewColumn(change.table, column)),
  )
}

/** Versions that put a whole file into one transaction, of runners whose later ones do not. */
const olderThat: Readonly<Record<string, { readonly all: string; readonly drops: string; readonly sends: string }>> = {
  prisma: { all: 'Prisma below 7.4', drops: 'Prisma below 7.11', sends: 'sends the file as one transaction' },
  supabase: {
    all: 'a Supabase CLI below 2.109',
    drops: 'a Supabase CLI of before August 2026',
    sends: 'sends the file as one transaction',
  },
}
