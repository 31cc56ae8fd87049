import type { Rule } from '../../src/engine/rule.ts'
import type { Step } from '../../src/step.ts'
import type { Key } from '../../src/schema/model.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { accessExclusiveOn } from '../shared/locks.ts'

export default {
  id: 'no-wide-lock-window',
  severity: 'warning',
  summary: 'A transaction that locks several tables waits for each of them while it keeps everybody out of the others.',
  why: `The locks of one transaction are all held until it ends. While it waits for the second table, nobody reads or writes the first; and a transaction of the
    application that uses both in the other order deadlocks with it.`,
  fix: 'Alter one busy table in each transaction.',
  references: ['https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS'],
  sources: ['pgfence/wide-lock-window', 'pgls/avoidWideLockWindow'],
  claims: { lock: 'AccessExclusiveLock' },
  bad: [
    {
      title: 'A table declared large among them makes it a warning.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key);`,
      rows: { users: 50_000_000 },
      sql: `
        alter table users add column name text;
        alter table orders add column note text;`,
      message: 'locks `users` and `orders`',
    },
    {
      title: 'Of tables whose size nobody declared it is information.',
      runner: 'drizzle@0.45',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key);`,
      sql: [`alter table users add column name text;`, `alter table orders add column note text;`],
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'A table that gets another name is one table.',
      given: `create table user_temp (id bigint primary key, email text);`,
      sql: `alter table user_temp rename to users; alter table users alter column email set default '';`,
      unproven: 'others speak of the name',
    },
    {
      runner: 'prisma@6',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key);`,
      sql: [`alter table users add column name text;`, `alter table orders add column note text;`],
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        create table teams (id bigint generated always as identity primary key);
        alter table teams add column name text;
        alter table users add column team text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const locked = new Map<number, Set<Key>>()
      const told = new Set<number>()
      const named = firstNames(ctx.steps)
      for (const step of ctx.steps) {
        if (step.transaction.block === null || step.statement.inside === 'function') continue
        const tables = locked.get(step.transaction.id) ?? new Set<Key>()
        locked.set(step.transaction.id, tables)
        const before = new Set(tables)
        for (const change of step.changes) {
          const table = accessExclusiveOn(change, ctx.isNew)
          if (table !== null && step.before.tables.get(table)?.persistence !== 'temporary') tables.add(named(table))
        }
        if (told.has(step.transaction.id) || tables.size < 2 || before.size === 0) continue
        told.add(step.transaction.id)
        const all = new Set(
          ctx.steps
            .filter((other) => other.transaction.id === step.transaction.id)
            .flatMap((other) => other.changes.map((change) => accessExclusiveOn(change, ctx.isNew)))
            .filter((table) => table !== null)
            .map(named),
        )
        const names = [...all].map((table) => `\`${ctx.name(table)}\``)
        const large = [...all].some((table) => ctx.size(table) === 'large')
        yield {
          place: step.statement.place,
          object: [...tables][0] ?? '',
          ...(large ? {} : { severity: 'info' as const }),
          message: `One transaction locks ${names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more tables` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`}, and keeps the first locked while it waits for the others (${step.transaction.because}).`,
          help: `Alter each busy table in a transaction of its own: put this ${separateDeploy({ ...ctx, step })}.`,
        }
      }
    },
  },
} satisfies Rule

/** The name that a table has at the beginning of the pull request. */
function firstNames(steps: readonly Step[]): (table: Key) => Key {
  const first = new Map<Key, Key>()
  for (const change of steps.flatMap(({ changes }) => changes))
    if (change.kind === 'renameTable' || change.kind === 'setTableSchema')
      first.set(change.to, first.get(change.table) ?? change.table)
  return (table) => first.get(table) ?? table
}
