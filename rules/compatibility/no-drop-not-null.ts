import type { Rule } from '../../src/engine/rule.ts'
import { listed } from '../shared/query-words.ts'

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
    {
      title: 'Several columns of a statement are told together.',
      given: `create table users (id bigint primary key, email text not null, name text not null);`,
      sql: `alter table users alter column email drop not null, alter column name drop not null;`,
      message: '`email` and `name` may be NULL',
    },
  ],
  good: [
    {
      title: 'The same pull request drops the column, which another rule speaks of.',
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `alter table users alter column email drop not null; alter table users drop column email;`,
      unproven: 'others speak of the drop',
    },
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
      // Said once for a statement, with all of its columns.
      const known = ctx.step?.before.tables.get(table)
      const after = ctx.after.tables.get(table)
      const isKept = (name: string) => !after?.complete || after.columns.some((column) => column.name === name)
      const columns = (ctx.step?.changes ?? []).flatMap((change) =>
        change.kind === 'dropNotNull' &&
        change.table === table &&
        !ctx.isNewColumn(table, change.from.name) &&
        !(known?.complete && change.from.nullable) &&
        isKept(change.from.name)
          ? [change.from.name]
          : [],
      )
      if (ctx.isNew(table) || columns[0] !== from.name) return
      return {
        anySize: true,
        object: `${table}.${columns.join(',')}`,
        message: `${listed(columns)} may be NULL from now on, which running instances that read \`${ctx.name(table)}\` do not expect.`,
        help: `Deploy code that reads a NULL in ${columns.length === 1 ? `\`${from.name}\`` : 'each of them'} before this migration runs.`,
      }
    },
  },
} satisfies Rule
