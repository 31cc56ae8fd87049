import type { Runner, RunnerName } from './project.ts'

/** What a reader of a finding wants to know of a runner, and where it stands. */
export interface RunnerFacts {
  readonly name: RunnerName
  /** As its makers write it. */
  readonly title: string
  /** How its migrations are laid out. */
  readonly layout: string
  /** What runs in one transaction, in a sentence or two. */
  readonly transactions: string
  /** How one migration is taken out of a transaction; null where that cannot be done. */
  readonly optOut: string | null
  /** Command that makes an empty migration to be written by hand. */
  readonly newMigration: string | null
  /** Manual or source that the facts rest on. */
  readonly references: readonly string[]
}

/** The table of all runners; docs/runners.md is made from it. */
export const runners: Readonly<Record<RunnerName, RunnerFacts>> = {
  prisma: {
    name: 'prisma',
    title: 'Prisma Migrate',
    layout: '`prisma/migrations/<timestamp>_<name>/migration.sql`, in the order of the folder names',
    transactions:
      'Before 7.4 a file is sent as one query, so several statements share an implicit transaction and a single statement runs alone. From 7.4 on each statement is sent and committed alone, ' +
      'and what ran before a failure stays; a file with `DROP INDEX CONCURRENTLY` beside other statements is still sent whole.',
    optOut: 'put the statement alone in a migration of its own (not needed from 7.4 on)',
    newMigration: 'npx prisma migrate dev --create-only --name NAME',
    references: [
      'https://github.com/prisma/prisma/issues/14456',
      'https://github.com/prisma/prisma-engines/pull/5767',
      'https://github.com/prisma/prisma-engines/pull/5847',
    ],
  },
  drizzle: {
    name: 'drizzle',
    title: 'Drizzle',
    layout:
      '`drizzle/NNNN_name.sql` in the order of `meta/_journal.json`; from v1 on `drizzle/<timestamp>_<name>/migration.sql`',
    transactions:
      'All pending files run in one transaction, piece by piece between `--> statement-breakpoint` lines. A piece that is `COMMIT;` ends it: what follows commits by itself and is not rolled back when a later statement fails.',
    optOut:
      'none of its own; run the statement outside of Drizzle, or put `COMMIT;` and a breakpoint before it and make all that follows safe to repeat',
    newMigration: 'npx drizzle-kit generate --custom --name NAME',
    references: [
      'https://orm.drizzle.team/docs/migrations',
      'https://github.com/drizzle-team/drizzle-orm/blob/main/drizzle-orm/src/pg-core/dialect.ts',
      'https://github.com/drizzle-team/drizzle-orm/issues/860',
    ],
  },
  supabase: {
    name: 'supabase',
    title: 'Supabase CLI',
    layout: '`supabase/migrations/<timestamp>_<name>.sql`, in the order of the names',
    transactions:
      'A file is one pipeline of statements, which is one implicit transaction; only its first statement can be one that refuses a transaction. From CLI 2.109 on statements that cannot run in a transaction are sent alone between the others (`DROP INDEX CONCURRENTLY` later than that).',
    optOut: 'put the statement alone in a migration of its own',
    newMigration: 'supabase migration new NAME',
    references: [
      'https://supabase.com/docs/guides/deployment/database-migrations',
      'https://github.com/supabase/cli/issues/2898',
      'https://github.com/supabase/cli/pull/6276',
    ],
  },
  goose: {
    name: 'goose',
    title: 'goose',
    layout: '`<version>_<name>.sql` with `-- +goose Up` and `-- +goose Down`, in the order of the versions',
    transactions: 'A file runs statement by statement in one transaction.',
    optOut: '`-- +goose NO TRANSACTION` at the top of the file: each statement then commits alone',
    newMigration: 'goose create NAME sql',
    references: [
      'https://pressly.github.io/goose/documentation/annotations/',
      'https://github.com/pressly/goose/blob/main/internal/sqlparser/parser.go',
    ],
  },
  dbmate: {
    name: 'dbmate',
    title: 'dbmate',
    layout:
      '`db/migrations/<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down`, in the order of the names',
    transactions: 'The part for one direction is sent as one query inside a transaction.',
    optOut:
      '`-- migrate:up transaction:false`; the part is still one query, so a statement that refuses a transaction has to stand alone in it',
    newMigration: 'dbmate new NAME',
    references: [
      'https://github.com/amacneil/dbmate#migration-options',
      'https://github.com/amacneil/dbmate/blob/main/pkg/dbmate/db.go',
    ],
  },
  'golang-migrate': {
    name: 'golang-migrate',
    title: 'golang-migrate',
    layout: '`<version>_<name>.up.sql` and `.down.sql`, in the order of the versions',
    transactions:
      'A file is sent as one query: several statements share an implicit transaction, a single one runs alone. With `x-multi-statement=true` each statement is sent and committed alone.',
    optOut: 'put the statement alone in a migration of its own',
    newMigration: 'migrate create -ext sql -dir migrations NAME',
    references: [
      'https://github.com/golang-migrate/migrate/blob/master/database/postgres/README.md#multi-statement-mode',
      'https://github.com/golang-migrate/migrate/blob/master/database/postgres/postgres.go',
    ],
  },
  flyway: {
    name: 'flyway',
    title: 'Flyway',
    layout: '`V<version>__<name>.sql` in the order of the versions, then `R__<name>.sql`',
    transactions:
      'A file runs statement by statement in one transaction. One that holds only statements which cannot run in a transaction runs without; one that mixes both kinds is refused unless `mixed` is set. With `group` all pending files share a transaction.',
    optOut: '`executeInTransaction=false` in `<file>.sql.conf`, or nothing but such statements in the file',
    newMigration: null,
    references: [
      'https://documentation.red-gate.com/fd/migrations-184127470.html',
      'https://documentation.red-gate.com/fd/script-config-files-184127472.html',
      'https://github.com/flyway/flyway/blob/main/flyway-database/flyway-database-postgresql/src/main/java/org/flywaydb/database/postgresql/PostgreSQLParser.java',
    ],
  },
  sqlx: {
    name: 'sqlx',
    title: 'sqlx',
    layout: '`migrations/<version>_<name>.sql`, or `.up.sql` and `.down.sql`, in the order of the versions',
    transactions: 'A file is sent as one query inside a transaction.',
    optOut:
      '`-- no-transaction` as the very first text of the file (from 0.8 on); the file is still one query, so a statement that refuses a transaction has to stand alone in it',
    newMigration: 'sqlx migrate add NAME',
    references: [
      'https://docs.rs/sqlx/latest/sqlx/macro.migrate.html',
      'https://github.com/launchbadge/sqlx/blob/main/sqlx-postgres/src/migrate.rs',
    ],
  },
  diesel: {
    name: 'diesel',
    title: 'Diesel',
    layout: '`migrations/<version>_<name>/up.sql` and `down.sql`, in the order of the versions',
    transactions: 'A file is sent as one query inside a transaction.',
    optOut:
      '`run_in_transaction = false` in `metadata.toml` beside it; the file is still one query, so a statement that refuses a transaction has to stand alone in it',
    newMigration: 'diesel migration generate NAME',
    references: [
      'https://docs.rs/diesel_migrations/latest/diesel_migrations/struct.FileBasedMigrations.html',
      'https://github.com/diesel-rs/diesel/blob/main/diesel_migrations/src/file_based_migrations.rs',
    ],
  },
  atlas: {
    name: 'atlas',
    title: 'Atlas',
    layout: '`<version>_<name>.sql` with `atlas.sum`, in the order of the names',
    transactions:
      'A file runs statement by statement in one transaction; `--tx-mode all` shares one between all pending files, `--tx-mode none` uses none.',
    optOut:
      '`-- atlas:txmode none` at the top of the file, followed by an empty line: each statement then commits alone',
    newMigration: 'atlas migrate new NAME',
    references: [
      'https://atlasgo.io/versioned/apply#transaction-configuration',
      'https://github.com/ariga/atlas/blob/master/cmd/atlas/internal/cmdapi/migrate.go',
    ],
  },
  'node-pg-migrate': {
    name: 'node-pg-migrate',
    title: 'node-pg-migrate',
    layout:
      '`migrations/<timestamp>_<name>.sql` with `-- Up Migration` and `-- Down Migration`, in the order of the timestamps',
    transactions:
      'All pending migrations run in one transaction; with `--no-single-transaction` each has its own. SQL of a file is sent as one query.',
    optOut: 'only in JavaScript: `pgm.noTransaction()`',
    newMigration: 'npx node-pg-migrate create NAME --migration-file-language sql',
    references: [
      'https://salsita.github.io/node-pg-migrate/migrations/',
      'https://salsita.github.io/node-pg-migrate/cli',
      'https://github.com/salsita/node-pg-migrate/blob/main/src/migration.ts',
    ],
  },
  'graphile-migrate': {
    name: 'graphile-migrate',
    title: 'graphile-migrate',
    layout: '`migrations/committed/NNNNNN.sql` with `--! Previous:` and `--! Hash:`, in the order of the names',
    transactions: 'A file is sent as one query inside a transaction.',
    optOut:
      '`--! no-transaction` as the first line below the header; the file is still one query, so a statement that refuses a transaction has to stand alone in it',
    newMigration: null,
    references: [
      'https://github.com/graphile/migrate#running-migrations',
      'https://github.com/graphile/migrate/blob/main/src/migration.ts',
    ],
  },
  refinery: {
    name: 'refinery',
    title: 'refinery',
    layout: '`V<version>__<name>.sql` in the order of the versions',
    transactions: 'A file is sent as one query inside a transaction.',
    optOut: null,
    newMigration: null,
    references: [
      'https://docs.rs/refinery/latest/refinery/',
      'https://github.com/rust-db/refinery/blob/main/refinery_core/src/drivers/postgres.rs',
    ],
  },
  psql: {
    name: 'psql',
    title: 'psql',
    layout:
      'files of SQL in the order of their numbers or names; those of Sqitch, which sends them through psql, in the order of `sqitch.plan`',
    transactions: 'Each statement is sent and committed alone, unless `BEGIN` and `COMMIT` stand in the file.',
    optOut: 'not needed',
    newMigration: null,
    references: ['https://www.postgresql.org/docs/current/app-psql.html', 'https://sqitch.org/docs/manual/sqitch/'],
  },
}

/** All names of runners, for options and their mistakes. */
export const runnerNames: readonly RunnerName[] = Object.keys(runners) as RunnerName[]

/** A runner as the command line and the configuration write it: `prisma@7.10`, `goose`; null for an unknown name. */
export function parseRunner(text: string): Runner | null {
  const [, name = '', version] = /^([a-z-]+)(?:@v?(\d[\w.-]*))?$/.exec(text.trim().toLowerCase()) ?? []
  return Object.hasOwn(runners, name) ? { name: name as RunnerName, version: version ?? null } : null
}

/** `Prisma Migrate 6.16.2` or `Prisma Migrate`: how messages name a runner. */
export function runnerTitle(runner: Runner): string {
  const { title } = runners[runner.name]
  return runner.version === null ? title : `${title} ${runner.version}`
}

/** docs/runners.md: what each runner does with transactions. */
export function runnersPage(): string {
  const sections = Object.values(runners).map((facts) =>
    [
      `## ${facts.title}`,
      '',
      `- Name: \`${facts.name}\``,
      `- Files: ${facts.layout}`,
      `- Transactions: ${facts.transactions}`,
      ...(facts.optOut === null ? [] : [`- Out of a transaction: ${facts.optOut}`]),
      ...(facts.newMigration === null ? [] : [`- New migration: \`${facts.newMigration}\``]),
      `- Read: ${facts.references.map((url) => `<${url}>`).join(', ')}`,
      '',
    ].join('\n'),
  )
  return [
    '# Runners',
    '',
    'What executes the migrations decides which statements commit together, so the same SQL can be right with one tool and fail with another.',
    'Schemagate recognises these, reads their version from the lockfile, and counts `BEGIN` and `COMMIT` in a file as Postgres would. Where nothing names the runner, a file counts as one transaction',
    'and nothing is said that only some runners would do.',
    '',
    ...sections,
    '## Liquibase',
    '',
    'Changelogs in SQL (`--liquibase formatted sql`) are read: each changeset is a transaction, one with `runInTransaction:false` none, and what a change adds to a changelog is new.',
    'Changelogs in XML, YAML or JSON are not read, and neither are the order, contexts and preconditions that they give to others. Read: <https://docs.liquibase.com/concepts/changelogs/sql-format.html>',
    '',
  ].join('\n')
}
