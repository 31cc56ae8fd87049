import type { Rule } from '../../src/engine/rule.ts'
import { drizzleImports, drizzleShop, pool, sqlShop } from '../shared/query-examples.ts'
import { selectsOf } from '../shared/sql-tree.ts'

export default {
  id: 'require-order-with-distinct-on',
  severity: 'warning',
  summary: '`DISTINCT ON` without an order keeps any row of each group.',
  why: 'Postgres keeps the first row of each group. Without ORDER BY which one comes first changes with the plan, the data and the version.',
  fix: 'Sort by the columns of `DISTINCT ON` and then by what decides: `ORDER BY user_id, created_at DESC`.',
  references: ['https://www.postgresql.org/docs/current/sql-select.html#SQL-DISTINCT'],
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const last = (id: string) => pool.query('SELECT DISTINCT ON (user_id) user_id, number FROM orders WHERE user_id = $1', [id])`,
      message: '`orders`',
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const last = (id: string) => db.selectDistinctOn([orders.userId]).from(orders).where(eq(orders.userId, id))`,
    },
  ],
  good: [
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const last = (id: string) => db.selectDistinctOn([orders.userId]).from(orders).where(eq(orders.userId, id)).orderBy(orders.userId, orders.createdAt)`,
    },
    {
      ...sqlShop,
      typescript: `${pool}\n  export const last = (id: string) => pool.query('SELECT DISTINCT ON (user_id) user_id, number FROM orders WHERE user_id = $1 ORDER BY user_id, created_at DESC', [id])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (query.context.file === 'test' || query.familiar === true) return
      const found =
        query.call === 'selectDistinctOn'
          ? !query.dynamic && !/\.orderBy\(/.test(query.text ?? '')
          : selectsOf(query).some(
              (s) =>
                (s.distinctClause ?? []).some((c) => Object.keys(c).length > 0) && (s.sortClause?.length ?? 0) === 0,
            )
      const table = query.tables[0]?.table ?? ''
      return found
        ? {
            object: table,
            message: `Which row of \`${ctx.name(table)}\` stays in each group of \`DISTINCT ON\` is left to chance: there is no ORDER BY.`,
          }
        : null
    },
  },
} satisfies Rule
