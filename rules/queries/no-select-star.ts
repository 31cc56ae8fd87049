import type { Node } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import { pool, prismaShop, sqlShop } from '../shared/query-examples.ts'
import { inService } from '../shared/query-words.ts'

export default {
  id: 'no-select-star',
  severity: 'info',
  summary: 'Raw SQL in code selects all columns, so that a new column changes what the code receives.',
  why: `A prepared statement with \`SELECT *\` fails once a column is added ("cached plan must not change result type"), and every new column is read and sent,
    large ones too, whether or not the code looks at it.`,
  fix: 'List the columns that the code uses.',
  references: [
    'https://www.postgresql.org/docs/current/sql-prepare.html',
    'https://www.postgresql.org/docs/current/sql-select.html#SQL-SELECT-LIST',
  ],
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const one = (id: string) => pool.query('SELECT * FROM users WHERE id = $1', [id])`,
      message: '`users`',
    },
    {
      ...prismaShop,
      typescript: 'export const one = (id: string) => prisma.$queryRaw`SELECT u.* FROM users u WHERE u.id = ${id}`',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const one = (id: string) => pool.query('SELECT id, email FROM users WHERE id = $1', [id])\n  export const count = (id: string) => pool.query('SELECT count(*) FROM users WHERE id = $1', [id])`,
    },
    {
      ...sqlShop,
      title: 'The star stands in a part, and the columns that come back are named.',
      typescript: `${pool}\n  export const one = (id: string) => pool.query('WITH found AS (SELECT u.* FROM users u WHERE u.id = $1) SELECT found.id, found.email FROM found', [id])`,
    },
  ],
  visit: {
    query(query, ctx) {
      const main = query.tables[0]
      if (
        query.statement === undefined ||
        !inService(query) ||
        query.operation !== 'select' ||
        main === undefined ||
        query.place.path.endsWith('.sql')
      )
        return
      if (
        main.columns !== null ||
        !returnsAll(query.statement.node) ||
        query.call.endsWith('(nested)') ||
        query.call.endsWith('(aggregate)') ||
        ctx.after.tables.get(main.table) === undefined
      )
        return
      return {
        object: main.table,
        message: `\`SELECT *\` reads every column of \`${ctx.name(main.table)}\`, and fails where it is prepared when a column is added.`,
      }
    },
  },
} satisfies Rule

/** True where a star stands in what the statement returns, and not only in a part that its own columns are taken from. */
function returnsAll(node: Node): boolean {
  return (
    'SelectStmt' in node &&
    (node.SelectStmt.targetList ?? []).some((target) => 'ResTarget' in target && isStar(target.ResTarget.val))
  )
}

function isStar(node: Node | undefined): boolean {
  return node !== undefined && 'ColumnRef' in node && (node.ColumnRef.fields ?? []).some((field) => 'A_Star' in field)
}
