import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { branchesOf, bySize, isForOperators, isNewSearch, listed, mainTable } from '../shared/query-words.ts'

const rows = { users: 5_000_000, orders: 20_000_000 }

export default {
  id: 'no-or-across-tables',
  severity: 'info',
  summary: 'A condition asks for one thing of one table OR for another of a joined one, which no index serves.',
  why: 'Each alternative alone could start from an index. Together they can only be checked after the join, so that every pair of rows is made first.',
  fix: 'Write one query for each alternative and put them together with UNION, each with an index of its own.',
  references: [
    'https://www.postgresql.org/docs/current/queries-union.html',
    'https://www.postgresql.org/docs/current/indexes-bitmap-scans.html',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      ...sqlShop,
      rows,
      typescript: `${pool}\n  export const find = (q: string) => pool.query('SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = $1 OR o.number = $2', [q, 1])`,
      message: '`users` and `orders`',
    },
  ],
  good: [
    {
      ...sqlShop,
      rows,
      typescript: `${pool}\n  export const find = (q: string) => pool.query('SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = $1 UNION SELECT o.id FROM orders o WHERE o.number = $2', [q, 1])`,
    },
    {
      ...sqlShop,
      rows,
      title: 'A condition beside the alternatives is where Postgres begins.',
      typescript: `${pool}\n  export const find = (id: string, q: string) => pool.query('SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id WHERE u.id = $1 AND (u.email = $2 OR o.number = $3)', [id, q, 1])`,
    },
    {
      ...sqlShop,
      rows,
      title: 'Alternatives of one table.',
      typescript: `${pool}\n  export const find = (q: string) => pool.query('SELECT id FROM orders WHERE user_id = $1 OR number = $2', [q, 1])`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        // Prisma and Drizzle's relations ask for related rows in subqueries.
        (query.statement === undefined && (query.client !== 'drizzle' || query.joins.length === 0)) ||
        query.dynamic ||
        !isNewSearch(query) ||
        query.operation !== 'select' ||
        bySize(ctx, table.key, 'info') === null ||
        isForOperators(query.place.path)
      )
        return
      const own = branchesOf(query).map((branch) => branch.filter((p) => p.joining !== true && p.column !== null))
      const [first = [], ...others] = own
      if (others.length === 0 || own.some((branch) => branch.length === 0)) return
      // What no index serves reads its table in a query of its own, too.
      if (own.some((branch) => branch.every((p) => p.expression !== null))) return
      // What holds in every alternative narrows all of them.
      if (
        first.some((p) =>
          others.every((branch) =>
            branch.some(
              (o) =>
                o.table === p.table &&
                o.column === p.column &&
                o.place.line === p.place.line &&
                o.place.column === p.place.column,
            ),
          ),
        )
      )
        return
      const tables = own.map((branch) => [...new Set(branch.map((p) => p.table))])
      if (tables.some((names) => names.length !== 1) || new Set(tables.flat()).size < 2) return
      const searches = own.flat().some((p) => p.pattern === 'infix' || p.pattern === 'suffix')
      return {
        object: table.key,
        ...(searches && {
          help: 'Write one query for each alternative and put them together with UNION, each with an index of its own: one of trigrams (`gin_trgm_ops`) where a part of a text is searched for.',
        }),
        message: `The alternatives of this OR are about ${listed(tables.flat().map((name) => ctx.name(name)))}: no index serves them together, so that the tables are joined in full first.`,
      }
    },
  },
} satisfies Rule
