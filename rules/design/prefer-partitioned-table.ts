import type { Rule } from '../../src/engine/rule.ts'
import { growsWithTime } from '../shared/growing.ts'
import { ident } from '../shared/sql.ts'

export default {
  id: 'prefer-partitioned-table',
  severity: 'info',
  summary: 'A table that only ever grows is cheap to partition while it is empty, and is rewritten for it later.',
  why: `Old rows of a partitioned table go by dropping a partition, in a moment and without dead rows; from a plain table they are deleted one by one. A plain table cannot be
    made a partitioned one: its rows have to be copied. Tables that stay small gain nothing, so this speaks of names such as events and logs only, and only where it is switched on.`,
  fix: 'Partition it by range of time from the first day, if it is going to be large.',
  references: ['https://www.postgresql.org/docs/current/ddl-partitioning.html'],
  enabled: false,
  sources: [],
  bad: [
    {
      sql: `create table audit_logs (id bigint generated always as identity primary key, at timestamptz not null default now(), what text not null);`,
      message: '`audit_logs` grows with every',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, timestamp } from 'drizzle-orm/pg-core'\nexport const events = pgTable('events', { id: bigint('id', { mode: 'number' }).primaryKey(), at: timestamp('at', { withTimezone: true }).notNull() })`,
      },
    },
  ],
  good: [
    {
      sql: `create table audit_logs (id bigint generated always as identity, at timestamptz not null default now(), what text not null, primary key (id, at)) partition by range (at);`,
    },
    {
      sql: `create table orders (id bigint generated always as identity primary key, created_at timestamptz not null default now());`,
    },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      const time = growsWithTime(to)
      if (time === null || to.partition.by !== null || to.partition.of !== null) return null
      return {
        message: `\`${ctx.name(table)}\` grows with every event, and cannot be partitioned later without copying it.`,
        help: `If it is going to be large, end it with \`PARTITION BY RANGE (${ident(time)})\`, with that column in its primary key.`,
      }
    },
  },
} satisfies Rule
