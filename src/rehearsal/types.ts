import type { Note } from '../finding.ts'
import type { Key } from '../schema/model.ts'
import type { LockMode, Observation } from './observation.ts'

/** One statement as a rehearsal sends it. */
export interface RehearsalStatement {
  readonly text: string
  readonly path: string
  /** 1-based line of its first token. */
  readonly line: number
  /** Statements in a row with equal ids share a transaction. */
  readonly transaction: number
  /** True where a transaction block is open around it, so that CONCURRENTLY fails; null where that is not known. */
  readonly block: boolean | null
  /**
   * - `send`: goes to the server
   * - `skip`: the rehearsal's own transaction stands for it (`BEGIN`, `COMMIT`, `SET TRANSACTION`), or it is the body of another
   * - `rollback`: ends the transaction without its changes
   * - `control`: savepoints, sent without a savepoint around them
   * - `refuse`: never sent; `reason` says why
   */
  readonly action: 'send' | 'skip' | 'rollback' | 'control' | 'refuse'
  /** One clause on why a statement is refused; null for any other. */
  readonly reason: string | null
  /** What its outcome hangs on: what the migrations define, rows that only the real database has, or roles and settings of the server. */
  readonly outcome: 'definitions' | 'rows' | 'server'
  /** Index of the statement whose body this one is part of; null at the top of a file. */
  readonly partOf: number | null
  /** True where it stays when a later statement of its file fails, and trying it once more does no harm: whether it can run again is looked at. */
  readonly repeat: boolean
}

/** One file of the history, or one script that makes the schema before. */
export interface RehearsalFile {
  readonly path: string
  readonly statements: readonly RehearsalStatement[]
}

/** One way back, tried after the way forward. */
export interface RehearsalDown {
  readonly name: string
  /** Path of the way back, and of the migration itself. */
  readonly path: string
  readonly upPath: string
  readonly up: readonly RehearsalStatement[]
  readonly down: readonly RehearsalStatement[]
}

/** A query to plan. `id` is the caller's, and comes back with the plan. */
export interface PlanRequest {
  readonly id: number
  /** With `$1` for values. */
  readonly sql: string
  /** What stood in its place before, planned on the schema before; the same where left out. */
  readonly was?: string
  /** A `CREATE INDEX` to try on the schema after: is it used? */
  readonly index?: string
}

/** What differs from a plain server on a platform such as Supabase; the base makes what migrations refer to. */
export interface Platform {
  /** What a new connection finds. */
  readonly searchPath: string
  /** Schemas that hold more than the base makes. */
  readonly schemas: readonly string[]
}

/** All that a rehearsal needs, as plain data. */
export interface RehearsalRequest {
  /** What makes the schema before, in order. */
  readonly base: readonly RehearsalFile[]
  /** False where the base holds more than is known, so that what is missing proves nothing. */
  readonly complete: boolean
  readonly steps: readonly RehearsalStatement[]
  /** Extensions that base or steps create. */
  readonly extensions: readonly string[]
  /** The platform that the database runs on; null where the server alone is what there is. */
  readonly platform: Platform | null
  /** Ways back to prove, those of the new migrations, in the order in which they go up. */
  readonly downs: readonly RehearsalDown[]
  readonly queries: readonly PlanRequest[]
  /** Declared rows by table, qualified or not, `*` for all others; a million where nothing is declared. */
  readonly rows: Readonly<Record<string, number>>
}

/** Limits and places of a rehearsal. */
export interface RehearsalOptions {
  /** Milliseconds for all of it; default 30,000. */
  readonly timeout?: number
  /** Milliseconds for one new statement; default a third of the whole. */
  readonly statement?: number
  /** Bytes of resident memory at which the child process is killed; default 1 GB, 1.5 GB with PostGIS. */
  readonly memory?: number
  /** Folder for the template and for databases after known histories; a folder of the user's cache by default. */
  readonly cache?: string
  /** Address of a real server to rehearse on, `SCHEMAGATE_REHEARSAL_URL`; the embedded one where left out. */
  readonly server?: string
  /** Rehearse on the real server although it holds other databases. */
  readonly sharedServer?: boolean
  readonly signal?: AbortSignal
  readonly progress?: (doing: string) => void
}

/** What EXPLAIN says of one query. */
export interface QueryPlan {
  readonly id: number
  /** Null where the query cannot be planned on the schema before or after; `error` says why for the schema after. */
  readonly before: PlanSummary | null
  readonly after: PlanSummary | null
  readonly error: string | null
  /** With the index of the request; null where none was asked for or it cannot be made. */
  readonly withIndex: PlanSummary | null
  /** Key of that index where the plan uses it. */
  readonly usesIndex: Key | null
}

/** The decisive nodes of a plan at declared size. */
export interface PlanSummary {
  readonly cost: number
  /** One line for each node, indented by depth. */
  readonly lines: readonly string[]
  /** Tables read from end to end, with the rows that the planner expects there. */
  readonly scans: readonly PlanScan[]
  /** Indexes that the plan uses, by key. */
  readonly indexes: readonly Key[]
  /** Sorts and hash tables, with the rows that they take, as one line each. */
  readonly sorts: readonly { readonly rows: number; readonly line: string }[]
  /** Subplans that run once for each row of the node around them, with those rows and what they read from end to end, as one line each. */
  readonly subplans: readonly { readonly rows: number; readonly line: string; readonly scans: readonly PlanScan[] }[]
}

export interface PlanScan {
  readonly table: Key
  readonly rows: number
  /** True where no index can serve the predicate, whatever the size. */
  readonly unavoidable: boolean
  /** Predicate as Postgres prints it; null where the query has none on the table. */
  readonly filter: string | null
  /** One line: `Seq Scan on orders, 4,000,000 rows, filter (status = $1)`. */
  readonly line: string
}

/** Whether the way back of one migration holds. */
export interface RoundTrip {
  readonly name: string
  /** Of the way back, or where the migration does not go up again, of the migration. */
  readonly path: string
  /**
   * - `proven`: the schema after down equals the schema before, and up works again
   * - `differs`: down leaves something else behind; `detail` names it
   * - `down-fails`, `up-fails`: with Postgres' message in `detail`
   * - `unknown`: could not be tried
   */
  readonly result: 'proven' | 'differs' | 'down-fails' | 'up-fails' | 'unknown'
  readonly detail: string | null
  /** Line of the statement that fails; where the schemas differ, of the first one of the way back. */
  readonly line: number | null
}

/** A statement that stays when a later one of its file fails, and that stands in the way when the file is run again. */
export interface Rerun {
  readonly step: number
  /** Postgres' message the second time. */
  readonly message: string
}

/** What a rehearsal saw. */
export interface Rehearsal {
  /** Version of the server, `18.6`; null where none could be started. */
  readonly postgres: string | null
  /** One for each step of the request, null for those that were not rehearsed. */
  readonly observations: readonly (Observation | null)[]
  /** Relations that the steps themselves made: nobody waits for their locks. */
  readonly created: readonly Key[]
  readonly notes: readonly Note[]
  /** Statements of the base that could not be replayed, with the reason. */
  readonly base: { readonly statements: number; readonly failed: readonly BaseFailure[]; readonly cached: boolean }
  readonly roundTrips: readonly RoundTrip[]
  readonly reruns: readonly Rerun[]
  readonly plans: readonly QueryPlan[]
  /** Whole time, the child's processor time (0 where it was killed), and its largest resident memory in bytes. */
  readonly milliseconds: number
  readonly processorMilliseconds: number
  readonly peakMemory: number
  /** Why it ended early; null where it did not. */
  readonly stopped: Stopped | null
}

export interface BaseFailure {
  readonly path: string
  readonly line: number
  readonly code: string
  readonly message: string
  /** True where the statement was refused and never sent. */
  readonly refused: boolean
}

export interface Stopped {
  readonly reason: 'time' | 'memory' | 'crash' | 'aborted' | 'unavailable'
  readonly message: string
  /** Step at which it ended; null before the first. */
  readonly step: number | null
}

/** A lock that lasts: from the statement that takes it to the end of its transaction. */
export interface HeldLock {
  readonly relation: Key
  readonly mode: LockMode
  /** Steps, both ends inclusive. */
  readonly from: number
  readonly until: number
}
