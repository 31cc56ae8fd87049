import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Key } from '../../src/schema/model.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { freeIndexName } from '../shared/replaced.ts'
import { ident, idents, sql, sqlName, tableAt } from '../shared/sql.ts'
import { withSuffix } from '../shared/names.ts'

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
      title: 'A column that tells the rows apart can be the next key.',
      given: `create table users (id bigint primary key, email text not null unique);`,
      sql: `alter table users drop constraint users_pkey;`,
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
      // What a file takes apart before it drops it is told at the drop.
      const isDropped = ctx.steps.some(({ changes }) =>
        changes.some((change) => change.kind === 'dropTable' && change.table === table),
      )
      if (isDropped) return
      if (
        later.some((step) => step.changes.some((change) => change.kind === 'addPrimaryKey' && change.table === table))
      )
        return
      return {
        anySize: true,
        message: `Without \`${name}\`, \`${ctx.name(table)}\` has no primary key: equal rows cannot be told apart, and logical replication refuses UPDATE and DELETE.`,
        help: help(table, name, ctx),
      }
    },
  },
} satisfies Rule

/** How the table gets its next key, from what already tells its rows apart; where nothing does, how replication goes on without one. */
function help(table: Key, name: string, ctx: RuleContext): string {
  const [of, key] = [sqlName(table, ctx), ident(name)]
  const swap = (index: string) =>
    sql(`ALTER TABLE ${of} DROP CONSTRAINT ${key},`, `  ADD CONSTRAINT ${key} PRIMARY KEY USING INDEX ${ident(index)};`)
  const known = tableAt(table, ctx)
  const required = (columns: readonly (string | null)[]) =>
    columns.length > 0 && columns.every((column) => known?.columns.some((c) => c.name === column && !c.nullable))
  const index = known?.indexes.find(
    ({ unique, where, keys }) => unique && where === null && required(keys.map(({ column }) => column)),
  )
  if (index !== undefined)
    return `Swap the keys in one statement; \`${index.name}\` tells the rows apart already:\n${swap(index.name)}`
  const unique = known?.uniques.find(({ columns, deferrable }) => !deferrable && required(columns))
  if (unique !== undefined) {
    const fresh = freeIndexName(withSuffix(`${nameOf(table)}_${unique.columns.join('_')}`, '_pkey'), table, ctx)
    return `\`${unique.name}\` tells the rows apart already. Build an index for the key over its columns; ${outsideTransaction(ctx).how}:\n${sql(`CREATE UNIQUE INDEX CONCURRENTLY ${ident(fresh)} ON ${of} (${idents(unique.columns)});`)}\nThen swap the keys in one statement:\n${swap(fresh)}`
  }
  return `Leave the key, or add the next one in the same statement. A table that does without one keeps replicating UPDATE and DELETE with:\n${sql(`ALTER TABLE ${of} REPLICA IDENTITY FULL;`)}`
}
