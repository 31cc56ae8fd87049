import type { Migration } from '../../src/step.ts'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'
import { versionOf } from '../shared/migration-version.ts'
import type { Runner, RunnerName } from '../../src/project/project.ts'
import { tableOf } from '../../src/schema/change.ts'
import { nameOf } from '../../src/schema/model.ts'
import { runnerWord } from '../shared/words.ts'

export default {
  id: 'no-out-of-order-migration',
  severity: 'warning',
  summary:
    'A new migration that sorts before one that has run already is applied in another order on each database, or never.',
  why: `A database that is up to date runs it last or, with Drizzle before version 1, never, because only files newer than the last applied one are run; goose, Flyway and
    others stop with an error. A new database runs it in its place. The two end up different where the migrations touch the same objects.`,
  fix: 'Generate the migration anew on top of the base branch, so that it sorts last.',
  references: [
    'https://pressly.github.io/goose/documentation/out-of-order/',
    'https://documentation.red-gate.com/fd/out-of-order-184127529.html',
    'https://github.com/flyway/flyway/issues/1363',
    'https://github.com/supabase/cli/blob/develop/apps/cli-go/pkg/migration/apply.go',
    'https://atlasgo.io/versioned/apply#execution-order',
    'https://salsita.github.io/node-pg-migrate/cli',
  ],
  dialects: 'all',
  sources: [],
  bad: [
    {
      title: 'Where both touch the same table, the order decides what becomes of it.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      files: { 'prisma/migrations/0000_early/migration.sql': `alter table users add column early text;` },
      message: 'sorts before',
    },
    {
      title: 'goose stops, golang-migrate never runs it.',
      runner: 'goose',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'migrations/0000_early.sql': `-- +goose Up\ncreate table early (id bigint generated always as identity primary key);\n-- +goose Down\ndrop table early;`,
      },
      message: 'goose refuses it',
      severity: 'error',
    },
    {
      title: 'Flyway stops; where the repository sets it up and leaves outOfOrder as it is, nothing else can be meant.',
      runner: 'flyway',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'src/main/resources/db/migration/V0__early.sql': `create table early (id bigint generated always as identity primary key);`,
      },
      message: 'Flyway refuses it',
      severity: 'error',
    },
  ],
  good: [
    {
      title: 'Flyway that is told to take it, where the two touch nothing in common.',
      runner: 'flyway',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'flyway.conf': `flyway.outOfOrder=true`,
        'src/main/resources/db/migration/V0__early.sql': `create table early (id bigint generated always as identity primary key);`,
      },
    },
    {
      title: 'Where the two touch nothing in common, each order ends the same.',
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      files: { 'prisma/migrations/0000_early/migration.sql': `create table early (id bigint primary key);` },
    },
    {
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      if (ctx.runner.assumed) return
      if (ctx.journal.after) {
        for (const entry of ctx.journal.after.outOfOrder) {
          if (ctx.journal.before?.entries.some((old) => old.tag === entry.tag)) continue
          yield {
            place: entry.place,
            object: entry.tag,
            severity: 'error',
            anySize: true,
            message: `\`${entry.tag}\` never runs where the migrations before it have run: its \`when\` is not later than theirs.`,
          }
        }
        return
      }
      for (const [i, migration] of ctx.history.entries()) {
        if (!migration.isNew || isRepeatable(migration)) continue
        const applied = ctx.history
          .slice(i + 1)
          .filter((other) => !other.isNew && !isRepeatable(other) && !isOfSomeDatabases(other, migration))
        const tables = tablesOf(migration, ctx)
        const later =
          applied.find((other) => other.statements.some((statement) => mentions(statement.text, tables))) ?? applied[0]
        if (!later) continue
        // Of two with one version, that is told.
        const version = versionOf(migration, ctx.runner.name)
        if (
          version !== null &&
          ctx.history.some((other) => !other.isNew && versionOf(other, ctx.runner.name) === version)
        )
          continue
        const refused = refusalOf(ctx.runner)
        if (refused === null && !later.statements.some((statement) => mentions(statement.text, tables))) continue
        const effect = refused
          ? `${runnerWord(ctx)} ${refused.how} where that one has run`
          : 'databases where that one has run apply the two in another order'
        yield {
          place: startOf(migration.path),
          object: migration.name,
          anySize: true,
          ...(refused?.unless === null ? { severity: 'error' as const } : {}),
          ...(ctx.project.orm === null
            ? { help: 'Give it a later version, so that it sorts last: rename its file.' }
            : {}),
          message: `\`${migration.name}\` sorts before \`${later.name}\`, which is on the base branch already: ${effect}${refused?.unless ? `, unless it is told otherwise (\`${refused.unless}\`)` : ''}.`,
        }
      }
    },
  },
} satisfies Rule

interface Refusal {
  readonly how: string
  /** The switch by which it takes it all the same; null where it is known to be off, or there is none. */
  readonly unless: string | null
}

/** What the runner does with a migration that sorts before one that has run, as the repository sets it up; null where it takes it. */
function refusalOf({ name, options }: Runner): Refusal | null {
  const refusal = refusing[name] ?? null
  if (name !== 'flyway' || refusal === null || options?.outOfOrder === undefined) return refusal
  return options.outOfOrder ? null : { ...refusal, unless: null }
}

/** Runners that do not take a migration which sorts before one that has run, and the switch by which many projects make them. */
const refusing: Readonly<Partial<Record<RunnerName, Refusal>>> = {
  goose: { how: 'refuses it', unless: null },
  'golang-migrate': { how: 'never runs it', unless: null },
  flyway: { how: 'refuses it', unless: 'outOfOrder' },
  refinery: { how: 'refuses it', unless: 'set_abort_missing(false)' },
  'graphile-migrate': { how: 'refuses it', unless: null },
  supabase: { how: 'refuses it', unless: '--include-all' },
  atlas: { how: 'refuses it', unless: '--exec-order non-linear' },
  'node-pg-migrate': { how: 'refuses it', unless: '--no-check-order' },
}

function isRepeatable(migration: Migration): boolean {
  return /(^|\/)R__/.test(migration.path)
}

const someDatabases =
  /(?:^|\/)(?:local|dev|development|tests?|test-?data|seeds?|samples?|demo|mocks?|fixtures|e2e|staging)(?=\/)/i

/** True for what only the databases of developers and tests have run, from a folder beside that of the migration: `db/local/V99__users.sql`. */
function isOfSomeDatabases(other: Migration, migration: Migration): boolean {
  return someDatabases.test(unshared(other.path, migration.path))
}

/** The path from where it leaves that of the other. */
function unshared(path: string, other: string): string {
  const parts = path.split('/')
  const others = other.split('/')
  return parts.slice(parts.findIndex((part, at) => part !== others[at])).join('/')
}

/** Names of the tables and types that a new migration changes. */
function tablesOf(migration: Migration, ctx: RuleContext): readonly string[] {
  const changes = ctx.steps.filter((step) => step.migration.path === migration.path).flatMap((step) => step.changes)
  return [
    ...new Set(
      changes
        .flatMap((change) => [
          tableOf(change) ?? ('object' in change ? change.object : ''),
          change.kind === 'renameTable' ? change.to : '',
        ])
        .filter(Boolean)
        .map(nameOf),
    ),
  ]
}

function mentions(text: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`(^|[^\\w$])${name.replace(/[^\w$]/g, '\\$&')}($|[^\\w$])`, 'i').test(text))
}
