import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPull } from '../github/people.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import { latestRun } from '../github/world.ts'

let github: StandIn
let folder: string
let port: number
const children: ChildProcess[] = []

beforeAll(async () => {
  github = await startGitHub()
  folder = mkdtempSync(join(tmpdir(), 'schemagate-process-'))
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => { probe.once('listening', resolve) })
  port = (probe.address() as AddressInfo).port
  await new Promise((resolve) => { probe.close(resolve) })
  github.webhookUrl = `http://127.0.0.1:${port}/api/github/webhooks`
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await github.close()
  rmSync(folder, { recursive: true, force: true })
})

const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
const pause = () => new Promise((resolve) => { setTimeout(resolve, 100) })

/** Starts the server as a process of its own, against the stand-in as a GitHub Enterprise Server. */
async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', new URL('../../src/server.ts', import.meta.url).pathname], {
    cwd: new URL('../..', import.meta.url).pathname, stdio: 'ignore',
    env: {
      ...process.env, NODE_ENV: 'production', APP_ID: String(github.world.app.id), PRIVATE_KEY: github.privateKey, WEBHOOK_SECRET: github.world.app.webhookSecret, PORT: String(port), HOST: '127.0.0.1',
      GHE_HOST: new URL(github.url).host, GHE_PROTOCOL: 'http', SCHEMAGATE_DATA: join(folder, 'data'), NODE_PATH: '',
    },
  })
  children.push(child)
  while (!(await get('/readyz').then((r) => r.ok, () => false))) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await pause()
  }
  return child
}

test('the server does after a kill what it had said yes to before, and ends cleanly when it is told to', async () => {
  const repository = github.addRepository('shop')
  const base = await repository.git.commit(null, { 'migrations/1.sql': 'CREATE TABLE users (id bigint PRIMARY KEY);\n' })
  await repository.git.update('refs/heads/main', base)
  const head = await repository.git.commit(base, { 'migrations/2.sql': 'CREATE INDEX users_id2 ON users (id);\n' })

  const first = await start()
  // GitHub gives no answer that the review could go on with, until the process is gone.
  github.fault = ({ operation }) => (operation.includes('/compare/') ? { status: 502 } : undefined)
  const pull = await openPull(github, repository, { title: 'x', head })
  expect(github.world.deliveries.at(-1)?.status).toBe(200)
  first.kill('SIGKILL')
  await new Promise((resolve) => { first.once('exit', resolve) })
  github.fault = null
  expect(latestRun(repository, 'schemagate', head)).toBeUndefined()

  const second = await start()
  while (latestRun(repository, 'schemagate', head)?.status !== 'completed') await pause()
  expect(latestRun(repository, 'schemagate', head)?.conclusion).toBe('failure')
  while (pull.threads.length === 0) await pause()
  expect(repository.checkRuns).toHaveLength(1)

  expect(await (await get('/rules/require-concurrent-index')).text()).toContain('<h1>require-concurrent-index</h1>')
  expect((await get('/rules/none')).status).toBe(404)
  expect(await (await get('/metrics')).text()).toContain('schemagate_github_requests_total')
  expect((await fetch(`http://127.0.0.1:${port}/api/github/webhooks`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-github-event': 'push', 'x-github-delivery': 'x', 'x-hub-signature-256': 'sha256=00' }, body: '{}' })).status).toBe(400)

  second.kill('SIGTERM')
  expect(await new Promise((resolve) => { second.once('exit', resolve) })).toBe(0)
  expect(github.world.violations).toEqual([])
}, 240_000)
