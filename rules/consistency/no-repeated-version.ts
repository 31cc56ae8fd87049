import type { Migration } from '../../src/step.ts'
import type { Rule } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'
import type { RunnerName } from '../../src/project/project.ts'
import { versionOf } from '../shared/migration-version.ts'

/** What each runner does with two migrations of one version. */
const effects: Readonly<Partial<Record<RunnerName, string>>> = {
  goose: 'goose stops before it runs anything',
  flyway: 'Flyway stops before it runs anything',
  refinery: 'refinery stops before it runs anything',
  'golang-migrate': 'golang-migrate stops before it runs anything',
  sqlx: 'sqlx takes the second for an edit of the first and stops',
  diesel: 'Diesel runs one of the two',
  dbmate: 'dbmate counts both as applied once one of them is',
  atlas: 'Atlas counts both as applied once one of them is',
  supabase: 'Supabase cannot record the second and stops',
}

const unknownEffect = 'a runner that records the number alone takes one of the two for applied'

export default {
  id: 'no-repeated-version',
  severity: 'error',
  summary: 'Two migrations of one version: the runner stops, or takes one of them for applied.',
  why: `A runner records the version that a file name begins with, not the whole name. Two branches that each add the next number are fine alone
    and collide once both are merged; git sees two different files and no conflict.`,
  fix: 'Give the new migration the next free version: rename its file.',
  references: [
    'https://pressly.github.io/goose/documentation/annotations/',
    'https://documentation.red-gate.com/fd/migrations-184127470.html',
    'https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md',
  ],
  dialects: 'all',
  sources: [],
  bad: [
    {
      title: 'The base branch has taken the number meanwhile.',
      runner: 'goose',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'migrations/0001_notes.sql': `-- +goose Up\ncreate table notes (id bigint generated always as identity primary key);\n-- +goose Down\ndrop table notes;`,
      },
      message: 'has the version of `0001_given`',
    },
    {
      runner: 'atlas',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'migrations/0001_notes.sql': `create table notes (id bigint generated always as identity primary key);`,
        'migrations/atlas.sum': `h1:x=\n0001_given.sql h1:y=\n0001_notes.sql h1:z=\n`,
      },
      message: 'Atlas counts both as applied',
    },
    {
      title: 'Nothing names the runner, and until now no number stood twice: information.',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'migrations/0001_notes.sql': `create table notes (id bigint generated always as identity primary key);`,
        'migrations/0002_tags.sql': `create table tags (id bigint generated always as identity primary key);`,
      },
      severity: 'info',
    },
  ],
  good: [
    {
      runner: 'goose',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'migrations/0002_notes.sql': `-- +goose Up\ncreate table notes (id bigint generated always as identity primary key);\n-- +goose Down\ndrop table notes;`,
      },
    },
    {
      title: 'Prisma records whole names.',
      runner: 'prisma@6',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'prisma/migrations/0001_notes/migration.sql': `create table notes (id bigint generated always as identity primary key);`,
      },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const effect = ctx.runner.assumed ? unknownEffect : effects[ctx.runner.name]
      if (effect === undefined || (ctx.runner.assumed && !numbersOnce(ctx.history))) return
      const first = new Map<string, Migration>()
      // Those that are there already come first, so that it is the new one that has to move.
      for (const migration of [...ctx.history].sort((a, b) => Number(a.isNew) - Number(b.isNew))) {
        const version = versionOf(migration, ctx.runner.name)
        if (version === null) continue
        const other = first.get(version)
        if (other === undefined) first.set(version, migration)
        else if (migration.isNew) {
          yield {
            place: startOf(migration.path),
            object: migration.name,
            anySize: true,
            ...(ctx.runner.assumed ? { severity: 'info' as const } : {}),
            message: `\`${migration.name}\` has the version of \`${other.name}\`${other.isNew ? '' : ', which is on the base branch already'}: ${effect}.`,
          }
        }
      }
    },
  },
} satisfies Rule

/** True where the numbers of a folder told its migrations apart so far. */
function numbersOnce(history: readonly Migration[]): boolean {
  const old = history.filter(({ isNew }) => !isNew).flatMap((migration) => versionOf(migration, 'psql') ?? [])
  return history.length >= 3 && new Set(old).size === old.length
}
