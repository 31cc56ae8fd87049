import type { Node, SelectStmt, SubLink } from 'libpg-query'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import type { Schema } from '../../src/schema/model.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { columnRef, sourcesOf, walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-not-in-subquery',
  severity: 'warning',
  summary: '`NOT IN` with a subquery over a nullable column finds nothing as soon as one value is NULL.',
  why: `\`x NOT IN (1, NULL)\` is never true, so that one NULL in the subquery empties the result. Postgres also cannot turn it into an anti-join: it
    searches the list again for each row.`,
  fix: 'Write `NOT EXISTS (SELECT 1 FROM … WHERE …)`.',
  references: ['https://www.postgresql.org/docs/current/functions-subquery.html#FUNCTIONS-SUBQUERY-NOTIN'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const rest = (s: string) => pool.query('SELECT id FROM orders WHERE status = $1 AND note NOT IN (SELECT name FROM users)', [s])`,
      message: '`name` of `users` may be NULL',
    },
    {
      title: 'A DELETE that is meant to clean up.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint);`,
      rows: { users: 500, orders: 500 },
      sql: `delete from users where id not in (select user_id from orders);`,
      message: '`user_id` of `orders` may be NULL',
    },
  ],
  good: [
    {
      title: 'The column is never NULL.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint not null);`,
      rows: { users: 500, orders: 500 },
      sql: `delete from users where id not in (select user_id from orders);`,
    },
    {
      ...sqlShop,
      typescript: `${pool}\n  export const rest = (s: string) => pool.query('SELECT o.id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = o.user_id) AND o.id = $1', [s])`,
    },
    {
      ...sqlShop,
      title: 'The column is never NULL.',
      typescript: `${pool}\n  export const rest = (s: string) => pool.query('SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM orders WHERE number = $1)', [s])`,
    },
    {
      ...sqlShop,
      title: 'NULLs are left out.',
      typescript: `${pool}\n  export const rest = (s: string) => pool.query('SELECT id FROM users WHERE id NOT IN (SELECT note FROM orders WHERE note IS NOT NULL AND number = $1)', [s])`,
    },
  ],
  visit: {
    query: (query, ctx) =>
      query.context.file === 'test' || query.familiar === true
        ? null
        : query.statement === undefined
          ? builtEmpty(query, ctx)
          : emptied(query.statement.node, ctx.after, ctx),
    statement: ({ node, inside }, ctx) =>
      inside === 'function' ||
      !('SelectStmt' in node || 'UpdateStmt' in node || 'DeleteStmt' in node || 'InsertStmt' in node)
        ? null
        : emptied(node, ctx.step.before, ctx),
  },
} satisfies Rule

/** What each NOT IN over a nullable column finds. */
function* emptied(node: Node, schema: Schema, ctx: RuleContext): Generator<Problem> {
  for (const select of listsOf(node)) {
    const target = select.targetList?.[0]
    const column = target !== undefined && 'ResTarget' in target ? columnRef(target.ResTarget.val) : null
    if (column === null) continue
    const sources = [...sourcesOf(select)]
    const named =
      column.qualifier === null
        ? sources.length === 1
          ? sources[0]?.[1]
          : undefined
        : sources.find(([alias]) => alias === column.qualifier)?.[1]
    const table = [...schema.tables.values()].find((t) => t.name === named)
    const found = table?.columns.find((c) => c.name === column.name)
    if (
      table === undefined ||
      found === undefined ||
      !found.nullable ||
      table.primaryKey?.columns.includes(column.name) === true
    )
      continue
    if (JSON.stringify(select.whereClause ?? {}).includes('"IS_NOT_NULL"')) continue
    yield {
      object: table.key,
      anySize: true,
      message: `The result is empty once \`NOT IN\` meets a NULL, and \`${column.name}\` of \`${ctx.name(table.key)}\` may be NULL.`,
    }
  }
}

/** The same of what Drizzle puts together. */
function* builtEmpty({ predicates }: Query, ctx: RuleContext): Generator<Problem> {
  for (const { among } of predicates) {
    const table = among === undefined ? undefined : ctx.after.tables.get(among.table)
    if (among === undefined || table?.columns.find((c) => c.name === among.column)?.nullable !== true) continue
    yield {
      object: table.key,
      anySize: true,
      message: `The result is empty once \`NOT IN\` meets a NULL, and \`${among.column}\` of \`${ctx.name(table.key)}\` may be NULL.`,
      help: 'Write `notExists(…)`, or leave NULL out of the subquery with `isNotNull`.',
    }
  }
}

/** The subqueries that something must not be in. */
function listsOf(node: Node): readonly SelectStmt[] {
  const links: SubLink[] = []
  walkTree(node, (kind, value) => {
    if (kind === 'BoolExpr' && value['boolop'] === 'NOT_EXPR') {
      for (const arg of value['args'] as { SubLink?: SubLink }[])
        if (arg.SubLink?.subLinkType === 'ANY_SUBLINK') links.push(arg.SubLink)
    }
    if (
      kind === 'SubLink' &&
      value['subLinkType'] === 'ALL_SUBLINK' &&
      JSON.stringify(value['operName'] ?? []).includes('<>')
    )
      links.push(value as SubLink)
    return true
  })
  return links.flatMap((link) => {
    const select = (link.subselect as { SelectStmt?: SelectStmt } | undefined)?.SelectStmt
    return select === undefined ? [] : [select]
  })
}
