import type { CommonTableExpr, SelectStmt } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'
import { pool } from '../shared/query-examples.ts'
import { selectsOf, walkTree } from '../shared/sql-tree.ts'

const tree = `create table categories (id bigint primary key, parent_id bigint references categories, name text); create index on categories (parent_id);`

export default {
  id: 'no-endless-recursion',
  severity: 'warning',
  summary: 'A recursive query has nothing that ends it.',
  why: `WITH RECURSIVE goes on for as long as its last step found rows. With UNION ALL a row that was seen before counts as a new one, so that two rows that refer
    to each other keep it going until the temporary files have filled the disk.`,
  fix: 'Write `UNION` where the rows hold nothing that counts up, add `CYCLE id SET is_cycle USING path` behind the query, or count the depth and bound it: `WHERE depth < 50`.',
  references: ['https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CYCLE'],
  sources: [],
  bad: [
    {
      given: tree,
      typescript: `${pool}\n  export const numbers = () => pool.query('WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT c.name FROM n JOIN categories c ON c.id = n.i')`,
      message: '`n` never ends',
    },
    {
      given: tree,
      title: 'A tree that rows can tie into a circle.',
      severity: 'info',
      typescript: `${pool}\n  export const below = (id: string) => pool.query('WITH RECURSIVE below AS (SELECT id, name FROM categories WHERE id = $1 UNION ALL SELECT c.id, c.name FROM categories c JOIN below b ON c.parent_id = b.id) SELECT * FROM below', [id])`,
      message: '`below` never ends where rows refer to each other in a circle',
    },
    {
      given: tree,
      title: 'Numbers without an end.',
      files: {
        'src/queries/numbers.sql': `WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;\n`,
      },
      message: '`n` never ends',
    },
  ],
  good: [
    {
      given: tree,
      title: 'A row that was seen is not seen again.',
      typescript: `${pool}\n  export const below = (id: string) => pool.query('WITH RECURSIVE below AS (SELECT id FROM categories WHERE id = $1 UNION SELECT c.id FROM categories c JOIN below b ON c.parent_id = b.id) SELECT * FROM below', [id])`,
    },
    {
      given: tree,
      title: 'A depth, a limit, a path and CYCLE each end it.',
      typescript: `${pool}\n  await pool.query('WITH RECURSIVE below AS (SELECT id, 1 AS depth FROM categories WHERE id = $1 UNION ALL SELECT c.id, b.depth + 1 FROM categories c JOIN below b ON c.parent_id = b.id WHERE b.depth < 20) SELECT * FROM below', [id])\n  await pool.query('WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT c.name FROM n JOIN categories c ON c.id = n.i LIMIT 10')\n  await pool.query('WITH RECURSIVE below AS (SELECT id FROM categories WHERE id = $1 UNION ALL SELECT c.id FROM categories c JOIN below b ON c.parent_id = b.id) CYCLE id SET is_cycle USING path SELECT * FROM below', [id])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (query.statement === undefined || query.context.file === 'test') return
      for (const select of selectsOf(query)) {
        if (select.withClause?.recursive !== true || select.limitCount !== undefined) continue
        for (const one of select.withClause.ctes ?? []) {
          const step = 'CommonTableExpr' in one ? unbounded(one.CommonTableExpr) : null
          if (step === null) continue
          const name = 'CommonTableExpr' in one ? (one.CommonTableExpr.ctename ?? '') : ''
          return {
            object: query.tables[0]?.table ?? name,
            ...(step === 'any' ? {} : { severity: 'info' as const }),
            message: `\`${name}\` never ends${step === 'any' ? ': each step finds what the next one goes on from.' : ` where rows refer to each other in a circle${ctx.dialect === 'postgresql' ? ', until its temporary files have filled the disk' : ''}.`}`,
          }
        }
      }
    },
  },
} satisfies Rule

/** What keeps a recursive query going: its own rows with any data, or a circle in those of a table; null where it ends. */
function unbounded(cte: CommonTableExpr): 'any' | 'circle' | null {
  const query = cte.ctequery
  if (query === undefined || !('SelectStmt' in query) || cte.cycle_clause !== undefined) return null
  const { op, all, rarg } = query.SelectStmt
  if (op !== 'SETOP_UNION' || all !== true || rarg === undefined || !reads(rarg, cte.ctename ?? '')) return null
  if (rarg.whereClause !== undefined || rarg.limitCount !== undefined) return null
  let joins = false
  let narrows = false
  walkTree(rarg.fromClause, (kind, value) => {
    if (kind === 'JoinExpr') joins = true
    // What an ON holds besides the way from row to row may be the bound.
    if (kind === 'BoolExpr') narrows = true
    if (kind === 'RangeSubselect' || kind === 'RangeFunction') narrows = true
    return !narrows && value !== null
  })
  if (narrows) return null
  return joins || (rarg.fromClause ?? []).length > 1 ? 'circle' : 'any'
}

function reads(select: SelectStmt, name: string): boolean {
  let found = false
  walkTree(select.fromClause, (kind, value) => {
    if (kind === 'RangeVar' && value['relname'] === name) found = true
    return !found
  })
  return found
}
