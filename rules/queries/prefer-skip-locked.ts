import type { Rule } from '../../src/engine/rule.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { selectsOf } from '../shared/sql-tree.ts'

export default {
  id: 'prefer-skip-locked',
  severity: 'info',
  summary: 'Workers that take the next row with FOR UPDATE wait for each other instead of taking different rows.',
  why: 'All workers try the same first row. One gets it, the others wait until it commits and then often find nothing left to do.',
  fix: 'Add `SKIP LOCKED`: each worker takes the first row that nobody holds.',
  references: ['https://www.postgresql.org/docs/current/sql-select.html#SQL-FOR-UPDATE-SHARE'],
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const next = () => pool.query("SELECT id FROM orders WHERE number = 1 ORDER BY created_at LIMIT 1 FOR UPDATE")`,
      message: '`orders`',
    },
  ],
  good: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const next = () => pool.query("SELECT id FROM orders WHERE number = 1 ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED")`,
    },
    {
      ...sqlShop,
      title: 'One certain row.',
      typescript: `${pool}\n  export const one = (id: string) => pool.query("SELECT id FROM orders WHERE id = $1 FOR UPDATE", [id])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (query.context.file === 'test') return
      for (const select of selectsOf(query)) {
        const locks = (select.lockingClause ?? []).some(
          (l) =>
            'LockingClause' in l &&
            (l.LockingClause.strength === 'LCS_FORUPDATE' || l.LockingClause.strength === 'LCS_FORNOKEYUPDATE') &&
            (l.LockingClause.waitPolicy ?? 'LockWaitBlock') === 'LockWaitBlock',
        )
        if (!locks || select.limitCount === undefined || select.sortClause === undefined) continue
        const table = query.tables[0]?.table ?? ''
        const unique =
          ctx.after.tables
            .get(table)
            ?.primaryKey?.columns.every((c) => query.predicates.some((p) => p.column === c && p.operator === '=')) ===
          true
        if (unique) continue
        return {
          object: table,
          message: `Workers that take the next row of \`${ctx.name(table)}\` wait for the one that holds it.`,
        }
      }
    },
  },
} satisfies Rule
