import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, schemaOf, type Key } from '../../src/schema/model.ts'
import { accessExclusiveOn } from '../shared/locks.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { wholeLines } from '../shared/suggest.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { sentence } from '../shared/words.ts'

export default {
  id: 'require-concurrent-index-drop',
  severity: 'warning',
  summary: 'DROP INDEX without CONCURRENTLY locks readers and writers of the table out while it waits for its turn.',
  why: `DROP INDEX takes an ACCESS EXCLUSIVE lock on the table of the index. The drop itself is quick, but it waits for the longest query that
    runs on the table, and every query that comes after waits behind it.`,
  fix: 'Drop it with DROP INDEX CONCURRENTLY, outside a transaction.',
  references: ['https://www.postgresql.org/docs/current/sql-dropindex.html'],
  sources: [
    'squawk/require-concurrent-index-deletion',
    'pgfence/drop-index-not-concurrent',
    'strong_migrations/remove_index',
    'diesel-guard/DropIndexCheck',
    'pgsafe/drop-index-non-concurrent',
    'pgls/requireConcurrentIndexDeletion',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table orders (id bigint primary key, user_id bigint); create index orders_user_id on orders (user_id);`,
      sql: `drop index orders_user_id;`,
      message: 'Dropping `orders_user_id` locks',
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key, user_id bigint); create index orders_user_id on orders (user_id);`,
      sql: `drop index concurrently orders_user_id;`,
      runner: 'psql',
    },
    {
      sql: `create table orders (id bigint primary key, user_id bigint); create index orders_user_id on orders (user_id); drop index orders_user_id;`,
    },
    {
      title: 'An index of a partitioned table cannot be dropped concurrently.',
      given: `create table events (id bigint, at date) partition by range (at); create index events_at on events (at);`,
      sql: `drop index events_at;`,
    },
    {
      title: 'Another statement of the transaction locks everybody out of the table anyway.',
      runner: 'flyway',
      given: `create table orders (id bigint primary key, user_id bigint); create index orders_user_id on orders (user_id);`,
      sql: `alter table orders add column region text; drop index orders_user_id;`,
    },
  ],
  visit: {
    dropIndex({ table, name, concurrently, cascade }, ctx) {
      if (concurrently || (table !== '' && ctx.isNew(table))) return
      const known = ctx.step?.before.tables.get(table)
      if (known?.partition.by || known?.persistence === 'temporary') return
      const mine = ctx.steps.some(
        (step) =>
          step !== ctx.step &&
          step.changes.some(
            (change) =>
              change.kind === 'addIndex' &&
              change.index.name === name &&
              step.statement.start < (ctx.step?.statement.start ?? 0),
          ),
      )
      if (mine || isLockedAnyway(table, ctx) || isRebuilt(table, name, ctx)) return
      const outside = outsideTransaction(ctx)
      const written = /^drop\s+index\s+(?:if\s+exists\s+)?([^\s,;]+)/i.exec(ctx.step?.statement.text ?? '')?.[1]
      const index = table === '' ? (written ?? ident(name)) : sqlName(key(schemaOf(table), name), ctx)
      const statement = `DROP INDEX CONCURRENTLY IF EXISTS ${index};`
      const where = table === '' ? 'its table' : `\`${ctx.name(table)}\``
      const single = ctx.step?.changes.length === 1 && !cascade
      return {
        message: `Dropping \`${name}\` locks out everybody who uses ${where} while it waits for running queries.`,
        help: `${sentence(outside.how)}:\n${sql(statement)}`,
        ...(table === '' ? {} : { object: table, alike: `${ctx.step?.statement.place.path} ${table}` }),
        ...(outside.inPlace && single ? wholeLines(ctx.step, statement) : {}),
      }
    },
  },
} satisfies Rule

/** True where another statement of the transaction locks everybody out of the table, so that dropping the index elsewhere spares nobody. */
function isLockedAnyway(table: Key, ctx: RuleContext): boolean {
  const { step } = ctx
  if (!step || step.transaction.block === null || table === '') return false
  return ctx.transaction.some(
    (other) =>
      other !== step &&
      other.changes.some((change) => change.kind !== 'dropIndex' && accessExclusiveOn(change, ctx.isNew) === table),
  )
}

/** True where a later statement builds an index of that name again: what is said of it takes the drop along. */
function isRebuilt(table: Key, name: string, ctx: RuleContext): boolean {
  const at = ctx.step === null ? -1 : ctx.steps.indexOf(ctx.step)
  return ctx.steps
    .slice(at + 1)
    .some(({ changes }) =>
      changes.some(
        (change) =>
          change.kind === 'addIndex' &&
          (table === '' || change.table === table) &&
          change.index.name === name &&
          !change.concurrently,
      ),
    )
}
