import type { Rule } from '../../src/engine/rule.ts'
import { isAlwaysTrue } from '../shared/always-true.ts'
import { changedRows, rowChanges } from '../shared/slow.ts'

export default {
  id: 'require-where',
  severity: 'error',
  summary: 'An UPDATE or DELETE without a WHERE that excludes anything changes every row of the table.',
  why: `Every row is locked until the transaction ends and written anew, which blocks other writers and doubles the table. A DELETE without WHERE
    loses them all.`,
  fix: 'Say which rows are meant, and change many rows in batches outside the migration.',
  references: [
    'https://www.postgresql.org/docs/current/sql-update.html',
    'https://www.postgresql.org/docs/current/sql-delete.html',
  ],
  approvable: true,
  sources: [
    'pgfence/delete-without-where',
    'pgfence/update-in-migration',
    'diesel-guard/MutationWithoutWhereCheck',
    'pgls/banDeleteWithoutWhere',
    'pgls/banUpdateWithoutWhere',
  ],
  bad: [
    {
      given: `create table users (id bigint primary key, active boolean);`,
      sql: `delete from users;`,
      message: 'loses every row of `users`',
    },
    {
      title: 'In a WITH too.',
      given: `create table users (id bigint primary key); create table gone (id bigint primary key);`,
      sql: `with old as (delete from users returning id) insert into gone select id from old;`,
      message: 'loses every row of `users`',
    },
    {
      given: `create table users (id bigint primary key, active boolean);`,
      sql: `update users set active = true where 1 = 1;`,
      message: 'changes every row of `users`',
    },
    {
      title: 'Filling a column that the same pull request adds is what it is for: information.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column active boolean; update users set active = true;`,
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'A function that is made does not run.',
      given: `create table users (id bigint primary key, email text);`,
      sql: `create function forget() returns void language sql as $$ delete from users $$;`,
    },
    {
      title: 'A table of the same pull request.',
      sql: `create table users (id bigint primary key, active boolean); update users set active = true;`,
    },
    {
      title: 'A temporary table.',
      sql: `create temp table batch (id bigint); update batch set id = 1; delete from batch;`,
    },
    {
      title: 'A table of another schema on the search path that the same migration creates.',
      given: `create schema app;`,
      sql: `set search_path = app; create table users (id bigint primary key); delete from users;`,
    },
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `delete from users where id = 7;`,
      unproven: 'others speak of data in migrations',
    },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside === 'function') return
      for (const part of rowChanges(node)) {
        const changed = changedRows(part, ctx.step.before)
        if (changed === null || (changed.verb !== 'UPDATE' && changed.verb !== 'DELETE') || changed.joins) continue
        const { table, verb, where, sets } = changed
        if ((where !== null && !isAlwaysTrue(where)) || ctx.isNew(table)) continue
        const fills = verb === 'UPDATE' && sets.every((column) => ctx.isNewColumn(table, column))
        yield {
          object: table,
          notIn:
            verb === 'UPDATE'
              ? ['pgfence/delete-without-where', 'pgls/banDeleteWithoutWhere']
              : ['pgfence/update-in-migration', 'pgls/banUpdateWithoutWhere'],
          ...(fills ? { severity: 'info' as const } : {}),
          ...(fills
            ? {
                help:
                  ctx.postgres < 11
                    ? 'Fill them in batches from a script.'
                    : 'Where one value serves all rows, give it to the column as `DEFAULT` in `ADD COLUMN`: Postgres keeps it for the rows that are there without writing them. Otherwise fill them in batches from a script.',
              }
            : verb === 'UPDATE' && !ctx.alone
              ? {
                  help: 'Say which rows are meant, and change many rows in batches outside the migration: `schemagate plan`, or `/schemagate plan` in the pull request, writes the script.',
                }
              : {}),
          message:
            verb === 'UPDATE'
              ? `This changes every row of \`${ctx.name(table)}\` in one transaction.`
              : `This loses every row of \`${ctx.name(table)}\`.`,
        }
      }
    },
  },
} satisfies Rule
