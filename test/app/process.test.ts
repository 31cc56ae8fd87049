import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPull } from '../github/people/pulls.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import { latestRun } from '../github/world.ts'
import { startChild, until } from './child-server.ts'
import type { ChildServer } from './child-server.ts'

let github: StandIn
let folder: string
const servers: ChildServer[] = []

beforeAll(async () => {
  github = await startGitHub()
  folder = mkdtempSync(join(tmpdir(), 'schemagate-process-'))
})
afterAll(async () => {
  for (const server of servers) server.process.kill('SIGKILL')
  await github.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<ChildServer> {
  const server = await startChild(
    github,
    ['--import', 'tsx', new URL('../../src/server.ts', import.meta.url).pathname],
    { SCHEMAGATE_DATA: join(folder, 'data') },
  )
  servers.push(server)
  github.webhookUrl = server.webhooks
  return server
}

test('the server does after a kill what it had said yes to before, and ends cleanly when it is told to', async () => {
  const repository = github.addRepository('shop')
  const base = await repository.git.commit(null, {
    'migrations/1.sql': 'CREATE TABLE users (id bigint PRIMARY KEY);\n',
  })
  await repository.git.update('refs/heads/main', base)
  const head = await repository.git.commit(base, { 'migrations/2.sql': 'CREATE INDEX users_id2 ON users (id);\n' })

  const first = await start()
  // GitHub gives no answer that the review could go on with, until the process is gone.
  github.fault = ({ operation }) => (operation.includes('/compare/') ? { status: 502 } : undefined)
  const pull = await openPull(github, repository, { title: 'x', head })
  expect(github.world.deliveries.at(-1)?.status).toBe(200)
  await first.stop('SIGKILL')
  expect(latestRun(repository, 'schemagate', head)).toBeUndefined()

  // Nor does it tell the app's name at the start: deliveries are taken all the same.
  github.fault = ({ operation }) => (operation === 'GET /app' ? { status: 502 } : undefined)
  const asked = github.world.log.length
  const second = await start()
  await until(() => github.world.log.slice(asked).some(({ operation }) => operation === 'GET /app'))
  github.fault = null
  await until(() => latestRun(repository, 'schemagate', head)?.status === 'completed')
  expect(latestRun(repository, 'schemagate', head)?.conclusion).toBe('failure')
  await until(() => pull.threads.length > 0)
  expect(repository.checkRuns).toHaveLength(1)
  expect(github.world.log.slice(asked).filter(({ operation }) => operation === 'GET /app')).toHaveLength(1)

  expect(await (await second.get('/rules/require-concurrent-index')).text()).toContain(
    '<h1>require-concurrent-index</h1>',
  )
  expect((await second.get('/rules/none')).status).toBe(404)
  expect(await (await second.get('/metrics')).text()).toContain('schemagate_github_requests_total')
  const unsigned = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': 'x',
      'x-hub-signature-256': 'sha256=00',
    },
    body: '{}',
  }
  expect((await fetch(second.webhooks, unsigned)).status).toBe(400)

  expect(await second.stop('SIGTERM')).toBe(0)
  expect(github.world.violations).toEqual([])
}, 240_000)
