import type { Migration, Step } from '../../src/step.ts'
import { expect, test } from 'vitest'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { lockName } from '../../src/rehearsal/observation.ts'
import { lockTimeline } from '../../src/rehearsal/timeline.ts'
import type { LockTimeline, TimelineLock } from '../../src/rehearsal/timeline.ts'
import { lockChart, lockTable } from '../../src/report/locks.ts'
import { emptySchema, emptyTable } from '../../src/schema/model.ts'
import { requestOf, statements, transactions } from './sql.ts'

const base = [
  'create table users (id integer primary key, n integer)',
  'create table orders (id integer primary key, user_id integer)',
]
const schema = {
  ...emptySchema(),
  tables: new Map(
    ['users', 'orders'].map((name) => [
      `public.${name}`,
      {
        ...emptyTable('public', name),
        primaryKey: {
          name: `${name}_pkey`,
          columns: ['id'],
          include: [],
          deferrable: false,
          comment: null,
          declared: [],
        },
      },
    ]),
  ),
}
const migration: Migration = { name: 'm', path: 'm.sql', statements: [], down: null, isNew: true }

async function timelineOf(
  texts: readonly string[],
  together: boolean,
): Promise<{ steps: readonly Step[]; timeline: LockTimeline }> {
  const { observations } = await rehearse(requestOf(base, texts, together))
  const ids = transactions(texts.length, together)
  const steps = statements(texts).flatMap((statement, index): Step[] => {
    const transaction = ids[index]
    return transaction === undefined
      ? []
      : [
          {
            statement,
            migration,
            changes: [],
            before: schema,
            after: schema,
            transaction,
            observation: observations[index] ?? null,
          },
        ]
  })
  return { steps, timeline: lockTimeline(steps) }
}

const where = ({ path, line }: { readonly path: string; readonly line: number }): string => `${path}:${line}`

test('locks last until commit, and the worst moment is named', async () => {
  const { timeline } = await timelineOf(
    [
      'create index on users (n)',
      'alter table users add column a integer',
      'alter table orders alter column user_id type bigint',
      'select 1',
    ],
    true,
  )
  expect(timeline.worst).toBe(
    '`orders` cannot be read or written from line 3 until commit, after line 4, while it is rewritten',
  )
  expect(
    timeline.locks.map((lock) => [lock.table, lock.mode, lock.blocks, lock.from.number, lock.until.number]),
  ).toEqual([
    ['public.users', 'ShareLock', 'writes', 1, 4],
    ['public.users', 'AccessExclusiveLock', 'reads and writes', 2, 4],
    ['public.orders', 'AccessExclusiveLock', 'reads and writes', 3, 4],
  ])
  expect(lockTable(timeline, where)).toBe(
    [
      '| Statement | Where | Table | Lock | Blocks | Until | Work meanwhile |',
      '| ---: | --- | --- | --- | --- | --- | --- |',
      '| 1 | m.sql:1 | `users` | SHARE | writes | commit, after statement 4 | index build, work on `orders` |',
      '| 2 | m.sql:2 | `users` | ACCESS EXCLUSIVE | reads and writes | commit, after statement 4 | work on `orders` |',
      '| 3 | m.sql:3 | `orders` | ACCESS EXCLUSIVE | reads and writes | commit, after statement 4 | rewrite |',
    ].join('\n'),
  )
  expect(lockChart(timeline)).toBe(
    [
      'gantt',
      '  title Locks by statement',
      '  dateFormat YYYY-MM-DD',
      '  axisFormat %-j',
      '  tickInterval 1day',
      '  todayMarker off',
      '  section users',
      '  SHARE, index build :active, 2000-01-01, 4d',
      '  ACCESS EXCLUSIVE :crit, 2000-01-02, 3d',
      '  section orders',
      '  ACCESS EXCLUSIVE, rewrite :crit, 2000-01-03, 2d',
    ].join('\n'),
  )
})

test('each statement alone ends its locks with itself; what nobody waits for is left out', async () => {
  const { timeline } = await timelineOf(
    [
      'alter table users add column a integer',
      'update users set n = 1',
      'create index concurrently on orders (user_id)',
      'alter table orders alter column user_id set not null',
    ],
    false,
  )
  expect(timeline.locks.map((lock) => [lock.table, lock.from.number, lock.until.number])).toEqual([
    ['public.orders', 4, 4],
  ])
  expect(timeline.worst).toBe('`orders` cannot be read or written while line 4 runs: it is scanned')
  const brief = await timelineOf(
    ['alter table users add column a integer', 'alter table orders add column a integer'],
    true,
  )
  expect(brief.timeline).toMatchObject({ locks: [], worst: null })
})

test('nothing locked, nothing shown', () => {
  expect(lockTimeline([])).toEqual({ locks: [], worst: null, statements: 0, postgres: null })
  expect(lockChart(lockTimeline([]))).toBe('')
  expect(lockName('ShareRowExclusiveLock')).toBe('SHARE ROW EXCLUSIVE')
})

test('no name breaks the picture or the table', () => {
  const at = { number: 1, path: 'm.sql', line: 1 }
  const lock = (name: string, number = 1): TimelineLock => ({
    table: `public.${name}`,
    name,
    mode: 'AccessExclusiveLock',
    blocks: 'reads and writes',
    from: { ...at, number },
    until: { ...at, number },
    work: ['scan'],
    meanwhile: null,
  })
  const timeline = (...locks: readonly TimelineLock[]): LockTimeline => ({
    locks,
    worst: 'x',
    statements: 1,
    postgres: null,
  })
  const names = [
    'a;b',
    'a:b',
    'a#b',
    '%%{init: x}%%',
    'a\nsection b',
    ' ',
    'größe',
    'end',
    '`|`',
    '"quoted"',
    'click x',
  ]
  const sections = lockChart(timeline(...names.map((name) => lock(name))))
    .split('\n')
    .filter((line) => line.startsWith('  section'))
  expect(sections.map((line) => line.slice('  section '.length))).toEqual([
    'a_b',
    'a_b',
    'a_b',
    '___init_ x___',
    'a_section b',
    '_',
    'größe',
    'end',
    '___',
    '_quoted_',
    'click x',
  ])
  expect(lockTable(timeline(lock('a|b\nc')), where).split('\n')[2]).toBe(
    '| 1 | m.sql:1 | `a\\|b c` | ACCESS EXCLUSIVE | reads and writes | it ends | scan |',
  )
  expect(lockChart(timeline(lock('a', 40)))).not.toContain('tickInterval')
  expect(lockChart(timeline(lock('a', 400)))).toBe('')
})
