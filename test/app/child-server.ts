import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StandIn } from '../github/stand-in.ts'

/** The server as a process of its own, as an operator runs it. */
export interface ChildServer {
  readonly process: ChildProcess
  readonly url: string
  readonly webhooks: string
  get(path: string): Promise<Response>
  /** Sends a signal and gives the exit status; null for one that was killed. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

const pause = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 100)
  })

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => {
    probe.once('listening', resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => {
    probe.close(resolve)
  })
  return port
}

/** Starts a server against the stand-in as a GitHub Enterprise Server; resolves once it is ready. `command` is what node runs. */
export async function startChild(
  github: StandIn,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ChildServer> {
  const port = await freePort()
  const child = spawn(process.execPath, command, {
    cwd: new URL('../..', import.meta.url).pathname,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      APP_ID: String(github.world.app.id),
      PRIVATE_KEY: github.privateKey,
      WEBHOOK_SECRET: github.world.app.webhookSecret,
      PORT: String(port),
      HOST: '127.0.0.1',
      GHE_HOST: new URL(github.url).host,
      GHE_PROTOCOL: 'http',
      NODE_PATH: '',
      LOG_LEVEL: 'error',
      ...environment,
    },
  })
  let errors = ''
  child.stderr?.on('data', (part: Buffer) => {
    errors += part.toString()
  })
  const url = `http://127.0.0.1:${port}`
  const get = (path: string) => fetch(`${url}${path}`)
  while (
    !(await get('/readyz').then(
      (r) => r.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${errors}`)
    await pause()
  }
  return {
    process: child,
    url,
    webhooks: `${url}/api/github/webhooks`,
    get,
    async stop(signal) {
      const gone = new Promise<number | null>((resolve) => {
        child.once('exit', resolve)
      })
      child.kill(signal)
      return gone
    },
  }
}

/** Waits until something is so, by looking again and again; after 100 seconds it says what is not. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 100_000
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`still not so: ${isSo.toString()}`)
    await pause()
  }
}
