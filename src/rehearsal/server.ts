import { Client } from 'pg'
import type { LockMode } from './observation.ts'
import { sqlError } from './session.ts'
import type { Session } from './session.ts'
import { lockRows } from './snapshot.ts'

/** Opens a session on a real server. `watch` opens a second one that sees the locks of statements that cannot run in a transaction block. */
export async function openSession(url: string, watch: boolean): Promise<Session> {
  const client = new Client({ connectionString: url, application_name: 'schemagate' })
  let messages: string[] = []
  client.on('notice', (notice) => void (notice.message === undefined ? 0 : messages.push(notice.message)))
  let lost = false
  for (const event of ['error', 'end'] as const) {
    client.on(event, () => {
      lost = true
    })
  }
  await client.connect()
  const asked = async (sql: string): Promise<readonly unknown[]> => {
    try {
      return (await client.query(sql)).rows ?? []
    } catch (error) {
      if (lost || /^(?:57P0[123]|08)/.test(sqlError(error).code))
        throw new Error('the connection to the server was lost', { cause: error })
      throw error
    }
  }
  const { rows } = await client.query<{ readonly server_version: string; readonly pid: number }>(
    "select current_setting('server_version') as server_version, pg_backend_pid() as pid",
  )
  const pid = rows[0]?.pid ?? 0
  const send = async (sql: string): Promise<readonly string[]> => {
    messages = []
    await asked(sql)
    return messages
  }
  return {
    version: /^[\d.]+/.exec(rows[0]?.server_version ?? '')?.[0] ?? '',
    send,
    async ask<T>(sql: string) {
      return (await asked(sql)) as readonly T[]
    },
    ...(watch
      ? { sendWatched: (sql: string, tables: readonly string[]) => watched(url, pid, tables, () => send(sql)) }
      : {}),
    close: () => client.end(),
  }
}

/**
 * Runs `act` in the session `pid` while another one holds a snapshot and the weakest lock on the tables, which is what
 * CONCURRENTLY waits for (https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY), and
 * looks at its locks, taken and awaited, while it waits.
 */
async function watched(
  url: string,
  pid: number,
  tables: readonly string[],
  act: () => Promise<readonly string[]>,
): Promise<{ messages: readonly string[]; locks: ReadonlyMap<string, ReadonlySet<LockMode>> }> {
  const holder = new Client({ connectionString: url, application_name: 'schemagate watch' })
  holder.on('error', () => undefined)
  await holder.connect()
  try {
    await holder.query('begin isolation level repeatable read')
    await holder.query('select 1')
    for (const table of tables)
      await holder
        .query(`lock table ${table} in access share mode`)
        .catch(() => holder.query('rollback; begin isolation level repeatable read; select 1'))
    const locks = new Map<string, Set<LockMode>>()
    let done = false
    const running = act().finally(() => {
      done = true
    })
    running.catch(() => undefined)
    for (let looks = 0; looks < 200; looks++) {
      const { rows } = await holder.query<{
        readonly relation: string
        readonly mode: string
        readonly waiting: boolean
      }>(
        `select l.relation::text, l.mode, coalesce(a.wait_event_type = 'Lock', false) as waiting from pg_locks l join pg_stat_activity a using (pid)
         where l.pid = ${pid} and l.locktype = 'relation'`,
      )
      for (const [oid, modes] of lockRows(rows.map(({ relation, mode }) => [relation, mode] as const)))
        locks.set(oid, new Set([...(locks.get(oid) ?? []), ...modes]))
      if (done || rows.some((row) => row.waiting)) break
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await holder.query('rollback')
    return { messages: await running, locks }
  } finally {
    await holder.end()
  }
}
