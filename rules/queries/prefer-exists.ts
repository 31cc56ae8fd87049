import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { isNewSearch } from '../shared/query-words.ts'
import { columnRef, selectsOf, sourcesOf } from '../shared/sql-tree.ts'

export default {
  id: 'prefer-exists',
  severity: 'info',
  summary: 'A join multiplies rows that DISTINCT then takes away, where EXISTS would ask whether there is one.',
  why: 'The join builds a row for each match and DISTINCT sorts or hashes all of them to drop the copies. EXISTS stops at the first match.',
  fix: 'Replace the join by `WHERE EXISTS (SELECT 1 FROM … WHERE …)` and leave out DISTINCT.',
  references: ['https://www.postgresql.org/docs/current/functions-subquery.html#FUNCTIONS-SUBQUERY-EXISTS'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const buyers = (s: string) => pool.query('SELECT DISTINCT u.id, u.email FROM users u JOIN orders o ON o.user_id = u.id WHERE o.number = $1', [s])`,
      message: '`o`',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const buyers = (s: string) => pool.query('SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.number = $1) AND u.email = $1', [s])\n  export const pairs = (s: string) => pool.query('SELECT DISTINCT u.id, o.status FROM users u JOIN orders o ON o.user_id = u.id WHERE u.email = $1', [s])`,
    },
  ],
  visit: {
    query(query) {
      if (!isNewSearch(query)) return
      for (const select of selectsOf(query)) {
        const plain = select.distinctClause?.length === 1 && Object.keys(select.distinctClause[0] ?? {}).length === 0
        const sources = [...sourcesOf(select).keys()]
        if (
          !plain ||
          sources.length !== 2 ||
          select.groupClause !== undefined ||
          !JSON.stringify(select.fromClause ?? []).includes('"JOIN_INNER"')
        )
          continue
        const named = (select.targetList ?? []).map((t) =>
          'ResTarget' in t ? (columnRef(t.ResTarget.val)?.qualifier ?? null) : null,
        )
        const only = named[0]
        if (only == null || named.some((n) => n !== only)) continue
        const sorted = (select.sortClause ?? []).map((s) =>
          'SortBy' in s ? (columnRef(s.SortBy.node)?.qualifier ?? only) : only,
        )
        const other = sources.find((s) => s !== only)
        if (other === undefined || sorted.some((s) => s !== only)) continue
        return {
          object: query.tables[0]?.table ?? '',
          message: `The join with \`${other}\` makes copies of rows of \`${only}\` that DISTINCT takes away again.`,
        }
      }
    },
  },
} satisfies Rule
