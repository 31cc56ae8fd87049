import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '../../src/github/context.ts'
import type { Core } from '../../src/github/core.ts'
import type { ServerSettings } from '../../src/github/environment.ts'
import { startServer } from '../../src/github/server.ts'
import type { Running } from '../../src/github/server.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn, StandInOptions } from '../github/stand-in.ts'

/** The app over a stand-in GitHub, both in this process. */
export interface World {
  readonly github: StandIn
  readonly server: Running
  /** What the app's jobs share, for running one by hand. */
  readonly context: Context
  /** Runs `act` (which sends webhooks), waits until the app has done its work, and tells what that took. */
  during(act: () => Promise<unknown>): Promise<{ readonly calls: number; readonly depth: number; readonly milliseconds: number; readonly requests: readonly string[] }>
  close(): Promise<void>
}

export async function startWorld(core: Core, options: StandInOptions & { readonly settings?: Partial<ServerSettings> } = {}): Promise<World> {
  const github = await startGitHub(options)
  const folder = mkdtempSync(join(tmpdir(), 'schemagate-app-'))
  const server = await startServer({
    appId: github.world.app.id, privateKey: github.privateKey, webhookSecret: github.world.app.webhookSecret, port: 0, host: '127.0.0.1', publicUrl: 'https://schemagate.test',
    dataFolder: folder, databaseUrl: null, role: 'all', apiUrl: github.url, webUrl: 'https://github.test', logLevel: 'fatal', logFormat: 'json', metricsToken: null, ...options.settings,
  }, core, { reconcile: false })
  github.webhookUrl = `${server.url}/api/github/webhooks`
  return {
    github, server, context: server.context,
    async during(act) {
      const from = github.world.log.length
      const started = performance.now()
      await act()
      await server.idle()
      const requests = github.world.log.slice(from)
      return { ...github.usage(from), milliseconds: performance.now() - started, requests: requests.filter((r) => !r.operation.endsWith('/access_tokens')).map((r) => r.operation) }
    },
    async close() {
      await server.stop()
      await github.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
