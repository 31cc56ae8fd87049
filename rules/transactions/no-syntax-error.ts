import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-syntax-error',
  severity: 'error',
  summary: 'A statement that Postgres cannot parse fails when the migration runs.',
  why: `The migration stops at it. What ran before stays or is rolled back, as the runner's transactions have it, and the deploy stands still
    until someone mends it by hand.`,
  fix: 'Correct the statement at the place that is marked.',
  references: ['https://www.postgresql.org/docs/current/sql-syntax.html'],
  sources: [],
  claims: { fails: '42601' },
  bad: [
    { sql: `create tabel users (id bigint primary key);`, message: 'syntax error' },
    {
      title: 'The rest of the file is still looked at.',
      sql: `
        create table users (id bigint primary key, );
        create table orders (id bigint primary key);`,
    },
    {
      sql: `
        create table users (id bigint primary key)
        create table orders (id bigint primary key);`,
      message: 'a `;` is missing before `create` in line 2',
    },
  ],
  good: [{ sql: `create table users (id bigint primary key);` }],
  visit: {
    sqlProblem(problem) {
      if (problem.kind !== 'syntax') return
      return {
        place: problem.place,
        message: `PostgreSQL cannot parse this: ${problem.message}.`,
        ...(problem.help === null ? {} : { help: problem.help }),
        ...(problem.suggestion ? { suggestion: problem.suggestion } : {}),
      }
    },
  },
} satisfies Rule
