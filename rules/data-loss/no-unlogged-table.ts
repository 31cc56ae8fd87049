import type { Rule } from '../../src/engine/rule.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { wholeLines } from '../shared/suggest.ts'

export default {
  id: 'no-unlogged-table',
  severity: 'warning',
  summary: 'A crash empties an unlogged table, and no replica has its rows.',
  why: `What is written to an unlogged table does not go through the write-ahead log. After a crash Postgres truncates it, because nothing tells whether its pages are whole; replicas and
    logical subscribers never see its rows.`,
  fix: 'Leave UNLOGGED out, unless the rows can be lost at any time.',
  references: ['https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-UNLOGGED'],
  sources: [],
  bad: [
    {
      sql: `create unlogged table sessions (id bigint generated always as identity primary key);`,
      message: 'A crash empties `sessions`',
    },
  ],
  good: [
    { sql: `create table sessions (id bigint generated always as identity primary key);` },
    { sql: `create temporary table sessions (id bigint generated always as identity primary key);` },
    {
      title: 'It is filled first and made safe before the migration ends.',
      sql: `create unlogged table sessions (id bigint generated always as identity primary key); alter table sessions set logged;`,
    },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      const stays = ctx.after.tables.get(table)
      if (to.persistence !== 'unlogged' || stays === undefined || stays.persistence !== 'unlogged') return
      const { step } = ctx
      return {
        anySize: true,
        ...(step ? wholeLines(step, `${step.statement.text.replace(/\bunlogged\s+/i, '')};`) : {}),
        message: `A crash empties \`${ctx.name(table)}\`, and replicas never have its rows: it is unlogged.`,
        help: `Leave \`UNLOGGED\` out where the rows have to stay. Where they are only filled in faster that way, make it safe afterwards, while it is still new:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} SET LOGGED;`)}`,
      }
    },
  },
} satisfies Rule
