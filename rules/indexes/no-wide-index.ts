import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-wide-index',
  severity: 'info',
  summary: 'An index with many key columns is large, and its last columns seldom narrow anything down.',
  why: 'Every key column is stored in each entry and makes every write slower. After three well chosen columns few rows are left to tell apart.',
  fix: 'Keep the columns that are filtered by equality, then one range or order; put what is only read into INCLUDE.',
  references: ['https://www.postgresql.org/docs/current/indexes-multicolumn.html'],
  options: { columns: 3 },
  sources: ['strong_migrations/add_index_columns', 'diesel-guard/WideIndexCheck', 'bytebase/index.key-number-limit'],
  checklist: 'query-patterns-before-indexes',
  bad: [
    {
      given: `create table orders (id bigint primary key, a int, b int, c int, d int);`,
      sql: `create index concurrently orders_all on orders (a, b, c, d);`,
      runner: 'psql',
      message: 'has 4 key columns',
    },
    {
      prisma: {
        before: '',
        after: 'model User {\n  id BigInt @id\n  a Int\n  b Int\n  c Int\n  d Int\n\n  @@index([a, b, c, d])\n}\n',
      },
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), a: text('a'), b: text('b'), c: text('c'), d: text('d') }, (table) => [index('users_wide').on(table.a, table.b, table.c, table.d)])\n`,
      },
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key, a int, b int, c int, d int);`,
      sql: `create index concurrently orders_abc on orders (a, b, c);`,
      runner: 'psql',
    },
    {
      title: 'A unique index needs its columns.',
      sql: `create table orders (id bigint generated always as identity primary key, a int, b int, c int, d int); create unique index orders_all on orders (a, b, c, d);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      if (index.unique || index.method !== 'btree' || index.keys.length <= Number(ctx.options.columns)) return
      // A time at the end serves the order, whatever narrows before it.
      const last = ctx.after.tables.get(table)?.columns.find((c) => c.name === index.keys.at(-1)?.column)
      if (index.keys.length === Number(ctx.options.columns) + 1 && /^(?:timestamp|date)/.test(last?.type ?? '')) return
      return {
        anySize: true,
        message: `\`${index.name}\` has ${index.keys.length} key columns, and the last ones seldom narrow anything down.`,
      }
    },
  },
} satisfies Rule
