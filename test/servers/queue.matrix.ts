import { execFileSync } from 'node:child_process'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startChild, until } from '../app/child-server.ts'
import type { ChildServer } from '../app/child-server.ts'
import { press } from '../github/people/checks.ts'
import { openPull } from '../github/people/pulls.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import { latestRun } from '../github/world.ts'
import type { Pull, Repository } from '../github/world.ts'
import { startServer } from './servers.ts'
import type { Server } from './servers.ts'

/** The built server on a Postgres of its own, as several processes share it. */
describe('DATABASE_URL', () => {
  let postgres: Server
  let database: Client
  let github: StandIn
  let repository: Repository
  let base: string
  const servers: ChildServer[] = []

  beforeAll(async () => {
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: new URL('../..', import.meta.url).pathname,
      stdio: 'ignore',
    })
    postgres = await startServer(16)
    database = new Client({ connectionString: postgres.urlOf('postgres', 'postgres') })
    await database.connect()
    github = await startGitHub()
    repository = github.addRepository('shop')
    base = await repository.git.commit(null, {
      'migrations/1.sql': 'CREATE TABLE users (id bigint PRIMARY KEY, name text);\n',
    })
    await repository.git.update('refs/heads/main', base)
  })
  afterAll(async () => {
    for (const server of servers) server.process.kill('SIGKILL')
    await database.end()
    await github.close()
    await postgres.stop()
  })

  async function start(role: 'all' | 'web' | 'worker'): Promise<ChildServer> {
    const server = await startChild(github, ['dist/server.js'], {
      DATABASE_URL: postgres.urlOf('postgres', 'postgres'),
      SCHEMAGATE_ROLE: role,
    })
    servers.push(server)
    if (role !== 'worker') github.webhookUrl = server.webhooks
    return server
  }
  async function open(name: string): Promise<Pull> {
    return openPull(github, repository, {
      title: name,
      head: await repository.git.commit(base, {
        [`migrations/2_${name}.sql`]: `CREATE INDEX ${name} ON users (name);\n`,
      }),
    })
  }
  const isReviewed = (pull: Pull) => () =>
    latestRun(repository, 'schemagate', pull.headSha)?.status === 'completed' && pull.threads.length > 0
  const isIdle = async () =>
    Number(
      (
        await database.query<{ jobs: string }>(
          "SELECT count(*) AS jobs FROM schemagate_queue.job WHERE state IN ('created', 'retry', 'active') AND start_after <= now()",
        )
      ).rows[0]?.jobs,
    ) === 0

  test('two processes share the work, repeat nothing, and take over from one that is killed', async () => {
    const [web, first] = [await start('web'), await start('worker')]
    const pull = await open('a')
    const [delivery] = github.world.deliveries.slice(-1)
    for (let i = 0; i < 3; i++) await github.redeliver(delivery?.id ?? 0)
    await until(isReviewed(pull))
    await until(isIdle)
    expect([repository.checkRuns.length, pull.reviews.length, pull.comments.length]).toEqual([1, 1, 1])

    // The worker is killed while GitHub makes it wait; another one starts.
    let asked = false
    github.fault = ({ operation }) => {
      if (!operation.includes('/compare/')) return undefined
      asked = true
      return { status: 502 }
    }
    const second = await open('b')
    await until(() => asked)
    await first.stop('SIGKILL')
    github.fault = null
    const other = await start('worker')
    // A minute of silence, without waiting for it.
    await database.query(
      "UPDATE schemagate_queue.job SET heartbeat_on = heartbeat_on - interval '1 hour', started_on = started_on - interval '1 hour' WHERE state = 'active'",
    )
    await until(isReviewed(second))
    await until(isIdle)
    // The sweep of the new worker may have written a check run, before the comments.
    expect([
      ...new Set(
        repository.checkRuns.filter((r) => r.headSha === second.headSha).map((r) => `${r.status}: ${r.output.title}`),
      ),
    ]).toEqual(['completed: 1 error'])
    expect(second.reviews).toHaveLength(1)

    // What the web process takes waits for a worker, over restarts of both.
    expect([await other.stop('SIGTERM'), await web.stop('SIGTERM')]).toEqual([0, 0])
    const again = await start('web')
    const third = await open('c')
    expect(github.world.deliveries.at(-1)?.status).toBe(200)
    expect(await again.stop('SIGTERM')).toBe(0)
    expect(latestRun(repository, 'schemagate', third.headSha)).toBeUndefined()
    await start('all')
    await until(isReviewed(third))
    await press(github, repository, third, 'writer', 'recheck')
    await until(isIdle)
    // A recheck that takes over ten seconds, on a busy machine, writes a run of its own.
    expect(third.reviews).toHaveLength(1)
    expect(repository.checkRuns.filter((r) => r.status !== 'completed')).toEqual([])
    expect(github.world.violations).toEqual([])
  }, 240_000)
})
