import type { Rule } from '../../src/engine/rule.ts'
import type { Column } from '../../src/schema/model.ts'
import { snake } from '../shared/names.ts'

export default {
  id: 'prefer-equality-first',
  severity: 'info',
  summary: 'An index that begins with a time and goes on with an id reads the whole range of time for one id.',
  why: `Only the columns before the first range narrow the part of the index that is read. With the id first, the rows of that id stand together in order of
    time; with the time first, the rows of all ids in the range are read. Where queries ask for a range of time over all ids, this order is right.`,
  fix: 'Put the columns that are compared for equality first, the range last.',
  references: ['https://www.postgresql.org/docs/current/indexes-multicolumn.html'],
  sources: [],
  checklist: 'query-patterns-before-indexes',
  bad: [
    {
      sql: `
        create table events (id bigint generated always as identity primary key, device text not null, user_id bigint not null, created_at timestamptz not null);
        create index events_created_user on events (created_at, user_id);`,
      message: 'begins with the range `created_at`',
    },
    {
      prisma: {
        before: '',
        after:
          'model Event {\n  id BigInt @id\n  deviceId BigInt\n  createdAt DateTime @db.Timestamptz(6)\n\n  @@index([createdAt, deviceId])\n}\n',
      },
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, index, pgTable, timestamp } from 'drizzle-orm/pg-core'\nexport const events = pgTable('events', { id: bigint('id', { mode: 'number' }).primaryKey(), deviceId: bigint('device_id', { mode: 'number' }).notNull(), createdAt: timestamp('created_at', { withTimezone: true }).notNull() }, (table) => [index('events_idx').on(table.createdAt, table.deviceId)])\n`,
      },
    },
  ],
  good: [
    {
      sql: `
        create table events (id bigint generated always as identity primary key, user_id bigint not null, created_at timestamptz not null);
        create index events_user_created on events (user_id, created_at);
        create index events_created on events (created_at, id);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      if (index.unique || index.method !== 'btree' || index.keys.length < 2) return null
      const columns = ctx.after.tables.get(table)?.columns ?? []
      const [first, second] = index.keys.map((k) => columns.find((c) => c.name === k.column))
      if (!first || !second || !isTime(first) || !snake(second.name).endsWith('_id')) return null
      return {
        message: `\`${index.name}\` begins with the range \`${first.name}\`: a search for one \`${second.name}\` reads the rows of all others in it.`,
        help: `Unless queries ask for a range of \`${first.name}\` over all of them, begin with \`${second.name}\`.`,
      }
    },
  },
} satisfies Rule

function isTime(column: Column): boolean {
  return /^(?:timestamp|date)/.test(column.type ?? '') && /(?:_at|_on|date|time|timestamp)$/.test(snake(column.name))
}
