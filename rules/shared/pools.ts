import type { RuleContext } from '../../src/engine/rule.ts'
import { isConnection } from '../../src/queries/clients.ts'
import type { ClientFact } from '../../src/queries/facts.ts'

/** What a new pool of `pg` or postgres.js lacks of its limits; null where nothing, or where its options are not known. */
export function lackedLimits(client: ClientFact): { readonly waits: boolean; readonly many: boolean } | null {
  if (!isNewPool(client)) return null
  const isMissing = (name: string) => client.options?.includes(name) !== true
  // The adapter of a PrismaClient makes a pool of `pg` of what it is given.
  const isAdapter = client.library === 'prisma' && !client.borrows && !isMissing('connectionString')
  if (!isAdapter && client.library !== 'pg' && client.library !== 'postgres') return null
  const waits = client.library !== 'postgres' && isMissing('connectionTimeoutMillis')
  const many = !isAdapter && client.host !== null && isMissing('max')
  return waits || many ? { waits, many } : null
}

/** True for a new pool of `pg` whose queries run as long as they like, as far as the code and the migrations say. */
export function lacksTimeout(client: ClientFact, { history }: Pick<RuleContext, 'history'>): boolean {
  const inDatabase = history.some((m) =>
    m.statements.some((s) => /alter\s+(?:role|database|user|system)\b[^;]*statement_timeout/i.test(s.text)),
  )
  return (
    !inDatabase &&
    isNewPool(client) &&
    client.library === 'pg' &&
    !/statement_timeout|query_timeout/.test(client.text) &&
    client.options?.some((o) => o === 'statement_timeout' || o === 'query_timeout' || o === 'options') !== true
  )
}

function isNewPool(client: ClientFact): boolean {
  const { changed, file, perCall, options } = client
  return changed && file === 'source' && !perCall && options?.includes('...') === false && !isConnection(client)
}
