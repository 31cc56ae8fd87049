import type { Rule } from '../../src/engine/rule.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-interrupted-detach',
  severity: 'info',
  summary:
    'DETACH PARTITION CONCURRENTLY that is interrupted leaves the partition half detached until somebody finalizes it.',
  why: `It runs in two transactions and waits for every query of the table in between. Cancelled there, the partition is marked as detaching: queries no longer
    see its rows, and no other partition can be detached until FINALIZE is run.`,
  fix: 'Keep statement_timeout away from it, and know the statement that ends an interrupted one.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION'],
  yieldsTo: 'fails',
  sources: ['pgfence/detach-partition-concurrent'],
  bad: [
    {
      given: `create table events (id bigint, at date not null) partition by range (at); create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events detach partition events_2020 concurrently;`,
      runner: 'psql',
      message: 'leaves `events_2020` half detached',
    },
  ],
  good: [
    {
      given: `create table events (id bigint, at date not null) partition by range (at); create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events detach partition events_2020 finalize;`,
      runner: 'psql',
    },
    {
      title: 'It fails before it waits.',
      postgres: 13,
      given: `create table events (id bigint, at date not null) partition by range (at); create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events detach partition events_2020 concurrently;`,
      runner: 'psql',
      unproven: 'others speak of the version',
    },
  ],
  visit: {
    detachPartition({ table, partition, concurrently }, ctx) {
      if (!concurrently) return
      return {
        anySize: true,
        message: `Interrupted while it waits for running queries, this leaves \`${ctx.name(partition)}\` half detached.`,
        help: `Where that happens, end it with:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} DETACH PARTITION ${sqlName(partition, ctx)} FINALIZE;`)}`,
      }
    },
  },
} satisfies Rule
