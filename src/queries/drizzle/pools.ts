import type { Expression } from 'oxc-parser'
import { keyName, unwrap } from '../typescript/nodes.ts'

/** Drivers of Drizzle that make their own pool from an address, and what they make. */
const libraries: Readonly<Record<string, 'pg' | 'postgres' | 'neon'>> = {
  'drizzle-orm/node-postgres': 'pg',
  'drizzle-orm/postgres-js': 'postgres',
  'drizzle-orm/neon-http': 'neon',
  'drizzle-orm/neon-serverless': 'neon',
}

/** Drivers that open a file or memory of the process. */
const embedded =
  /^drizzle-orm\/(?:better-sqlite3|bun-sqlite|node-sqlite|sql-js|expo-sqlite|op-sqlite|durable-sqlite|pglite)$/

/** What connects under a call of `drizzle(…)`. */
export interface OwnPool {
  readonly library: 'pg' | 'postgres' | 'neon'
  /** The options of the pool, where some are given. */
  readonly args: readonly Expression[]
}

/** The pool that `drizzle(…)` makes by itself: from an address or from `connection`. `'none'` where nothing connects, null where it was given a client. */
export function ownPool(source: string, args: readonly Expression[]): OwnPool | 'none' | null {
  if (embedded.test(source)) return 'none'
  const library = libraries[source]
  const given = args[0] === undefined ? null : unwrap(args[0])
  if (library === undefined || given === null) return null
  if (given.type !== 'ObjectExpression') return isAddress(given) ? { library, args: [] } : null
  for (const property of given.properties) {
    if (property.type !== 'Property' || keyName(property.key, property.computed) !== 'connection') continue
    const connection = unwrap(property.value)
    return { library, args: isAddress(connection) ? [] : [connection] }
  }
  return null
}

/** True for the address of a database, by its form or its name. */
function isAddress(given: Expression): boolean {
  const node = unwrap(given)
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string'
    case 'TemplateLiteral':
      return true
    case 'LogicalExpression':
      return isAddress(node.left)
    case 'Identifier':
      return address.test(node.name)
    case 'MemberExpression':
      return address.test(keyName(node.property, node.computed) ?? '')
    default:
      return false
  }
}

const address = /ur[il]$|^dsn$|connection_?string$/i
