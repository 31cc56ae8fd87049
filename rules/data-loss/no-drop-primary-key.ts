import type { Rule } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-drop-primary-key',
  severity: 'error',
  summary: 'Without its primary key a table cannot name its rows, and foreign keys to it are lost.',
  why: `Logical replication refuses UPDATE and DELETE on the table, equal rows cannot be told apart, and ORMs cannot address a row. A new key later
    builds its index under an ACCESS EXCLUSIVE lock.`,
  fix: 'Build the unique index of the new key CONCURRENTLY first, and swap the keys in one statement.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html'],
  approvable: true,
  sources: ['diesel-guard/DropPrimaryKeyCheck', 'pgfence/drop-constraint'],
  bad: [
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users drop constraint users_pkey;`,
      message: 'Without `users_pkey`',
    },
    {
      title: 'Where the table is not known, the name tells.',
      alone: true,
      sql: `alter table users drop constraint pk_users;`,
    },
  ],
  good: [
    {
      title: 'The new key is added in the same transaction.',
      given: `create table users (id bigint primary key, uid uuid not null); create unique index users_uid on users (uid);`,
      sql: `alter table users drop constraint users_pkey, add constraint users_pkey primary key using index users_uid;`,
    },
  ],
  visit: {
    dropConstraint({ table, name, constraint }, ctx) {
      const isKey =
        constraint?.type === 'primaryKey' ||
        (constraint === null && ctx.alone && /^pk_|_pk$|_pkey$|_primary_key$/.test(name))
      if (ctx.isNew(table) || !isKey || !ctx.step) return
      const later = ctx.transaction.slice(ctx.transaction.indexOf(ctx.step))
      if (
        later.some((step) => step.changes.some((change) => change.kind === 'addPrimaryKey' && change.table === table))
      )
        return
      return {
        anySize: true,
        message: `Without \`${name}\`, \`${ctx.name(table)}\` has no primary key: equal rows cannot be told apart, and logical replication refuses UPDATE and DELETE.`,
        help: `Build a unique index over the columns of the new key first, \`CONCURRENTLY\`; then swap the keys in one statement, with the name of that index:\n${sql(
          `ALTER TABLE ${sqlName(table, ctx)} DROP CONSTRAINT ${ident(name)},`,
          `  ADD CONSTRAINT ${ident(name)} PRIMARY KEY USING INDEX ${ident(`${nameOf(table)}_new_key`)};`,
        )}`,
      }
    },
  },
} satisfies Rule
