import type { Rule } from '../../src/engine/rule.ts'
import { drizzleImports, drizzleShop, prismaShop } from '../shared/query-examples.ts'
import { byClient, callOf, isNewSearch, mainTable } from '../shared/query-words.ts'
import { isSorted } from '../shared/sql-tree.ts'

export default {
  id: 'require-order-with-limit',
  severity: 'info',
  summary: 'Pages are taken without an order, so that rows are shown twice or never.',
  why: 'Without ORDER BY Postgres gives rows in whatever order is cheapest at the moment. Two pages of the same query need not fit together.',
  fix: 'Sort by something unique, the key at the end.',
  references: ['https://www.postgresql.org/docs/current/queries-limit.html'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const page = (n: number, id: string) => db.select().from(orders).where(eq(orders.userId, id)).limit(20).offset(n * 20)`,
      message: '`orders`',
    },
  ],
  good: [
    {
      ...drizzleShop,
      title: 'The order is put together elsewhere.',
      typescript: `${drizzleImports}\n  import { orderOf } from './order'\n  export const list = (sort: string, page: number) => db.select().from(users).orderBy(orderOf(sort)).limit(20).offset(page * 20)`,
      files: { 'src/order.ts': `export const orderOf = (sort: string): never => JSON.parse(sort)` },
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const page = (n: number, id: string) => db.select().from(orders).where(eq(orders.userId, id)).orderBy(orders.createdAt).limit(20).offset(n * 20)`,
      severity: 'info',
    },
    {
      ...prismaShop,
      title: 'Prisma itself orders pages by the key.',
      typescript: `export const page = (n: number, userId: string) => prisma.order.findMany({ where: { userId }, skip: n * 20, take: 20 })`,
      rows: { orders: 500 },
    },
    {
      ...prismaShop,
      title: 'A sample of rows.',
      typescript: `export const some = (userId: string) => prisma.order.findMany({ where: { userId }, take: 20 })`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        query.dynamic ||
        !isNewSearch(query) ||
        query.operation !== 'select' ||
        query.limit === null ||
        query.offset === null ||
        query.ordering.length > 0
      )
        return
      // Prisma's engine orders by the primary key where pages are asked for without an order.
      if (query.client === 'prisma' && query.statement === undefined) return
      // What it sorts by may be put together elsewhere.
      if (query.client === 'drizzle' && /\borderBy\b/.test(query.text ?? '')) return
      if (
        query.offset === 0 ||
        query.columns?.some((c) => c.use === 'order') === true ||
        query.grouped === true ||
        query.call.includes('nested')
      )
        return
      if (isSorted(query)) return
      return {
        object: table.key,
        // Branches of one function ask for the same pages.
        alike: `${query.place.path} ${query.context.function ?? query.place.line}`,
        help: byClient(query, {
          prisma: 'Sort by something unique, the key at the end: `orderBy: [{ createdAt: "desc" }, { id: "desc" }]`.',
          drizzle: 'Sort by something unique, the key at the end: `.orderBy(desc(table.createdAt), desc(table.id))`.',
          sql: 'Sort by something unique, the key at the end: `ORDER BY created_at DESC, id DESC`.',
        }),
        message: `Pages of \`${ctx.name(table.key)}\` need not fit together: \`${callOf(query)}\` takes rows from an offset without an order.`,
      }
    },
  },
} satisfies Rule
