import type { Node, SelectStmt } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { inService } from '../shared/query-words.ts'
import { walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'prefer-union-all',
  severity: 'info',
  summary: 'UNION looks for equal rows between two results that a constant column keeps apart.',
  why: 'UNION sorts or hashes all rows of both sides to drop copies. Where each side writes another constant into the same column there are none between them.',
  fix: 'Write UNION ALL, with DISTINCT in the side that may hold copies of its own.',
  references: ['https://www.postgresql.org/docs/current/queries-union.html'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const feed = (id: string) => pool.query("SELECT id, 'user' AS kind FROM users WHERE id = $1 UNION SELECT id, 'order' AS kind FROM orders WHERE user_id = $1", [id])`,
      message: '`kind`',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const feed = (id: string) => pool.query("SELECT id, 'user' AS kind FROM users WHERE id = $1 UNION ALL SELECT id, 'order' AS kind FROM orders WHERE user_id = $1", [id])`,
    },
    {
      ...sqlShop,
      title: 'Both sides may have the same rows.',
      typescript: `${pool}\n  export const ids = (id: string) => pool.query('SELECT id FROM users WHERE id = $1 UNION SELECT user_id FROM orders WHERE id = $1', [id])`,
    },
  ],
  visit: {
    query(query) {
      if (!inService(query)) return
      let column: string | null = null
      walkTree(query.statement?.node, (kind, value) => {
        if (kind === 'SelectStmt' && column === null) column = apart(value)
        return true
      })
      return column === null
        ? null
        : {
            object: query.tables[0]?.table ?? '',
            message: `UNION compares all rows of both sides, although \`${column}\` holds another constant in each: UNION ALL gives the same rows.`,
          }
    },
  },
} satisfies Rule

/** The column in which two sides of a UNION hold different constants. */
function apart(select: SelectStmt): string | null {
  if (select.op !== 'SETOP_UNION' || select.all === true || select.larg === undefined || select.rarg === undefined)
    return null
  const [left, right] = [select.larg.targetList ?? [], select.rarg.targetList ?? []]
  for (const [i, target] of left.entries()) {
    const [mine, theirs] = [constantOf(target), constantOf(right[i])]
    if (mine !== null && theirs !== null && mine !== theirs)
      return 'ResTarget' in target ? (target.ResTarget.name ?? `column ${i + 1}`) : null
  }
  return null
}

function constantOf(node: Node | undefined): string | null {
  if (node === undefined || !('ResTarget' in node) || node.ResTarget.val === undefined) return null
  let { val } = node.ResTarget
  while ('TypeCast' in val && val.TypeCast.arg !== undefined) val = val.TypeCast.arg
  if (!('A_Const' in val) || val.A_Const.isnull === true) return null
  const { sval, ival, boolval } = val.A_Const
  return JSON.stringify([sval, ival, boolval])
}
