import type { Step } from '../../src/step.ts'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import type { Change } from '../../src/schema/change.ts'
import type { Key } from '../../src/schema/model.ts'
import { nameOf } from '../../src/schema/model.ts'
import { queriesWithout } from '../shared/lost-queries.ts'
import { pool } from '../shared/query-examples.ts'
import { inService, isCostlier } from '../shared/query-words.ts'

const given = `create table orders (id bigint primary key, status text not null, user_id bigint not null); create index orders_status on orders (status); create index orders_user on orders (user_id);`
const query = `${pool}\n  export const open = (status: string) => pool.query('SELECT id FROM orders WHERE status = $1', [status])`

export default {
  id: 'no-lost-index',
  severity: 'warning',
  summary:
    'The migration takes an index away that a query of the code was planned with, and the query reads the whole table from then on.',
  why: `Postgres planned the query twice in a rehearsal, with tables at the size that is declared: before the migration it used the index, after it
    nothing but reading every row is left. The deploy goes well, and the query is slow from then on.`,
  fix: 'Keep the index until no query needs it, or create its successor first, with CONCURRENTLY.',
  references: [
    'https://www.postgresql.org/docs/current/sql-dropindex.html',
    'https://www.postgresql.org/docs/current/using-explain.html',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      given: `${given} create table users (id bigint primary key, email text unique);`,
      rows: { orders: 20_000_000, users: 1_000_000 },
      sql: `drop index concurrently orders_user;`,
      runner: 'psql',
      typescript: `${pool}\n  export const of = (email: string) => pool.query('SELECT o.id FROM users u JOIN orders o ON o.user_id = u.id WHERE u.email = $1', [email])`,
      rehearse: true,
      message: 'Without `orders_user`',
    },
  ],
  good: [
    {
      title: 'Another index serves the query.',
      given: `${given} create index orders_status_id on orders (status, id);`,
      rows: { orders: 20_000_000 },
      sql: `drop index concurrently orders_status;`,
      runner: 'psql',
      typescript: query,
      rehearse: true,
    },
    {
      title: 'A limit is reached after a few rows.',
      given,
      rows: { orders: 20_000_000 },
      sql: `drop index concurrently orders_status;`,
      runner: 'psql',
      typescript: query.replace('= $1', '<> $1 LIMIT 10'),
      rehearse: true,
    },
    {
      title: 'No query uses it.',
      given,
      rows: { orders: 20_000_000 },
      sql: `drop index concurrently orders_user;`,
      runner: 'psql',
      typescript: query,
      rehearse: true,
    },
  ],
  visit: {
    pullRequest(ctx) {
      const lost = new Map<Key, { readonly table: Key; readonly line: string; readonly queries: Query[] }>()
      for (const each of ctx.queries) {
        const { plan } = each
        if (!plan?.before || !plan.after || !inService(each) || !isCostlier(plan.after, plan.before)) continue
        for (const scan of plan.after.scans) {
          const index =
            plan.before.scans.some(({ table }) => table === scan.table) || ctx.size(scan.table) !== 'large'
              ? undefined
              : plan.before.indexes.find(
                  (used) => !plan.after?.indexes.includes(used) && takenBy(used, scan.table, ctx) !== null,
                )
          if (index === undefined) continue
          const known = lost.get(index)
          if (known) known.queries.push(each)
          else lost.set(index, { table: scan.table, line: scan.line, queries: [each] })
        }
      }
      return [...lost].flatMap(([index, { table, line, queries }]) => {
        const taken = takenBy(index, table, ctx)
        return taken === null || isToldAnyway(index, table, taken, ctx)
          ? []
          : [problemOf(index, table, line, queries, taken, ctx)]
      })
    },
  },
} satisfies Rule

/** The change that takes an index away, with its place; null where none does. */
function takenBy(index: Key, table: Key, ctx: RuleContext): { readonly step: Step; readonly change: Change } | null {
  for (const step of ctx.steps) {
    for (const change of step.changes) {
      const named = (change.kind === 'dropIndex' || change.kind === 'dropConstraint') && change.name === nameOf(index)
      if (named || ((change.kind === 'dropColumn' || change.kind === 'alterColumnType') && change.table === table))
        return { step, change }
    }
  }
  return null
}

/** True where the schema alone shows what the index is missed by: it is told where it is dropped. */
function isToldAnyway(
  index: Key,
  table: Key,
  { step, change }: NonNullable<ReturnType<typeof takenBy>>,
  ctx: RuleContext,
) {
  const was = step.before.tables.get(table)
  const now = ctx.after.tables.get(table)
  if (was === undefined || now?.complete !== true || (change.kind !== 'dropIndex' && change.kind !== 'dropConstraint'))
    return false
  return queriesWithout(nameOf(index), table, was, now, ctx.queries).length > 0
}

function problemOf(
  index: Key,
  table: Key,
  line: string,
  queries: readonly Query[],
  taken: { readonly change: Change },
  ctx: RuleContext,
): Problem {
  const [first] = queries
  const places = queries.slice(0, 5).map(({ place }) => `- \`${place.path}\` line ${place.line}`)
  const rows = ctx.rows(table)
  return {
    object: table,
    place: taken.change.place,
    plan: line,
    message: `Without \`${nameOf(index)}\` the query in \`${first?.place.path ?? ''}\` line ${first?.place.line ?? 1} reads every row of \`${ctx.name(table)}\`${rows === undefined ? '' : ` (${rows.toLocaleString('en-US')})`}${queries.length > 1 ? `, and so do ${queries.length - 1} more` : ''}.`,
    help: `Planned in a rehearsal after the migration: ${line}.\n\nKeep the index while these queries need it, or create its successor first:\n${places.join('\n')}`,
  }
}
