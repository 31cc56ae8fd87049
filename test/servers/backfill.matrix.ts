import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { backfillsOf } from '../../src/planner/backfill/backfill.ts'
import { backfillScript } from '../../src/planner/backfill/script.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { reviewOf } from '../planner/review-of.ts'
import { majors, startServer, type Server } from './servers.ts'

const given = 'CREATE TABLE users (id integer PRIMARY KEY, email text, status text);'
const count = 5000
const batch = 100

describe.each(majors)('PostgreSQL %i: a backfill', (major) => {
  let server: Server
  const open = new Set<Client>()

  beforeAll(async () => {
    await loadParser()
    server = await startServer(major)
  })
  afterAll(() => server.stop())
  afterEach(async () => {
    await Promise.all([...open].map((client) => client.end().catch(() => {})))
    open.clear()
  })

  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: server.urlOf('postgres', 'postgres') })
    // A connection that the server ends says so here too.
    client.on('error', () => {})
    open.add(client)
    await client.connect()
    return client
  }

  test('is killed in the middle, goes on where it stopped, and holds no row longer than its batch', async () => {
    const admin = await connect()
    await admin.query(
      `DROP TABLE IF EXISTS users; ${given} INSERT INTO users SELECT n, 'User' || n FROM generate_series(1, ${count}) n`,
    )
    const script = backfillScript(backfillsOf(reviewOf(given, 'UPDATE users SET status = lower(email);'))[0]!)!
    await admin.query(script.install)
    const done = async () =>
      Number((await admin.query<{ n: string }>('SELECT count(*) AS n FROM users WHERE status IS NOT NULL')).rows[0]!.n)

    const killed = await connect()
    const pid = (await killed.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid
    const running = killed.query(script.run.replace('()', `(batch => ${batch}, pause => 0.01)`)).then(
      () => 'finished',
      (error: Error) => error.message,
    )
    // Code goes on writing rows that the backfill is done with or has before it.
    const writer = await connect()
    let written = 0
    while ((await done()) < count / 4) {
      await writer.query('UPDATE users SET email = email WHERE id = $1', [1 + ((written++ * 37) % count)])
    }
    await admin.query('SELECT pg_terminate_backend($1)', [pid])
    expect(await running).not.toBe('finished')
    const part = await done()
    expect(part % batch).toBe(0)
    expect(part).toBeLessThan(count)

    await admin.query(script.run.replace('()', `(batch => ${batch}, pause => 0)`))
    expect((await admin.query(script.verify)).rows).toEqual([{ rows_left: '0' }])
    expect(await done()).toBe(count)
    const { rows: sizes } = await admin.query<{ n: string }>(
      'SELECT count(*) AS n FROM users GROUP BY xmin ORDER BY 1 DESC',
    )
    expect(Number(sizes[0]!.n)).toBeLessThanOrEqual(batch)
    expect((await admin.query(script.progress)).rows).toMatchObject([
      { rows_read: String(count), rows_changed: String(count) },
    ])

    const before = (await admin.query('SELECT max(xmin::text::bigint) AS x FROM users')).rows
    await admin.query(script.run)
    expect((await admin.query('SELECT max(xmin::text::bigint) AS x FROM users')).rows).toEqual(before)
    await admin.query(script.cleanup)
  })

  test('locks its rows between the beginning of a batch and its commit, and none between two', async () => {
    const admin = await connect()
    await admin.query(
      `DROP TABLE IF EXISTS users; ${given} INSERT INTO users SELECT n, 'User' || n FROM generate_series(1, 1000) n`,
    )
    const script = backfillScript(backfillsOf(reviewOf(given, "UPDATE users SET status = 'a';"))[0]!)!
    await admin.query(script.install)
    const walker = await connect()
    const other = await connect()
    const free = async () =>
      Number(
        (
          await other.query<{ n: string }>(
            'SELECT count(*) AS n FROM (SELECT id FROM users FOR UPDATE SKIP LOCKED) AS free',
          )
        ).rows[0]!.n,
      )
    for (let i = 0; i < 3; i++) {
      await walker.query('BEGIN')
      await walker.query('SELECT backfill_users_status_step(150)')
      expect(await free()).toBe(850)
      await walker.query('COMMIT')
      expect(await free()).toBe(1000)
    }
    await admin.query(script.cleanup)
  })
})
