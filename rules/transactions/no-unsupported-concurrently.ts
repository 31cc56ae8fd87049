import type { Rule } from '../../src/engine/rule.ts'
import { isOn } from '../../src/sql/transaction-block.ts'
import type { Schema } from '../../src/schema/model.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { defaultPartition } from '../shared/partitions.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-unsupported-concurrently',
  severity: 'error',
  summary:
    'CONCURRENTLY is refused for several indexes, with CASCADE, on partitioned tables and system catalogs, and to detach beside a default partition.',
  why: `Postgres drops one index at a time without blocking anybody: it has to wait for every transaction that uses it. A partition is only detached so where no default partition
    would have to take its rows from then on. Where a statement asks for more, it fails, and the deploy with it.`,
  fix: 'Drop each index in a statement of its own; drop the index of a partitioned table, and detach beside a default partition, without CONCURRENTLY.',
  references: [
    'https://www.postgresql.org/docs/current/sql-dropindex.html',
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION',
  ],
  sources: [],
  claims: [{ fails: '0A000' }, { fails: '55000', from: 14 }],
  bad: [
    {
      runner: 'psql',
      given: `create table users (id bigint primary key, a int, b int); create index users_a on users (a); create index users_b on users (b);`,
      sql: `drop index concurrently users_a, users_b;`,
      message: 'takes one index',
    },
    {
      runner: 'psql',
      given: `create table users (id bigint primary key, a int); create index users_a on users (a);`,
      sql: `drop index concurrently users_a cascade;`,
      message: 'takes no CASCADE',
    },
    {
      runner: 'psql',
      given: `create table events (id bigint not null, at date not null) partition by range (at); create index events_at on events (at);`,
      sql: `drop index concurrently events_at;`,
      message: 'partitioned table',
    },
    {
      runner: 'psql',
      sql: `reindex system concurrently postgres;`,
      message: 'system catalogs',
      unproven: 'the name of the database differs',
    },
    {
      runner: 'psql',
      given: `create table events (id bigint not null, at date not null) partition by range (at); create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01'); create table events_rest partition of events default;`,
      sql: `alter table events detach partition events_2020 concurrently;`,
      message: '`events_rest` is there for all other rows',
    },
  ],
  good: [
    {
      runner: 'psql',
      given: `create table users (id bigint primary key, a int, b int); create index users_a on users (a); create index users_b on users (b);`,
      sql: `drop index concurrently users_a; drop index concurrently users_b;`,
    },
    {
      given: `create table events (id bigint not null, at date not null) partition by range (at); create index events_at on events (at);`,
      sql: `drop index events_at;`,
      unproven: 'others speak of the lock',
    },
  ],
  visit: {
    detachPartition({ table, partition, concurrently }, ctx) {
      const rest = concurrently ? defaultPartition(table, ctx.step?.before ?? ctx.before) : null
      if (rest === null) return
      return {
        anySize: true,
        fails: true,
        message: `This statement fails: \`DETACH PARTITION CONCURRENTLY\` is refused while \`${ctx.name(rest)}\` is there for all other rows.`,
        help: `Without CONCURRENTLY everybody who uses \`${ctx.name(table)}\` waits while it waits for running queries, so let it give up soon and try again:\n${sql(`SET lock_timeout = '3s';`, `ALTER TABLE ${sqlName(table, ctx)} DETACH PARTITION ${sqlName(partition, ctx)};`)}`,
      }
    },
    statement({ node, inside }, ctx) {
      if (inside === 'function') return
      if (
        'ReindexStmt' in node &&
        node.ReindexStmt.kind === 'REINDEX_OBJECT_SYSTEM' &&
        isOn(node.ReindexStmt.params, 'concurrently')
      ) {
        return {
          anySize: true,
          fails: true,
          message:
            '`REINDEX SYSTEM CONCURRENTLY` fails: Postgres cannot rebuild the indexes of its system catalogs this way.',
          help: 'Leave CONCURRENTLY out, in a maintenance window.',
        }
      }
      if (!('DropStmt' in node) || node.DropStmt.concurrent !== true) return
      const indexes = (node.DropStmt.objects ?? []).map((object) =>
        'List' in object
          ? (object.List.items ?? []).flatMap((item) => ('String' in item ? [item.String.sval ?? ''] : []))
          : [],
      )
      const partitioned = indexes.find((names) => isPartitioned(names, ctx.step.before))
      const why =
        indexes.length > 1
          ? 'takes one index at a time'
          : node.DropStmt.behavior === 'DROP_CASCADE'
            ? 'takes no CASCADE'
            : partitioned
              ? 'cannot drop an index of a partitioned table'
              : null
      if (why === null) return
      const plain = partitioned ? '' : 'CONCURRENTLY '
      return {
        anySize: true,
        fails: true,
        object: indexes[0]?.join('.') ?? '',
        message: `This statement fails: \`DROP INDEX CONCURRENTLY\` ${why}.`,
        help: `Instead${partitioned ? '' : `; ${outsideTransaction(ctx, { many: indexes.length > 1, kept: 'IF EXISTS' }).how}`}:\n${sql(...indexes.map((names) => `DROP INDEX ${plain}${node.DropStmt.missing_ok === true ? 'IF EXISTS ' : ''}${names.map(ident).join('.')};`))}`,
      }
    },
  },
} satisfies Rule

/** True for an index that covers the partitions of a table. */
function isPartitioned(names: readonly string[], schema: Schema): boolean {
  const [name = '', of] = [names.at(-1), names.at(-2)]
  return [...schema.tables.values()].some(
    (table) =>
      table.partition.by !== null &&
      (of ?? schema.defaultSchema) === table.schema &&
      table.indexes.some((index) => index.name === name),
  )
}
