import type { Rule } from '../../src/engine/rule.ts'
import { endsTransactions } from '../../src/sql/transaction-block.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { runnerWord, sentence } from '../shared/words.ts'

export default {
  id: 'no-nested-transaction',
  severity: 'error',
  summary: 'BEGIN or COMMIT in a file that the runner puts in a transaction of its own commits half of the migration.',
  why: `Postgres has one transaction at a time: a BEGIN inside it is only a warning, and the COMMIT of the file ends the runner's transaction. What follows
    runs without one, and a failure leaves the migration half applied.`,
  fix: 'Leave BEGIN and COMMIT to the runner, or switch its transaction off for this file.',
  references: [
    'https://www.postgresql.org/docs/current/sql-begin.html',
    'https://www.postgresql.org/docs/current/plpgsql-transactions.html',
  ],
  sources: ['squawk/transaction-nesting', 'pgls/transactionNesting'],
  bad: [
    {
      runner: 'goose',
      given: `create table users (id bigint primary key);`,
      sql: `begin; alter table users add column name text; commit;`,
      message: 'ends the transaction',
    },
    {
      title: 'A second BEGIN in the same transaction.',
      runner: 'psql',
      given: `create table users (id bigint primary key);`,
      sql: `begin; begin; alter table users add column name text; commit;`,
      message: 'inside the transaction',
    },
    {
      title: 'A COMMIT of a transaction that somebody else began.',
      alone: true,
      sql: `select 1; commit;`,
      message: 'did not begin',
      severity: 'warning',
    },
    {
      title: 'A block that commits is refused inside a transaction.',
      runner: 'goose',
      given: `create table users (id bigint primary key, plan text);`,
      sql: `do $$ begin loop update users set plan = 'free' where id in (select id from users where plan is null limit 1000); exit when not found; commit; end loop; end $$;`,
      message: 'fails here',
    },
  ],
  good: [
    {
      title: 'Outside a transaction a block may commit.',
      runner: 'psql',
      given: `create table users (id bigint primary key, plan text);`,
      sql: `do $$ begin loop update users set plan = 'free' where id in (select id from users where plan is null limit 1000); exit when not found; commit; end loop; end $$;`,
    },
    {
      runner: 'psql',
      given: `create table users (id bigint primary key);`,
      sql: `begin; alter table users add column name text; commit;`,
    },
    {
      title: 'Prisma opens no transaction of its own.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      sql: `BEGIN; ALTER TABLE "users" ADD COLUMN "name" TEXT; COMMIT;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const managed = new Set([
        'goose',
        'dbmate',
        'sqlx',
        'diesel',
        'atlas',
        'flyway',
        'node-pg-migrate',
        'graphile-migrate',
        'refinery',
      ])
      for (const migration of new Set(ctx.steps.map((step) => step.migration))) {
        let open = false
        for (const step of ctx.steps.filter((each) => each.migration === migration)) {
          const { node } = step.statement
          if (step.transaction.block === true && endsTransactions(step.statement))
            yield {
              place: step.statement.place,
              anySize: true,
              fails: true,
              message: `This block commits, which fails here: ${step.transaction.because}.`,
              help: `${sentence(outsideTransaction({ ...ctx, step }).how)}, or run it from a script beside the migration.`,
            }
          if (step.statement.inside !== null || !('TransactionStmt' in node)) continue
          const { kind } = node.TransactionStmt
          const begins = kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START'
          const ends = kind === 'TRANS_STMT_COMMIT' || kind === 'TRANS_STMT_ROLLBACK'
          const told = step.transaction.because.includes('--in-transaction')
          const runners =
            (told || (managed.has(ctx.runner.name) && !ctx.runner.assumed)) &&
            step.transaction.block === true &&
            !step.transaction.because.includes('BEGIN')
          if (runners && ends)
            yield {
              place: step.statement.place,
              anySize: true,
              message: `This ends the transaction that ${told ? 'the file runs in' : `${runnerWord(ctx)} opened`}: what follows runs without one, and a failure leaves the migration half applied.`,
            }
          else if (ends && !open && !runners && ctx.alone && ctx.runner.name !== 'drizzle')
            yield {
              place: step.statement.place,
              anySize: true,
              severity: 'warning',
              message: 'This ends a transaction that the file did not begin: what follows runs without one.',
              help: 'Leave it out, or begin the file with BEGIN where it runs outside of a transaction.',
            }
          else if (begins && open)
            yield {
              place: step.statement.place,
              anySize: true,
              help: 'Leave this BEGIN out.',
              message:
                'This stands inside the transaction that is open already, so Postgres ignores it, and the first COMMIT ends both.',
            }
          if (begins) open = true
          if (ends) open = false
        }
      }
    },
  },
} satisfies Rule
