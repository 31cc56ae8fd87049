import type { SqlError } from './session.ts'

/**
 * What an error says about the statement:
 * - `genuine`: the statement fails wherever the migration runs
 * - `rows`: it hangs on rows that only the real database has
 * - `server`: this server lacks something that production may have, or ran out of something
 * - `consequence`: something that was not rehearsed before may be what is missing
 */
export type Verdict = 'genuine' | 'rows' | 'server' | 'consequence'

/** Classes of SQLSTATE that speak of the server or of its resources, never of the statement. */
const serverClasses = new Set(['08', '53', '54', '57', '58', 'F0', 'HV', 'XX', '28'])

/** Errors that stay true whatever was left out before: syntax, CONCURRENTLY in a transaction, a new enum value used too early. */
const independent = new Set(['42601', '25001', '55P04'])

/** Classes that speak of what is defined: names, types, dependencies, states. */
const definitionClasses = new Set(['42', '0A', '2B', '3F', '25', '55'])

/** Parts of messages by which a server says that it, and not the statement, is at fault. */
const buildLimits = ['not supported by this build', 'is not available', 'not supported on this platform', 'without libxml', 'ICU', 'collation', 'tablespace', 'text search configuration', 'language "', 'access method']

/** Reads an error. `definition`: the statement defines objects; `complete`: everything before it was rehearsed. */
export function verdictOf(error: SqlError, definition: boolean, complete: boolean): Verdict {
  if (serverClasses.has(error.code.slice(0, 2)) || error.code === '42501') return 'server'
  if (independent.has(error.code)) return 'genuine'
  if (buildLimits.some((part) => error.message.includes(part)) && ['0A', '42', '58'].includes(error.code.slice(0, 2))) return 'server'
  if (missingRole(error) !== null) return 'server'
  if (!complete) return 'consequence'
  if (error.code === '22P02') return definition ? 'genuine' : 'rows'
  return definitionClasses.has(error.code.slice(0, 2)) ? 'genuine' : 'rows'
}

/** Name of the role that an error misses; roles are made outside migrations. */
export function missingRole(error: SqlError): string | null {
  return error.code === '42704' || error.code === '22023' ? (/^role "(.+)" does not exist$/.exec(error.message)?.[1] ?? null) : null
}
