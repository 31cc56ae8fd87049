import type { JsonObject } from '../openapi.ts'
import { appShape, repositoryShape, userShape } from '../shapes.ts'
import { Refusal } from '../world.ts'
import type { World } from '../world.ts'
import { page } from './request.ts'
import type { Handlers } from './request.ts'

/** What the app asks with its own token, and what its installation sees. */
export const app = {
  'GET /app': (world) => ({ status: 200, body: appShape(world) }),
  'GET /app/installations': (world) => ({ status: 200, body: [installationShape(world)] }),
  'POST /app/installations/{installation_id}/access_tokens': (world, { parameters }) => {
    if (Number(parameters['installation_id']) !== world.installation.id) throw new Refusal(404, 'Not Found')
    if (world.installation.suspended) throw new Refusal(403, 'This installation has been suspended')
    const token = `ghs_${world.nextId()}`
    world.tokens.add(token)
    return {
      status: 201,
      body: {
        token,
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
        permissions: world.app.permissions,
        repository_selection: 'all',
      },
    }
  },
  'GET /app/hook/deliveries': (world, { query }) => {
    // Newest first, in pages that a cursor names.
    const wanted = world.deliveries
      .filter((d) => query['status'] !== 'failure' || d.status < 200 || d.status >= 300)
      .toReversed()
    const from = query['cursor'] === undefined ? 0 : wanted.findIndex((d) => d.id === Number(query['cursor']))
    const size = Math.min(100, Number(query['per_page'] ?? 30))
    const next = wanted[from + size]
    return {
      status: 200,
      headers(location) {
        if (next === undefined) return {}
        location.searchParams.set('cursor', String(next.id))
        return { link: `<${location.href}>; rel="next"` }
      },
      body: wanted.slice(from, from + size).map((d) => ({
        id: d.id,
        guid: d.guid,
        delivered_at: d.at,
        redelivery: d.redelivery,
        duration: 0.1,
        status: d.status < 300 ? 'OK' : 'failed',
        status_code: d.status,
        event: d.event,
        action: (d.payload['action'] as string | undefined) ?? null,
        installation_id: world.installation.id,
        repository_id: null,
      })),
    }
  },
  'POST /app/hook/deliveries/{delivery_id}/attempts': async (_world, { parameters, redeliver }) => {
    await redeliver(Number(parameters['delivery_id']))
    return { status: 202, body: {} }
  },
  'GET /installation/repositories': (world, { query }) => {
    const all = [...world.repositories.values()].map((r) => repositoryShape(world, r))
    return { status: 200, body: { total_count: all.length, repositories: page(all, query) } }
  },
} satisfies Handlers

function installationShape(world: World): JsonObject {
  return {
    id: world.installation.id,
    account: { ...userShape({ login: 'octo-org', id: 1, type: 'Organization' }), name: 'octo-org' },
    app_id: world.app.id,
    app_slug: world.app.slug,
    permissions: world.app.permissions,
    target_type: 'Organization',
    repository_selection: 'all',
    suspended_at: world.installation.suspended ? world.now() : null,
  }
}
