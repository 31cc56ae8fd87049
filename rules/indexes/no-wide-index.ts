import type { Rule } from '../../src/engine/rule.ts'
import type { Index, IndexKey, Table } from '../../src/schema/model.ts'

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
      title: 'What stands at the end for the order of a list narrows nothing down, and has not to.',
      given: `create table threads (id bigint primary key, org_id bigint, owner_id bigint, deleted_at timestamptz, updated_at timestamptz, rank int, state text);`,
      sql: `create index concurrently threads_list on threads (org_id, owner_id, deleted_at, updated_at, id); create index concurrently threads_ranked on threads (org_id, rank desc, state desc, updated_at desc, id);`,
      runner: 'psql',
    },
    {
      title: 'A unique index needs its columns.',
      sql: `create table orders (id bigint generated always as identity primary key, a int, b int, c int, d int); create unique index orders_all on orders (a, b, c, d);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      if (
        index.unique ||
        index.method !== 'btree' ||
        narrowing(index, ctx.after.tables.get(table)).length <= Number(ctx.options.columns)
      )
        return
      return {
        anySize: true,
        message: `\`${index.name}\` has ${index.keys.length} key columns, and the last ones seldom narrow anything down.`,
      }
    },
  },
} satisfies Rule

/** The key columns but those at the end that serve an order: times, the primary key that tells equal times apart, and all that are sorted downwards. */
function narrowing({ keys }: Index, table: Table | undefined): readonly IndexKey[] {
  const downwards = keys.findIndex((each) => each.descending)
  if (downwards >= 0) return keys.slice(0, downwards)
  const ofOrder = ({ column }: IndexKey): boolean =>
    column !== null &&
    (table?.primaryKey?.columns.includes(column) === true ||
      /^(?:timestamp|date)/.test(table?.columns.find(({ name }) => name === column)?.type ?? ''))
  return keys.slice(0, keys.findLastIndex((each) => !ofOrder(each)) + 1)
}
