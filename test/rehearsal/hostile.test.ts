import { expect, test } from 'vitest'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { requestOf } from './sql.ts'

const base = ['create table users (id integer primary key, n integer)']

async function outcome(steps: readonly string[], limits: Parameters<typeof rehearse>[1] = {}): Promise<string> {
  const result = await rehearse(requestOf(base, steps), { timeout: 100_000, memory: 700e6, ...limits })
  const seen = result.observations
    .map((observation) => (observation === null ? '-' : (observation.error?.code ?? 'ok')))
    .join(' ')
  return `${seen} | ${result.stopped?.reason ?? 'done'} | ${result.notes.map((note) => `${note.line}: ${note.message}`).join(' ')}`
}

test('an endless loop and a long sleep end at the limit of a statement, and the rest is rehearsed without them', async () => {
  expect(
    await outcome(
      [
        'alter table users add column a integer',
        'do $$ begin loop perform 1; end loop; end $$',
        'select pg_sleep(1000)',
        'alter table users add column b integer',
      ],
      { statement: 4000 },
    ),
  ).toBe(
    'ok - - ok | done | 2: This statement was not rehearsed: it took longer than 4 s. 3: This statement was not rehearsed: it took longer than 4 s.',
  )
})

test('what takes all of the time ends the rehearsal, what was seen before stays', async () => {
  expect(
    await outcome(['alter table users add column a integer', 'select pg_sleep(1000)'], {
      timeout: 12_000,
      statement: 12_000,
    }),
  ).toMatch(/^(ok|-) - \| time \| \d: The rehearsal was stopped .*: it took longer than 12 s\.$/)
})

test('a memory bomb ends at the memory limit or by the server itself', async () => {
  expect(
    await outcome(
      [
        'create table bomb as select repeat(md5(i::text), 100000) as x from generate_series(1, 100000000) as i',
        'select 1',
      ],
      { statement: 60_000, memory: 600e6 },
    ),
  ).toBe('- ok | done | 1: This statement was not rehearsed: it took more than 600 MB of memory.')
  expect(
    await outcome(
      [
        "do $$ declare x text := 'x'; begin loop x := x || x; end loop; end $$",
        'alter table users add column a integer',
      ],
      { memory: 2e9 },
    ),
  ).toMatch(
    /^- ok \| done \| 1: This statement was not rehearsed: (?:the rehearsal's server cannot run it \(|it took more than)/,
  )
})

test('a hundred thousand tables end at a limit', async () => {
  expect(
    await outcome(
      [
        "do $$ begin for i in 1..100000 loop execute format('create table t%s (id integer primary key)', i); end loop; end $$",
      ],
      { statement: 3000 },
    ),
  ).toMatch(/^- \| done \| 1: This statement was not rehearsed: it took (longer|more) than/)
})

test('dropping everything is seen for what it is', async () => {
  const result = await rehearse(requestOf(base, ['drop schema public cascade', 'create schema public']))
  expect(result.stopped).toBeNull()
  expect(result.observations[0]?.locks).toContainEqual({ relation: 'public.users', mode: 'AccessExclusiveLock' })
  expect(await outcome(['drop schema pg_catalog cascade', 'select 1'])).toMatch(/^2BP01 ok \| done/)
})

test('roles, sessions and transactions of the migration do not reach the rehearsal', async () => {
  expect(
    await outcome([
      'create role app',
      'set role app',
      'alter role app superuser',
      'reset role',
      'alter table users add column a integer',
    ]),
  ).toMatch(
    /^ok ok - ok ok \| done \| 3: This statement was not rehearsed: the rehearsal's server cannot run it \(permission denied/,
  )
  expect(
    await outcome([
      'set session authorization nobody',
      "set search_path = ''",
      'set client_min_messages = error',
      'alter table public.users alter column n set not null',
    ]),
  ).toMatch(/^ok ok ok/)
  expect(
    await outcome([
      'begin',
      'rollback',
      'savepoint a',
      'rollback to savepoint a',
      'commit',
      'alter table users add column a integer',
    ]),
  ).toBe('ok ok ok ok ok ok | done | ')
})

test('a COPY that hides from the parse tree wedges only its own instance, and the rest is rehearsed without it', async () => {
  expect(
    await outcome([
      "do $$ begin execute 'co' || 'py (select 1) to pro' || 'gram ''id > /dev/null'''; end $$",
      'alter table users add column a integer',
    ]),
  ).toBe('- ok | done | 1: This statement was not rehearsed: the embedded Postgres does not survive it.')
})

test("functions and triggers that hide it, locks of one's own and settings of the session reach nothing", async () => {
  const body = "begin execute 'co' || 'py users to pro' || 'gram ''id > /dev/null'''; return new; end"
  expect(
    await outcome([
      `create function f() returns trigger language plpgsql as $$ ${body} $$`,
      'create trigger t before insert on users for each row execute function f()',
      'insert into users values (1)',
      'select pg_advisory_lock(1)',
      'set session_replication_role = replica',
      'select lo_creat(-1)',
      'alter table users add column a integer',
    ]),
  ).toBe('ok ok - ok ok ok ok | done | 3: This statement was not rehearsed: the embedded Postgres does not survive it.')
})

test('catalogs that are destroyed end the rehearsal with a note', async () => {
  expect(await outcome(['delete from pg_class', 'alter table users add column a integer', 'select 1'])).toMatch(
    /\| \d: /,
  )
})
