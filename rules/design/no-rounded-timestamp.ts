import type { Rule } from '../../src/engine/rule.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumnsTogether } from '../shared/columns.ts'
import { declare } from '../shared/declare.ts'
import { listed } from '../shared/query-words.ts'

export default {
  id: 'no-rounded-timestamp',
  severity: 'info',
  summary: 'A timestamp without fractions of a second is rounded, so that it can lie in the future.',
  why: `Postgres rounds and does not cut: what happens at 12:00:00.7 is stored as 12:00:01. Rows of the same second have no order, and a comparison with now() right after the
    insert finds nothing.`,
  fix: 'Leave the precision out, or use at least 3 digits.',
  references: ['https://www.postgresql.org/docs/current/datatype-datetime.html'],
  sources: [],
  bad: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, placed_at timestamptz(0) not null);`,
      message: '`placed_at` is rounded to the second',
    },
    {
      prisma: { before: '', after: 'model Order {\n  id BigInt @id\n  placedAt DateTime @db.Timestamptz(0)\n}\n' },
      message: '`placedAt` is rounded to the second',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, timestamp } from 'drizzle-orm/pg-core'\nexport const orders = pgTable('orders', { id: bigint('id', { mode: 'number' }).primaryKey(), placedAt: timestamp('placed_at', { withTimezone: true, precision: 0 }).notNull() })\n`,
      },
    },
  ],
  good: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, placed_at timestamptz(3) not null);`,
    },
    {
      title: 'A day has no seconds.',
      sql: `create table orders (id bigint generated always as identity primary key, day date not null);`,
    },
  ],
  visit: newColumnsTogether(
    (column) => column.type?.startsWith('timestamp(0) with') === true,
    (columns, table, ctx) => {
      const [column] = columns
      const zoned = columns.every(({ type }) => type?.endsWith('with time zone'))
      const { words, offer } =
        ctx.project.orm === 'prisma' && zoned && column && columns.length === 1
          ? declare({ kind: 'setType', table, column: column.name, type: 'timestamptz' }, ctx)
          : { words: '', offer: {} }
      return {
        ...offer,
        ...otherTypes(columns, table, ctx, (_, { text }) => text.replace(/\s*\(\s*0\s*\)/, '')),
        message: `${listed(columns.map(({ name }) => name))} ${columns.length === 1 ? 'is' : 'are'} rounded to the second: half of the values lie in the future, and rows of one second have no order.`,
        help:
          words ||
          (ctx.project.orm === 'drizzle'
            ? 'Leave `precision: 0` out of `timestamp()`. A migration has to follow: `npx drizzle-kit generate`.'
            : `Use \`${zoned ? 'timestamptz' : 'timestamp'}\`.`),
      }
    },
    true,
  ),
} satisfies Rule
