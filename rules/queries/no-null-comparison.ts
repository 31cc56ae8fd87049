import type { Node } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import { drizzleImports, drizzleShop, pool, sqlShop } from '../shared/query-examples.ts'
import { lastName, walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-null-comparison',
  severity: 'error',
  summary: 'A comparison with NULL by `=` or `<>` is never true, so that the query finds nothing.',
  why: 'NULL is not equal to anything, itself included: `x = NULL` and `x <> NULL` are NULL for every row, which WHERE takes for false.',
  fix: 'Write `IS NULL`, `IS NOT NULL` or `IS NOT DISTINCT FROM`; in Drizzle `isNull(…)`.',
  references: ['https://www.postgresql.org/docs/current/functions-comparison.html'],
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const kept = (id: string) => pool.query('SELECT id FROM users WHERE id = $1 AND deleted_at = NULL', [id])`,
      message: 'never true',
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const kept = (id: string) => db.select().from(users).where(and(eq(users.id, id), eq(users.deletedAt, null)))`,
    },
    {
      given: `create table users (id bigint primary key, deleted_at timestamptz);`,
      sql: `delete from users where deleted_at = null;`,
      message: 'no row is found',
    },
    {
      given: `create table users (id bigint primary key, deleted_at timestamptz);`,
      sql: `create index concurrently users_kept_idx on users (id) where deleted_at = null;`,
      message: 'no row is found',
    },
  ],
  good: [
    {
      title: 'A value is set.',
      given: `create table users (id bigint primary key, deleted_at timestamptz);`,
      rows: { users: 500 },
      sql: `update users set deleted_at = null where id = 1;`,
    },
    {
      ...drizzleShop,
      title: 'What a function gives back is null in one case only.',
      typescript: `${drizzleImports}\n  function ask(text: string) {\n    if (text !== '') return { email: text }\n    return { email: null }\n  }\n  export const one = (text: string) => {\n    const asked = ask(text)\n    return db.select().from(users).where(eq(users.email, asked.email))\n  }\n  export const other = (text?: string) => db.select().from(users).where(eq(users.email, text ?? null))`,
    },
    {
      ...sqlShop,
      typescript: `${pool}\n  export const kept = (id: string) => pool.query('SELECT id FROM users WHERE id = $1 AND deleted_at IS NULL', [id])\n  export const restore = (id: string) => pool.query('UPDATE users SET deleted_at = NULL WHERE id = $1', [id])`,
    },
  ],
  visit: {
    query(query) {
      if (query.context.file === 'test' || query.familiar === true) return
      const drizzle =
        query.client === 'drizzle'
          ? query.predicates.find(
              (p) => (p.operator === '=' || p.operator === '<>') && p.value === null && p.expression === null,
            )
          : undefined
      return drizzle !== undefined || comparesWithNull(query.statement?.node)
        ? {
            ...(drizzle === undefined ? {} : { place: drizzle.place }),
            object: query.tables[0]?.table ?? '',
            message,
          }
        : null
    },
    statement({ node, inside }) {
      const isFiltered = 'SelectStmt' in node || 'UpdateStmt' in node || 'DeleteStmt' in node || 'InsertStmt' in node
      const isWhere = 'IndexStmt' in node || 'ViewStmt' in node || 'CreatePolicyStmt' in node
      return inside !== 'function' && (isFiltered || isWhere) && comparesWithNull(node)
        ? { anySize: true, message }
        : null
    },
  },
} satisfies Rule

const message = 'This comparison with NULL is never true, so that no row is found.'

function comparesWithNull(node: Node | undefined): boolean {
  let found = false
  walkTree(node, (kind, value) => {
    if (
      kind === 'A_Expr' &&
      value['kind'] === 'AEXPR_OP' &&
      ['=', '<>'].includes(lastName(value['name'] as Parameters<typeof lastName>[0])) &&
      [value['lexpr'], value['rexpr']].some((side) =>
        JSON.stringify(side ?? {}).startsWith('{"A_Const":{"isnull":true'),
      )
    )
      found = true
    return true
  })
  return found
}
