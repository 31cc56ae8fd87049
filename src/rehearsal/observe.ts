import { nameOf, schemaOf } from '../schema/model.ts'
import type { Observation } from './observation.ts'
import { quoted, sqlError } from './session.ts'
import type { Session, SqlError } from './session.ts'
import { compareSnapshots, mentioned, snapshot } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'

/** How one statement is sent and what of its outcome counts. */
export interface Sending {
  readonly text: string
  /** Oids of the relations that count. */
  readonly existing: ReadonlySet<string>
  /** Inside the rehearsal's transaction, under a savepoint; else alone, where its locks cannot be seen. */
  readonly inBlock: boolean
  readonly before: Snapshot
}

/** What one statement did, or the error that undid it. */
export interface Sent {
  readonly observation: Observation
  readonly error: SqlError | null
  /** Null where it ran outside a transaction block, whose locks are gone by now. */
  readonly after: Snapshot | null
}

/**
 * Planner setting under which a sequential scan that still happens is one that no index can save, so that an empty table
 * tells as much as a full one; level of messages at which the server tells what it verifies.
 */
const watching = 'set client_min_messages = debug1; set enable_seqscan = off'
const savepoint = 'schemagate'

/**
 * True for what makes an enum or adds to one: the new values of a type that the same transaction makes may be used in it,
 * which Postgres no longer knows of a type that was made under a savepoint.
 */
function touchesEnum(text: string): boolean {
  return (
    (/^create\s+type\b/i.test(text) && /\bas\s+enum\b/i.test(text)) ||
    (/^alter\s+type\b/i.test(text) && /\badd\s+value\b/i.test(text))
  )
}

/** Sends one statement and looks at what it did. After an error the transaction is as it was before the statement, or, for an enum, empty. */
export async function observe(session: Session, sending: Sending): Promise<Sent> {
  const { before, existing, inBlock } = sending
  const bare = inBlock && touchesEnum(sending.text)
  await session.send(inBlock && !bare ? `savepoint ${savepoint}; ${watching}` : watching)
  const started = performance.now()
  let messages: readonly string[] = []
  let error: SqlError | null = null
  let watchedLocks: Snapshot['locks'] | null = null
  try {
    if (!inBlock && session.sendWatched !== undefined) {
      const tables = [...before.relations.values()].filter(
        (relation) => existing.has(relation.oid) && 'rpm'.includes(relation.kind),
      )
      const told = await session.sendWatched(
        sending.text,
        tables.map((table) => `${quoted(schemaOf(table.key))}.${quoted(nameOf(table.key))}`),
      )
      messages = told.messages
      watchedLocks = told.locks.size === 0 ? null : told.locks
    } else messages = await session.send(sending.text)
  } catch (thrown) {
    error = sqlError(thrown)
  }
  const milliseconds = Math.round(performance.now() - started)
  if (bare && error !== null) await session.send('rollback; begin')
  if (inBlock && !bare)
    await session.send(
      error === null
        ? `release savepoint ${savepoint}`
        : `rollback to savepoint ${savepoint}; release savepoint ${savepoint}`,
    )
  const looked = await snapshot(session)
  const after = watchedLocks === null ? looked : { ...looked, locks: watchedLocks }
  const truncates = /^truncate\b/i.test(sending.text)
  const validated = error === null ? await validatedTables(session, messages) : new Set<string>()
  const seen = compareSnapshots(before, after, existing, messages, validated, truncates)
  return {
    observation: {
      postgres: session.version,
      ...seen,
      heldUntil: 0,
      milliseconds,
      ...(inBlock ? {} : { scans: [] }),
      ...(inBlock || watchedLocks !== null ? {} : { locksUnseen: true }),
      error:
        error === null
          ? null
          : {
              message: error.message,
              code: error.code,
              detail: error.detail,
              hint: error.hint,
              position: error.position,
            },
    },
    error,
    after: inBlock ? after : null,
  }
}

/** Oids of the tables whose foreign keys the server says that it checked. */
async function validatedTables(session: Session, messages: readonly string[]): Promise<ReadonlySet<string>> {
  const names = mentioned(messages, 'validating foreign key constraint')
  if (names.size === 0) return new Set()
  const list = [...names].map((name) => `'${name.replaceAll("'", "''")}'`).join(', ')
  const rows = await session.ask<{ readonly oid: string }>(
    `select c.conrelid::text as oid from pg_catalog.pg_constraint c
     where c.contype operator(pg_catalog.=) 'f' and c.conname operator(pg_catalog.=) any (array[${list}]::name[])
       and c.conrelid operator(pg_catalog.=) any (select l.relation from pg_catalog.pg_locks l where l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid())`,
  )
  return new Set(rows.map((row) => row.oid))
}
