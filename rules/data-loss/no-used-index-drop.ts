import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { parentOf } from '../shared/foreign-keys.ts'
import { indexLedBy } from '../shared/index-prefix.ts'
import { queriesWithout } from '../shared/lost-queries.ts'
import { large, pool, shopSql } from '../shared/query-examples.ts'
import { at } from '../shared/query-words.ts'
import { placesIn } from '../shared/uses.ts'

export default {
  id: 'no-used-index-drop',
  severity: 'warning',
  summary: 'An index is dropped that a query of the repository or a foreign key needs, and no other index serves it.',
  why: `The query still works, by reading the whole table each time. So does a DELETE of the table that a foreign key refers to, which looks for the rows that refer to it. That shows only
    in production, under load, after the deploy.`,
  fix: 'Keep the index, or build its replacement before it is dropped.',
  references: [
    'https://www.postgresql.org/docs/current/sql-dropindex.html',
    'https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      given: shopSql,
      rows: large,
      sql: `drop index concurrently "orders_number_idx";`,
      files: {
        'src/orders.ts': `${pool}\n  export const find = (n: number) => pool.query('SELECT id FROM orders WHERE number = $1', [n])`,
      },
      message: '`src/orders.ts:3`',
    },
    {
      title: 'The only index of a foreign key.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users); create index orders_user on orders (user_id);`,
      sql: `drop index concurrently orders_user;`,
      message: 'deleting from `users` reads the whole of `orders`',
    },
  ],
  good: [
    {
      title: 'Another index leads with the column.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users, at date); create index orders_user on orders (user_id); create index orders_user_at on orders (user_id, at);`,
      sql: `drop index concurrently orders_user;`,
    },
    {
      title: 'The foreign key goes too.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users); create index orders_user on orders (user_id);`,
      sql: [`drop index concurrently orders_user;`, `alter table orders drop constraint orders_user_id_fkey;`],
      unproven: 'others speak of the constraint',
    },
    {
      given: shopSql,
      rows: large,
      title: 'Another index serves.',
      sql: [
        `create index concurrently "orders_number_status_idx" on orders (number, status);`,
        `drop index concurrently "orders_number_idx";`,
      ],
      files: {
        'src/orders.ts': `${pool}\n  export const find = (n: number) => pool.query('SELECT id FROM orders WHERE number = $1', [n])`,
      },
    },
    {
      given: shopSql,
      rows: large,
      title: 'No query asks for it.',
      sql: `drop index concurrently "orders_number_idx";`,
      files: {
        'src/orders.ts': `${pool}\n  export const find = (id: string) => pool.query('SELECT id FROM orders WHERE id = $1', [id])`,
      },
    },
  ],
  visit: {
    dropIndex: ({ table, name, index }, ctx) =>
      index === null ? null : (needed(table, name, ctx) ?? bared(table, name, ctx)),
    dropConstraint: ({ table, name, constraint }, ctx) =>
      constraint?.type === 'unique' ? needed(table, name, ctx) : null,
  },
} satisfies Rule

/** A foreign key that no index leads with once this one is gone. */
function bared(table: Key, name: string, ctx: RuleContext): Problem | null {
  const was = ctx.step?.before.tables.get(table)
  const now = ctx.after.tables.get(table)
  if (was === undefined || now?.complete !== true || ctx.isNew(table) || ctx.size(table) === 'small') return null
  const bare = now.foreignKeys.find(
    ({ columns }) => indexLedBy(was, columns)?.name === name && indexLedBy(now, columns) === null,
  )
  if (bare === undefined) return null
  return {
    object: table,
    alike: `${table} ${bare.name ?? bare.columns.join()}`,
    message: `Without \`${name}\`, deleting from \`${ctx.name(parentOf(bare))}\` reads the whole of \`${ctx.name(table)}\`: no other index leads with \`${bare.columns.join('`, `')}\`.`,
    help: `Keep the index while \`${bare.name}\` is there, or build its successor first.`,
  }
}

function needed(table: Key, name: string, ctx: RuleContext) {
  const was = ctx.step?.before.tables.get(table)
  const now = ctx.after.tables.get(table)
  if (was === undefined || now === undefined || !now.complete || ctx.isNew(table) || ctx.size(table) === 'small')
    return null
  const uses = queriesWithout(name, table, was, now, ctx.queries).map(({ place }) => ({ use: { place } }))
  if (uses.length === 0) return null
  return {
    object: table,
    message: `Without \`${name}\` these queries read the whole of \`${ctx.name(table)}\`: ${placesIn(uses)}.`,
    help: `Keep the index while these queries need it, or build its successor first:\n\n${uses
      .slice(0, 20)
      .map(({ use }) => `- \`${at(use.place)}\``)
      .join('\n')}`,
  }
}
