import type { LockMode } from './observation.ts'

/** A connection to a Postgres, embedded or real, as far as a rehearsal needs one. */
export interface Session {
  /** `18.6`. */
  readonly version: string
  /** Sends one simple query, whatever it holds, and gives the messages that the server sent with it. Throws `SqlError`. */
  send(sql: string): Promise<readonly string[]>
  /** Rows of one query. Throws `SqlError`. */
  ask<T>(sql: string): Promise<readonly T[]>
  /**
   * Sends what cannot run in a transaction block and tells the locks that it held meanwhile, by oid; `tables` are quoted names
   * of tables that exist. Left out where nobody else can look, as in the embedded server.
   */
  sendWatched?(
    sql: string,
    tables: readonly string[],
  ): Promise<{ readonly messages: readonly string[]; readonly locks: ReadonlyMap<string, ReadonlySet<LockMode>> }>
  close(): Promise<void>
}

/** What Postgres answers in an error. `position` is 1-based and counts characters of the text that was sent. */
export interface SqlError {
  readonly message: string
  readonly code: string
  readonly detail: string | null
  readonly hint: string | null
  readonly position: number | null
}

/** Characters of an error's texts that are kept. */
const longest = 500

/** Reads an error of any of the clients as `SqlError`; one without a code of Postgres' gets `XX000`. */
export function sqlError(error: unknown): SqlError {
  const of = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const text = (value: unknown): string | null =>
    typeof value === 'string' && value !== '' ? (value.length > longest ? `${value.slice(0, longest)}…` : value) : null
  const position = Number(of.position)
  return {
    message: text(of.message) ?? text(String(error)) ?? '',
    code: text(of.code) ?? 'XX000',
    detail: text(of.detail),
    hint: text(of.hint),
    position: Number.isInteger(position) && position > 0 ? position : null,
  }
}

/** Quotes an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
