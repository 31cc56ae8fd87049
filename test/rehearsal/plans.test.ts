import { expect, test } from 'vitest'
import { embeddedPostgres } from '../../src/rehearsal/observation.ts'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { requestOf } from './sql.ts'

const base = [
  'create table users (id bigint primary key, email text not null unique)',
  'create table orders (id bigint primary key, user_id bigint references users (id), status text, created timestamp)',
  'create index orders_created on orders (created)',
  'create table settings (name text primary key, value text)',
]
const rows = { orders: 4_000_000, users: 50_000, settings: 20 }

test('plans at declared size: scans, what no index can serve, sorts, subplans, and indexes that stop being used', async () => {
  const queries = [
    'select * from orders where status = $1',
    'select * from orders where id = $1',
    'select * from orders where created > $1 order by created limit 10',
    'select * from orders where lower(status) = $1',
    'select u.id, (select count(*) from orders o where o.user_id = u.id) from users u',
    'select * from orders order by status',
    'select * from missing',
    'drop table orders',
    'select 1; drop table orders',
    'select * from settings where value = $1',
  ].map((sql, id) => ({ id, sql }))
  const result = await rehearse(
    requestOf(base, ['drop index orders_created', 'create index on orders (status)'], false, { queries, rows }),
  )
  const plan = (id: number) => result.plans.find((each) => each.id === id)
  expect(result.stopped).toBeNull()
  expect(result.postgres).toBe(embeddedPostgres)
  expect(plan(0)?.before?.scans).toEqual([
    {
      table: 'public.orders',
      rows: 4_000_000,
      unavoidable: true,
      filter: '(orders.status = $1)',
      line: 'Seq Scan on orders, 4,000,000 rows, filter (orders.status = $1)',
    },
  ])
  expect(plan(0)?.after).toMatchObject({ scans: [], indexes: ['public.orders_status_idx'] })
  expect(plan(1)?.after).toMatchObject({ scans: [], indexes: ['public.orders_pkey'] })
  expect(plan(1)?.after?.cost).toBeLessThan(20)
  expect(plan(2)?.before).toMatchObject({ scans: [], indexes: ['public.orders_created'] })
  expect(plan(2)?.after?.indexes).toEqual([])
  expect(plan(2)?.after?.scans).toMatchObject([{ table: 'public.orders', unavoidable: true }])
  expect(plan(3)?.after?.scans).toMatchObject([{ unavoidable: true, filter: '(lower(orders.status) = $1)' }])
  expect(plan(4)?.after?.subplans).toMatchObject([{ rows: 50_000 }])
  expect(plan(5)?.before?.sorts).toMatchObject([
    { rows: 4_000_000, line: 'Sort, 4,000,000 rows, sorted by orders.status' },
  ])
  expect(plan(6)).toMatchObject({ before: null, after: null, error: 'relation "missing" does not exist' })
  expect(plan(7)).toBeUndefined()
  expect(plan(8)).toBeUndefined()
  expect(plan(9)?.after?.scans).toMatchObject([{ table: 'public.settings', rows: 20 }])
})

test('a suggested index is made and shown to be used, and nothing is left of it', async () => {
  const sql = 'select * from orders where user_id = $1 and status = $2'
  const result = await rehearse(
    requestOf(base, ['alter table orders add column note text'], false, {
      queries: [
        { id: 1, sql, index: 'CREATE INDEX CONCURRENTLY ON orders (user_id, status)' },
        { id: 2, sql, index: 'create index useless on users (email)' },
        { id: 3, sql, index: 'create index broken on orders (nope)' },
        { id: 4, sql },
      ],
      rows,
    }),
  )
  expect(
    result.plans.map((plan) => [plan.after?.scans.length, plan.withIndex?.scans.length ?? null, plan.usesIndex]),
  ).toEqual([
    [1, 0, 'public.orders_user_id_status_idx'],
    [1, 1, null],
    [1, null, null],
    [1, null, null],
  ])
})
