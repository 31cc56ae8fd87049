import type { Dialect } from '../schema/dialect.ts'

export type RunnerName =
  | 'prisma'
  | 'drizzle'
  | 'supabase'
  | 'goose'
  | 'dbmate'
  | 'golang-migrate'
  | 'flyway'
  | 'sqlx'
  | 'diesel'
  | 'atlas'
  | 'node-pg-migrate'
  | 'graphile-migrate'
  | 'refinery'
  | 'psql'

/** What executes the migrations, with its version as far as lockfile or configuration tell it. */
export interface Runner {
  readonly name: RunnerName
  /** `6.16.2`, `7`; null where unknown. */
  readonly version: string | null
  /** True where nothing in the repository names the runner; `psql` stands for it then, and what it does with transactions is not known. */
  readonly assumed?: boolean
  readonly options?: RunnerOptions
}

/** Settings of a runner that change what runs in one transaction, as far as the repository holds them. */
export interface RunnerOptions {
  /** golang-migrate: `x-multi-statement=true` in a database address. */
  readonly multiStatement?: boolean
  /** Atlas: `--tx-mode` or `tx-mode` of atlas.hcl. */
  readonly txMode?: 'file' | 'all' | 'none'
  /** Flyway: `group` runs all pending migrations in one transaction; `mixed` allows both kinds of statements in one file. */
  readonly group?: boolean
  readonly mixed?: boolean
  /** Flyway: `outOfOrder` lets it run a migration that sorts before one that has run; left out where the repository does not set Flyway up. */
  readonly outOfOrder?: boolean
  /** node-pg-migrate: `--no-single-transaction` gives each migration a transaction of its own. */
  readonly singleTransaction?: boolean
}

/** One database of a repository: its schema files, its migrations and what runs them. */
export interface Project {
  /** Folder that holds it, `''` for the root; unique in a repository together with `name`. */
  readonly root: string
  /** What the report calls it: the root, or root and a distinguishing folder where one root holds several databases; `.` for the root. */
  readonly name: string
  readonly orm: 'prisma' | 'drizzle' | null
  readonly dialect: Dialect
  readonly runner: Runner
  /** Prisma schema files, or entry files of a Drizzle schema. Empty where SQL migrations are all there is. */
  readonly schemaFiles: readonly string[]
  /**
   * SQL files that declare the whole schema and are edited in place: `db/schema.sql`, `supabase/schemas/*.sql`. Beside migrations they are
   * a copy of what the migrations make, or the schema that the first migration starts from.
   */
  readonly sqlSchema?: readonly string[]
  readonly migrations: MigrationSource | null
  /** Where the project was recognised: `packages/db/prisma.config.ts`. */
  readonly evidence: string
  /** Options of the ORM's configuration that change the meaning of its schema. */
  readonly settings: ProjectSettings
  /** The package of the repository that hashes passwords, `bcryptjs`; left out where none is known. */
  readonly passwordHasher?: string
}

export interface ProjectSettings {
  /** Drizzle's `casing` of drizzle.config.ts; `computed` where the file does not write it out. */
  readonly casing?: 'snake_case' | 'camelCase' | 'computed' | null
  /** Names of the Postgres schemas that Drizzle's `schemaFilter` or Prisma's `schemas` name. */
  readonly schemas?: readonly string[]
  /** Tables and enums that Prisma's configuration calls external: the schema declares them, and no migration makes them. As written, `auth.users`. */
  readonly external?: readonly string[]
  /** SQL that Prisma's configuration has run before the migrations, `initShadowDb`. */
  readonly initSql?: string
  /** Patterns of Drizzle's `tablesFilter`, `acme_*` or `!old_*`. */
  readonly tables?: readonly string[]
  /** True for SQLite on another machine: Turso, D1. */
  readonly remote?: boolean
  /** True where no migrations are kept: `prisma db push`, `drizzle-kit push`. */
  readonly push?: boolean
  /** Drizzle's folder and table of applied migrations, and whether the layout is that of v1 (a folder for each migration). */
  readonly drizzleLayout?: 'journal' | 'folders'
}

/** True where constraints are named in the way of Drizzle v1; its first betas still kept a journal and named them as before. */
export function namesAsDrizzleV1({ settings, runner }: Project): boolean {
  return settings.drizzleLayout === undefined
    ? /^[1-9]/.test(runner.version ?? '')
    : settings.drizzleLayout === 'folders'
}

/** A folder of migrations: how its files are found, ordered, split into up and down. */
export interface MigrationSource {
  readonly folder: string
  /**
   * - `prisma`: `<name>/migration.sql`
   * - `drizzle`: `NNNN_name.sql` by `meta/_journal.json`; `drizzle-folders`: `<name>/migration.sql` with `snapshot.json`
   * - `up-down`: `<name>.up.sql` and `<name>.down.sql` (golang-migrate, sqlx), `up-down-folders`: `<name>/up.sql` (diesel)
   * - `sections`: `-- +goose Up`, `-- migrate:up`, `-- Up Migration` in one file
   * - `flyway`: `V1__name.sql`, `U1__name.sql`, `R__name.sql`
   * - `plain`: every `.sql` file in the order of its name
   */
  readonly layout:
    | 'prisma'
    | 'drizzle'
    | 'drizzle-folders'
    | 'up-down'
    | 'up-down-folders'
    | 'sections'
    | 'flyway'
    | 'plain'
  /**
   * The files themselves, where not every `.sql` file below the folder belongs to it: numbered ones beside helpers, loose ones between queries and seeds.
   */
  readonly files?: readonly string[]
  /** Flyway: where one history lies in several folders, the folders in and below which it is, and those among them that are for other databases. */
  readonly locations?: { readonly within: readonly string[]; readonly without: readonly string[] }
  /** Sqitch: `files` stand in the order of its plan. `revert` is the folder of the ways back; the text of a reworked file runs again. */
  readonly planned?: { readonly revert: string; readonly reworked: readonly string[] }
  /** True where the files stand in no order and are edited in place: what a change adds to one is new, the rest of it has run. */
  readonly loose?: boolean
}
