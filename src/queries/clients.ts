import type { ClientFact, CodeFacts } from './facts.ts'
import type { DatabaseUrl } from './settings.ts'

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

/** True for one connection, which is no pool. */
export function isConnection({ text }: Pick<ClientFact, 'text'>): boolean {
  return /^new\s+(?:\w+\.)?Client\b/.test(text)
}

/**
 * The addresses that a client may connect to, of those that the repository shows: the ones that its file names, or for a PrismaClient that is
 * given none the one of its schema. Null where that is not known.
 */
export function addressesOf(
  { library, options, variables }: ClientFact,
  { urls, datasources }: Pick<CodeFacts, 'urls' | 'datasources'>,
): readonly DatabaseUrl[] | null {
  const named = urls.filter(({ name }) => variables.includes(name))
  if (named.length > 0) return named
  const isGiven = options?.some((o) => /^(?:adapter|datasources|datasourceUrl|accelerateUrl|\.\.\.)$/.test(o)) !== false
  if (library !== 'prisma' || isGiven) return null
  const names = datasources.flatMap(({ path, url }) => (path.endsWith('.prisma') && url !== null ? [url] : []))
  return names.length === 0 ? null : urls.filter(({ name }) => names.includes(name))
}

/** An address that goes to the server itself, for code that serves users; undefined where none is known. */
export function directAddress(
  clients: readonly ClientFact[],
  facts: Pick<CodeFacts, 'urls' | 'datasources'>,
): DatabaseUrl | undefined {
  return facts.urls.find(
    (url) =>
      !url.local &&
      !url.pooled &&
      !url.limited &&
      !/DIRECT|SHADOW|UNPOOLED|NON_POOLING|MIGRAT|TEST/.test(url.name) &&
      clients.some((client) => addressesOf(client, facts)?.includes(url) ?? true),
  )
}

/** The clients that have connections of their own. A pool that an adapter is given is made whenever its PrismaClient is. */
export function connecting(clients: readonly ClientFact[]): readonly ClientFact[] {
  return clients.flatMap((client) => {
    if (client.borrows) return []
    const over = clients.find((c) => c.borrows && c.place.path === client.place.path && c.function === client.function)
    return over === undefined || client.library === 'prisma' ? [client] : [{ ...client, onDemand: over.onDemand }]
  })
}
