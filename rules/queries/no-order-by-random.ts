import type { Rule } from '../../src/engine/rule.ts'
import { drizzleImports, drizzleShop, pool, sqlShop } from '../shared/query-examples.ts'
import { isNewSearch } from '../shared/query-words.ts'
import { lastName, selectsOf } from '../shared/sql-tree.ts'

export default {
  id: 'no-order-by-random',
  severity: 'warning',
  summary: 'Rows are sorted by random numbers, for which the whole table is read and sorted.',
  why: '`ORDER BY random()` computes a number for every row and sorts all of them, to throw away all but a few. No index helps.',
  fix: 'Choose a random key and take the rows from there on, or use `TABLESAMPLE` where an approximate sample will do.',
  references: ['https://www.postgresql.org/docs/current/sql-select.html#SQL-FROM'],
  sources: [],
  checklist: 'no-full-scans',
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const some = () => pool.query('SELECT id FROM users ORDER BY random() LIMIT 5')`,
      message: '`users`',
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const some = () => db.select().from(users).orderBy(sql\`random()\`).limit(5)`,
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const some = (from: string) => pool.query('SELECT id FROM users WHERE id >= $1 ORDER BY id LIMIT 5', [from])`,
    },
    {
      ...sqlShop,
      title: 'A small table.',
      rows: { users: 300 },
      typescript: `${pool}\n  export const some = () => pool.query('SELECT id FROM users ORDER BY random() LIMIT 5')`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = query.tables[0]?.table ?? ''
      if (!isNewSearch(query) || table === '' || ctx.size(table) === 'small') return
      const random =
        query.columns?.some((c) => c.column === 'random()') === true ||
        selectsOf(query).some(
          (s) =>
            s.sortClause?.some(
              (item) =>
                'SortBy' in item &&
                item.SortBy.node !== undefined &&
                'FuncCall' in item.SortBy.node &&
                lastName(item.SortBy.node.FuncCall.funcname) === 'random',
            ) === true,
        )
      return random
        ? { object: table, message: `All rows of \`${ctx.name(table)}\` are read and sorted to take a few at random.` }
        : null
    },
  },
} satisfies Rule
