import type { Rule } from '../../src/engine/rule.ts'
import { shownDefault } from '../shared/sql.ts'

export default {
  id: 'no-default-change',
  severity: 'info',
  summary:
    'While a default changes, running instances that leave the column out write the old value or the new one, depending on the moment.',
  why: `Code that was written for the old default goes on running until the deploy is done, and some clients (Active Record with partial inserts off, Prisma with a default in its
    schema) send the default themselves: they write the old one for as long as they run.`,
  fix: 'Deploy code that writes the value itself first, then change the default.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-DEFAULT'],
  enabled: false,
  sources: ['strong_migrations/change_column_default'],
  bad: [
    {
      given: `create table users (id bigint primary key, plan text default 'free');`,
      sql: `alter table users alter column plan set default 'trial';`,
      message: "from `'free'` to `'trial'`",
    },
    {
      title: 'Of a table that is not known, what the default was is not either.',
      alone: true,
      sql: `alter table users alter column plan set default 'trial';`,
    },
  ],
  good: [
    {
      title: 'There was none.',
      given: `create table users (id bigint primary key, plan text);`,
      sql: `alter table users alter column plan set default 'trial';`,
    },
    {
      title: 'It is the same.',
      given: `create table users (id bigint primary key, plan text default 'free');`,
      sql: `alter table users alter column plan set default 'free';`,
    },
    {
      title: 'A new table.',
      sql: `create table users (id bigint generated always as identity primary key, plan text default 'free'); alter table users alter column plan set default 'trial';`,
    },
  ],
  visit: {
    setDefault({ table, from, to }, ctx) {
      if (ctx.isNewColumn(table, from.name) || from.default === to.default) return
      const known =
        ctx.step?.before.tables.get(table)?.columns.some((column) => column.name === from.name) === true &&
        from.type !== null
      if (known && from.default === null) return
      const change = known ? ` from \`${shownDefault(from.default)}\` to \`${shownDefault(to.default)}\`` : ''
      return {
        anySize: true,
        message: `The default of \`${ctx.name(table)}.${from.name}\` changes${change}: running instances may count on the old one.`,
      }
    },
  },
} satisfies Rule
