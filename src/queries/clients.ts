import type { ClientFact, CodeFacts } from './facts.ts'

/** True for two clients of one package that open connections of their own to the same database. */
export function isBeside(one: ClientFact, other: ClientFact): boolean {
  return one.place.path !== other.place.path && one.package === other.package && isSameSchema(one.origin, other.origin)
}

/** True for a client that has to be another one: of a replica, or for the edge. */
export function isForReplica(client: ClientFact, facts: Pick<CodeFacts, 'replicas'>): boolean {
  return (
    /(?:^|[/.-])edge[.-]/.test(client.place.path) ||
    facts.replicas.some((r) => r.place.path === client.place.path) ||
    /replica/i.test(client.text)
  )
}

/** True unless two clients are known to be generated from different schemas. */
function isSameSchema(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return true
  const [a, b] = [one, other].map(
    (origin) => `${origin.replace(/\.[cm]?[jt]s$|\/(?:client|index|edge|default)(?:\.[cm]?[jt]s)?$/, '')}/`,
  )
  return a === undefined || b === undefined || a.startsWith(b) || b.startsWith(a)
}
