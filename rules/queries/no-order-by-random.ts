import type { Node } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import { drizzleImports, drizzleShop, pool, sqlShop } from '../shared/query-examples.ts'
import { isNewSearch } from '../shared/query-words.ts'
import { lastName, selectsOf, tablesOf } from '../shared/sql-tree.ts'

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
    {
      ...sqlShop,
      title: 'One of the few that a part of the statement found.',
      typescript: `${pool}\n  export const add = (number: number) => pool.query("WITH own AS (SELECT id FROM users WHERE email = 'a@b.c') INSERT INTO orders (id, number, user_id) VALUES (1, $1, (SELECT id FROM own ORDER BY random() LIMIT 1))", [number])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (!isNewSearch(query)) return
      const sorted = selectsOf(query).find((select) => select.sortClause?.some(isRandom) === true)
      const table =
        sorted !== undefined
          ? tablesOf(sorted, query, ctx.after)[0]?.key
          : query.columns?.some((c) => c.column === 'random()') === true
            ? query.tables[0]?.table
            : undefined
      return table === undefined || ctx.size(table) === 'small'
        ? null
        : { object: table, message: `All rows of \`${ctx.name(table)}\` are read and sorted to take a few at random.` }
    },
  },
} satisfies Rule

function isRandom(item: Node): boolean {
  if (!('SortBy' in item) || item.SortBy.node === undefined || !('FuncCall' in item.SortBy.node)) return false
  return lastName(item.SortBy.node.FuncCall.funcname) === 'random'
}
