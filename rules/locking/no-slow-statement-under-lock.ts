import type { Rule } from '../../src/engine/rule.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { accessExclusiveOn } from '../shared/locks.ts'
import { heldLock, slowWork } from '../shared/slow.ts'

export default {
  id: 'no-slow-statement-under-lock',
  severity: 'warning',
  summary: 'A slow statement in the transaction of an ALTER TABLE keeps everybody out of that table until it is done.',
  why: `Most forms of ALTER TABLE take an ACCESS EXCLUSIVE lock for a moment, but a lock is held until its transaction ends. An index build or a scan
    that comes later in the same transaction makes that moment as long as itself.`,
  fix: 'Put the slow statement into a transaction of its own, after the one that alters the table has committed.',
  references: ['https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES'],
  sources: [
    'pgfence/statement-after-access-exclusive',
    'pgls/runningStatementWhileHoldingAccessExclusive',
    'eugene/E4',
  ],
  claims: { lock: 'AccessExclusiveLock' },
  bad: [
    {
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint);`,
      sql: `
        alter table users add column name text;
        create index orders_user_id on orders (user_id);`,
      runner: 'prisma@6',
      message: 'Nobody can read or write `users` while this builds `orders_user_id`',
    },
    {
      title: 'Drizzle keeps the locks of all pending files.',
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, amount int);`,
      sql: [
        `alter table users add column name text;`,
        `alter table orders add constraint orders_amount check (amount > 0);`,
      ],
    },
    {
      title: 'Of the table itself it adds what another rule does not say.',
      runner: 'prisma@6',
      given: `create table orders (id bigint primary key, user_id bigint);`,
      sql: `
        alter table orders add column total numeric;
        create index orders_user_id on orders (user_id);`,
      message: 'Readers of `orders` wait too while this builds `orders_user_id`',
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'A table that comes and goes.',
      sql: `create table batch (id bigint not null); alter table batch add column n bigint; create index batch_n on batch (n); drop table batch;`,
    },
    {
      title: 'Two migrations of Prisma are two transactions.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, amount int); alter table orders add constraint orders_amount check (amount > 0) not valid;`,
      sql: [`alter table users add column name text;`, `alter table orders validate constraint orders_amount;`],
    },
    {
      title: 'A table made in the same pull request has no rows to read.',
      given: `create table users (id bigint primary key);`,
      sql: `
        alter table users add column name text;
        create table orders (id bigint generated always as identity primary key, user_id bigint);
        create index orders_user_id on orders (user_id);`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const told = new Set<number>()
      const locking = new Set(ctx.steps.filter((step) => step.changes.length > 0).map((step) => step.transaction.id))
      const transactions = new Map<number, (typeof ctx.steps)[number][]>([...locking].map((id) => [id, []]))
      for (const step of ctx.steps) transactions.get(step.transaction.id)?.push(step)
      for (const step of ctx.steps) {
        const transaction = transactions.get(step.transaction.id)
        if (!transaction || told.has(step.transaction.id) || step.statement.inside === 'function') continue
        const at = { ...ctx, step, transaction }
        const work = slowWork(step, at)
        if (work === null) continue
        const own =
          step.changes.map((change) => accessExclusiveOn(change, ctx.isNew)).find((table) => table !== null) ?? null
        const validates = step.changes.some(
          (change) =>
            change.kind === 'validateConstraint' &&
            transaction
              .slice(0, transaction.indexOf(step))
              .some((other) =>
                other.changes.some(
                  (added) =>
                    'table' in added &&
                    added.table === change.table &&
                    (added.kind === 'addCheck' || added.kind === 'addForeignKey' || added.kind === 'addNotNull'),
                ),
              ),
        )
        const held = validates ? null : heldLock(step, at, own)
        if (held === null) continue
        const isOwn = held.table === work.table
        // What drops an index of the table itself is told of on its own, and taken out it holds nothing.
        if (isOwn && held.change.kind === 'dropIndex') continue
        told.add(step.transaction.id)
        yield {
          place: step.statement.place,
          object: held.table,
          ...(isOwn ? { severity: 'info' as const } : {}),
          // That the statement blocks its own table, another rule says; that readers wait too comes of the lock before it.
          message: isOwn
            ? `Readers of \`${ctx.name(held.table)}\` wait too while this ${work.does}: the lock of ${held.since} is held until the transaction ends (${step.transaction.because}).`
            : `Nobody can read or write \`${ctx.name(held.table)}\` while this ${work.does}: the lock of ${held.since} is held until the transaction ends (${step.transaction.because}).`,
          help: `Put it ${separateDeploy(at)}, so that the lock on \`${ctx.name(held.table)}\` is gone before it begins.`,
        }
      }
    },
  },
} satisfies Rule
