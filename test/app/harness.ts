import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '../../src/github/context.ts'
import type { Core } from '../../src/github/core.ts'
import type { ServerSettings } from '../../src/github/server/environment.ts'
import { startServer } from '../../src/github/server/start.ts'
import type { Running } from '../../src/github/server/start.ts'
import { startGitHub } from '../github/stand-in.ts'
import { usageOf } from '../github/usage.ts'
import type { StandIn, StandInOptions } from '../github/stand-in.ts'

/** The app over a stand-in GitHub, both in this process. */
export interface World {
  readonly github: StandIn
  readonly server: Running
  /** What the app's jobs share, for running one by hand. */
  readonly context: Context
  /** Runs `act` (which sends webhooks), waits until the app has done its work, and tells what that took. */
  during(act: () => Promise<unknown>): Promise<{
    readonly calls: number
    readonly depth: number
    readonly milliseconds: number
    readonly requests: readonly string[]
  }>
  close(): Promise<void>
}

/** Starts the app, and a stand-in for it where `github` names none that runs already. `retries`: what failed is waited for until it is done. */
export async function startWorld(
  core: Core,
  options: StandInOptions & {
    readonly settings?: Partial<ServerSettings>
    readonly patience?: number
    readonly retries?: boolean
    readonly onReviewed?: Context['onReviewed']
    readonly github?: StandIn
  } = {},
): Promise<World> {
  const github = options.github ?? (await startGitHub(options))
  const watched = watchRequests(github.url)
  const folder = mkdtempSync(join(tmpdir(), 'schemagate-app-'))
  const server = await startServer(
    {
      appId: github.world.app.id,
      privateKey: github.privateKey,
      webhookSecret: github.world.app.webhookSecret,
      port: 0,
      host: '127.0.0.1',
      publicUrl: 'https://schemagate.test',
      dataFolder: folder,
      databaseUrl: null,
      role: 'all',
      apiUrl: github.url,
      webUrl: 'https://github.test',
      logLevel: 'fatal',
      logFormat: 'json',
      metricsToken: null,
      ...options.settings,
    },
    core,
    { reconcile: false, patience: options.patience ?? 2 ** 31 - 1, onReviewed: options.onReviewed },
  )
  github.webhookUrl = `${server.url}/api/github/webhooks`
  return {
    github,
    server,
    context: server.context,
    async during(act) {
      watched.requests.length = 0
      const started = performance.now()
      await act()
      await server.idle({ retries: options.retries ?? false })
      const requests = watched.requests.filter((r) => !r.path.endsWith('/access_tokens'))
      return {
        ...usageOf(requests),
        milliseconds: performance.now() - started,
        requests: requests.map((r) => `${r.method} ${r.path}`),
      }
    },
    async close() {
      await server.stop()
      if (options.github === undefined) await github.close()
      watched.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Watched {
  readonly method: string
  readonly path: string
  readonly from: number
  readonly to: number
}

/**
 * Notes the requests of this process to `url`, as the client sees them: requests that are sent side by side all begin before the
 * first of them is answered, however slow the machine.
 */
function watchRequests(url: string): { readonly requests: Watched[]; stop(): void } {
  const requests: Watched[] = []
  const original = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const address = input instanceof Request ? input.url : String(input)
    const from = performance.now()
    try {
      return await original(input, init)
    } finally {
      const { pathname, origin } = new URL(address)
      if (origin === url && pathname !== '/api/github/webhooks') {
        const isMutation = typeof init?.body === 'string' && init.body.startsWith('{"query":"mutation')
        requests.push({
          method: init?.method ?? 'GET',
          path: isMutation ? `${pathname} (mutation)` : pathname,
          from,
          to: performance.now(),
        })
      }
    }
  }
  return {
    requests,
    stop() {
      globalThis.fetch = original
    },
  }
}
