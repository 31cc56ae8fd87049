import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { isAlwaysTrue } from '../shared/always-true.ts'
import { changeInBatches, type RowChange } from '../shared/row-batches.ts'
import { referencesTo } from '../shared/depends.ts'
import { addColumnSql, ident, sql, sqlName, tableAt } from '../shared/sql.ts'
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
    *statement(statement, ctx) {
      const { node, inside } = statement
      if (inside === 'function') return
      for (const part of rowChanges(node)) {
        const changed = changedRows(part, ctx.step.before)
        if (changed === null || (changed.verb !== 'UPDATE' && changed.verb !== 'DELETE') || changed.joins) continue
        const { table, verb, where, sets } = changed
        if ((where !== null && !isAlwaysTrue(where)) || ctx.isNew(table)) continue
        const fills = verb === 'UPDATE' && sets.every((column) => ctx.isNewColumn(table, column))
        yield {
          object: table,
          ...(verb === 'UPDATE' ? { alike: `${statement.place.path} ${table}` } : {}),
          notIn:
            verb === 'UPDATE'
              ? ['pgfence/delete-without-where', 'pgls/banDeleteWithoutWhere']
              : ['pgfence/update-in-migration', 'pgls/banUpdateWithoutWhere'],
          ...(fills ? { severity: 'info' as const } : {}),
          help: wholeTable({ statement, part, table, verb, fills }, ctx),
          message:
            verb === 'UPDATE'
              ? `This changes every row of \`${ctx.name(table)}\` in one transaction.`
              : `This loses every row of \`${ctx.name(table)}\`.`,
        }
      }
    },
  },
} satisfies Rule

interface Whole extends RowChange {
  readonly verb: 'UPDATE' | 'DELETE'
  /** True where all that it sets are columns of the same pull request. */
  readonly fills: boolean
}

/** Which rows there are, and the same done in a moment where that can be, else in batches. */
function wholeTable({ statement, part, table, verb, fills }: Whole, ctx: RuleContext): string {
  const batches = changeInBatches({ statement, part, table }, ctx)
  const text = part === statement.node ? statement.text : ''
  const script = `in batches from a script that commits after each${batches === null ? '.' : `:\n${sql(...batches)}`}`
  if (fills) return `${asDefault(table, text, ctx)} fill them ${script}`.trimStart().replace(/^fill/, 'Fill')
  const name = sqlName(table, ctx)
  const count = `Say which rows are meant. All of them are:\n${sql(`SELECT count(*) FROM ${name};`)}\nWhere all are meant,`
  if (verb === 'UPDATE') return `${count} change them ${script}`
  const emptied = ['-- schemagate-ignore no-truncate: every row is meant', `TRUNCATE ${name};`]
  return isFree(table, ctx)
    ? `${count} this takes a moment, in which nobody can read or write it:\n${sql("SET lock_timeout = '3s';", ...emptied)}\nElse delete them ${script}`
    : `${count} delete them ${script}`
}

/** True for a table that TRUNCATE empties as DELETE does: no other table refers to it, and no trigger hears of its rows. */
function isFree(table: Key, ctx: RuleContext): boolean {
  const known = tableAt(table, ctx)
  return known?.triggers.length === 0 && referencesTo(ctx.step?.before ?? ctx.before, table).length === 0
}

/** The column with its value as the default, for an UPDATE that gives all rows the same; '' where it gives more than that, or such a default rewrites the table. */
function asDefault(table: Key, text: string, ctx: RuleContext): string {
  const [, name = '', value = ''] =
    /\sSET\s+("[^"]+"|[\w$]+)\s*=\s*('[^']*'(?:::\w+)?|-?[\d.]+|true|false)\s*(?:WHERE\s+(?:true|1\s*=\s*1)\s*)?;?$/i.exec(
      text,
    ) ?? []
  const column = tableAt(table, ctx)?.columns.find(
    (each) => ident(each.name) === name || each.name === name.toLowerCase(),
  )
  if (ctx.postgres < 11 || column === undefined || column.default !== null) return ''
  return `Where new rows begin with the same, add the column with it and leave the UPDATE out: Postgres keeps the value for the rows that are there without writing them.\n${sql(addColumnSql(table, { ...column, default: value }, ctx))}\nElse`
}
