import type { Node } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { pool, prismaShop, sqlShop } from '../shared/query-examples.ts'
import { inService } from '../shared/query-words.ts'

export default {
  id: 'no-select-star',
  severity: 'info',
  summary: 'A prepared statement selects all columns, so that it fails once a column is added.',
  why: `Prisma prepares the SQL of \`$queryRaw\`, and node-postgres what has a name. Each connection that prepared a \`SELECT *\` before a migration adds a column answers
    "cached plan must not change result type" from then on, until it is opened anew. Every new column is read and sent, too, large ones as well.`,
  fix: 'List the columns that the code uses.',
  references: [
    'https://www.postgresql.org/docs/current/sql-prepare.html',
    'https://node-postgres.com/features/queries#prepared-statements',
    'https://www.postgresql.org/docs/current/sql-select.html#SQL-SELECT-LIST',
  ],
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const one = (id: string) => pool.query({ name: 'one-user', text: 'SELECT * FROM users WHERE id = $1', values: [id] })`,
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
      title: 'What has no name is not prepared.',
      typescript: `${pool}\n  export const one = (id: string) => pool.query('SELECT * FROM users WHERE id = $1', [id])`,
    },
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
        !isPrepared(query)
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
        message: `This \`SELECT *\` is prepared, and fails on every open connection once a column is added to \`${ctx.name(main.table)}\`.`,
      }
    },
  },
} satisfies Rule

/** True for raw SQL that its client prepares under a name and keeps; postgres.js prepares what failed so once more. */
function isPrepared({ client, call, text = '' }: Query): boolean {
  return client === 'prisma' || (call.startsWith('query ') && /[{,]\s*name\s*:/.test(text))
}

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
