import type { SelectStmt, SubLink } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
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
  ],
  good: [
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
    *query(query, ctx) {
      if (query.context.file === 'test' || query.statement === undefined || query.familiar === true) return
      const links: SubLink[] = []
      walkTree(query.statement.node, (kind, value) => {
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
      for (const link of links) {
        const select = (link.subselect as { SelectStmt?: SelectStmt } | undefined)?.SelectStmt
        const target = select?.targetList?.[0]
        const column = target !== undefined && 'ResTarget' in target ? columnRef(target.ResTarget.val) : null
        if (select === undefined || column === null) continue
        const sources = [...sourcesOf(select)]
        const named =
          column.qualifier === null
            ? sources.length === 1
              ? sources[0]?.[1]
              : undefined
            : sources.find(([alias]) => alias === column.qualifier)?.[1]
        const table = [...ctx.after.tables.values()].find((t) => t.name === named)
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
          message: `The result is empty once \`NOT IN\` meets a NULL, and \`${column.name}\` of \`${ctx.name(table.key)}\` may be NULL.`,
        }
      }
    },
  },
} satisfies Rule
