import type { Rule } from '../../src/engine/rule.ts'
import { columnInSteps } from '../shared/renames.ts'

export default {
  id: 'no-rename-column',
  severity: 'error',
  summary: 'Renaming a column breaks every running instance that still uses the old name.',
  why: `The rename takes effect at once, while instances of the version before go on reading and writing the old name. Until the last of
    them is gone, each of their queries on the table fails.`,
  fix: 'Keep the name in the database and rename in code only, or add a new column, write both, fill it and drop the old one later.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html',
    'https://www.prisma.io/docs/orm/reference/prisma-schema-reference#map',
  ],
  dialects: 'all',
  sources: [
    'squawk/renaming-column',
    'pgfence/rename-column',
    'strong_migrations/rename_column',
    'atlas/BC102',
    'diesel-guard/RenameColumnCheck',
    'pgsafe/rename',
    'pgls/renamingColumn',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users rename column name to full_name;`,
      message: 'Renaming `users.name` breaks',
    },
  ],
  good: [
    {
      sql: `create table users (id bigint primary key, name text); alter table users rename column name to full_name;`,
    },
    {
      title: 'A column that the same pull request adds has no users yet.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text; alter table users rename column name to full_name;`,
    },
    {
      title: 'The old name is given back, generated from the new one.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `
        alter table users rename column name to full_name;
        alter table users add column name text generated always as (full_name) virtual;`,
      postgres: 18,
    },
  ],
  visit: {
    renameColumn({ table, from, to }, ctx) {
      if (ctx.isNew(table) || ctx.isNewColumn(table, from)) return
      const after = ctx.after.tables.get(table)
      if (after?.columns.some((column) => column.name === from)) return
      const known = ctx.step?.before.views.has(table)
      if (known) return
      return {
        message: `Renaming \`${ctx.name(table)}.${from}\` breaks every running instance that still reads or writes \`${from}\`.`,
        help: columnInSteps(table, from, to, ctx),
      }
    },
  },
} satisfies Rule
