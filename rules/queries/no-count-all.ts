import type { Rule } from '../../src/engine/rule.ts'
import { large, prismaShop } from '../shared/query-examples.ts'
import { inService, mainTable, rowsOf } from '../shared/query-words.ts'

export default {
  id: 'no-count-all',
  severity: 'info',
  summary: 'Every row of a large table is counted.',
  why: 'Postgres keeps no number of rows: a count without a condition reads the whole table or a whole index each time.',
  fix: 'Show an estimate (`reltuples` of `pg_class`), count once and keep the number, or ask whether there is one more page.',
  references: [
    'https://www.postgresql.org/docs/current/functions-aggregate.html',
    'https://wiki.postgresql.org/wiki/Count_estimate',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'no-full-scans',
  bad: [
    { ...prismaShop, rows: large, typescript: `export const total = () => prisma.order.count()`, message: '`orders`' },
  ],
  good: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.count({ where: { userId } })`,
    },
    { ...prismaShop, title: 'The size is not known.', typescript: `export const total = () => prisma.order.count()` },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        query.dynamic ||
        !inService(query) ||
        query.predicates.length > 0 ||
        query.filtered === true
      )
        return
      if (
        !['count', '$count'].includes(query.call) ||
        (ctx.size(table.key) !== 'large' && ctx.size(table.key) !== 'medium')
      )
        return
      return {
        object: table.key,
        message: `All rows of \`${ctx.name(table.key)}\`${rowsOf(ctx, table.key)} are counted each time.`,
      }
    },
  },
} satisfies Rule
