import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-enum',
  severity: 'info',
  summary: 'A value of an enum can be added, never taken away.',
  why: 'Taking one out means a new type and a rewrite of every table that uses it. A table of values or a CHECK constraint can be changed at any time.',
  fix: 'Use text with a CHECK constraint, or a table of values with a foreign key.',
  references: ['https://www.postgresql.org/docs/current/datatype-enum.html'],
  enabled: false,
  sources: ['eugene/W13', 'pgls/creatingEnum'],
  bad: [{ sql: `create type mood as enum ('sad', 'ok');`, message: 'can never be taken out' }],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, mood text not null check (mood in ('sad', 'ok')));`,
    },
  ],
  visit: {
    createEnum: ({ object }, ctx) => ({
      anySize: true,
      message: `A value of \`${ctx.name(object)}\` can never be taken out again.`,
    }),
  },
} satisfies Rule
