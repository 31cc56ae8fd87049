import type { Rule } from '../../src/engine/rule.ts'
import { fillInBatches } from '../shared/batches.ts'
import { notNullRecipe } from '../shared/not-null.ts'
import { addEmptyColumnSql, ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { unknownCall, volatileCall } from '../shared/volatility.ts'

export default {
  id: 'no-volatile-default',
  severity: 'error',
  summary: 'A new column whose default differs from row to row rewrites the whole table under an exclusive lock.',
  why: `From PostgreSQL 11 on, a constant or a stable default like now() is computed once and stored in the catalog. A volatile one,
    gen_random_uuid(), random(), clock_timestamp(), nextval(), has to be computed for each row: the table and all its indexes are written
    anew while nobody can read or write.`,
  fix: 'Add the column without default, set the default for new rows, and fill the old ones in batches.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: [
    'squawk/adding-field-with-default',
    'pgfence/add-column-non-constant-default',
    'strong_migrations/add_column_default',
    'strong_migrations/add_column_default_callable',
    'pgsafe/add-column-volatile-default',
    'pgls/addingFieldWithDefault',
    'diesel-guard/AddColumnCheck',
    'eugene/E10',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: true },
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column token uuid default gen_random_uuid();`,
      message: 'Adding `token` rewrites `users`',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column seen timestamptz not null default clock_timestamp();`,
    },
    {
      title: 'A function of which nothing is known is volatile unless it is declared otherwise: information.',
      alone: true,
      sql: `alter table users add column code text default short_code();`,
      message: 'unless `short_code()` is declared',
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'A function in SQL that gives a constant is written in its place.',
      given: `create table users (id bigint primary key); create function start() returns integer language sql as $$ select 1 $$;`,
      sql: `alter table users add column score integer default start();`,
    },
    {
      title: 'now() is stable: computed once, stored in the catalog.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column created_at timestamptz not null default now();`,
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column tags text[] not null default array[]::text[];`,
    },
    {
      title: 'Only new rows get a default that is set afterwards.',
      given: `create table users (id bigint primary key);`,
      sql: `
        alter table users add column token uuid;
        alter table users alter column token set default gen_random_uuid();`,
    },
    {
      title: 'A table made in the same pull request is empty.',
      sql: `
        create table users (id bigint primary key);
        alter table users add column token uuid default gen_random_uuid();`,
    },
  ],
  visit: {
    addColumn({ table, to }, ctx) {
      if (
        to.default === null ||
        to.default.startsWith('nextval(') ||
        to.identity !== null ||
        ctx.isNew(table) ||
        ctx.postgres < 11
      )
        return
      const known = volatileCall(to.default, ctx)
      const call = known ?? unknownCall(to.default, ctx)
      if (call === null) return
      const name = sqlName(table, ctx)
      const column = ident(to.name)
      return {
        ...(known === null ? { severity: 'info' as const, uncertain: true } : {}),
        message: `Adding \`${to.name}\` rewrites \`${ctx.name(table)}\` and all its indexes while nobody can read or write it, ${known === null ? `unless \`${call}\` is declared \`STABLE\` or \`IMMUTABLE\`` : `because \`${call}\` is computed for each row`}.`,
        help: `${rowsSentence(table, ctx)}Add it empty, let new rows have the default, then fill the old rows in batches:\n${sql(
          addEmptyColumnSql(table, to, ctx),
          `ALTER TABLE ${name} ALTER COLUMN ${column} SET DEFAULT ${to.default};`,
          ...fillInBatches(table, to.name, 'DEFAULT', ctx),
        )}${to.nullable ? '' : `\nThen make it NOT NULL. ${notNullRecipe(table, to.name, ctx)}`}`,
      }
    },
  },
} satisfies Rule
