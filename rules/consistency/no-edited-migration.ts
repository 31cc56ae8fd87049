import type { Rule } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'
import type { RunnerName } from '../../src/project/project.ts'

/** Runners that compare the whole text of a file with what they have run, comments and the way back included. */
const checksums: ReadonlySet<RunnerName> = new Set(['prisma', 'flyway', 'sqlx', 'atlas'])

export default {
  id: 'no-edited-migration',
  severity: 'error',
  summary: 'A migration that has run already does not run again when its file changes.',
  why: `Databases where it has run keep what the old text made, new ones get what the new text makes, and nobody sees the difference until it hurts. Prisma stops
    at the changed checksum and asks for a reset; Drizzle and most others say nothing.`,
  fix: 'Put the file back as it was, and write a new migration that makes the change.',
  references: ['https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/migration-histories'],
  approvable: true,
  dialects: 'all',
  sources: [],
  bad: [
    {
      runner: 'prisma@6',
      given: `create table users (id bigint primary key);`,
      files: { 'prisma/migrations/0001_given/migration.sql': `create table users (id bigint primary key, name text);` },
      message: 'has run already',
    },
  ],
  good: [
    {
      title: 'A comment, or the way back, is read by nobody who has run the file.',
      runner: 'goose',
      given: `create table users (id bigint generated always as identity primary key);`,
      files: {
        'migrations/0001_given.sql': `-- +goose Up\n-- People who sign in.\ncreate table users (id bigint generated always as identity primary key);\n-- +goose Down\ndrop table if exists users;`,
      },
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
      // With another provider the old history is put away, as Prisma asks for.
      const isOtherDatabase =
        ctx.lock?.before?.dialect && ctx.lock.after?.dialect && ctx.lock.before.dialect !== ctx.lock.after.dialect
      const isSeen = checksums.has(ctx.runner.name)
      const changed = ctx.migrationsChanged.filter(
        ({ status, sameSql }) => !(status === 'deleted' && isOtherDatabase) && !(sameSql === true && !isSeen),
      )
      for (const status of ['modified', 'deleted', 'renamed'] as const) {
        const files = changed.filter((file) => file.status === status)
        const effect =
          ctx.runner.name === 'prisma'
            ? status === 'modified'
              ? '`migrate dev` asks for a reset where the old text has run'
              : '`migrate deploy` finds a migration in the database that it does not know'
            : status === 'modified' && isSeen
              ? `${ctx.runner.name} finds another checksum than the one that has run, and stops`
              : status === 'renamed'
                ? 'it runs a second time where it has run under the old name'
                : 'databases where it has run keep what the old text made'
        const [what, whatAll] =
          status === 'deleted'
            ? ['is deleted', 'are deleted']
            : status === 'renamed'
              ? ['gets another name', 'get other names']
              : ['is edited', 'are edited']
        // A history that is put away as a whole is one thing to say.
        const whole =
          files.length > 3
            ? `These ${files.length} migrations have run already and ${whatAll}: ${effect.replace('it runs', 'they run').replace('it has', 'they have')}.`
            : null
        for (const { path } of whole === null ? files : files.slice(0, 1)) {
          yield {
            place: startOf(ctx.files.find((file) => file.previousPath === path)?.path ?? path),
            object: whole === null ? path : files.map((file) => file.path).join(' '),
            anySize: true,
            message: whole ?? `This migration has run already and ${what}: ${effect}.`,
          }
        }
      }
    },
  },
} satisfies Rule
