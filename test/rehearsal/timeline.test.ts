import { expect, test } from 'vitest'
import type { Migration, Step } from '../../src/engine/rule.ts'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { lockName, lockTimeline, timelineChart, timelineTable } from '../../src/rehearsal/timeline.ts'
import { emptySchema, emptyTable } from '../../src/schema/model.ts'
import { requestOf, statements, transactions } from './sql.ts'

const base = ['create table users (id integer primary key, n integer)', 'create table orders (id integer primary key, user_id integer)']
const schema = { ...emptySchema(), tables: new Map(['users', 'orders'].map((name) => [`public.${name}`, { ...emptyTable('public', name), primaryKey: { name: `${name}_pkey`, columns: ['id'], include: [], deferrable: false, comment: null, declared: [] } }])) }
const migration: Migration = { name: 'm', path: 'm.sql', statements: [], down: null, isNew: true }

async function timelineOf(texts: readonly string[], together: boolean): Promise<{ steps: readonly Step[]; timeline: ReturnType<typeof lockTimeline> }> {
  const { observations } = await rehearse(requestOf(base, texts, together))
  const ids = transactions(texts.length, together)
  const steps = statements(texts).flatMap((statement, index): Step[] => {
    const transaction = ids[index]
    return transaction === undefined ? [] : [{ statement, migration, changes: [], before: schema, after: schema, transaction, observation: observations[index] ?? null }]
  })
  return { steps, timeline: lockTimeline(steps) }
}

test('locks last until commit, and the worst moment is named', async () => {
  const { steps, timeline } = await timelineOf(['create index on users (n)', 'alter table users add column a integer', 'alter table orders alter column user_id type bigint', 'select 1'], true)
  expect(timeline.worst).toBe('`orders` cannot be read or written from statement 3 until commit (statement 4), while it is rewritten')
  expect(timeline.transactions.map((transaction) => transaction.locks.map((lock) => [lock.table, lock.mode, lock.blocks, lock.from, lock.until]))).toEqual([[
    ['public.users', 'ShareLock', 'writes', 0, 3],
    ['public.users', 'AccessExclusiveLock', 'reads and writes', 1, 3],
    ['public.orders', 'AccessExclusiveLock', 'reads and writes', 2, 3],
  ]])
  expect(timelineTable(timeline, steps)).toBe([
    '| Statement | Table | Lock | Blocks | Until | Work under it |',
    '| ---: | --- | --- | --- | --- | --- |',
    '| 1 | `users` | SHARE | writes | commit, after statement 4 | index build |',
    '| 2 | `users` | ACCESS EXCLUSIVE | reads and writes | commit, after statement 4 | none |',
    '| 3 | `orders` | ACCESS EXCLUSIVE | reads and writes | commit, after statement 4 | rewrite |',
  ].join('\n'))
  expect(timelineChart(timeline, steps)).toBe([
    'gantt', '  dateFormat X', '  axisFormat %s', '  tickInterval 1second',
    '  section users', '  SHARE :active, 1, 5', '  ACCESS EXCLUSIVE :crit, 2, 5',
    '  section orders', '  ACCESS EXCLUSIVE :crit, 3, 5',
  ].join('\n'))
})

test('each statement alone ends its locks with itself; what blocks nobody is left out', async () => {
  const { steps, timeline } = await timelineOf(['alter table users add column a integer', 'update users set n = 1', 'create index concurrently on orders (user_id)'], false)
  expect(timeline.transactions.map((transaction) => [transaction.from, transaction.until])).toEqual([[0, 0]])
  expect(timeline.worst).toBe('`users` cannot be read or written while statement 1 runs, without a scan or rewrite of it')
  expect(timelineTable(timeline, steps)).toContain('| it ends |')
})

test('nothing locked, nothing shown', () => {
  expect(lockTimeline([])).toEqual({ transactions: [], worst: null, postgres: null })
  expect(timelineTable(lockTimeline([]), [])).toBe('')
  expect(timelineChart(lockTimeline([]), [])).toBe('')
  expect(lockName('ShareRowExclusiveLock')).toBe('SHARE ROW EXCLUSIVE')
})
