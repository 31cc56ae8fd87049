import type { Rule } from '../../src/engine/rule.ts'
import { wholeLines } from '../shared/suggest.ts'

export default {
  id: 'no-uncommitted-transaction',
  severity: 'error',
  summary: 'A transaction that a file begins and never commits is rolled back without a word.',
  why: `When the connection closes, Postgres undoes everything since BEGIN. The runner may record the migration as done all the same, and the schema
    is not what everybody thinks it is.`,
  fix: 'End the file with COMMIT, or leave BEGIN out where the runner opens the transaction.',
  references: ['https://www.postgresql.org/docs/current/sql-begin.html'],
  sources: ['squawk/ban-uncommitted-transaction', 'pgfence/unclosed-transaction', 'pgls/transactionNesting'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `begin; alter table users add column name text;`,
      runner: 'psql',
      message: 'is never committed',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `begin; alter table users add column name text; commit;`,
      runner: 'psql',
    },
    {
      title: 'The runner has begun one, the file steps out of it for a statement, and the runner commits the next.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users add column age integer; commit; create index concurrently users_name on users (name); begin;`,
    },
    {
      title: 'A savepoint is no transaction.',
      given: `create table users (id bigint primary key);`,
      sql: `begin; savepoint a; alter table users add column name text; release a; commit;`,
      runner: 'psql',
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const migration of new Set(ctx.steps.map((step) => step.migration))) {
        let begun = null
        let isRunners = false
        for (const statement of migration.statements) {
          if (statement.inside !== null || !('TransactionStmt' in statement.node)) continue
          const { kind } = statement.node.TransactionStmt
          if (kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START') begun = statement
          if (kind === 'TRANS_STMT_COMMIT' || kind === 'TRANS_STMT_ROLLBACK' || kind === 'TRANS_STMT_PREPARE') {
            // What ends a transaction that the file did not begin is in that of its runner, which commits what begins after it too.
            isRunners ||= begun === null
            begun = null
          }
        }
        if (isRunners) continue
        const last = ctx.steps.findLast((step) => step.migration === migration && step.statement.inside === null)
        if (begun)
          yield {
            ...(last === undefined ? {} : wholeLines(last, `${last.statement.text};\nCOMMIT;`)),
            place: begun.place,
            anySize: true,
            message:
              'The transaction that begins here is never committed: Postgres undoes it when the connection closes.',
          }
      }
    },
  },
} satisfies Rule
