import type { SelectStmt } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { listed } from '../shared/query-words.ts'
import { columnRef, selectsOf, walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-cartesian-product',
  severity: 'error',
  summary: 'Two tables are listed in FROM with nothing that connects them, so that every row meets every row.',
  why: 'A thousand rows and a thousand rows make a million. Such a query is almost always a forgotten condition, and it can take a server down.',
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
      ...sqlShop,
      title: 'One row on one side.',
      typescript: `${pool}\n  export const all = (id: string) => pool.query('SELECT u.name, o.number FROM users u, orders o WHERE u.id = $1 AND o.id = $2', [id, id])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (query.statement === undefined || query.context.file === 'test') return
      for (const select of selectsOf(query)) {
        const parts = apart(select)
        if (parts === null) continue
        const single = (alias: string): boolean => {
          const name = parts.tables.get(alias) ?? ''
          const table = [...ctx.after.tables.values()].find((t) => t.name === name)
          if (table === undefined || (ctx.rows(table.key) !== undefined && (ctx.rows(table.key) ?? 0) <= 100))
            return true
          const fixed = parts.fixed.get(alias) ?? []
          return [
            table.primaryKey?.columns ?? [],
            ...table.uniques.map((u) => u.columns),
            ...table.indexes.filter((i) => i.unique).map((i) => i.keys.map((k) => k.column ?? '\0')),
          ].some((key) => key.length > 0 && key.every((column) => fixed.includes(column)))
        }
        const many = parts.groups.filter((group) => !group.some(single))
        if (many.length < 2) continue
        return {
          object: query.tables[0]?.table ?? '',
          message: `Nothing connects ${listed(many.map((group) => group[0] ?? ''))} in FROM: every row of one meets every row of the other.`,
        }
      }
    },
  },
} satisfies Rule

/** The sources of a comma list, grouped by what connects them; null where that cannot be told. */
function apart(
  select: SelectStmt,
): { groups: string[][]; tables: ReadonlyMap<string, string>; fixed: ReadonlyMap<string, string[]> } | null {
  const items = select.fromClause ?? []
  if (items.length < 2) return null
  const tables = new Map<string, string>()
  const root = new Map<string, string>()
  for (const item of items) {
    let first: string | null = null
    let odd = false
    walkTree([item], (kind, value) => {
      if (kind === 'RangeSubselect' || kind === 'RangeFunction' || kind === 'RangeTableFunc' || kind === 'JsonTable')
        odd = true
      if (kind === 'RangeVar') {
        const alias = (value['alias'] as { aliasname?: string } | undefined)?.aliasname ?? String(value['relname'])
        tables.set(alias, String(value['relname']))
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
  const fixed = new Map<string, string[]>()
  let unsure = false
  walkTree([select.whereClause], (kind, value) => {
    if (kind === 'A_Expr' || kind === 'FuncCall' || kind === 'SubLink') {
      const names = new Set<string>()
      walkTree([{ [kind]: value }], (inner, ref) => {
        if (inner !== 'ColumnRef') return true
        const column = columnRef({ ColumnRef: ref } as Parameters<typeof columnRef>[0])
        if (column?.qualifier != null && tables.has(column.qualifier)) names.add(column.qualifier)
        else if (column?.qualifier == null) unsure = true
        return false
      })
      const [first, ...others] = [...names]
      for (const other of others) if (first !== undefined) root.set(top(other), top(first))
      const left = kind === 'A_Expr' ? columnRef(value['lexpr'] as Parameters<typeof columnRef>[0]) : null
      if (left?.qualifier != null && names.size === 1 && JSON.stringify(value['name']).includes('"="'))
        fixed.set(left.qualifier, [...(fixed.get(left.qualifier) ?? []), left.name])
    }
    return true
  })
  if (unsure) return null
  const groups = new Map<string, string[]>()
  for (const alias of tables.keys()) groups.set(top(alias), [...(groups.get(top(alias)) ?? []), alias])
  return { groups: [...groups.values()], tables, fixed }
}
