import { at } from '../location.ts'
import { fail, none, pass, places, unknown } from '../engine/decided.ts'
import type { ChecklistAnswer } from '../engine/decided.ts'
import type { Dialect } from '../schema/dialect.ts'
import { addressesOf, connecting, directAddress, isBeside, isConnection, isForReplica } from './clients.ts'
import type { CodeFacts } from './facts.ts'

/** How code connects, of all clients that serve users. Only PostgreSQL is judged. */
export function poolingOf(facts: CodeFacts, dialects: readonly Dialect[]): ChecklistAnswer {
  const serving = connecting(facts.clients.filter((c) => c.file === 'source'))
  const clients = serving.filter((c) => c.library !== 'drizzle')
  const [other] = dialects
  if (other !== undefined && other !== 'postgresql' && dialects.every((dialect) => dialect === other)) {
    if (other === 'sqlite') return none('SQLite is a file that the process opens: there are no connections to pool')
    return unknown(
      `connections to another database than PostgreSQL are not judged${serving.length > 0 ? `: ${places(serving)}` : ''}`,
    )
  }
  if (clients.length === 0)
    return serving.length === 0
      ? unseen(facts)
      : unknown(`what the client is made of cannot be told: ${places(serving)}`)
  // A Worker may not use the connection of another request.
  const perCall = clients.filter((c) => c.perCall && !c.kept && c.host?.what !== 'workers')
  if (perCall.length > 0) return fail(`a client with connections of its own is made on every call: ${places(perCall)}`)
  const hosted = clients.filter((c) => c.host !== null)
  const [hosting] = hosted.flatMap(({ host }) => (host === null ? [] : [host]))
  const known = clients.map((c) => addressesOf(c, facts))
  const pooled = facts.urls.find((u) => u.pooled && known.some((addresses) => addresses?.includes(u) ?? true))
  const pooler = facts.poolers[0]
  const accelerated = facts.caches.find((c) => c.what === 'withAccelerate')
  const http = clients.find((c) => c.library === 'neon')
  if (pooled !== undefined) return pass(`connections go through a pooler (${at(pooled)}); made at ${places(clients)}`)
  if (pooler !== undefined) {
    // A sample for one's own machine says nothing of what is deployed, but what stands beside the pooler does.
    const around = known
      .flatMap((addresses) => addresses ?? [])
      .find(({ path, local }) => !local || path === pooler.path || path.endsWith('.production'))
    return around === undefined || known.includes(null)
      ? pass(`a pooler is set up (${at(pooler)}); clients are made at ${places(clients)}`)
      : unknown(
          `a pooler is set up (${at(pooler)}), and \`${around.name}\`, which code names, goes to another address (${at(around)}): ${places(clients)}`,
        )
  }
  if (accelerated !== undefined)
    return pass(`connections go through a pooler (${places([accelerated])}); made at ${places(clients)}`)
  if (hosting !== undefined && http === undefined) {
    const limited = hosted.filter((c) => c.options?.includes('max') === true)
    if (limited.length === hosted.length) return pass(`the pool has a size: ${places(hosted)}`)
    const direct = directAddress(hosted, facts)
    if (direct !== undefined)
      return fail(`serverless functions (${at(hosting)}) connect directly (${at(direct)}): ${places(hosted)}`)
    return unknown(
      `serverless functions (${at(hosting)}) connect to an address that the repository does not show: ${places(hosted)}`,
    )
  }
  const opaque = clients.filter((c) => c.options === null)
  if (opaque.length > 0) return unknown(`the options of the pool cannot be told: ${places(opaque)}`)
  const onDemand = clients.filter((c) => c.onDemand !== null)
  if (onDemand.length > 0)
    return unknown(
      `how often a client is made cannot be told: each call of ${inCode(onDemand)} makes one (${places(onDemand)})`,
    )
  // Prisma keeps a pool in each client; those of a file are one for each place that it runs in.
  const alone = clients.filter((c) => c.library === 'prisma' && c.function === null && !isForReplica(c, facts))
  const beside = alone.filter((c) => alone.some((other) => isBeside(c, other)))
  if (beside.length > 0)
    return unknown(
      `how many of ${beside.length} PrismaClients, each with connections of its own, one process makes cannot be told: ${places(beside)}`,
    )
  const pools = clients.filter((client) => !isConnection(client) && !client.text.startsWith('neon('))
  if (pools.length === 0)
    return pass(
      `${http === undefined ? 'single connections' : 'queries go over HTTP, each by itself'}: ${places(clients)}`,
    )
  // Branches of one file, of which a process takes one.
  const number = new Set(pools.map(({ kept, place }) => (kept ? place.path : at(place)))).size
  return pass(`${number === 1 ? 'one pool' : `${number} pools`}, made once: ${places(pools)}`)
}

function unseen({ unread }: CodeFacts): ChecklistAnswer {
  // It asks a server over HTTP, which has the pool.
  const [other] = unread.filter((name) => !name.includes('supabase-js'))
  return other === undefined
    ? none('no code of this repository opens connections to a database')
    : unknown(`how ${other} connects is not read`)
}

function inCode(clients: CodeFacts['clients']): string {
  return [...new Set(clients.map(({ onDemand }) => `\`${onDemand ?? ''}\``))].join(' and ')
}
