import { rowsOf, sizeOf } from '../../engine/size.ts'
import { indexUse, pathInOrder } from '../../schema/index-use.ts'
import type { Key, Schema, Table } from '../../schema/model.ts'
import type { Predicate, Query } from '../query.ts'
import type { Seen } from './seen.ts'

type Asked = Query & { readonly project: string }

/** True where each table that a query reads is declared to be small. */
export function isSmall(seen: Seen, query: Asked): boolean {
  const schema = schemaOf(seen, query)
  return readBy(query).every(
    (table) => sizeOf(seen.config, rowsOf(seen.config, table, schema?.defaultSchema ?? 'public')) === 'small',
  )
}

/** True where nothing of a query says which rows of its tables it wants, or how many. */
export function wantsAll(query: Query): boolean {
  return !query.predicates.some((p) => restricts(query, p)) && (query.limit === null || query.grouped === true)
}

/**
 * True where an index finds the rows of a query: each alternative begins in a table whose conditions one answers, and from there one leads to
 * every other table that it reads.
 */
export function isServed(seen: Seen, query: Asked): boolean {
  const schema = schemaOf(seen, query)
  const main = schema?.tables.get(query.tables[0]?.table ?? '')
  if (schema === undefined || main === undefined) return false
  const branches = new Map<number, Predicate[]>()
  for (const p of query.predicates)
    if (restricts(query, p)) branches.set(p.branch, [...(branches.get(p.branch) ?? []), p])
  if (branches.size === 0)
    return (
      query.limit !== null &&
      query.grouped !== true &&
      (query.ordering.length === 0 || pathInOrder(main, [], query.ordering, { nullsAside: true }) !== null) &&
      leadsToAll(query, new Set([main.key]), schema)
    )
  return [...branches.values()].every((branch) => {
    const begun = new Set(branch.map((p) => p.table).filter((name) => answers(schema.tables.get(name), branch)))
    return begun.size > 0 && leadsToAll(query, begun, schema)
  })
}

function schemaOf(seen: Seen, query: Asked): Schema | undefined {
  return seen.projects.find((p) => p.project.name === query.project)?.after
}

/** The tables that a query reads itself; subqueries are queries of their own. */
function readBy({ tables }: Query): readonly Key[] {
  return [...new Set(tables.filter(({ role }) => role !== 'subquery').map(({ table }) => table))]
}

/** True for a condition that leaves rows out by a value. Those that bind two tables do not; Prisma says of related rows what holds for them. */
function restricts({ client }: Query, { joining }: Predicate): boolean {
  return joining !== true || client === 'prisma'
}

function answers(table: Table | undefined, branch: readonly Predicate[]): boolean {
  return table !== undefined && indexUse(table, branch).verdict === 'served'
}

/** True where joins lead from some tables to all that a query reads, each by an index. */
function leadsToAll(query: Query, begun: ReadonlySet<Key>, schema: Schema): boolean {
  const reached = new Set(begun)
  const ways = query.joins.flatMap(({ from, fromColumns, to, toColumns, place }) => [
    { from, to, columns: toColumns, place },
    { from: to, to: from, columns: fromColumns, place },
  ])
  for (let more = true; more;) {
    more = false
    for (const { from, to, columns, place } of ways) {
      if (!reached.has(from) || reached.has(to)) continue
      const compared = columns.map((column): Predicate => ({
        table: to,
        column,
        expression: null,
        operator: '=',
        branch: 0,
        place,
      }))
      if (!answers(schema.tables.get(to), compared)) continue
      reached.add(to)
      more = true
    }
  }
  // Tables between which Prisma keeps a table of its own are bound by the indexes of that one.
  const bound = new Set(ways.map(({ to }) => to))
  return readBy(query).every((table) => reached.has(table) || (query.client === 'prisma' && !bound.has(table)))
}
