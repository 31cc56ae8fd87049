import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGit } from './git.ts'
import { answerGraphql } from './graphql.ts'
import { answerOf, matchOperation, payloadOf, requestProblems, responseProblems, webhookProblems } from './openapi.ts'
import type { Json, JsonObject } from './openapi.ts'
import { asApp, handlers, needs } from './rest.ts'
import { unfinished } from './rest/request.ts'
import { Refusal, repositoryOf } from './world.ts'
import type { Delivery, Logged, Repository, Role, World } from './world.ts'

/** What goes wrong with a request: an answer instead of the true one, `drop` for a cut connection, or nothing. */
export type Fault = (request: {
  readonly method: string
  readonly path: string
  readonly operation: string
}) =>
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  | 'drop'
  | undefined

export interface StandInOptions {
  /** What the app was granted; the permissions of `app.yml` where left out. */
  readonly permissions?: Readonly<Record<string, string>>
  readonly webhookSecret?: string
  /** Milliseconds that every answer takes, so that requests sent together overlap. */
  readonly latency?: number
  readonly limits?: Partial<World['limits']>
}

/** A GitHub of one organisation with one app installed on it, over real git repositories. */
export interface StandIn {
  readonly world: World
  readonly url: string
  readonly privateKey: string
  /** Where webhooks go; set it once the app listens. */
  webhookUrl: string | null
  fault: Fault | null
  addRepository(
    name: string,
    options?: { readonly source?: string; readonly roles?: Readonly<Record<string, Role>> },
  ): Repository
  /** Sends a signed webhook; `lost` records it as failed without sending it. Returns the status of the answer. */
  deliver(
    event: string,
    described: string | null,
    payload: JsonObject,
    options?: { readonly lost?: boolean; readonly guid?: string },
  ): Promise<number>
  redeliver(id: number): Promise<void>
  close(): Promise<void>
}

export const defaultPermissions: Readonly<Record<string, string>> = {
  checks: 'write',
  pull_requests: 'write',
  contents: 'read',
  metadata: 'read',
  merge_queues: 'read',
  deployments: 'read',
  members: 'read',
}

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})

export async function startGitHub(options: StandInOptions = {}): Promise<StandIn> {
  let id = 1000
  let clock = Date.now() - 3_600_000
  const world: World = {
    app: {
      id: 4711,
      slug: 'schemagate',
      publicKey: keys.publicKey,
      webhookSecret: options.webhookSecret ?? 'a-secret-only-for-the-stand-in',
      permissions: options.permissions ?? defaultPermissions,
    },
    installation: { id: 99, suspended: false },
    tokens: new Set(),
    readers: new Set(),
    repositories: new Map(),
    users: new Map(),
    teams: new Map(),
    log: [],
    deliveries: [],
    violations: [],
    merges: 'at once',
    limits: { compareFiles: 300, pullFiles: 3000, patchBytes: 500_000, treeEntries: 100_000, ...options.limits },
    nextId: () => ++id,
    now: () => new Date((clock += 1000)).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  const server = createServer((request, response) => {
    void answer(request).then(async ({ status, body, headers, entry }) => {
      await new Promise((resolve) => {
        setTimeout(resolve, options.latency ?? 0)
      })
      if (entry !== null) world.log.push({ ...entry, status, to: performance.now() })
      if (status === 0) {
        request.socket.destroy()
        return
      }
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '4900',
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3600),
        ...headers,
      })
      response.end(body === undefined || body instanceof Buffer ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(incoming: IncomingMessage): Promise<{
    status: number
    body?: Json | Buffer | undefined
    headers?: Readonly<Record<string, string>>
    entry: Omit<Logged, 'status' | 'to'> | null
  }> {
    const from = performance.now()
    const location = new URL(incoming.url ?? '/', url)
    // As on GitHub Enterprise Server, whose GraphQL stands beside `/api/v3` and not below it.
    const path = location.pathname.replace(/^\/api(?:\/v3(?!\/graphql)|(?=\/graphql))/, '')
    const method = incoming.method ?? 'GET'
    const text = await bodyOf(incoming)
    const graphql = path === '/graphql'
    const found = graphql ? null : matchOperation(method, path)
    const operation = graphql ? 'POST /graphql' : (found?.operation ?? `${method} ${path}`)
    const parsed = text === '' ? undefined : (JSON.parse(text) as JsonObject)
    const entry = { method, path, operation, from, body: parsed }
    const archived = /^\/(codeload\/)?(?:repos\/)?([^/]+)\/([^/]+)\/(?:tarball|legacy\.tar\.gz)\/([0-9a-f]{40})$/.exec(
      path,
    )
    const fault = standIn.fault?.({ method, path, operation })
    if (fault === 'drop') return { status: 0, entry }
    if (fault !== undefined)
      return { status: fault.status, body: { message: fault.message ?? 'fault' }, headers: fault.headers ?? {}, entry }
    try {
      authorize(
        incoming,
        operation,
        archived !== null ? 'contents:read' : found === null ? undefined : needs[found.operation],
        found !== null && asApp.has(found.operation),
      )
      if (graphql)
        return {
          status: 200,
          body: await answerGraphql(
            world,
            String(parsed?.['query']),
            (parsed?.['variables'] ?? {}) as JsonObject,
            !isReader(incoming),
          ),
          entry,
        }
      if (archived !== null) return { ...(await archive(archived)), entry: archived[1] === undefined ? entry : null }
      if (found === null) throw violation(404, `the stand-in does not know ${method} ${path}`)
      const query = Object.fromEntries(
        [...location.searchParams].map(([key, value]) => [key, /^\d+$/.test(value) ? Number(value) : value]),
      )
      const wrong = requestProblems(found.operation, query, parsed)
      if (wrong.length > 0) throw violation(422, `${found.operation}: ${wrong.join('; ')}`)
      const { status, body, headers } = await handlers[found.operation](world, {
        parameters: found.parameters,
        query,
        body: parsed ?? {},
        redeliver,
      })
      if (body === undefined) return { status, entry }
      const whole = answerOf(found.operation, status, body)
      const own = responseProblems(found.operation, status, whole)
      if (own.length > 0) world.violations.push(`answer of ${found.operation}: ${own.join('; ')}`)
      return {
        status,
        body: whole,
        entry,
        headers: headers?.(location) ?? pageLinks(location, unfinished.get(query)),
      }
    } catch (error) {
      if (!(error instanceof Refusal)) {
        world.violations.push(
          `${operation}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        )
        return { status: 500, body: { message: 'Server Error' }, entry }
      }
      return {
        status: error.status,
        body: { message: error.message, errors: error.errors, documentation_url: 'https://docs.github.com/rest' },
        headers: error.headers,
        entry,
      }
    }
  }

  /** GitHub sends an archive on to another host, which is here another path. */
  async function archive([, isThere, owner = '', name = '', commit = '']: RegExpExecArray): Promise<{
    status: number
    body?: Buffer
    headers: Readonly<Record<string, string>>
  }> {
    if (isThere === undefined)
      return { status: 302, headers: { location: `${url}/codeload/${owner}/${name}/legacy.tar.gz/${commit}` } }
    const body = await repositoryOf(world, owner, name).git.archive(commit, `${owner}-${name}-${commit.slice(0, 7)}`)
    return { status: 200, body, headers: { 'content-type': 'application/x-gzip' } }
  }

  function violation(status: number, message: string): Refusal {
    world.violations.push(message)
    return new Refusal(status, message)
  }

  function isReader(incoming: IncomingMessage): boolean {
    return world.readers.has((incoming.headers.authorization ?? '').split(' ')[1] ?? '')
  }

  function authorize(incoming: IncomingMessage, operation: string, permission: string | undefined, app: boolean): void {
    const [scheme = '', token = ''] = (incoming.headers.authorization ?? '').split(' ')
    if (app) {
      const wrong = jwtProblem(token, world)
      if (wrong !== null) throw new Refusal(401, wrong)
      return
    }
    if (!/^(token|bearer)$/i.test(scheme) || !(world.tokens.has(token) || world.readers.has(token)))
      throw violation(401, `${operation} without an installation token`)
    if (world.readers.has(token) && operation !== 'POST /graphql' && !operation.startsWith('GET '))
      throw new Refusal(403, 'Resource not accessible by integration')
    const [scope = '', level = ''] = permission?.split(':') ?? []
    if (world.installation.suspended) throw new Refusal(403, 'This installation has been suspended')
    const granted = world.app.permissions[scope]
    if (permission !== undefined && granted !== 'write' && granted !== level)
      throw new Refusal(403, 'Resource not accessible by integration')
  }

  async function send(
    event: string,
    payload: JsonObject,
    guid: string,
    redelivery: boolean,
    lost: boolean,
  ): Promise<number> {
    const delivery: Delivery = { id: world.nextId(), guid, event, payload, at: world.now(), status: 0, redelivery }
    world.deliveries.push(delivery)
    if (lost || standIn.webhookUrl === null) {
      delivery.status = 502
      return delivery.status
    }
    const body = JSON.stringify(payload)
    const answered = await fetch(standIn.webhookUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/stand-in',
        'x-github-event': event,
        'x-github-delivery': guid,
        'x-hub-signature-256': `sha256=${createHmac('sha256', world.app.webhookSecret).update(body).digest('hex')}`,
      },
      body,
    }).catch(() => null)
    delivery.status = answered?.status ?? 502
    await answered?.text()
    return delivery.status
  }

  async function redeliver(deliveryId: number): Promise<void> {
    const delivery = world.deliveries.find((d) => d.id === deliveryId)
    if (delivery === undefined) throw new Refusal(404, 'Not Found')
    await send(delivery.event, delivery.payload, delivery.guid, true, false)
  }

  const standIn: StandIn = {
    world,
    url,
    privateKey: keys.privateKey,
    webhookUrl: null,
    fault: null,
    addRepository(name, more = {}) {
      const repository: Repository = {
        id: world.nextId(),
        owner: 'octo-org',
        name,
        git: createGit(more.source),
        defaultBranch: 'main',
        pulls: new Map(),
        checkRuns: [],
        deployments: [],
        roles: new Map(
          Object.entries(
            more.roles ?? {
              author: 'write',
              writer: 'write',
              reader: 'read',
              triager: 'triage',
              maintainer: 'maintain',
              admin: 'admin',
            },
          ),
        ),
      }
      world.repositories.set(`octo-org/${name}`, repository)
      return repository
    },
    async deliver(event, described, payload, more = {}) {
      const values = { ...payload, installation: { id: world.installation.id, node_id: 'I_1' } }
      const whole = described === null ? values : payloadOf(described, values)
      const wrong = described === null ? [] : webhookProblems(described, whole)
      if (wrong.length > 0) world.violations.push(`webhook ${described}: ${wrong.join('; ')}`)
      return send(event, whole, more.guid ?? randomUUID(), false, more.lost === true)
    },
    redeliver,
    async close() {
      await closeServer(server)
      for (const repository of world.repositories.values()) repository.git.remove()
    },
  }
  return standIn
}

/** Counts requests, and the longest chain of requests in which each began after the one before it was answered. */
export function usageOf(log: readonly Pick<Logged, 'from' | 'to'>[]): { calls: number; depth: number } {
  const ordered = [...log].sort((a, b) => a.from - b.from)
  const depths: number[] = []
  ordered.forEach((request, i) => {
    depths.push(
      1 + Math.max(0, ...ordered.slice(0, i).map((earlier, k) => (earlier.to <= request.from ? (depths[k] ?? 0) : 0))),
    )
  })
  return { calls: ordered.length, depth: Math.max(0, ...depths) }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/** What GitHub says of a token of the app that it does not take; null where it takes it. */
function jwtProblem(token: string, world: World): string | null {
  const [header = '', payload = '', signature = ''] = token.split('.')
  if (
    !verify(
      'RSA-SHA256',
      Buffer.from(`${header}.${payload}`),
      createPublicKey(world.app.publicKey),
      Buffer.from(signature, 'base64url'),
    )
  )
    return 'A JSON web token could not be decoded'
  const { iss, exp, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    iss: number | string
    exp: number
    iat: number
  }
  const now = Date.now() / 1000
  if (Number(iss) !== world.app.id) return 'Integration not found'
  if (exp <= now)
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
  if (exp - now > 660) return "'Expiration time' claim ('exp') is too far in the future"
  return iat > now + 60
    ? "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    : null
}

function pageLinks(location: URL, last: number | undefined): Readonly<Record<string, string>> {
  if (last === undefined) return {}
  const link = (page: number, rel: string) => {
    const there = new URL(location)
    there.searchParams.set('page', String(page))
    return `<${there.href}>; rel="${rel}"`
  }
  return { link: `${link(Number(location.searchParams.get('page') ?? 1) + 1, 'next')}, ${link(last, 'last')}` }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
  })
}
