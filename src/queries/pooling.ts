import { at } from '../location.ts'
import { fail, none, pass, places, unknown } from '../engine/decided.ts'
import type { ChecklistAnswer } from '../engine/decided.ts'
import type { Dialect } from '../schema/dialect.ts'
import { isBeside, isForReplica } from './clients.ts'
import type { ClientFact, CodeFacts } from './facts.ts'
import type { DatabaseUrl } from './settings.ts'

/** How code connects, of all clients that serve users. Only PostgreSQL is judged. */
export function poolingOf(facts: CodeFacts, dialects: readonly Dialect[]): ChecklistAnswer {
  const serving = facts.clients.filter((c) => c.file === 'source' && !c.borrows)
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
  const hosting = clients.find((c) => c.host !== null)?.host
  const pooled = facts.urls.find((u) => u.pooled && !clients.every((c) => goesElsewhere(c, u, facts)))
  const pooler = facts.poolers[0]
  const accelerated = facts.caches.find((c) => c.what === 'withAccelerate')
  const http = clients.find((c) => c.library === 'neon')
  const through =
    pooled === undefined
      ? pooler === undefined
        ? accelerated === undefined
          ? null
          : places([accelerated])
        : at(pooler)
      : at(pooled)
  if (through !== null) return pass(`connections go through a pooler (${through}); made at ${places(clients)}`)
  if (hosting != null && http === undefined) {
    const limited = clients.filter((c) => c.options?.includes('max') === true)
    if (limited.length === clients.length) return pass(`the pool has a size: ${places(clients)}`)
    const direct = facts.urls.find((u) => !u.local && !u.limited)
    if (direct !== undefined)
      return fail(`serverless functions (${at(hosting)}) connect directly (${at(direct)}): ${places(clients)}`)
    return unknown(
      `serverless functions (${at(hosting)}) connect to an address that the repository does not show: ${places(clients)}`,
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
  const pools = clients.filter((c) => c.library !== 'neon' || c.text.startsWith('new '))
  return pools.length === 0
    ? pass(`queries go over HTTP, each by itself: ${places(clients)}`)
    : pass(`${pools.length === 1 ? 'one pool' : `${pools.length} pools`}, made once: ${places(pools)}`)
}

/** True for a client whose address is known, and is another one. */
function goesElsewhere({ variables }: ClientFact, pooled: DatabaseUrl, { urls }: CodeFacts): boolean {
  return !variables.includes(pooled.name) && urls.some(({ name }) => variables.includes(name))
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
