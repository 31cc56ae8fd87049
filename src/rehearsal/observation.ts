import type { Key } from '../schema/model.ts'

/** Postgres' names of its table lock modes, weakest first. */
export const lockModes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const

export type LockMode = (typeof lockModes)[number]

/** The name that the manual has for a lock mode: `ACCESS EXCLUSIVE` ([13.3.1](https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES)). */
export function lockName(mode: LockMode): string {
  return mode
    .slice(0, -'Lock'.length)
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
}

/** Version of the embedded server, which makes all plans. */
export const embeddedPostgres = '18.6'

/** What a Postgres did with one statement. */
export interface Observation {
  /** `18.6`. */
  readonly postgres: string
  /** The strongest lock that the statement newly takes on each relation that existed before the rehearsal's first step: tables, views and indexes, by key. */
  readonly locks: readonly { readonly relation: Key; readonly mode: LockMode }[]
  /** Tables whose file was written anew. */
  readonly rewrites: readonly Key[]
  /** Tables that were read from end to end. */
  readonly scans: readonly Key[]
  /** Existing tables on which an index was built. */
  readonly builds: readonly Key[]
  /** Indexes and constraints left invalid or not validated, of which no later statement makes it valid. */
  readonly invalid: readonly Key[]
  /** Index of the last statement of the same transaction, up to which the locks are held, in the order of the rehearsal. */
  readonly heldUntil: number
  readonly error: {
    readonly message: string
    readonly code: string
    readonly detail: string | null
    readonly hint: string | null
    readonly position: number | null
  } | null
  readonly milliseconds: number
  /** True where the statement ran outside a transaction block, as CONCURRENTLY has to: `locks` and `scans` could not be seen then. */
  readonly locksUnseen?: boolean
}

/** The part of an observation that stands as evidence in a finding. */
export interface Evidence {
  readonly postgres: string
  readonly locks: readonly { readonly relation: Key; readonly mode: LockMode }[]
  readonly rewrites: readonly Key[]
  readonly scans: readonly Key[]
  /** The decisive node of a plan, one line. */
  readonly plan: string | null
  /** Why the locks last beyond the statement, `Drizzle runs all pending migrations in one transaction`; null where they do not. */
  readonly held?: string | null
}
