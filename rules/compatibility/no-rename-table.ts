import type { Rule } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { isRetired } from '../shared/names.ts'
import { tableBehindView } from '../shared/renames.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-rename-table',
  severity: 'error',
  summary: 'Renaming a table breaks every running instance that still uses the old name.',
  why: `The rename takes effect at once, while instances of the version before go on querying the old name, and each of those queries fails.
    A view with the old name keeps them working until they are gone.`,
  fix: 'Keep the name in the database and rename in code only, or leave a view with the old name behind.',
  references: [
    'https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS',
    'https://www.prisma.io/docs/orm/reference/prisma-schema-reference#map-1',
  ],
  yieldsTo: ['no-used-table-drop'],
  dialects: 'all',
  sources: [
    'squawk/renaming-table',
    'pgfence/rename-table',
    'strong_migrations/rename_table',
    'atlas/BC101',
    'diesel-guard/RenameTableCheck',
    'pgsafe/rename',
    'pgls/renamingTable',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users rename to accounts;`,
      message: 'Renaming `users` to `accounts` breaks',
    },
    {
      title: 'Put out of reach before it is dropped: a warning.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users rename to users_dropped;`,
      severity: 'warning',
    },
  ],
  good: [
    { sql: `create table users (id bigint primary key); alter table users rename to accounts;` },
    {
      title: 'A view with the old name serves the old version.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users rename to accounts; create view users as select * from accounts;`,
    },
  ],
  visit: {
    renameTable({ table, to }, ctx) {
      if (ctx.isNew(table) || ctx.after.views.has(table) || ctx.after.tables.has(table)) return
      if (ctx.step?.before.views.has(table)) return
      const message = `Renaming \`${ctx.name(table)}\` to \`${ctx.name(to)}\` breaks every running instance that still uses the old name.`
      if (isRetired(nameOf(to), nameOf(table)))
        return {
          severity: 'warning' as const,
          message,
          help: `Deploy code that does not use it first. What brings it back:\n${sql(`ALTER TABLE ${sqlName(to, ctx)} RENAME TO ${ident(nameOf(table))};`)}`,
        }
      return { message, help: tableBehindView(table, to, ctx) }
    },
  },
} satisfies Rule
