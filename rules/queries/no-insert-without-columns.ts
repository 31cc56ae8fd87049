import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'

export default {
  id: 'no-insert-without-columns',
  severity: 'warning',
  summary: 'An INSERT in code does not name its columns, so that adding or moving a column breaks it.',
  why: 'The values are matched with the columns by their order. After a migration that adds a column, values land in other columns or the statement fails.',
  fix: 'Name the columns: `INSERT INTO t (a, b) VALUES …`.',
  references: ['https://www.postgresql.org/docs/current/sql-insert.html'],
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const add = (v: unknown[]) => pool.query("INSERT INTO orders VALUES ($1, $2, $3, 'new')", v)`,
      message: '`orders`',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const add = (v: unknown[]) => pool.query("INSERT INTO orders (id, user_id, number, status) VALUES ($1, $2, $3, 'new')", v)`,
    },
    {
      given: `create table counters (id bigint generated always as identity primary key);`,
      title: 'Nothing but defaults.',
      typescript: `${pool}\n  await pool.query('INSERT INTO counters DEFAULT VALUES')`,
    },
  ],
  visit: {
    query(query, ctx) {
      const node = query.statement?.node
      if (
        node === undefined ||
        query.context.file === 'test' ||
        !('InsertStmt' in node) ||
        (node.InsertStmt.cols?.length ?? 0) > 0 ||
        node.InsertStmt.selectStmt === undefined
      )
        return
      const table = query.tables[0]?.table ?? ''
      return {
        object: table,
        message: `The values are matched with the columns of \`${ctx.name(table)}\` by their order: a new column breaks the statement.`,
      }
    },
  },
} satisfies Rule
