import type { Rule } from '../../src/engine/rule.ts'
import { narrows } from '../shared/type-change.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-lossy-type-change',
  severity: 'error',
  summary: 'A narrower type refuses or cuts values that are there.',
  why: `A shorter text or a smaller integer makes the statement fail on the first value that does not fit; less precision rounds silently, and the
    digits are gone. Running instances still write the old range.`,
  fix: 'Check first that every value fits. Add a column of the new type beside the old one and fill it, so that nothing is lost.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE'],
  approvable: true,
  sources: ['prisma/RiskyCast', 'prisma/NotCastable'],
  checklist: 'backup',
  bad: [
    { given: `create table users (id bigint primary key, name varchar(100));`, sql: `alter table users alter column name type varchar(50);`, message: 'from `character varying(100)` to `character varying(50)`' },
    { given: `create table orders (id bigint primary key, total numeric(12, 4));`, sql: `alter table orders alter column total type numeric(12, 2);` },
    { given: `create table orders (id bigint primary key, amount bigint);`, sql: `alter table orders alter column amount type integer;` },
  ],
  good: [
    { given: `create table users (id bigint primary key, name varchar(50));`, sql: `alter table users alter column name type text;` },
    { sql: `create table users (id bigint primary key, name varchar(100)); alter table users alter column name type varchar(50);` },
  ],
  visit: {
    alterColumnType({ table, from, to, using }, ctx) {
      if (ctx.isNew(table) || from.type === null || to.type === null || !narrows(from.type, to.type)) return
      if (ctx.isNewColumn(table, from.name)) return
      const column = ident(from.name)
      return {
        anySize: true,
        message: `Changing \`${from.name}\` from \`${from.type}\` to \`${to.type}\` refuses or cuts values of \`${ctx.name(table)}\` that do not fit.`,
        help: `See what would change before it does:\n${sql(`SELECT ${column} FROM ${sqlName(table, ctx)} WHERE ${column} IS DISTINCT FROM (${using ?? column})::${to.type}::${from.type} LIMIT 20;`)}`,
      }
    },
  },
} satisfies Rule
