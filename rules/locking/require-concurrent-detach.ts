import type { Rule } from '../../src/engine/rule.ts'
import { defaultPartition } from '../shared/partitions.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { wholeLines } from '../shared/suggest.ts'
import { sentence } from '../shared/words.ts'

export default {
  id: 'require-concurrent-detach',
  severity: 'error',
  summary: 'Detaching a partition without CONCURRENTLY locks everybody out of the whole partitioned table.',
  why: `DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the parent and on the partition: it waits for every running query of the table, and
    all that come after wait behind it. From PostgreSQL 14 on DETACH ... CONCURRENTLY does without.`,
  fix: 'Use DETACH PARTITION ... CONCURRENTLY, outside a transaction. It is not available where the table has a default partition.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION'],
  sources: [
    'squawk/require-concurrent-partition-detach',
    'pgfence/detach-partition',
    'pgls/requireConcurrentDetachPartition',
  ],
  claims: { lock: 'AccessExclusiveLock', from: 14 },
  bad: [
    {
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events detach partition events_2020;`,
      message: 'Detaching `events_2020` locks out',
    },
    {
      title: 'Alone in a file of psql it needs one word more.',
      runner: 'psql',
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events detach partition events_2020;`,
    },
  ],
  good: [
    {
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events detach partition events_2020 concurrently;`,
      runner: 'psql',
    },
    {
      title: 'With a default partition there is no concurrent form.',
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');
        create table events_rest partition of events default;`,
      sql: `alter table events detach partition events_2020;`,
    },
  ],
  visit: {
    detachPartition({ table, partition, concurrently, finalize }, ctx) {
      if (concurrently || finalize || ctx.isNew(table) || ctx.isNew(partition) || ctx.postgres < 14) return
      if (defaultPartition(table, ctx.step?.before ?? ctx.before) !== null) return
      const outside = outsideTransaction(ctx)
      return {
        message: `Detaching \`${ctx.name(partition)}\` locks out everybody who uses \`${ctx.name(table)}\` while it waits for running queries.`,
        help: `${sentence(outside.how)}:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} DETACH PARTITION ${sqlName(partition, ctx)} CONCURRENTLY;`)}`,
        ...(outside.inPlace && ctx.step?.changes.length === 1
          ? wholeLines(ctx.step, `${ctx.step.statement.text} CONCURRENTLY;`)
          : {}),
      }
    },
  },
} satisfies Rule
