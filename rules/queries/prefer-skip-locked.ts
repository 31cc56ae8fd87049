import type { Node } from 'libpg-query'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import type { Table } from '../../src/schema/model.ts'
import { drizzleImports, drizzleShop, pool, sqlShop } from '../shared/query-examples.ts'
import { mainTable, tellsApart } from '../shared/query-words.ts'
import { selectsOf, tablesOf } from '../shared/sql-tree.ts'
import { isConstant, isOfTheLiving, isOfWaiting } from '../shared/wanted-index.ts'

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
    {
      ...sqlShop,
      title: 'Open ones of a user, each for whoever comes.',
      typescript: `${pool}\n  export const next = (user: string) => pool.query("SELECT id FROM orders WHERE user_id = $1 AND status = 'open' ORDER BY number LIMIT 1 FOR UPDATE", [user])`,
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const next = () => db.transaction((tx) => tx.select({ id: orders.id }).from(orders).where(eq(orders.number, 1)).orderBy(orders.createdAt).limit(1).for('update'))`,
    },
  ],
  good: [
    {
      ...sqlShop,
      title: 'The newest of one user, whose changes come one after the other.',
      typescript: `${pool}\n  export const newest = (user: string) => pool.query('SELECT id FROM orders WHERE user_id = $1 ORDER BY number DESC LIMIT 1 FOR UPDATE', [user])`,
    },
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
      const claimed = claimedBy(query, ctx)
      if (claimed === null) return
      const { key } = claimed
      const own = query.predicates.filter((p) => p.table === key)
      const equal = own.filter((p) => p.operator === '=')
      if (claimed.primaryKey?.columns.every((column) => equal.some((p) => p.column === column)) === true) return
      // Rows of somebody that is named are locked to change them in turn, unless they wait for whoever comes.
      const isOfSomebody = equal.some((p) => !isConstant(p) && tellsApart(claimed, p.column ?? ''))
      if (isOfSomebody && !own.some((p) => isUpTo(p) || (isConstant(p) && isOfWaiting(p) && !isOfTheLiving(p)))) return
      return {
        object: key,
        message: `Workers that take the next row of \`${ctx.name(key)}\` wait for the one that holds it.`,
      }
    },
  },
} satisfies Rule

/** The table whose first rows in an order a query locks, waiting for those that others hold; null for none. */
function claimedBy(query: Query, ctx: RuleContext): Table | null {
  if (query.statement === undefined)
    return query.locks === 'waits' && query.limit !== null && query.ordering.length > 0 ? mainTable(query, ctx) : null
  const select = selectsOf(query).find(
    ({ lockingClause = [], limitCount, sortClause }) =>
      limitCount !== undefined && sortClause !== undefined && lockingClause.some(isWaitingLock),
  )
  return select === undefined ? null : (tablesOf(select, query, ctx.after)[0] ?? null)
}

function isWaitingLock(node: Node): boolean {
  if (!('LockingClause' in node)) return false
  const { strength, waitPolicy = 'LockWaitBlock' } = node.LockingClause
  return (strength === 'LCS_FORUPDATE' || strength === 'LCS_FORNOKEYUPDATE') && waitPolicy === 'LockWaitBlock'
}

/** True for `run_at <= now()`. */
function isUpTo({ operator }: Predicate): boolean {
  return operator === '<' || operator === '<='
}
