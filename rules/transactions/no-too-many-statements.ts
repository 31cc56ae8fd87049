import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-too-many-statements',
  severity: 'info',
  summary: 'A transaction of very many statements holds the locks of the first one until the last one is done.',
  why: `Locks are held until the transaction ends, and what fails near the end takes everything before it back. Smaller migrations let go of their locks sooner and begin
    again nearer to what failed.`,
  fix: 'Split the migration where a part of it stands on its own.',
  references: ['https://www.postgresql.org/docs/current/explicit-locking.html'],
  options: { max: 100 },
  enabled: false,
  sources: [],
  bad: [
    {
      options: { max: 2 },
      given: `create table users (id bigint primary key);`,
      sql: `begin; alter table users add column a int; alter table users add column b int; alter table users add column c int; commit;`,
      message: 'holds its locks through 3 statements',
    },
  ],
  good: [
    {
      options: { max: 2 },
      given: `create table users (id bigint primary key);`,
      sql: `begin; alter table users add column a int; alter table users add column b int; commit; alter table users add column c int;`,
      runner: 'psql',
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const steps = ctx.steps.filter(
        ({ statement, transaction }) =>
          statement.inside === null && statement.kind !== 'TransactionStmt' && transaction.block === true,
      )
      for (const id of new Set(steps.map(({ transaction }) => transaction.id))) {
        const [first, ...rest] = steps.filter(({ transaction }) => transaction.id === id)
        if (first === undefined || rest.length < Number(ctx.options['max'])) continue
        yield {
          place: first.statement.place,
          object: first.migration.name,
          message: `This transaction holds its locks through ${rest.length + 1} statements: ${first.transaction.because}.`,
        }
      }
    },
  },
} satisfies Rule
