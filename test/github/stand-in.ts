import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer } from './answer.ts'
import type { Fault } from './answer.ts'
import { createGit } from './git.ts'
import { payloadOf, webhookProblems } from './openapi.ts'
import type { JsonObject } from './openapi.ts'
import { Refusal } from './world.ts'
import type { Delivery, Repository, Role, World } from './world.ts'

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
  let clock = 0
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
    // Never the same second twice, so that what comes later is later.
    now: () => new Date((clock = Math.max(clock + 1000, Date.now()))).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  const server = createServer((request, response) => {
    void answer(request, standIn).then(async ({ status, body, headers, entry }) => {
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

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
  })
}
