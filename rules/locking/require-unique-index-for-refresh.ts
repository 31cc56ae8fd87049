import type { Rule } from '../../src/engine/rule.ts'
import { uniqueIndexHelp } from '../shared/view-key.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'require-unique-index-for-refresh',
  severity: 'error',
  summary: 'REFRESH MATERIALIZED VIEW CONCURRENTLY fails where the view has no unique index over all its rows.',
  why: `Postgres finds the rows that have changed by a unique index on plain columns without a predicate. It also takes an EXCLUSIVE lock, so two refreshes of one view
    wait for each other.`,
  fix: 'Create a unique index on the materialized view first.',
  references: ['https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html'],
  sources: ['pgfence/refresh-matview-concurrent', 'pgls/concurrentRefreshMatviewLock'],
  claims: { fails: '55000' },
  bad: [
    {
      given: `create table orders (id bigint primary key); create materialized view ids as select id from orders;`,
      sql: `refresh materialized view concurrently ids;`,
      message: '`ids` has no unique index',
    },
    {
      title: 'Of a view that is not known it is information.',
      alone: true,
      sql: `refresh materialized view concurrently ids;`,
      severity: 'info',
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key); create materialized view ids as select id from orders; create unique index ids_id on ids (id);`,
      sql: `refresh materialized view concurrently ids;`,
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (inside === 'function' || !('RefreshMatViewStmt' in node) || !node.RefreshMatViewStmt.concurrent) return
      const { relation } = node.RefreshMatViewStmt
      const of = relationKey(relation, ctx.step.before)
      const view = ctx.step.before.views.get(of)
      if (view === undefined && !ctx.alone) return
      if (
        view?.indexes.some(
          (index) => index.unique && index.where === null && index.keys.every((each) => each.column !== null),
        )
      )
        return
      const help = `${uniqueIndexHelp(of, view, ctx)}\nTwo refreshes at once wait for each other (EXCLUSIVE lock); readers go on.`
      if (view === undefined)
        return {
          severity: 'info',
          anySize: true,
          object: of,
          message: `Refreshing \`${ctx.name(of)}\` waits for every other refresh of it, and fails unless it has a unique index over all rows.`,
          help,
        }
      return {
        anySize: true,
        fails: true,
        object: of,
        message: `This fails: \`${ctx.name(of)}\` has no unique index over all its rows.`,
        help,
      }
    },
  },
} satisfies Rule
