import type { Rule } from '../../src/engine/rule.ts'
import { indexUse, servesOrder } from '../../src/schema/index-use.ts'
import { large, pool, prismaShop } from '../shared/query-examples.ts'
import {
  branchesOf,
  indexAdvice,
  indexStatement,
  isNewSearch,
  isArranged,
  listed,
  mainTable,
} from '../shared/query-words.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'require-index-for-order',
  severity: 'info',
  summary: 'A page of rows is taken in an order that no index gives, so that all matching rows are sorted first.',
  why: 'With an index in the wanted order Postgres stops after the first rows. Without one it reads and sorts all rows that match, for every page.',
  fix: 'Create an index with the columns that are compared with `=` first and those of the order after them.',
  references: ['https://www.postgresql.org/docs/current/indexes-ordering.html'],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const newest = () => prisma.order.findMany({ orderBy: { createdAt: 'desc' }, take: 20 })`,
      message: '`created_at`',
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { status: 'asc' }, take: 20 })`,
    },
    {
      title: 'Directions that differ have to stand in the index.',
      given: `create table scores (id bigint primary key, total integer not null);`,
      rows: { scores: 40_000_000 },
      typescript: `${pool}\n  export const best = () => pool.query('SELECT id FROM scores ORDER BY total DESC, id LIMIT 50')`,
    },
  ],
  good: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, take: 20 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'At most one row.',
      typescript: `export const one = (email: string) => prisma.user.findFirst({ where: { email }, orderBy: { name: 'asc' } })`,
    },
    {
      title: 'A list that somebody arranged by hand, and nobody says that it is long.',
      given: `CREATE TABLE "providers" ("id" INTEGER PRIMARY KEY, "sort_order" INTEGER NOT NULL);`,
      typescript: `${pool}\n  export const providers = () => pool.query('SELECT id FROM providers ORDER BY sort_order LIMIT 50')`,
    },
    {
      ...prismaShop,
      rows: { orders: 900 },
      title: 'A small table.',
      typescript: `export const newest = () => prisma.order.findMany({ orderBy: { createdAt: 'desc' }, take: 20 })`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        !table.complete ||
        query.dynamic ||
        !isNewSearch(query) ||
        query.operation !== 'select' ||
        query.limit === null ||
        query.ordering.length === 0 ||
        query.grouped === true
      )
        return
      const size = ctx.size(table.key)
      if (size === 'small' || (size === 'unknown' && (query.predicates.length > 0 || isArranged(query)))) return
      if (
        query.ordering.some((o) => o.table !== table.key) ||
        query.predicates.some((p) => p.table !== table.key || p.joining === true)
      )
        return
      const branches = branchesOf(query)
      if (branches.length > 1) return
      const own = branches[0] ?? []
      const use = indexUse(table, own)
      if (use.verdict === 'none' || use.verdict === 'unknown' || use.verdict === 'later') return
      if (
        use.verdict === 'served' &&
        use.path.unique &&
        use.columns === use.path.keys.length &&
        own.every((p) => p.operator === '=')
      )
        return
      if (servesOrder(table, own, query.ordering)) return
      const equal = own.filter((p) => p.operator === '=' && p.expression === null).map((p) => p.column ?? '')
      const order = query.ordering.map((o) => o.column)
      const columns = [...new Set([...equal, ...order])]
      // Read backwards an index gives the opposite order, so that only mixed directions have to stand in it.
      const downwards = new Set(query.ordering.filter((o) => o.descending).map((o) => o.column))
      const isMixed = order.some((column) => downwards.has(column)) && !order.every((column) => downwards.has(column))
      const statement = indexStatement(table, columns, ctx, isMixed ? downwards : undefined)
      const { help, offer } = isMixed ? { help: sql(statement), offer: {} } : indexAdvice(table, columns, ctx)
      return {
        object: table.key,
        expects: 'sort',
        index: statement,
        message: `\`${ctx.name(table.key)}\` is sorted by ${listed(order)} before rows are taken: no index gives this order.`,
        help: `Create an index that does:\n\n${help}`,
        ...offer,
      }
    },
  },
} satisfies Rule
