import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-drop-not-null',
  severity: 'warning',
  summary: 'Dropping NOT NULL hands running instances a NULL that their code does not expect.',
  why: `From then on the column may hold NULL, and code that was written for a value, types of the ORM among it, meets one that is not there. Going back
    wants a scan of the whole table.`,
  fix: 'Deploy code that reads NULL first, then drop the constraint.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL'],
  sources: [
    'squawk/ban-drop-not-null',
    'pgfence/drop-not-null',
    'diesel-guard/DropNotNullCheck',
    'pgsafe/drop-not-null',
    'pgls/banDropNotNull',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `alter table users alter column email drop not null;`,
      message: '`email` may be NULL',
    },
  ],
  good: [
    {
      sql: `create table users (id bigint primary key, email text not null); alter table users alter column email drop not null;`,
    },
    {
      title: 'The column is nullable already.',
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users alter column email drop not null;`,
    },
  ],
  visit: {
    dropNotNull({ table, from }, ctx) {
      if (ctx.isNew(table) || ctx.isNewColumn(table, from.name)) return
      const known = ctx.step?.before.tables.get(table)
      if (known?.complete && from.nullable) return
      return {
        anySize: true,
        message: `\`${from.name}\` may be NULL from now on, which running instances that read \`${ctx.name(table)}\` do not expect.`,
        help: `Deploy code that reads a NULL in \`${from.name}\` before this migration runs.`,
      }
    },
  },
} satisfies Rule
