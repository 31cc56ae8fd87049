import type { Rule } from '../../src/engine/rule.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'prefer-bigint',
  severity: 'info',
  summary: 'A column of two or four bytes has to be rewritten when its range is used up.',
  why: 'A change from smallint or integer to bigint rewrites the table under an ACCESS EXCLUSIVE lock. Eight bytes are cheap by comparison.',
  fix: 'Use bigint, or bigserial.',
  references: ['https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-INT'],
  enabled: false,
  sources: [
    'squawk/prefer-bigint-over-int',
    'squawk/prefer-bigint-over-smallint',
    'pgfence/prefer-bigint-over-int',
    'pgls/preferBigInt',
    'pgls/preferBigintOverInt',
    'pgls/preferBigintOverSmallint',
    'diesel-guard/ShortIntegerPrimaryKeyCheck',
  ],
  bad: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, quantity integer not null);`,
      message: '`quantity` ends at 2,147,483,647',
    },
    { given: `create table orders (id bigint primary key);`, sql: `alter table orders add column quantity smallint;` },
    {
      title: 'The elements of an array too.',
      given: `create table orders (id bigint primary key);`,
      sql: `alter table orders add column item_ids integer[];`,
    },
    { prisma: { before: '', after: 'model User {\n  id BigInt @id\n  score Int\n}\n' } },
    {
      drizzle: {
        before: '',
        after: `import { bigint, integer, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), score: integer('score') })\n`,
      },
    },
  ],
  good: [
    { sql: `create table orders (id bigint generated always as identity primary key, quantity bigint not null);` },
  ],
  visit: newColumns(
    (column, table, ctx) =>
      /^(integer|smallint)(\[\])*$/.test(column.type ?? '')
        ? {
            ...otherTypes([column], table, ctx, ({ type }, { text }) =>
              /serial/i.test(text) ? null : (type ?? '').replace(/^(?:integer|smallint)/, 'bigint'),
            ),
            message: `\`${column.name}\` ends at ${column.type?.startsWith('integer') ? '2,147,483,647' : '32,767'}.`,
            help: 'Use `bigint` where the value may grow.',
          }
        : null,
    true,
  ),
} satisfies Rule
