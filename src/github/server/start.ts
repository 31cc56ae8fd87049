import { createServer } from 'node:http'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Probot, Server } from 'probot'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { enqueueEvents } from '../../app.ts'
import { begunBefore } from '../../queue/jobs.ts'
import { openStore } from '../../queue/store.ts'
import type { Context } from '../context.ts'
import type { Core } from '../core.ts'
import type { ServerSettings } from './environment.ts'
import { AppOctokit } from './octokit.ts'
import { pageHandler } from './pages.ts'
import { runJob } from '../jobs/run.ts'

/** A server that runs. */
export interface Running {
  readonly url: string
  /** What its jobs share. */
  readonly context: Context
  /** Resolves when nothing waits in the queue and nothing runs. */
  idle(more?: { readonly retries?: boolean }): Promise<void>
  /** Takes no more work, lets what runs end, closes the store. */
  stop(): Promise<void>
}

/** A check run is created completed where the review takes less than ten seconds. */
export const patience = 9_500
/** How often failed deliveries are fetched and open pull requests swept. */
const reconcileEvery = 30 * 60_000
/** What runs gets so long to end when the server is told to stop; orchestrators kill after 30 s or so. */
export const stopTimeout = 20_000

/** Starts the whole app. Throws `bad-environment` and `store-in-use`. */
export async function startServer(
  settings: ServerSettings,
  core: Core,
  options: {
    readonly reconcile?: boolean
    readonly patience?: number
    readonly onReviewed?: Context['onReviewed']
  } = {},
): Promise<Running> {
  const common = {
    appId: settings.appId,
    privateKey: settings.privateKey,
    secret: settings.webhookSecret,
    logLevel: settings.logLevel as 'info',
    logFormat: settings.logFormat,
    ...(settings.apiUrl === null ? {} : { baseUrl: settings.apiUrl }),
    Octokit: AppOctokit,
  }
  const probot = await new Probot(common).ready()
  const { log } = probot
  const metrics = createMetrics()
  const store = await openStore({
    databaseUrl: settings.databaseUrl,
    folder: settings.dataFolder,
    onError: (err) => {
      log.error({ err }, 'store')
    },
  })
  metrics.depthOf(() => store.depth())
  let isStopping = false
  const pages = pageHandler({
    rulePage: (id) => core.page(id),
    metrics: metrics.registry,
    metricsToken: settings.metricsToken,
    async ready() {
      if (isStopping) throw new Error('stopping')
      await store.depth()
    },
  })
  const http =
    settings.role === 'worker'
      ? await plainServer(settings, pages)
      : await webhookServer(settings, common, log, pages, (app) => {
          enqueueEvents(app, store, (event, outcome) => {
            metrics.webhooks.inc({ event, outcome })
          })
        })
  const context: Context = {
    core,
    cache: store,
    log,
    server: settings.publicUrl,
    web: settings.webUrl,
    app: { id: settings.appId, slug: await appSlug(probot) },
    patience: options.patience ?? patience,
    limits: new Map(),
    now: () => new Date(),
    async client(installation) {
      const octokit = await (installation === null ? probot.auth() : probot.auth(installation))
      octokit.hook.after('request', (response) => {
        metrics.requests.inc({ status: String(response.status) })
      })
      octokit.hook.error('request', (error) => {
        metrics.requests.inc({ status: String((error as { status?: number }).status ?? 'none') })
        throw error
      })
      return octokit as unknown as Awaited<ReturnType<Context['client']>>
    },
    enqueue: (job, more) => store.enqueue(job, more),
    onReviewed: (event) => {
      const { seconds, conclusion, rules } = event
      options.onReviewed?.(event)
      metrics.reviews.observe({ conclusion }, seconds)
      for (const rule of rules) metrics.findings.inc({ rule })
    },
  }
  if (settings.role !== 'web')
    await store.work((job, attempt) => runJob(attempt.number === 0 ? job : begunBefore(job), context, attempt.isLast))
  const timer =
    settings.role === 'web' || options.reconcile === false
      ? null
      : setInterval(() => {
          Promise.all([store.enqueue({ kind: 'reconcile' }), store.tidy()]).catch((err: unknown) => {
            log.error({ err }, 'store')
          })
        }, reconcileEvery)
  if (timer !== null) await store.enqueue({ kind: 'reconcile' })
  const { port } = http.address() as AddressInfo
  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    context,
    idle: (more) => store.idle(more),
    async stop() {
      if (isStopping) return
      isStopping = true
      if (timer !== null) clearInterval(timer)
      http.closeIdleConnections()
      await new Promise((resolve) => {
        http.close(resolve)
      })
      await store.close(stopTimeout)
    },
  }
}

type Handler = ReturnType<typeof pageHandler>

async function webhookServer(
  settings: ServerSettings,
  common: object,
  log: Probot['log'],
  pages: Handler,
  load: (app: Probot) => void,
): Promise<HttpServer> {
  const server = new Server({
    Probot: Probot.defaults(common as ConstructorParameters<typeof Probot>[0] & object),
    port: settings.port === 0 ? await freePort(settings.host) : settings.port,
    host: settings.host,
    log,
    enableStaticFiles: false,
    loggingOptions: { customLogLevel: levelOf },
  })
  await server.load((app) => {
    load(app)
  })
  server.addHandler(pages)
  return await server.start()
}

/** Orchestrators ask every few seconds whether the server lives: what they are told is worth a line only where it went wrong. */
function levelOf({ url }: IncomingMessage, { statusCode }: ServerResponse, error?: Error): 'debug' | 'info' | 'error' {
  if (error !== undefined || statusCode >= 500) return 'error'
  return statusCode < 400 && /^\/(?:healthz|readyz|metrics)(?:\?|$)/.test(url ?? '') ? 'debug' : 'info'
}

/** Probot takes port 0 for its default. */
async function freePort(host: string): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, host, resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => {
    probe.close(resolve)
  })
  return port
}

async function plainServer(settings: ServerSettings, pages: Handler): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void pages(request, response).then((isDone) => {
      if (!isDone) response.writeHead(404).end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.port, settings.host, resolve)
  })
  return server
}

/** The app's name, for `@name recheck`; where GitHub does not answer now, the commands with a slash are all there are. */
async function appSlug(probot: Probot): Promise<string> {
  try {
    const { data } = await (await probot.auth()).rest.apps.getAuthenticated({ request: { retries: 0 } })
    return data?.slug ?? 'schemagate'
  } catch (err) {
    probot.log.warn({ err }, 'GitHub does not tell the name of the app')
    return 'schemagate'
  }
}

function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  let depth: (() => Promise<number>) | null = null
  return {
    registry,
    jobs: new Gauge({
      name: 'schemagate_queue_jobs',
      help: 'Jobs that wait or run.',
      registers,
      async collect() {
        if (depth !== null) this.set(await depth())
      },
    }),
    depthOf(of: () => Promise<number>) {
      depth = of
    },
    webhooks: new Counter({
      name: 'schemagate_webhooks_total',
      help: 'Webhooks by event and by what became of them.',
      labelNames: ['event', 'outcome'],
      registers,
    }),
    requests: new Counter({
      name: 'schemagate_github_requests_total',
      help: 'Requests to GitHub by status.',
      labelNames: ['status'],
      registers,
    }),
    findings: new Counter({
      name: 'schemagate_comments_total',
      help: 'Inline comments by rule.',
      labelNames: ['rule'],
      registers,
    }),
    reviews: new Histogram({
      name: 'schemagate_review_seconds',
      help: 'Reviews by conclusion.',
      labelNames: ['conclusion'],
      buckets: [0.5, 1, 2, 5, 10, 30, 60, 300],
      registers,
    }),
  }
}
