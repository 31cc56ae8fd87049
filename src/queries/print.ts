import { nameOf, schemaOf } from '../schema/model.ts'
import type { Schema } from '../schema/model.ts'
import { directionSql } from '../schema/index-use.ts'
import type { Predicate, Query } from './query.ts'

/**
 * The SQL that a client sends for the main table of a query, values as `$1`, so that a plan can be asked for. Null where
 * something of it is not known or has no plain spelling.
 */
export function printQuery(
  query: Omit<Query, 'place' | 'context' | 'changed'>,
  schema: Schema | undefined,
): string | null {
  const main = query.tables[0]
  if (
    query.dynamic ||
    main === undefined ||
    query.operation === 'insert' ||
    query.operation === 'other' ||
    schema === undefined
  )
    return null
  const table = schema.tables.get(main.table)
  if (table === undefined) return null
  const counter = { next: 1 }
  const branches = new Map<number, Predicate[]>()
  for (const predicate of query.predicates)
    branches.set(predicate.branch, [...(branches.get(predicate.branch) ?? []), predicate])
  const alternatives: string[] = []
  for (const terms of branches.values()) {
    const own = terms.filter((t) => t.table === main.table && t.joining !== true)
    if (own.length !== terms.length) return null
    const parts = own.map((term) => condition(term, counter))
    if (parts.some((p) => p === null)) return null
    alternatives.push(parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' AND ')})`)
  }
  const where = alternatives.length === 0 ? '' : ` WHERE ${alternatives.join(' OR ')}`
  const name = `${quote(schemaOf(main.table))}.${quote(nameOf(main.table))}`
  if (query.operation === 'delete') return `DELETE FROM ${name}${where}`
  if (query.operation === 'update') {
    const columns = (query.writes ?? []).filter((c) => table.columns.some((t) => t.name === c))
    return columns.length === 0
      ? null
      : `UPDATE ${name} SET ${columns.map((c) => `${quote(c)} = $${counter.next++}`).join(', ')}${where}`
  }
  if (query.grouped === true || query.call === 'groupBy' || query.call === 'aggregate') return null
  const counts = query.call === 'count' || query.call === '$count'
  const columns = counts
    ? 'count(*)'
    : main.columns === null || main.columns.length === 0
      ? '*'
      : main.columns.map(quote).join(', ')
  if (query.ordering.some((o) => o.table !== main.table)) return null
  const asked = query.ordering.map((o) => `${quote(o.column)}${directionSql(o)}`)
  const keys = asked.length > 0 || !ordersItself(query) ? asked : (table.primaryKey?.columns ?? []).map(quote)
  const order = keys.length === 0 || counts ? '' : ` ORDER BY ${keys.join(', ')}`
  const limit =
    query.limit === null || counts ? '' : ` LIMIT ${query.limit === 'dynamic' ? `$${counter.next++}` : query.limit}`
  return `SELECT ${columns} FROM ${name}${where}${order}${limit}`
}

/** Prisma's engine orders by the key where rows are taken or left out without an order: https://github.com/prisma/prisma/issues/21032 */
function ordersItself({ client, call, limit, offset }: Pick<Query, 'client' | 'call' | 'limit' | 'offset'>): boolean {
  return client === 'prisma' && !call.startsWith('findUnique') && (limit !== null || offset !== null)
}

function condition(term: Predicate, counter: { next: number }): string | null {
  if (term.column === null || term.expression !== null) return null
  const column = quote(term.column)
  const value = (): string => `$${counter.next++}`
  switch (term.operator) {
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${column} ${term.operator} ${literal(term) ?? value()}`
    case 'in':
      return `${column} = ANY(${value()})`
    case 'not in':
      return `${column} <> ALL(${value()})`
    case 'between':
      return `${column} BETWEEN ${value()} AND ${value()}`
    case 'is null':
      return `${column} IS NULL`
    case 'is not null':
      return `${column} IS NOT NULL`
    case 'like':
    case 'ilike': {
      const word = term.operator.toUpperCase()
      const pattern = term.pattern
      return `${column} ${word} ${pattern === 'infix' ? "'%x%'" : pattern === 'suffix' ? "'%x'" : pattern === 'prefix' ? "'x%'" : value()}`
    }
    default:
      return null
  }
}

/** Literals of WHERE stand in the SQL, because a partial index may ask for them. */
function literal(term: Predicate): string | null {
  if (typeof term.value === 'string') return `'${term.value.replaceAll("'", "''")}'`
  return typeof term.value === 'boolean' || typeof term.value === 'number' ? String(term.value) : null
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
