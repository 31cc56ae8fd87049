import type { Rule } from '../../src/engine/rule.ts'
import { byOrm } from '../shared/by-orm.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'no-float-money',
  severity: 'warning',
  summary: 'An amount of money in a floating point column is rounded, and sums of it do not add up.',
  why: '0.1 has no exact value in binary. Sums depend on the order of the rows, and equality fails for amounts that look the same.',
  fix: 'Use numeric with a precision, or whole cents in a bigint.',
  references: ['https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT'],
  sources: [],
  bad: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, total_price double precision not null);`,
      message: '`total_price` is rounded',
    },
    { sql: `create table accounts (id bigint generated always as identity primary key, balance real not null);` },
    {
      prisma: { before: '', after: 'model Order {\n  id BigInt @id\n  price Float\n}\n' },
      message: '`price` is rounded',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, real } from 'drizzle-orm/pg-core'\nexport const orders = pgTable('orders', { id: bigint('id', { mode: 'number' }).primaryKey(), price: real('price').notNull() })\n`,
      },
    },
  ],
  good: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, total_price numeric(12, 2) not null);`,
    },
    {
      title: 'A rate or a score is no amount.',
      sql: `create table places (id bigint generated always as identity primary key, latitude double precision not null, score real not null);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (column.type !== 'real' && column.type !== 'double precision') return null
    const name = column.name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
    if (
      !/(^|_)(price|balance|salary|revenue|subtotal|invoice_amount|payment_amount|refund_amount|total_amount|fee)$/.test(
        name,
      )
    )
      return null
    return {
      ...otherTypes([column], table, ctx, (_, { inTable }) => (inTable ? 'numeric(12, 2)' : null)),
      message: `\`${column.name}\` is rounded: sums of floating point amounts do not add up.`,
      help: `Use ${byOrm(ctx, {
        prisma: '`Decimal @db.Decimal(12, 2)`',
        drizzle: '`numeric({ precision: 12, scale: 2 })`',
        sql: '`numeric(12, 2)`',
      })}, or whole cents in a ${byOrm(ctx, { prisma: '`BigInt`', drizzle: '`bigint`', sql: '`bigint`' })}.`,
    }
  }, true),
} satisfies Rule
