import type { Rule } from '../../src/engine/rule.ts'
import { columnPlace } from '../shared/columns.ts'

export default {
  id: 'prefer-ordered-uuid',
  severity: 'info',
  summary: 'Random UUIDs as primary key write to all of the index at once, which a large table feels.',
  why: `Each new key of version 4 falls on another page of the index, so that a table whose index is larger than memory reads and writes a page for every row. Keys of version 7
    begin with the time and go to the end. On tables that fit into memory it makes no difference, and the time of creation can be read from the key.`,
  fix: 'Use uuidv7() from PostgreSQL 18 on, or let the application make keys of version 7.',
  references: ['https://www.postgresql.org/docs/current/functions-uuid.html'],
  enabled: false,
  sources: [],
  bad: [
    {
      sql: `create table events (id uuid primary key default gen_random_uuid(), at timestamptz not null);`,
      message: 'The keys of `events` are random',
    },
    {
      prisma: {
        before: '',
        after: 'model Event {\n  id String @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid\n}\n',
      },
    },
    {
      drizzle: {
        before: '',
        after: `import { pgTable, uuid } from 'drizzle-orm/pg-core'\nexport const events = pgTable('events', { id: uuid('id').primaryKey().defaultRandom() })\n`,
      },
    },
  ],
  good: [
    { postgres: 18, sql: `create table events (id uuid primary key default uuidv7(), at timestamptz not null);` },
    {
      sql: `create table events (id bigint generated always as identity primary key, token uuid not null default gen_random_uuid());`,
    },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      const column = to.columns.find((each) => each.name === to.primaryKey?.columns[0])
      if (to.primaryKey?.columns.length !== 1 || column?.type !== 'uuid') return null
      if (!/^(?:gen_random_uuid|uuid_generate_v4|uuidv4)\(\)$/.test(column.default ?? '')) return null
      const place = columnPlace(column, table, ctx)
      return {
        ...(place ? { place } : {}),
        object: `${table}.${column.name}`,
        message: `The keys of \`${ctx.name(table)}\` are random, so each new row touches another page of the index.`,
        help:
          ctx.postgres >= 18
            ? 'Use `uuidv7()` as the default.'
            : 'Let the application make keys of version 7, which begin with the time (`uuidv7()` in the database from PostgreSQL 18 on).',
      }
    },
  },
} satisfies Rule
