import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, schemaOf, type Index, type Key } from '../../src/schema/model.ts'
import { createIndex } from '../../src/schema/sql/ddl.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { freeIndexName } from '../shared/replaced.ts'
import { wholeLines } from '../shared/suggest.ts'
import { ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { sentence } from '../shared/words.ts'

export default {
  id: 'require-concurrent-index',
  severity: 'error',
  summary: 'Building an index without CONCURRENTLY blocks every write to the table.',
  why: `A plain CREATE INDEX holds a SHARE lock until the build ends. Reads go on, but every INSERT, UPDATE and DELETE waits,
    for minutes on a large table.`,
  fix: 'Build it with CREATE INDEX CONCURRENTLY, outside a transaction. It takes longer and lets writes go on.',
  references: ['https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY'],
  sources: [
    'squawk/require-concurrent-index-creation',
    'pgfence/create-index-not-concurrent',
    'eugene/E6',
    'strong_migrations/add_index',
    'strong_migrations/add_reference',
    'atlas/PG101',
    'diesel-guard/AddIndexCheck',
    'pgsafe/add-index-non-concurrent',
    'pgls/requireConcurrentIndexCreation',
  ],
  claims: { lock: 'ShareLock', rewrites: false },
  bad: [
    {
      given: `create table orders (id bigint primary key, user_id bigint not null);`,
      sql: `create index orders_user_id on orders (user_id);`,
      message: 'Building `orders_user_id` blocks every write to `orders`',
    },
    {
      title: 'A unique index is built the same way.',
      given: `create table users (id bigint primary key, email text);`,
      sql: `create unique index users_email on users (lower(email));`,
    },
    {
      title: 'Drizzle cannot run CONCURRENTLY, so the index is built by hand first.',
      runner: 'drizzle@0.45',
      given: `create table orders (id bigint primary key, user_id bigint not null);`,
      sql: `create index orders_user_id on orders (user_id);`,
    },
    {
      title: 'On a small table it is for information.',
      given: `create table settings (id bigint primary key, name text not null);`,
      sql: `create index settings_name on settings (name);`,
      rows: { settings: 200 },
      severity: 'info',
    },
    {
      title: 'An index that takes the name of another.',
      given: `create table users (id bigint primary key, name text); create index users_name on users (name);`,
      sql: `drop index users_name; create index users_name on users (lower(name));`,
      message: 'blocks every write to `users`',
      unproven: 'the drop before it locks more',
    },
    {
      title: 'Until it is rolled back it blocks writes as well.',
      runner: 'psql',
      given: `create table users (id bigint primary key, name text);`,
      sql: `begin; create index users_name on users (name); rollback;`,
      message: 'blocks every write to `users`',
    },
  ],
  good: [
    {
      title: 'A successor is built beside the index whose name it takes.',
      given: `create table users (id bigint primary key, name text); create index users_name on users (name);`,
      sql: `create index concurrently users_name_new on users (lower(name)); drop index concurrently if exists users_name; alter index users_name_new rename to users_name;`,
      runner: 'psql',
      unproven: 'others speak of the index that goes',
    },
    {
      title: 'Of the parent alone, whose partitions get theirs one by one.',
      given: `create table events (id bigint not null, at date not null) partition by range (at);`,
      sql: `create index events_id on only events (id);`,
    },
    {
      title: 'A materialized view of the same pull request has no readers yet.',
      given: `create table orders (id bigint primary key, user_id bigint not null);`,
      sql: `create materialized view totals as select user_id, count(*) as orders from orders group by user_id; create index totals_orders on totals (orders);`,
    },
    {
      given: `create table orders (id bigint primary key, user_id bigint not null);`,
      sql: `create index concurrently orders_user_id on orders (user_id);`,
      runner: 'psql',
    },
    {
      title: 'A table made in the same pull request has no writers yet.',
      sql: `
        create table orders (id bigint primary key, user_id bigint not null);
        create index orders_user_id on orders (user_id);`,
    },
    {
      title: 'An index that is there already is not built.',
      given: `
        create table orders (id bigint primary key, user_id bigint not null);
        create index orders_user_id on orders (user_id);`,
      sql: `create index if not exists orders_user_id on orders (user_id);`,
    },
    {
      title: 'ON ONLY builds nothing: the partitions follow one by one.',
      given: `create table events (id bigint, at timestamptz not null) partition by range (at);`,
      sql: `create index events_at on only events (at);`,
    },
  ],
  visit: {
    addIndex({ table, index, concurrently, only }, ctx) {
      if (concurrently || ctx.isNew(table)) return
      const known = ctx.step?.before.tables.get(table)
      if (only && known?.complete !== true) return
      if (known?.persistence === 'temporary' || (known?.partition.by ?? null) !== null) return
      const message = `Building \`${index.name}\` blocks every write to \`${ctx.name(table)}\` until it is done.`
      const free = freeIndexName(index.name, table, ctx)
      if (free !== index.name) return { message, help: successor(table, index, free, ctx) }
      const text = ctx.step?.statement.text ?? ''
      const concurrent = `${text.replace(/^(\s*create\s+(?:unique\s+)?index)\b/i, (_, head: string) => `${head} ${/[a-z]/.test(head) ? 'concurrently' : 'CONCURRENTLY'}`)};`
      const outside = outsideTransaction(ctx, {
        kept: 'IF NOT EXISTS',
        silenced: 'require-concurrent-index',
        written: true,
        later: index.keys.some(({ column }) => column !== null && ctx.isNewColumn(table, column)),
      })
      return {
        message,
        help: `${rowsSentence(table, ctx)}${sentence(outside.how)}:\n${sql(concurrent)}\nA build that fails leaves an invalid index behind, which \`IF NOT EXISTS\` would keep. Drop it by hand before trying again:\n${sql(`DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(key(schemaOf(table), index.name), ctx)};`)}`,
        ...(outside.inPlace ? wholeLines(ctx.step, concurrent) : {}),
      }
    },
  },
} satisfies Rule

/** What builds an index whose name is taken by the one that it takes the place of. */
function successor(table: Key, index: Index, name: string, ctx: RuleContext): string {
  const { defaultSchema } = ctx.before
  const at = key(schemaOf(table), index.name)
  return `${rowsSentence(table, ctx)}${sentence(outsideTransaction(ctx, { many: true }).how)}, in place of dropping \`${index.name}\` and building it anew:\n${sql(
    `${createIndex(table, { ...index, name }, defaultSchema, { concurrently: true })};`,
    `DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(at, ctx)};`,
    `ALTER INDEX ${sqlName(key(schemaOf(table), name), ctx)} RENAME TO ${ident(index.name)};`,
  )}`
}
