import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { generateKeyPairSync, createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serversInstalled, startServer } from '../../test/servers/servers.ts'
import type { Measure } from './measure.ts'

const script = fileURLToPath(new URL('../../dist/server.js', import.meta.url))
const secret = 'a secret of the benchmark'
const deliveries = 300

/** What the built server keeps in memory after some hundred deliveries, with its embedded store and, where one is installed, with a Postgres. Linux only. */
export async function measure(): Promise<readonly Measure[]> {
  if (process.platform !== 'linux') return []
  const measures = [
    await memory('server with its embedded store', {}, 450),
    await memory('server with its embedded store, started again', {}, 450, true),
  ]
  if (!serversInstalled()) return measures
  const postgres = await startServer(16)
  try {
    const address = { DATABASE_URL: postgres.urlOf('postgres', 'postgres') }
    return [
      ...measures,
      await memory('web server with DATABASE_URL', { ...address, SCHEMAGATE_ROLE: 'web' }, 200),
      await memory('server and worker with DATABASE_URL', address, 200),
    ]
  } finally {
    await postgres.stop()
  }
}

async function memory(
  name: string,
  environment: Readonly<Record<string, string>>,
  megabytes: number,
  again = false,
): Promise<Measure> {
  const folder = await mkdtemp(join(tmpdir(), 'schemagate-bench-'))
  try {
    if (again) await stopped(await started(folder, environment))
    const from = performance.now()
    const server = await started(folder, environment)
    const ready = Math.round(performance.now() - from)
    for (let number = 0; number < deliveries; number++) await deliver(server.url, number)
    const { resident, peak } = await residentOf(server.child)
    await stopped(server)
    return {
      name,
      result: `${resident} MB after ${deliveries} deliveries, ${peak} MB at most, ready in ${ready} ms`,
      budget: `${megabytes} MB`,
      over: resident > megabytes,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Started {
  readonly child: ChildProcess
  readonly url: string
}

async function started(folder: string, environment: Readonly<Record<string, string>>): Promise<Started> {
  const port = await freePort()
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const child = spawn(process.execPath, [script], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      APP_ID: '1',
      PRIVATE_KEY: privateKey,
      WEBHOOK_SECRET: secret,
      HOST: '127.0.0.1',
      PORT: String(port),
      SCHEMAGATE_DATA: join(folder, 'data'),
      LOG_LEVEL: 'error',
      ...environment,
    },
  })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    if (
      await fetch(`${url}/readyz`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return { child, url }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill('SIGKILL')
  throw new Error('the server did not start')
}

async function stopped({ child }: Started): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await gone
}

async function deliver(url: string, number: number): Promise<void> {
  const body = JSON.stringify({ zen: 'x'.repeat(2000), hook_id: 1, number })
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'ping',
    'x-github-delivery': String(number),
    'x-hub-signature-256': signature,
  }
  const response = await fetch(`${url}/api/github/webhooks`, { method: 'POST', body, headers })
  if (!response.ok) throw new Error(`the server answered a delivery with ${response.status}: ${await response.text()}`)
  await response.text()
}

async function residentOf({ pid }: ChildProcess): Promise<{ readonly resident: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8')
  const field = (name: string): number =>
    Math.round((Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024) / 1e6)
  return { resident: field('VmRSS'), peak: field('VmHWM') }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
