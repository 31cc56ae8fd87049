import type { Rule } from '../../src/engine/rule.ts'
import { asIdentity, otherTypes } from '../shared/column-type.ts'
import { columnPlace } from '../shared/columns.ts'

export default {
  id: 'prefer-bigint-primary-key',
  severity: 'warning',
  summary: 'A primary key of four bytes ends at 2,147,483,647, and changing it later rewrites the table.',
  why: `Rolled back inserts and gaps use numbers up as well. When the last one is taken every insert fails, and the way out, a change to bigint, rewrites
    the table and every table that refers to it under an ACCESS EXCLUSIVE lock.`,
  fix: 'Use bigint from the start.',
  references: ['https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-INT'],
  sources: ['diesel-guard/ShortIntegerPrimaryKeyCheck', 'pgsafe/prefer-bigint-primary-key', 'pgls/preferBigInt'],
  bad: [
    { sql: `create table events (id serial primary key, at timestamptz not null);`, message: 'ends at 2,147,483,647' },
    { sql: `create table events (id integer generated always as identity primary key);` },
    { sql: `create table events (id smallserial primary key);`, message: 'ends at 32,767' },
    {
      title: 'Prisma makes INTEGER of Int: information, since the field has to become BigInt in the code too.',
      runner: 'prisma@6',
      sql: `CREATE TABLE "Event" ("id" SERIAL NOT NULL, CONSTRAINT "Event_pkey" PRIMARY KEY ("id"));`,
      severity: 'info',
    },
    { prisma: { before: '', after: 'model User {\n  id Int @id @default(autoincrement())\n}\n' }, severity: 'info' },
    {
      drizzle: {
        before: '',
        after: `import { pgTable, serial } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: serial('id').primaryKey() })\n`,
      },
    },
  ],
  good: [
    { sql: `create table events (id bigint generated always as identity primary key);` },
    { title: 'A key that nothing counts up.', sql: `create table settings (id smallint primary key check (id = 1));` },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      if (to.persistence === 'temporary' || to.primaryKey?.columns.length !== 1) return
      const column = to.columns.find((c) => c.name === to.primaryKey?.columns[0])
      if (!column || (column.type !== 'integer' && column.type !== 'smallint')) return
      if (column.identity === null && !(column.default ?? '').startsWith('nextval(')) return
      const place = columnPlace(column, table, ctx)
      const { orm } = ctx.project
      return {
        ...(place ? { place } : {}),
        ...otherTypes([column], table, ctx, (made, written) =>
          made.identity === null ? asIdentity('bigint', table, ctx)(made, written) : 'bigint',
        ),
        ...(orm === 'prisma' ? { severity: 'info' as const } : {}),
        alike: 'key',
        object: `${table}.${column.name}`,
        message: `The primary key of \`${ctx.name(table)}\` ends at ${column.type === 'integer' ? '2,147,483,647' : '32,767'}, and a wider one later rewrites the table.`,
        help:
          orm === 'prisma'
            ? 'Use `BigInt @id @default(autoincrement())` where the table may grow.'
            : orm === 'drizzle'
              ? "Use `bigint({ mode: 'number' }).generatedAlwaysAsIdentity()`."
              : 'Use `bigint GENERATED ALWAYS AS IDENTITY`.',
      }
    },
  },
} satisfies Rule
