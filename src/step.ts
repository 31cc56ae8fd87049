import type { Statement } from './sql/statement.ts'
import type { Change } from './schema/change.ts'
import type { Schema } from './schema/model.ts'
import type { Observation } from './rehearsal/observation.ts'

/** A migration file, as its runner would run it forward. */
export interface Migration {
  /** As the runner records it: `20260101_add`, `0004_jittery_hulk`. */
  readonly name: string
  readonly path: string
  /** Statements that go up, in order. */
  readonly statements: readonly Statement[]
  /** Path and statements of the way back; null where there is none. */
  readonly down: { readonly path: string; readonly statements: readonly Statement[] } | null
  /** True where the pull request adds the file; history is what is not new. */
  readonly isNew: boolean
  /** What a file beside it says of its transaction: Diesel's `metadata.toml`, Flyway's `.conf`. Left out where none does. */
  readonly transactional?: boolean
}

/** Which statements commit together, and whether a transaction block is open around them. */
export interface Transaction {
  /** Steps with equal ids share a transaction. */
  readonly id: number
  /** True where a transaction block is open, so that CONCURRENTLY fails; null where the runner's version decides and is not known. */
  readonly block: boolean | null
  /** One clause that says why, for messages: `Drizzle runs all pending migrations in one transaction`. */
  readonly because: string
  /** True where a failure of a later statement leaves this one in place. */
  readonly survivesFailure: boolean
}

/** One statement and the changes that it makes. */
export interface Step {
  readonly statement: Statement
  readonly migration: Migration
  /** What it leaves: nothing where its transaction is rolled back. */
  readonly changes: readonly Change[]
  /** What it does until a `ROLLBACK` of the file takes it back, with the locks of that; left out where none does. */
  readonly undone?: readonly Change[]
  /** The schema just before and just after the statement. */
  readonly before: Schema
  readonly after: Schema
  readonly transaction: Transaction
  /** What a rehearsal saw; null without one. */
  readonly observation: Observation | null
  /** Why Postgres refuses the statement, as far as the schema tells, in the words of its error; left out where it does not. */
  readonly refused?: string
}
