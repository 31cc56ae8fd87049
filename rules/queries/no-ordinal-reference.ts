import type { Node } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { isNewSearch } from '../shared/query-words.ts'
import { selectsOf } from '../shared/sql-tree.ts'

export default {
  id: 'no-ordinal-reference',
  severity: 'info',
  summary:
    'GROUP BY or ORDER BY names a column by its number, so that a new column in front of it changes what the query does.',
  why: '`ORDER BY 2` means the second column of the select list. Who adds a column in front of it sorts by another one, and nothing fails.',
  fix: 'Name the column or its alias.',
  references: ['https://www.postgresql.org/docs/current/queries-order.html'],
  enabled: false,
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const list = (id: string) => pool.query('SELECT status, count(*) FROM orders WHERE user_id = $1 GROUP BY 1', [id])`,
      message: '`1`',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const list = (id: string) => pool.query('SELECT status, count(*) FROM orders WHERE user_id = $1 GROUP BY status', [id])`,
    },
  ],
  visit: {
    query(query) {
      if (!isNewSearch(query)) return
      for (const select of selectsOf(query)) {
        const named = [
          ...(select.groupClause ?? []),
          ...(select.sortClause ?? []).map((item) => ('SortBy' in item ? item.SortBy.node : undefined)),
        ]
        const number = named.map(numberOf).find((n) => n !== null)
        if (number != null)
          return {
            object: query.tables[0]?.table ?? '',
            message: `\`${number}\` means whichever column stands there in the select list.`,
          }
      }
    },
  },
} satisfies Rule

function numberOf(node: Node | undefined): number | null {
  return node !== undefined && 'A_Const' in node && node.A_Const.ival !== undefined
    ? (node.A_Const.ival.ival ?? 0)
    : null
}
