import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'

export default {
  id: 'no-wide-table',
  severity: 'info',
  summary: 'A row of very many columns is written anew as a whole for each change of one of them.',
  why: `An update makes a new version of the row, with all the columns that stay what they are (but long values that are kept outside of it). Columns that change at different times, or that only some
    queries want, are cheaper in a table of their own.`,
  fix: 'Put what is read or written apart from the rest into a table of its own, with the same key.',
  references: ['https://www.postgresql.org/docs/current/storage-page-layout.html'],
  options: { max: 50 },
  enabled: false,
  dialects: 'all',
  sources: [],
  bad: [
    {
      options: { max: 3 },
      given: `create table users (id bigint primary key, name text, email text);`,
      sql: `alter table users add column phone text;`,
      message: '`users` has 4 columns now',
    },
  ],
  good: [
    {
      options: { max: 3 },
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users add column phone text;`,
    },
    {
      title: 'One column goes for the one that comes.',
      options: { max: 3 },
      given: `create table users (id bigint primary key, name text, email text);`,
      sql: `alter table users drop column email; alter table users add column phone text;`,
      unproven: 'others speak of the drop',
    },
  ],
  visit: {
    createTable: ({ table }, ctx) => wide(table, ctx),
    addColumn: ({ table }, ctx) => wide(table, ctx),
  },
} satisfies Rule

function wide(table: Key, ctx: RuleContext) {
  const columns = ctx.after.tables.get(table)?.columns.length ?? 0
  return columns > Number(ctx.options['max'])
    ? { object: table, alike: table, message: `\`${ctx.name(table)}\` has ${columns} columns now.` }
    : null
}
