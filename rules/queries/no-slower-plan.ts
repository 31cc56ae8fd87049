import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import type { PlanScan, PlanSummary } from '../../src/rehearsal/types.ts'
import { nameOf } from '../../src/schema/model.ts'
import type { Key } from '../../src/schema/model.ts'
import { pool } from '../shared/query-examples.ts'
import { inService, isCostlier } from '../shared/query-words.ts'

const given = `create table orders (id bigint primary key, status text not null, user_id bigint not null, total bigint not null); create index orders_user on orders (user_id);`
const rows = { orders: 20_000_000 }
const open = (where: string): string =>
  `${pool}\n  export const open = (user: number) => pool.query('SELECT id, total FROM orders ${where}', [user])`

export default {
  id: 'no-slower-plan',
  severity: 'warning',
  summary: 'A query that the pull request changes was served by an index before, and reads the whole table now.',
  why: `Postgres planned both texts of the query in a rehearsal, with tables at the size that is declared: the old one used an index, the new one
    is left with nothing but reading every row. Tests with a few rows are fast either way.`,
  fix: 'Keep a condition that the index serves, or create an index for the new one in the same pull request.',
  references: [
    'https://www.postgresql.org/docs/current/using-explain.html',
    'https://www.postgresql.org/docs/current/indexes-types.html',
  ],
  yieldsTo: ['queries'],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      title: 'The condition that the index serves is gone.',
      given,
      rows,
      rehearse: true,
      was: open('WHERE user_id = $1'),
      typescript: open('WHERE $1 > 0'),
      message: 'Before this change the query used `orders_user`',
    },
    {
      title: 'An alternative that no index serves.',
      given,
      rows,
      rehearse: true,
      was: open('WHERE user_id = $1'),
      typescript: open('WHERE user_id + total = $1 OR user_id = $1'),
      message: 'reads every row of `orders`',
    },
  ],
  good: [
    {
      title: 'Another index serves the new text.',
      given,
      rows,
      rehearse: true,
      was: open('WHERE user_id = $1'),
      typescript: open('WHERE id = $1'),
    },
    {
      title: 'One more condition beside the one that the index serves.',
      given,
      rows,
      rehearse: true,
      was: open('WHERE user_id = $1'),
      typescript: open('WHERE user_id = $1 AND total > 100'),
    },
    {
      title: 'The index comes with the new text.',
      given,
      rows,
      rehearse: true,
      sql: `create index concurrently orders_part on orders ((user_id % 1000));`,
      runner: 'psql',
      was: open('WHERE user_id = $1'),
      typescript: open('WHERE user_id % 1000 = $1'),
    },
    {
      title: 'A small table is read at once.',
      given,
      rows: { orders: 500 },
      rehearse: true,
      was: open('WHERE user_id = $1'),
      typescript: open('WHERE user_id % 1000 = $1'),
    },
    {
      title: 'A limit is reached after a few rows.',
      given,
      rows,
      rehearse: true,
      was: open('WHERE user_id = $1 LIMIT 20'),
      typescript: open('WHERE user_id <> $1 LIMIT 20'),
    },
    {
      title: 'All rows were read before too.',
      given,
      rows,
      rehearse: true,
      was: open('WHERE total % 10 = $1 LIMIT 100'),
      typescript: open('WHERE total % 100 = $1 LIMIT 100'),
    },
  ],
  visit: {
    query(query, ctx) {
      const before = query.plan?.before
      const after = query.plan?.after
      if (query.was === undefined || !before || !after || !inService(query) || !isCostlier(after, before)) return
      const scan = after.scans.find(
        ({ table }) => ctx.size(table) === 'large' && !before.scans.some((each) => each.table === table),
      )
      const index = scan === undefined ? undefined : indexOn(before, scan.table)
      return scan === undefined || index === undefined ? undefined : problemOf(query, scan, index, ctx)
    },
  },
} satisfies Rule

/** Name of an index by which a plan reaches a table. */
function indexOn({ lines, indexes }: PlanSummary, table: Key): string | undefined {
  return indexes
    .map(nameOf)
    .find(
      (name) =>
        lines.some((line) => line.includes(` using ${name} on ${nameOf(table)},`)) ||
        lines.some((line) => line.includes(` using ${name},`)),
    )
}

function problemOf({ was }: Query, { table, line }: PlanScan, index: string, ctx: RuleContext): Problem {
  const size = ctx.rows(table)
  return {
    object: table,
    plan: line,
    message: `Before this change the query used \`${index}\`; now it reads every row of \`${ctx.name(table)}\`${size === undefined ? '' : ` (${size.toLocaleString('en-US')})`}.`,
    help: `Planned in a rehearsal at the declared sizes: ${line}.\n\nKeep the condition that \`${index}\` serves, or create an index for the new one. The query was:\n\`\`\`sql\n${was ?? ''}\n\`\`\``,
  }
}
