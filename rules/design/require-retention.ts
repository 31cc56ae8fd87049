import type { Rule } from '../../src/engine/rule.ts'
import { growsWithTime } from '../shared/growing.ts'
import { snake } from '../shared/names.ts'

export default {
  id: 'require-retention',
  severity: 'info',
  summary: 'A table of events, sessions or tokens has no column that says when a row may go.',
  why: `Such tables grow for as long as the product is used. A column with the time at which a row is no longer needed, an index on it and a job that deletes by it keep the table at a
    size, and answer how long data about people is kept.`,
  fix: 'Add the time at which a row may go, with an index, or partition the table by time.',
  references: ['https://www.postgresql.org/docs/current/ddl-partitioning.html'],
  enabled: false,
  dialects: 'all',
  sources: [],
  bad: [
    {
      sql: `create table sessions (id uuid primary key, user_agent text, created_at timestamptz not null default now());`,
      message: '`sessions` says nowhere',
    },
    {
      prisma: {
        before: '',
        after: 'model AuditLog {\n  id        BigInt   @id\n  createdAt DateTime @default(now())\n}\n',
      },
    },
  ],
  good: [
    {
      sql: `create table sessions (id uuid primary key, created_at timestamptz not null default now(), expires_at timestamptz not null); create index on sessions (expires_at);`,
    },
    {
      title: 'A partition is dropped.',
      sql: `create table audit_logs (id bigint generated always as identity, at timestamptz not null, what text, primary key (id, at)) partition by range (at);`,
    },
    { sql: `create table users (id uuid primary key, created_at timestamptz not null default now());` },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      if (growsWithTime(to) === null || to.partition.by !== null || to.partition.of !== null) return null
      if (to.columns.some((column) => ends.test(snake(column.name)))) return null
      return { message: `\`${ctx.name(table)}\` says nowhere when a row of it may go, and gets a row for every event.` }
    },
  },
} satisfies Rule

const ends =
  /(?:^|_)(?:expires?|expiry|expiration|expired|valid|deleted|purged?|ttl|until|retain(?:ed)?|ends?|ended)(?:_|$)/
