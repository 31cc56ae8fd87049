import type { Rule } from '../../src/engine/rule.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'no-money',
  severity: 'warning',
  summary: 'The meaning of a money column changes with a setting of the server.',
  why: 'lc_monetary decides how many digits and which currency a value has. A dump that is read elsewhere means other amounts.',
  fix: 'Use numeric with a precision, or whole cents in a bigint, and a column for the currency.',
  references: ['https://www.postgresql.org/docs/current/datatype-money.html'],
  sources: [],
  bad: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, total money not null);`,
      message: '`total` changes its meaning',
    },
    { prisma: { before: '', after: 'model Order {\n  id BigInt @id\n  price Decimal @db.Money\n}\n' } },
  ],
  good: [
    { sql: `create table orders (id bigint generated always as identity primary key, total numeric(12, 2) not null);` },
  ],
  visit: newColumns(
    (column, table, ctx) =>
      column.type === 'money'
        ? {
            ...otherTypes([column], table, ctx, ({ default: value }, { inTable }) =>
              inTable && /^(?:\d+(?:\.\d+)?)?$/.test(value ?? '') ? 'numeric(12, 2)' : null,
            ),
            message: `\`${column.name}\` changes its meaning with the server's \`lc_monetary\`.`,
          }
        : null,
    true,
  ),
} satisfies Rule
