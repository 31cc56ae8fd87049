import type { Migration } from '../../src/step.ts'
import { expect, test } from 'vitest'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { rehearsalRequest } from '../../src/rehearsal/request.ts'
import { requestOf, statements } from './sql.ts'

const base = ['create table users (id integer primary key, email text)', "create type mood as enum ('sad')"]

function migration(name: string, up: readonly string[], down: readonly string[]): Migration {
  return {
    name,
    path: `${name}.sql`,
    statements: statements(up, `${name}.sql`),
    down: { path: `${name}.down.sql`, statements: statements(down, `${name}.down.sql`) },
    isNew: true,
  }
}

async function trips(...migrations: readonly Migration[]): Promise<readonly (readonly (string | number | null)[])[]> {
  const steps = migrations
    .flatMap((each) => each.statements)
    .map((statement, id) => ({ statement, transaction: { id, block: false, because: '', survivesFailure: true } }))
  const result = await rehearse(
    rehearsalRequest({ base: [{ path: 'base.sql', statements: statements(base, 'base.sql') }], steps, migrations }),
  )
  expect(result.stopped).toBeNull()
  return result.roundTrips.map((trip) => [trip.name, trip.result, trip.detail, trip.line])
}

test('a way back that leads back is proven, CONCURRENTLY among it', async () => {
  expect(
    await trips(
      migration(
        '1',
        ['alter table users add column a integer not null default 0', 'create index concurrently users_a on users (a)'],
        ['drop index concurrently users_a', 'alter table users drop column a'],
      ),
      migration('2', ['create table orders (id integer primary key)'], ['drop table orders']),
    ),
  ).toEqual([
    ['1', 'proven', null, null],
    ['2', 'proven', null, null],
  ])
})

test('several ways back, the newest first', async () => {
  expect(
    await trips(
      migration('1', ['create table orders (id integer)'], ['drop table orders']),
      migration('2', ['alter table orders add column a integer'], ['select 1']),
    ),
  ).toEqual([
    ['1', 'unknown', 'the way back of 2 leads elsewhere', null],
    ['2', 'differs', 'the column `orders.a` is left behind', 1],
  ])
})

test('a way back that forgets something, or fails, is told', async () => {
  expect(
    await trips(
      migration(
        '1',
        ['alter table users add column a integer', 'create table orders (id integer)'],
        ['drop table orders'],
      ),
    ),
  ).toEqual([['1', 'differs', 'the column `users.a` is left behind', 1]])
  expect(
    await trips(
      migration(
        '1',
        ["insert into users values (1, 'a')", "alter type mood rename value 'sad' to 'blue'"],
        ["alter type mood rename value 'blue' to 'sad'"],
      ),
    ),
  ).toEqual([['1', 'up-fails', 'duplicate key value violates unique constraint "users_pkey"', 1]])
  expect(
    await trips(
      migration('1', ['alter table users drop column email'], ['alter table users add column email character varying']),
    ),
  ).toEqual([['1', 'differs', 'the column `users.email` is `character varying` and was `text`', 1]])
  expect(
    await trips(
      migration('1', ['create table orders (id integer)'], ['drop table orders']),
      migration('2', ["alter type mood add value 'happy'"], ['drop type missing']),
    ),
  ).toEqual([
    ['1', 'unknown', 'the way back of 2 fails', null],
    ['2', 'down-fails', 'type "missing" does not exist', 1],
  ])
})

test('where a migration says itself that there is no way back, nothing is claimed', async () => {
  expect(await trips(migration('1', ['create table orders (id integer)'], []))).toEqual([])
  expect(
    await trips(
      migration('1', ['create table orders (id integer)'], ["do $$ begin raise exception 'no way back'; end $$"]),
    ),
  ).toEqual([['1', 'unknown', 'the way back of 1 could not be tried: no way back', null]])
})

test('statements that stay when a later one fails are tried again, and leave no trace of it', async () => {
  const again = async (steps: readonly string[], together = false) =>
    (await rehearse(requestOf(base, steps, together))).reruns
  expect(
    await again([
      'create index concurrently users_email on users (email)',
      'alter table users add column a integer',
      'select 1',
    ]),
  ).toEqual([
    { step: 0, message: 'relation "users_email" already exists' },
    { step: 1, message: 'column "a" of relation "users" already exists' },
  ])
  expect(
    await again([
      'create index concurrently if not exists users_email on users (email)',
      'alter table users add column if not exists a integer',
      'select 1',
    ]),
  ).toEqual([])
  expect(await again(['create index users_email on users (email)', 'select 1'], true)).toEqual([])
  expect(
    await again([
      'create index if not exists users_email on users (email)',
      'alter table users drop column email',
      'select 1',
    ]),
  ).toEqual([{ step: 1, message: 'column "email" of relation "users" does not exist' }])
  expect(
    await trips(
      migration(
        '1',
        ['create index concurrently on users (email)', 'insert into users values (1)', 'select 1'],
        ['drop index users_email_idx', 'delete from users'],
      ),
    ),
  ).toEqual([['1', 'proven', null, null]])
})

test('a search path that a migration leaves behind is no difference', async () => {
  expect(
    await trips(
      migration(
        '1',
        [
          'create schema app',
          'create table app.notes (id integer)',
          'create view app.recent as select id from app.notes',
        ],
        ['drop schema app cascade'],
      ),
      migration('2', ['set search_path to app', 'create table marks (id integer)'], ['drop table app.marks']),
    ),
  ).toEqual([
    ['1', 'proven', null, null],
    ['2', 'proven', null, null],
  ])
})
