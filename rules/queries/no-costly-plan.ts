import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import type { PlanScan, PlanSummary } from '../../src/rehearsal/types.ts'
import { pool } from '../shared/query-examples.ts'
import { inService } from '../shared/query-words.ts'

const given = `create table users (id bigint primary key, plan text not null, made timestamptz not null); create table orders (id bigint primary key, user_name text, total integer); create index users_plan on users (plan); create index users_made on users (made);`
const rows = { users: 5_000_000, orders: 9_000_000 }

export default {
  id: 'no-costly-plan',
  severity: 'warning',
  summary:
    'Planned at the declared sizes, a query reads a large table once for each row of another, or sorts or hashes all of a large table.',
  why: `A plan says what no text says: a subquery that looks harmless is run for each row of the result and reads a whole table every time; a sort or a hash join takes
    millions of rows and spills to disk once they pass work_mem. The embedded Postgres plans the query on the schema as the pull request leaves it.`,
  fix: 'Join with a grouped subquery in place of one that runs for each row; give a sort an index that has its order, and a LIMIT.',
  references: [
    'https://www.postgresql.org/docs/current/using-explain.html',
    'https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM',
  ],
  yieldsTo: ['queries'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      title: 'A subquery that reads a table for each row.',
      given,
      rows,
      rehearse: true,
      typescript: `${pool}\n  export const list = () => pool.query("SELECT u.id FROM users u WHERE u.plan = 'paid' ORDER BY (SELECT count(*) FROM orders o WHERE o.total = u.id) DESC LIMIT 50")`,
      message: 'reads all of `orders` once for each row',
    },
    {
      title: 'All of a large table is sorted: information.',
      given,
      rows,
      rehearse: true,
      typescript: `${pool}\n  export const names = () => pool.query('SELECT id, user_name FROM orders ORDER BY lower(user_name) LIMIT 50')`,
      message: 'sorts 9,000,000 rows',
      severity: 'info',
    },
  ],
  good: [
    {
      given,
      rows,
      rehearse: true,
      title: 'An index has the order.',
      typescript: `${pool}\n  export const newest = () => pool.query('SELECT id FROM users ORDER BY made DESC LIMIT 50')`,
    },
    {
      given,
      rows,
      rehearse: true,
      title: 'Few rows are sorted.',
      typescript: `${pool}\n  export const paid = () => pool.query("SELECT id FROM users WHERE plan = 'paid' ORDER BY id LIMIT 50")`,
    },
  ],
  visit: {
    query(query, ctx) {
      const after = query.plan?.after
      if (!after || !inService(query)) return
      return subplanProblem(after, ctx) ?? workProblem(query, after, ctx)
    },
  },
} satisfies Rule

function subplanProblem(after: PlanSummary, ctx: RuleContext): Problem | null {
  for (const { rows, scans, line } of after.subplans) {
    const scan = scans.find(({ table }) => isLarge(table, ctx))
    if (scan === undefined || rows < 100) continue
    return {
      object: scan.table,
      plan: `for each of ${count(rows)} rows or more ${line}: ${scan.line}`,
      message: `A subquery of this query reads all of \`${ctx.name(scan.table)}\` once for each row that the query looks at.`,
    }
  }
  return null
}

/** A sort or hash table whose rows all come from one large table of declared size; what a query without a limit asks for is its own affair. */
function workProblem(query: Query, after: PlanSummary, ctx: RuleContext): Problem | null {
  if (query.limit === null || query.grouped === true) return null
  const scan = after.scans.find(({ table }: PlanScan) => isLarge(table, ctx))
  const work = after.sorts.find(({ rows }) => scan !== undefined && rows >= largest(ctx))
  if (scan === undefined || work === undefined) return null
  const sorts = work.line.startsWith('Sort')
  return {
    object: scan.table,
    severity: 'info',
    plan: `${work.line} over ${scan.line}`,
    message: `This query ${sorts ? 'sorts' : 'puts'} ${count(work.rows)} rows${sorts ? '' : ' into a hash table'} to return a few of them.`,
    help: sorts
      ? 'Create an index that has this order, or filter before sorting.'
      : 'Filter before joining, or join on columns that have an index on the side of the large table.',
  }
}

function isLarge(table: string, ctx: RuleContext): boolean {
  return ctx.size(table) === 'large'
}

function largest(ctx: RuleContext): number {
  return (
    Math.min(
      ...[...ctx.after.tables.keys()]
        .filter((table) => isLarge(table, ctx))
        .map((table) => ctx.rows(table) ?? Infinity),
    ) / 2
  )
}

function count(rows: number): string {
  return Math.round(rows).toLocaleString('en-US')
}
