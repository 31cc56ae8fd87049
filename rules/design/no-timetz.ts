import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'no-timetz',
  severity: 'warning',
  summary: 'A time with time zone has an offset but no date, so nobody can say which moment it is.',
  why: 'The offset of a place changes through the year. Postgres has the type because the standard asks for it and advises against its use.',
  fix: 'Use time for a time of day, timestamptz for a moment.',
  references: ['https://www.postgresql.org/docs/current/datatype-datetime.html'],
  sources: [],
  bad: [
    {
      sql: `create table shops (id bigint generated always as identity primary key, opens timetz not null);`,
      message: '`opens` has an offset but no date',
    },
    { prisma: { before: '', after: 'model Shop {\n  id BigInt @id\n  opens DateTime @db.Timetz(6)\n}\n' } },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, time } from 'drizzle-orm/pg-core'\nexport const shops = pgTable('shops', { id: bigint('id', { mode: 'number' }).primaryKey(), opens: time('opens', { withTimezone: true }).notNull() })\n`,
      },
    },
  ],
  good: [{ sql: `create table shops (id bigint generated always as identity primary key, opens time not null);` }],
  visit: newColumns(
    (column) =>
      column.type !== null && /^time(\(\d\))? with time zone/.test(column.type)
        ? { message: `\`${column.name}\` has an offset but no date, so it names no moment.` }
        : null,
    true,
  ),
} satisfies Rule
