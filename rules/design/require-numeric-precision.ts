import type { Rule } from '../../src/engine/rule.ts'
import { byOrm } from '../shared/by-orm.ts'
import { newColumnsTogether } from '../shared/columns.ts'
import { listed } from '../shared/query-words.ts'

export default {
  id: 'require-numeric-precision',
  severity: 'info',
  summary: 'A numeric column without a precision keeps whatever fraction it is given.',
  why: `Amounts that were computed keep all of their digits, so that two that look equal are not, and sums do not end at a cent. numeric(12,2) rounds what is written and refuses
    what is too large.`,
  fix: 'State precision and scale.',
  references: ['https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-NUMERIC-DECIMAL'],
  enabled: false,
  sources: [],
  bad: [
    {
      sql: `create table items (id bigint generated always as identity primary key, price numeric not null);`,
      message: '`price` keeps every digit',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, numeric, pgTable } from 'drizzle-orm/pg-core'\nexport const items = pgTable('items', { id: bigint('id', { mode: 'number' }).primaryKey(), price: numeric('price').notNull() })`,
      },
    },
  ],
  good: [
    { sql: `create table items (id bigint generated always as identity primary key, price numeric(12,2) not null);` },
    {
      title: 'Prisma writes a precision of its own.',
      prisma: { before: '', after: 'model Item {\n  id    BigInt  @id\n  price Decimal\n}\n' },
    },
  ],
  visit: newColumnsTogether(
    (column) => column.type === 'numeric' || column.type === 'numeric[]',
    (columns, _table, ctx) => ({
      message: `${listed(columns.map((column) => column.name))} ${columns.length === 1 ? 'keeps' : 'keep'} every digit that is written.`,
      help: `State precision and scale: ${byOrm(ctx, { prisma: '`@db.Decimal(12, 2)`', drizzle: '`numeric({ precision: 12, scale: 2 })`', sql: '`numeric(12,2)`' })}.`,
    }),
    true,
  ),
} satisfies Rule
