import type { Rule } from '../../src/engine/rule.ts'
import { fillInBatches } from '../shared/batches.ts'
import { notNullRecipe } from '../shared/not-null.ts'
import { addEmptyColumnSql, ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-default-before-11',
  severity: 'error',
  summary: 'Below PostgreSQL 11 a new column with a default rewrites the whole table under an exclusive lock.',
  why: `PostgreSQL 11 learned to keep the default of old rows in the catalog. Before that, every default but NULL is written into every row, and all indexes are
    built anew, while nobody can read or write.`,
  fix: 'Add the column without default, set the default for new rows, and fill the old ones in batches.',
  references: [
    'https://www.postgresql.org/docs/10/sql-altertable.html',
    'https://www.postgresql.org/docs/11/release-11.html',
  ],
  sources: [
    'squawk/adding-field-with-default',
    'pgfence/add-column-default-pre-pg11',
    'pgfence/add-column-constant-default',
    'strong_migrations/add_column_default',
    'pgls/addingFieldWithDefault',
    'diesel-guard/AddColumnCheck',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: true, to: 10 },
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column plan text default 'free';`,
      postgres: 10,
      message: 'Adding `plan` with a default rewrites `users`',
    },
  ],
  good: [
    {
      title: 'From 11 on the default is kept in the catalog.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column plan text default 'free';`,
      postgres: 11,
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column plan text; alter table users alter column plan set default 'free';`,
      postgres: 10,
    },
    {
      sql: `create table users (id bigint primary key); alter table users add column plan text default 'free';`,
      postgres: 10,
    },
  ],
  visit: {
    addColumn({ table, to }, ctx) {
      if (
        ctx.postgres >= 11 ||
        to.default === null ||
        to.identity !== null ||
        to.default.startsWith('nextval(') ||
        /^NULL\b/i.test(to.default) ||
        ctx.isNew(table)
      )
        return
      const name = sqlName(table, ctx)
      const column = ident(to.name)
      return {
        message: `Adding \`${to.name}\` with a default rewrites \`${ctx.name(table)}\` and all its indexes while nobody can read or write it, on PostgreSQL ${ctx.postgres}.`,
        help: `${rowsSentence(table, ctx)}Add it empty, let new rows have the default, then fill the old rows in batches:\n${sql(
          addEmptyColumnSql(table, to, ctx),
          `ALTER TABLE ${name} ALTER COLUMN ${column} SET DEFAULT ${to.default};`,
          ...fillInBatches(table, to.name, 'DEFAULT', ctx),
        )}${to.nullable ? '' : `\nThen make it NOT NULL. ${notNullRecipe(table, to.name, ctx)}`}`,
      }
    },
  },
} satisfies Rule
