import type { Node } from 'libpg-query'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Schema, Table } from '../../src/schema/model.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { listed, matchesOne } from '../shared/query-words.ts'
import { columnRef, selectsOf, walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-cartesian-product',
  severity: 'error',
  summary: 'Two tables stand in one FROM or USING with nothing that connects them, so that every row meets every row.',
  why: `A thousand rows and a thousand rows make a million. Such a query is almost always a forgotten condition, and it can take a server down. In an UPDATE each row gets
    the values of whichever row comes first, and a DELETE takes all rows of its table.`,
  fix: 'Write `JOIN … ON` with the columns that belong together, or `CROSS JOIN` where all pairs are meant.',
  references: ['https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-FROM'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const all = (status: string) => pool.query('SELECT u.id, o.number FROM users u, orders o WHERE o.status = $1', [status])`,
      message: '`u` and `o`',
    },
    {
      title: 'An UPDATE takes its values from rows that have nothing to do with its own.',
      given: `create table users (id bigint primary key, city text); create table addresses (id bigint primary key, user_id bigint not null, town text);`,
      sql: `UPDATE users SET city = addresses.town FROM addresses WHERE users.city IS NULL;`,
      message: 'Nothing connects `addresses` with `users`',
    },
    {
      title: 'A DELETE takes all rows.',
      given: `create table sessions (id bigint primary key, user_id bigint not null); create table banned (user_id bigint not null, since timestamptz);`,
      sql: `DELETE FROM sessions s USING banned b WHERE b.since < now();`,
      message: 'Nothing connects `b` with `sessions`',
    },
    { ...sqlShop, files: { 'db/queries.sql': `-- name: Pairs :many\nSELECT u.id FROM users u, orders o;` } },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const all = (id: string) => pool.query('SELECT u.id, o.number FROM users u, orders o WHERE o.user_id = u.id AND u.id = $1', [id])`,
    },
    {
      ...sqlShop,
      title: 'All pairs are meant.',
      typescript: `${pool}\n  export const all = (id: string) => pool.query('SELECT u.id, n FROM users u CROSS JOIN generate_series(1, 3) n WHERE u.id = $1', [id])`,
    },
    {
      title: 'What connects them has no qualifier.',
      rows: { users: 500, addresses: 500 },
      given: `create table users (id bigint primary key, city text); create table addresses (nr bigint primary key, user_id bigint not null, town text);`,
      sql: `UPDATE users SET city = town FROM addresses WHERE user_id = users.id AND city IS NULL;`,
    },
    {
      title: 'One row gives its values to all.',
      rows: { users: 500, plans: 500 },
      given: `create table users (id bigint primary key, plan text); create table plans (id bigint primary key, name text);`,
      sql: `UPDATE users SET plan = plans.name FROM plans WHERE plans.id = 1;`,
    },
    {
      ...sqlShop,
      title: 'One row on one side.',
      typescript: `${pool}\n  export const all = (id: string) => pool.query('SELECT u.name, o.number FROM users u, orders o WHERE u.id = $1 AND o.id = $2', [id, id])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (query.statement === undefined || query.context.file === 'test' || query.familiar === true) return
      for (const select of selectsOf(query)) {
        const parts = apart(select.fromClause ?? [], select.whereClause, ctx.after)
        const many = parts?.groups.filter((group) => !group.some((alias) => isOneRow(alias, parts, ctx))) ?? []
        if (many.length < 2) continue
        return {
          object: query.tables[0]?.table ?? '',
          message: `Nothing connects ${listed(many.map((group) => group[0] ?? ''))} in FROM: every row of one meets every row of the other.`,
        }
      }
      return ofMutation(query.statement.node, ctx.after, ctx)
    },
    statement({ node, inside }, ctx) {
      return inside === 'function' ? null : ofMutation(node, ctx.step.before, ctx)
    },
  },
} satisfies Rule

/** An UPDATE or DELETE that joins a table with nothing to say which of its rows belong to which. */
function ofMutation(node: Node, schema: Schema, ctx: RuleContext): Problem | null {
  const mutation = 'UpdateStmt' in node ? node.UpdateStmt : 'DeleteStmt' in node ? node.DeleteStmt : null
  if (mutation?.relation === undefined) return null
  const { relation } = mutation
  const others =
    'fromClause' in mutation ? mutation.fromClause : 'usingClause' in mutation ? mutation.usingClause : null
  const parts = apart([{ RangeVar: relation }, ...(others ?? [])], mutation.whereClause, schema)
  const target = relation.alias?.aliasname ?? relation.relname ?? ''
  const apartFromIt = parts?.groups.find(
    (group) => !group.includes(target) && !group.some((alias) => isOneRow(alias, parts, ctx)),
  )
  if (parts === null || apartFromIt === undefined) return null
  const name = relation.relname ?? ''
  return {
    object: parts.tables.get(target)?.key ?? name,
    anySize: true,
    message: `Nothing connects \`${apartFromIt[0] ?? ''}\` with \`${name}\`: ${
      'UpdateStmt' in node
        ? `each row of \`${name}\` gets the values of whichever row comes first.`
        : `one row there is enough to delete all that the other conditions leave of \`${name}\`.`
    }`,
    help: `Name the columns that belong together in WHERE: \`AND ${target}.… = ${apartFromIt[0] ?? ''}.…\`.`,
  }
}

interface Apart {
  readonly groups: readonly (readonly string[])[]
  /** The tables by the names that the statement gives them; null for what the schema does not hold. */
  readonly tables: ReadonlyMap<string, Table | null>
  /** Columns that a value fixes, by the same names. */
  readonly fixed: ReadonlyMap<string, readonly string[]>
}

/** True for a table of few rows, for one that is not known, and for one of which conditions leave one row. */
function isOneRow(alias: string, { tables, fixed }: Apart, ctx: RuleContext): boolean {
  const table = tables.get(alias) ?? null
  if (table === null || (ctx.rows(table.key) ?? Infinity) <= 100) return true
  return matchesOne(table, fixed.get(alias) ?? [])
}

/** The sources of a comma list, grouped by what connects them; null where that cannot be told. */
function apart(items: readonly Node[], condition: Node | undefined, schema: Schema): Apart | null {
  if (items.length < 2) return null
  const tables = new Map<string, Table | null>()
  const root = new Map<string, string>()
  for (const item of items) {
    let first: string | null = null
    let odd = false
    walkTree([item], (kind, value) => {
      if (kind === 'RangeSubselect' || kind === 'RangeFunction' || kind === 'RangeTableFunc' || kind === 'JsonTable')
        odd = true
      if (kind === 'RangeVar') {
        const name = String(value['relname'])
        const alias = (value['alias'] as { aliasname?: string } | undefined)?.aliasname ?? name
        tables.set(alias, [...schema.tables.values()].find((t) => t.name === name) ?? null)
        root.set(alias, first ?? alias)
        first ??= alias
      }
      return !odd
    })
    // A function or subquery may refer to what stands before it.
    if (odd) return null
  }
  const top = (name: string): string =>
    root.get(name) === name || root.get(name) === undefined ? name : top(root.get(name) ?? name)
  /** The source of a column; null where more than one could have it. */
  const sourceOf = (column: { readonly qualifier: string | null; readonly name: string }): string | null => {
    if (column.qualifier !== null) return tables.has(column.qualifier) ? column.qualifier : null
    const having = [...tables].filter(([, table]) => table?.columns.some((c) => c.name === column.name) !== false)
    return having.length === 1 ? (having[0]?.[0] ?? null) : null
  }
  const fixed = new Map<string, string[]>()
  let unsure = false
  walkTree([condition], (kind, value) => {
    if (kind === 'A_Expr' || kind === 'FuncCall' || kind === 'SubLink') {
      const names = new Set<string>()
      walkTree([{ [kind]: value }], (inner, ref) => {
        if (inner !== 'ColumnRef') return true
        const column = columnRef({ ColumnRef: ref } as Parameters<typeof columnRef>[0])
        const source = column === null ? null : sourceOf(column)
        if (source !== null) names.add(source)
        else if (column?.qualifier == null) unsure = true
        return false
      })
      const [first, ...others] = [...names]
      for (const other of others) if (first !== undefined) root.set(top(other), top(first))
      const left = kind === 'A_Expr' ? columnRef(value['lexpr'] as Parameters<typeof columnRef>[0]) : null
      const source = left === null ? null : sourceOf(left)
      if (left !== null && source !== null && names.size === 1 && JSON.stringify(value['name']).includes('"="'))
        fixed.set(source, [...(fixed.get(source) ?? []), left.name])
    }
    return true
  })
  if (unsure) return null
  const groups = new Map<string, string[]>()
  for (const alias of tables.keys()) groups.set(top(alias), [...(groups.get(top(alias)) ?? []), alias])
  return { groups: [...groups.values()], tables, fixed }
}
