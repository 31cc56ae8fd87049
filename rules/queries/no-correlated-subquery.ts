import type { Node, SelectStmt } from 'libpg-query'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { pathsOf } from '../../src/schema/index-use.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { inService, mainTable } from '../shared/query-words.ts'
import { columnRef, lastName, selectsOf, sourcesOf, walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-correlated-subquery',
  severity: 'warning',
  summary:
    'An aggregate in a subquery of the select list runs once for each row of the result, where one join could serve.',
  why: 'The subquery refers to the row outside and is run again for each of them: N+1 inside of the database.',
  fix: 'Join with a grouped subquery, or use a window function or `LEFT JOIN LATERAL` with an index on the joined column.',
  references: ['https://www.postgresql.org/docs/current/sql-expressions.html#SQL-SYNTAX-SCALAR-SUBQUERIES'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      ...sqlShop,
      rows: { users: 5_000_000, orders: 9_000_000 },
      typescript: `${pool}\n  export const list = () => pool.query("SELECT u.id, (SELECT count(*) FROM orders o WHERE o.note = u.name) AS n FROM users u WHERE u.plan = 'paid'")`,
      message: '`orders`',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const list = (id: string) => pool.query('SELECT u.id, count(o.id) FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.id = $1 GROUP BY u.id', [id])`,
    },
    {
      ...sqlShop,
      title: 'One row by its key: the subquery runs once.',
      typescript: `${pool}\n  export const one = (id: string) => pool.query('SELECT o.id, (SELECT count(*) FROM orders s WHERE s.status = o.status) AS alike FROM orders o WHERE o.id = $1', [id])`,
      severity: 'info',
    },
    {
      ...sqlShop,
      title: 'A page of rows, with an index for the subquery.',
      typescript: `${pool}\n  export const list = () => pool.query('SELECT u.id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) AS n FROM users u ORDER BY u.id LIMIT 20')`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (!inService(query) || query.statement === undefined || findsOneRow(query, ctx)) return
      for (const select of selectsOf(query)) {
        const outer = sourcesOf(select)
        if (outer.size === 0 || select.limitCount !== undefined) continue
        for (const target of select.targetList ?? []) {
          if (!('ResTarget' in target) || target.ResTarget.val === undefined || !('SubLink' in target.ResTarget.val))
            continue
          const link = target.ResTarget.val.SubLink
          const inner = (link.subselect as { SelectStmt?: SelectStmt } | undefined)?.SelectStmt
          if (link.subLinkType !== 'EXPR_SUBLINK' || inner === undefined || inner.limitCount !== undefined) continue
          const own = sourcesOf(inner)
          const tied: string[] = []
          const given: string[] = []
          let refers = false
          let equal = false
          walkTree([inner.whereClause], (kind, value) => {
            if (kind !== 'A_Expr') return true
            const sides = [value['lexpr'], value['rexpr']].map((side) =>
              columnRef(side as Parameters<typeof columnRef>[0]),
            )
            const isEqual = lastName(value['name'] as Node[] | undefined) === '='
            const ties = sides.map(
              (side) => side?.qualifier != null && !own.has(side.qualifier) && outer.has(side.qualifier),
            )
            for (const [i, side] of sides.entries()) {
              if (side == null || ties[i] === true) continue
              if (ties[1 - i] === true) tied.push(side.name)
              else if (isEqual && sides[1 - i] === null) given.push(side.name)
            }
            refers ||= ties.includes(true)
            equal ||= isEqual && ties.includes(true)
            return true
          })
          const name = [...own.values()][0]
          const table = [...ctx.after.tables.values()].find((t) => t.name === name)
          if (!refers || table === undefined || ctx.size(table.key) === 'small') continue
          // With an index for it the subquery is a look-up for each row, which for few rows is what a join does too.
          const led = [
            ...(table.primaryKey === null ? [] : [table.primaryKey.columns[0]]),
            ...table.uniques.map((u) => u.columns[0]),
            ...table.indexes.map((i) => i.keys[0]?.column),
          ]
          // What only a range ties to the row outside is found by what else is given, and no join finds it better.
          if ((equal ? tied : [...tied, ...given]).some((column) => led.includes(column)) || !table.complete) continue
          return {
            object: table.key,
            message: `The subquery on \`${ctx.name(table.key)}\` runs once for each row of the result, and no index serves it.`,
          }
        }
      }
    },
  },
} satisfies Rule

/** True where the query asks for one row of its main table by a unique key, so that a subquery runs once. */
function findsOneRow(query: Query, ctx: RuleContext): boolean {
  const table = mainTable(query, ctx)
  if (table === null) return false
  const given = new Set(
    query.predicates
      .filter((p) => p.table === table.key && p.operator === '=' && p.joining !== true && p.expression === null)
      .map((p) => p.column),
  )
  return pathsOf(table).some(
    (path) =>
      path.unique && path.where === null && path.keys.every((key) => key.column !== null && given.has(key.column)),
  )
}
