import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { migrationOf } from '../../src/project/host.ts'
import type { Host } from '../../src/project/host.ts'
import { nhost } from '../../src/project/nhost-platform.ts'
import { supabase } from '../../src/project/supabase-platform.ts'
import { archiveVersion, templateArchive, usableCache } from '../../src/rehearsal/files.ts'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { requestOf } from './sql.ts'

const base = [
  'create table users (id integer primary key, email character varying(50), n integer)',
  'create table orders (id integer primary key, user_id integer, total integer)',
]

test('locks, rewrites, scans and builds of each statement', async () => {
  const steps = [
    'create index users_n on users (n)',
    'create index concurrently orders_total on orders (total)',
    'alter table users alter column id type bigint',
    'alter table users alter column n set not null',
    'alter table orders add constraint fk foreign key (user_id) references users (id)',
    'alter table orders add constraint positive check (total > 0) not valid',
    'alter table orders validate constraint positive',
    'update users set n = 2',
    'update users set n = 2 where id = 3',
    'create table notes (id integer, user_id integer references users (id))',
    'create index on notes (user_id)',
    'truncate orders',
    'alter table orders add constraint small check (total < 100) not valid',
  ]
  const result = await rehearse(requestOf(base, steps))
  expect(result.stopped).toBeNull()
  expect(result.notes).toEqual([])
  const seen = result.observations.map((observation) => {
    const lock = observation?.locks.find(({ relation }) => relation === 'public.users' || relation === 'public.orders')
    return [
      lock === undefined ? '-' : `${lock.relation} ${lock.mode}`,
      observation?.rewrites.join(),
      observation?.scans.join(),
      observation?.builds.join(),
      observation?.invalid.join(),
    ]
  })
  expect(seen).toEqual([
    ['public.users ShareLock', '', '', 'public.users', ''],
    ['-', '', '', 'public.orders', ''],
    ['public.users AccessExclusiveLock', 'public.users', '', 'public.users', ''],
    ['public.users AccessExclusiveLock', '', 'public.users', '', ''],
    ['public.orders ShareRowExclusiveLock', '', 'public.orders', '', ''],
    ['public.orders AccessExclusiveLock', '', '', '', ''],
    ['public.orders ShareUpdateExclusiveLock', '', 'public.orders', '', ''],
    ['public.users RowExclusiveLock', '', 'public.users', '', ''],
    ['public.users RowExclusiveLock', '', '', '', ''],
    ['public.users ShareRowExclusiveLock', '', '', '', ''],
    ['-', '', '', '', ''],
    ['public.orders AccessExclusiveLock', '', '', '', ''],
    ['public.orders AccessExclusiveLock', '', '', '', 'public.orders.small'],
  ])
  expect(result.observations[1]?.locksUnseen).toBe(true)
  expect(result.created).toEqual(expect.arrayContaining(['public.notes', 'public.users_n']))
})

test('a failing statement is told with code and position, CONCURRENTLY in a transaction among them', async () => {
  const result = await rehearse(
    requestOf(
      base,
      [
        'alter table users add column a integer',
        'create index concurrently users_a on users (a)',
        'alter table users add column nope missing_type',
        'alter table users add column b integer',
      ],
      true,
    ),
  )
  expect(result.observations.map((observation) => observation?.error?.code ?? null)).toEqual([
    null,
    '25001',
    null,
    null,
  ])
  expect(result.observations.map((observation) => observation?.heldUntil)).toEqual([3, 3, undefined, 3])
  expect(result.notes.map((note) => [note.line, note.kind, note.blocking])).toEqual([[3, 'unrehearsed', false]])
  const alone = await rehearse(requestOf(base, ['create view broken as select nope from users']))
  expect(alone.observations[0]?.error).toMatchObject({
    code: '42703',
    message: 'column "nope" does not exist',
    position: 30,
  })
})

test('where the runner is not known to open a transaction, CONCURRENTLY is tried outside one', async () => {
  const result = await rehearse(
    requestOf(base, ['alter table users add column a integer', 'create index concurrently users_a on users (a)'], null),
  )
  expect(result.observations.map((observation) => observation?.error)).toEqual([null, null])
})

test('a role that does not exist is made, an extension that cannot be had is a note', async () => {
  const result = await rehearse(
    requestOf(base, [
      'grant select on users to reporting',
      'create extension timescaledb',
      'create extension if not exists pg_trgm',
      'create index on users using gin (email gin_trgm_ops)',
    ]),
  )
  expect(
    result.observations.map((observation) => (observation === null ? null : (observation.error?.message ?? 'ok'))),
  ).toEqual(['ok', null, 'ok', 'ok'])
  expect(result.notes.map((note) => note.message).join()).toContain('timescaledb')
})

test('an extension that was there before the first migration is there, and a setting that another program fills in is not made', async () => {
  const result = await rehearse(
    requestOf(
      [
        "set search_path = '{{.Schema}}'",
        'create table tokens (id uuid primary key default public.uuid_generate_v4())',
      ],
      ['alter table tokens add column name citext', 'create index on tokens using gin ((name::text) gin_trgm_ops)'],
    ),
  )
  expect(result.notes).toEqual([])
  expect(result.observations.map((observation) => observation?.error)).toEqual([null, null])
})

test('statements that reach outside are refused, what stands beside them is rehearsed', async () => {
  const refused = [
    "copy users to program 'id'",
    "copy users from '/etc/passwd'",
    'copy users from stdin',
    "load 'x'",
    "alter system set work_mem = '1MB'",
    'listen x',
    'create extension dblink',
    "do $$ begin execute 'copy users to program ''id'''; end $$",
    'create function f() returns integer language plpython3u as $$ return 1 $$',
    "select pg_read_file('/etc/passwd')",
    "create subscription s connection 'host=x' publication p",
  ]
  const result = await rehearse(requestOf(base, [...refused, 'alter table users add column a integer']))
  expect(result.observations.map((observation) => observation !== null)).toEqual([...refused.map(() => false), true])
  expect(result.notes.map((note) => note.line)).toEqual(refused.map((_, index) => index + 1))
  expect(result.notes.every((note) => note.kind === 'unrehearsed' && !note.blocking)).toBe(true)
})

function madeBy(host: Host): readonly string[] {
  return migrationOf(host)
    .statements.filter(({ inside }) => inside === null)
    .map(({ text }) => text)
}

test('what Nhost provides is there', async () => {
  const result = await rehearse(
    requestOf(
      [...madeBy(nhost)],
      [
        'create table profiles (id uuid primary key references auth.users (id) on delete cascade, picture uuid references storage.files (id))',
        "insert into storage.buckets (id, max_upload_file_size, cache_control) values ('avatars', 1, 'no-cache')",
      ],
      false,
      { platform: nhost },
    ),
  )
  expect(result.notes).toEqual([])
  expect(result.observations.map((observation) => observation?.error)).toEqual([null, null])
})

test("what Supabase provides is there, and a new connection's settings come back for each file", async () => {
  const profiles =
    'create table profiles (id uuid primary key references auth.users (id) on delete cascade, token uuid default uuid_generate_v4())'
  const policy =
    "create policy own on profiles for select to authenticated using (auth.uid() = id and auth.jwt() ->> 'role' = auth.role())"
  const files =
    "create policy files on storage.objects for select to anon using (bucket_id = 'public' and (storage.foldername(name))[1] = 'a')"
  const result = await rehearse(
    requestOf(
      [
        ...madeBy(supabase),
        "select pg_catalog.set_config('search_path', '', false)",
        'create table public.users (id integer)',
      ],
      [profiles, policy, files, 'alter publication supabase_realtime add table profiles'],
      false,
      { platform: supabase },
    ),
  )
  expect(result.notes).toEqual([])
  expect(result.observations.map((observation) => observation?.error)).toEqual([null, null, null, null])
  expect(result.observations[0]?.locks).toEqual([{ relation: 'auth.users', mode: 'ShareRowExclusiveLock' }])
})

test('a known base is loaded instead of replayed, and the folder stays bounded', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'schemagate-cache-'))
  try {
    const template = await templateArchive(await usableCache())
    await copyFile(template, join(cache, basename(template)))
    const request = requestOf(base, ['alter table users add column a integer'])
    expect((await rehearse(request, { cache })).base.cached).toBe(false)
    const again = await rehearse(request, { cache })
    expect(again.base.cached).toBe(true)
    for (const name of await readdir(cache))
      if (/^base-.*gz$/.test(name)) await writeFile(join(cache, name), 'not an archive')
    expect(await rehearse(request, { cache })).toMatchObject({ stopped: null, base: { cached: false }, notes: [] })
    expect(again.observations[0]?.locks).toEqual([{ relation: 'public.users', mode: 'AccessExclusiveLock' }])
    await mkdir(join(cache, 'scratch', 'left-behind'))
    await utimes(join(cache, 'scratch', 'left-behind'), 1, 1)
    for (let other = 0; other < 50; other++) await writeFile(join(cache, `base-${other}.tar.gz`), '')
    expect(
      (await rehearse(requestOf([...base, 'create table more (id integer)'], ['select 1']), { cache })).base.cached,
    ).toBe(false)
    expect(
      (await readdir(cache)).filter((name) => name.startsWith('base-') && name.endsWith('.gz')).length,
    ).toBeLessThanOrEqual(40)
    expect(await readdir(join(cache, 'scratch'))).toEqual([])
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
})

test('values of an enum that the same transaction makes may be used in it, those of an older one not', async () => {
  const own = [
    "create type role as enum ('member')",
    "alter type role add value 'guest'",
    "create table members (role role default 'guest')",
  ]
  expect((await rehearse(requestOf(base, own, true))).observations.map((observation) => observation?.error)).toEqual([
    null,
    null,
    null,
  ])
  const older = await rehearse(requestOf([...base, "create type role as enum ('member')"], own.slice(1), true))
  expect(older.observations.map((observation) => observation?.error?.code ?? null)).toEqual([null, '55P04'])
})

test('PostGIS and pgvector fit the embedded server, and archives are named after it', async () => {
  const result = await rehearse(
    requestOf(
      ['create extension postgis', 'create extension vector'],
      [
        'create table places (at geography(Point,4326), meaning vector(3))',
        'create index on places using gist (at)',
        'create index on places using hnsw (meaning vector_l2_ops)',
      ],
    ),
    { timeout: 120_000 },
  )
  expect(result.notes).toEqual([])
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  expect(archiveVersion).toContain(`pglite-${dependencies['@electric-sql/pglite']}-`)
})

test('what happened reaches a parent that is busy when it is told', async () => {
  const refused = Array.from({ length: 4000 }, (_, i) => `drop table a_table_that_nobody_has_made_in_this_history_${i}`)
  setTimeout(() => {
    const end = Date.now() + 6000
    while (Date.now() < end);
  }, 700)
  const result = await rehearse(requestOf(refused, ['create table notes (id integer)']))
  expect(result.stopped).toBeNull()
})
