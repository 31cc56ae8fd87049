import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-drop-default',
  severity: 'warning',
  summary: 'Without its default a NOT NULL column refuses the inserts of running instances that leave it out.',
  why: `Instances of the version before insert without the column, because the default took care of it. Prisma and Django write this pattern by
    themselves: add with a default, then drop the default.`,
  fix: 'Drop the default one deploy later, when all running code sets the column.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, role text not null default 'member');`,
      sql: `alter table users alter column role drop default;`,
      message: 'Without the default of `role`',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column role text not null default 'member'; alter table users alter column role drop default;`,
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, role text default 'member');`,
      sql: `alter table users alter column role drop default;`,
    },
    {
      sql: `create table users (id bigint primary key, role text not null default 'member'); alter table users alter column role drop default;`,
    },
    {
      title: 'Another default follows.',
      given: `create table users (id bigint primary key, role text not null default 'member');`,
      sql: `alter table users alter column role drop default; alter table users alter column role set default 'guest';`,
    },
  ],
  visit: {
    dropDefault({ table, from }, ctx) {
      if (ctx.isNew(table) || from.nullable || from.default === null) return
      const end = ctx.after.tables.get(table)?.columns.find((column) => column.name === from.name)
      if (!end || end.default !== null || end.identity !== null || end.nullable) return
      return {
        anySize: true,
        message: `Without the default of \`${from.name}\`, running instances that insert into \`${ctx.name(table)}\` without it break.`,
        help: `Leave \`DEFAULT ${from.default}\` in place, deploy code that always sets \`${from.name}\`, and drop the default in a later pull request.`,
      }
    },
  },
} satisfies Rule
