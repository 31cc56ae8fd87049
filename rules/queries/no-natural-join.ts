import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-natural-join',
  severity: 'warning',
  summary: 'A NATURAL JOIN joins by all columns of equal name, those that are added later included.',
  why: 'The day both tables get a `created_at` or a `name`, the join compares that too and finds nothing, without an error.',
  fix: 'Name the columns: `JOIN … ON …` or `USING (…)`.',
  references: ['https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-JOIN'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const all = (id: string) => pool.query('SELECT number FROM users NATURAL JOIN orders WHERE email = $1', [id])`,
      message: 'NATURAL',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const all = (id: string) => pool.query('SELECT o.number FROM users u JOIN orders o ON o.user_id = u.id WHERE u.email = $1', [id])`,
    },
  ],
  visit: {
    query(query) {
      let found = false
      walkTree(query.statement?.node, (kind, value) => {
        if (kind === 'JoinExpr' && value['isNatural'] === true) found = true
        return true
      })
      return found && query.context.file !== 'test'
        ? {
            object: query.tables[0]?.table ?? '',
            message: 'The NATURAL JOIN changes its meaning when a column is added whose name both tables have.',
          }
        : null
    },
  },
} satisfies Rule
