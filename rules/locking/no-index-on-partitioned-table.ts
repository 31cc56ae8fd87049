import type { Rule } from '../../src/engine/rule.ts'
import { createIndex } from '../../src/schema/sql/ddl.ts'
import { partByPart } from '../shared/partitions.ts'

export default {
  id: 'no-index-on-partitioned-table',
  severity: 'error',
  summary:
    'Building an index on a partitioned table blocks writes to every partition at once, and CONCURRENTLY fails on it.',
  why: `CREATE INDEX on the parent goes down into all partitions and holds a SHARE lock on each of them until the last one is done. CREATE INDEX
    CONCURRENTLY refuses a partitioned table.`,
  fix: 'Create the index ON ONLY the parent, build one CONCURRENTLY on each partition, and attach them; the parent index becomes valid with the last.',
  references: [
    'https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE',
  ],
  sources: ['squawk/require-concurrent-index-creation', 'pgfence/create-index-not-concurrent'],
  bad: [
    {
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      sql: `create index events_at on events (at);`,
      message: 'blocks writes to every partition',
    },
    {
      title: 'The concurrent form fails.',
      given: `
        create table events (id bigint, at date not null) partition by range (at);
        create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      sql: `create index concurrently events_at on events (at);`,
      runner: 'psql',
      message: 'fails',
    },
    {
      title: 'Below PostgreSQL 11 a partitioned table has no indexes at all.',
      given: `create table events (id bigint, at date not null) partition by range (at); create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      sql: `create index events_at on events (at);`,
      postgres: 10,
      message: 'fails on `events` with PostgreSQL 10',
    },
  ],
  good: [
    {
      given: `create table events (id bigint, at date not null) partition by range (at);`,
      sql: `create index events_at on only events (at);`,
    },
    {
      sql: `create table events (id bigint, at date not null, primary key (id, at)) partition by range (at); create index events_at on events (at);`,
    },
    {
      title: 'Without partitions there is nothing to build.',
      given: `create table events (id bigint, at date not null) partition by range (at);`,
      sql: `create index events_at on events (at);`,
    },
  ],
  visit: {
    addIndex({ table, index, concurrently, only }, ctx) {
      const known = ctx.step?.before.tables.get(table)
      if (only || ctx.isNew(table) || !known || known.partition.by === null) return
      const { tables } = ctx.step?.before ?? ctx.before
      const isEmpty = ![...tables.values()].some(({ partition }) => partition.of?.parent === table)
      if (isEmpty && !concurrently && ctx.postgres >= 11) return
      const none = ctx.postgres < 11
      const { defaultSchema } = ctx.before
      const help = partByPart(
        table,
        index.name,
        `${createIndex(table, index, defaultSchema, { concurrently: true })};`,
        ctx,
      )
      return concurrently || none
        ? {
            anySize: true,
            fails: true,
            message: `\`CREATE INDEX${concurrently ? ' CONCURRENTLY' : ''}\` fails on \`${ctx.name(table)}\`${none ? ` with PostgreSQL ${ctx.postgres}` : ''}, because it is partitioned.`,
            help,
          }
        : {
            message: `Building \`${index.name}\` blocks writes to every partition of \`${ctx.name(table)}\` until the last one is done.`,
            help,
          }
    },
  },
} satisfies Rule
