import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { uniqueIndexHelp } from '../shared/view-key.ts'
import { wholeLines } from '../shared/suggest.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'require-concurrent-refresh',
  severity: 'warning',
  summary: 'Refreshing a materialized view without CONCURRENTLY locks out everybody who reads it.',
  why: `REFRESH MATERIALIZED VIEW takes an ACCESS EXCLUSIVE lock on the view and holds it while the query runs. With CONCURRENTLY reads go
    on; it wants a unique index over all rows, and it may run in a transaction.`,
  fix: 'Give the view a unique index without a predicate and refresh it CONCURRENTLY.',
  references: ['https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html'],
  sources: [
    'pgfence/refresh-matview-blocking',
    'diesel-guard/RefreshMatViewCheck',
    'pgsafe/refresh-matview-non-concurrent',
    'pgls/requireConcurrentRefreshMatview',
  ],
  claims: { lock: 'AccessExclusiveLock' },
  bad: [
    {
      given: `create table orders (id bigint primary key); create materialized view totals as select count(*) as n from orders;`,
      sql: `refresh materialized view totals;`,
      message: 'locks out everybody who reads `totals`',
    },
    {
      title: 'With a unique index at hand one word is missing.',
      given: `create table orders (id bigint primary key); create materialized view ids as select id from orders; create unique index ids_id on ids (id);`,
      sql: `refresh materialized view ids;`,
    },
    {
      title: 'Emptied, and not filled again.',
      given: `create table orders (id bigint primary key); create materialized view ids as select id from orders;`,
      sql: `refresh materialized view ids with no data;`,
      message: 'every query on `ids` fails',
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key); create materialized view ids as select id from orders; create unique index ids_id on ids (id);`,
      sql: `refresh materialized view concurrently ids;`,
    },
    {
      given: `create table orders (id bigint primary key);`,
      sql: `create materialized view totals as select count(*) as n from orders; refresh materialized view totals;`,
    },
  ],
  visit: {
    statement({ node, text }, ctx) {
      if (!('RefreshMatViewStmt' in node) || node.RefreshMatViewStmt.concurrent) return
      const { relation } = node.RefreshMatViewStmt
      const view = relationKey(relation, ctx.step.before)
      if (!ctx.before.views.has(view) && !ctx.alone) return
      if (
        ctx.alone &&
        ctx.steps.some((step) => step.changes.some((change) => change.kind === 'createView' && change.object === view))
      )
        return
      if (node.RefreshMatViewStmt.skipData) {
        return {
          object: view,
          anySize: true,
          notIn: ['pgsafe/refresh-matview-non-concurrent'],
          message: `\`WITH NO DATA\` empties \`${ctx.name(view)}\`, and every query on \`${ctx.name(view)}\` fails until it is refreshed again.`,
          help: `Drop what reads it first where it has to be empty; else leave \`WITH NO DATA\` out.`,
        }
      }
      const concurrent = `${text.replace(/\bview\b/i, (word) => `${word} ${word === 'view' ? 'concurrently' : 'CONCURRENTLY'}`)};`
      const ready =
        ctx.step.before.views
          .get(view)
          ?.indexes.some(
            (index) => index.unique && index.where === null && index.keys.every((each) => each.column !== null),
          ) === true
      return {
        object: view,
        message: `Refreshing \`${ctx.name(view)}\` locks out everybody who reads \`${ctx.name(view)}\` until its query is done.`,
        help: ready
          ? `Reads go on with:\n${sql(concurrent)}`
          : `${uniqueIndexHelp(view, ctx.step.before.views.get(view), ctx)}\nThen reads go on with:\n${sql(concurrent)}`,
        ...(ready ? wholeLines(ctx.step, concurrent) : {}),
      }
    },
  },
} satisfies Rule
