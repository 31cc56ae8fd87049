import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeScratchDatabase } from '../../src/rehearsal/scratch-database.ts'
import { rehearse } from '../../src/rehearsal/rehearse.ts'
import { requestOf } from '../rehearsal/sql.ts'
import { majors, startServer } from './servers.ts'
import type { Server } from './servers.ts'

describe.each(majors)('PostgreSQL %i', (major) => {
  let server: Server
  const admin = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client({ connectionString: server.urlOf('postgres', 'postgres') })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows ?? []
    } finally {
      await client.end()
    }
  }
  const databases = async (): Promise<readonly unknown[]> =>
    (await admin("select datname from pg_database where datname like 'schemagate%'")).map((row) => row.datname)

  beforeAll(async () => {
    server = await startServer(major)
    await admin('create role rehearsal login createdb')
  })
  afterAll(() => server.stop())

  const base = ['create table users (id integer primary key, n integer)']

  test('sees locks, rewrites, scans and errors, CONCURRENTLY among them, and drops its database', async () => {
    const result = await rehearse(
      requestOf(base, [
        'create index concurrently users_n on users (n)',
        'alter table users alter column id type bigint',
        'alter table users alter column n set not null',
        'alter table users add column n integer',
      ]),
      { server: server.urlOf('rehearsal', 'postgres') },
    )
    expect(result.notes).toEqual([])
    expect(result.postgres?.split('.')[0]).toBe(String(major))
    expect(
      result.observations.map((observation) => [
        observation?.locks[0]?.mode ?? null,
        observation?.rewrites.length,
        observation?.scans.length,
        observation?.error?.code ?? null,
      ]),
    ).toEqual([
      ['ShareUpdateExclusiveLock', 0, 0, null],
      ['AccessExclusiveLock', 1, 0, null],
      ['AccessExclusiveLock', 0, 1, null],
      [null, 0, 0, '42701'],
    ])
    expect(await databases()).toEqual([])
  })

  test('drops its database when the rehearsal is killed', async () => {
    const result = await rehearse(requestOf(base, ['select pg_sleep(1000)']), {
      server: server.urlOf('rehearsal', 'postgres'),
      timeout: 3000,
    })
    expect(result.stopped?.reason).toBe('time')
    expect(await databases()).toEqual([])
    expect(
      await admin("select 1 from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()"),
    ).toEqual([])
  })

  test('a connection that is lost, and a server that cannot be reached, are notes', async () => {
    const cut = setInterval(
      () =>
        void admin(
          "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(1000)%' and pid <> pg_backend_pid()",
        ),
      200,
    )
    const lost = await rehearse(
      requestOf(base, ['alter table users add column a integer', 'select pg_sleep(1000)', 'select 1']),
      { server: server.urlOf('rehearsal', 'postgres') },
    )
    clearInterval(cut)
    expect(lost.observations.map((observation) => observation !== null)).toEqual([true, false, false])
    expect(lost.notes.map((note) => `${note.line} ${note.message}`)).toEqual([
      '2 The rehearsal was stopped in this statement: the connection to the server was lost.',
    ])
    expect(await databases()).toEqual([])
    const away = await rehearse(requestOf(base, ['select 1']), {
      server: 'postgresql://someone:secret@localhost:1/nowhere',
    })
    expect(away.notes.map((note) => note.message)).toEqual([
      'The rehearsal ran on the embedded Postgres and not on the given server: it cannot be reached (ECONNREFUSED).',
    ])
  })

  test('what a migration sets for the role itself does not last', async () => {
    await admin('alter role rehearsal set search_path = "$user", public')
    await rehearse(
      requestOf(base, [
        "do $$ begin execute 'alter ro' || 'le current_user set default_transaction_read_only = on'; end $$",
        'alter role current_user set search_path = nowhere',
      ]),
      { server: server.urlOf('rehearsal', 'postgres') },
    )
    expect(await admin("select rolconfig from pg_roles where rolname = 'rehearsal'")).toEqual([
      { rolconfig: ['search_path="$user", public'] },
    ])
  })

  test('drops what an earlier rehearsal left behind', async () => {
    const now = Math.floor(Date.now() / 1000)
    await admin('create database schemagate_rehearsal_1000000000_abc owner rehearsal')
    await admin(`create database schemagate_rehearsal_${now - 120}_abc owner rehearsal`)
    const scratch = await makeScratchDatabase(server.urlOf('rehearsal', 'postgres'), false)
    expect(await databases()).toEqual([scratch.name])
    await scratch.drop()
  })

  test('refuses superusers, roles that reach files and servers that hold something else', async () => {
    await expect(makeScratchDatabase(server.urlOf('postgres', 'postgres'), true)).rejects.toThrow('superuser')
    await admin('create role reaches login createdb; grant pg_read_server_files to reaches')
    await expect(makeScratchDatabase(server.urlOf('reaches', 'postgres'), true)).rejects.toThrow('pg_read_server_files')
    await admin('create role grants login createdb createrole')
    await expect(makeScratchDatabase(server.urlOf('grants', 'postgres'), true)).rejects.toThrow(
      'may create and grant roles',
    )
    await admin('create role becomes login createdb; create role boss superuser; grant boss to becomes')
    await expect(makeScratchDatabase(server.urlOf('becomes', 'postgres'), true)).rejects.toThrow('may become one')
    await admin('create role plain login')
    await expect(makeScratchDatabase(server.urlOf('plain', 'postgres'), false)).rejects.toThrow('CREATEDB')
    await admin('create database app owner rehearsal')
    await expect(makeScratchDatabase(server.urlOf('rehearsal', 'postgres'), false)).rejects.toThrow(
      'it holds other databases besides',
    )
    const told = await makeScratchDatabase(`${server.urlOf('rehearsal', 'postgres')}&shared=true`, false)
    await told.drop()
    const refused = await rehearse(requestOf(base, ['alter table users add column a integer']), {
      server: server.urlOf('postgres', 'postgres'),
    })
    expect(refused.postgres).toMatch(/^18\./)
    expect(refused.notes.map((note) => note.message).join()).toContain(
      'The rehearsal ran on the embedded Postgres and not on the given server: its role is a superuser',
    )
  })
})
