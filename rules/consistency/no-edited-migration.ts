import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { startOf } from '../../src/location.ts'
import type { RunnerName } from '../../src/project/project.ts'
import { subjectOf, tableOf, type Change } from '../../src/schema/change.ts'
import { printChanges } from '../../src/schema/sql/changes.ts'
import { sql } from '../shared/sql.ts'
import { runnerWord } from '../shared/words.ts'

/** Runners that stop where a migration that has run is gone. */
const missed: ReadonlySet<RunnerName> = new Set(['flyway', 'sqlx', 'refinery'])

/** Runners that compare the whole text of a file with what they have run, comments and the way back included. */
const checksums: ReadonlySet<RunnerName> = new Set(['prisma', 'flyway', 'sqlx', 'atlas', 'refinery'])

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
      // A database that is given up takes its schema and its history with it.
      if (ctx.history.length === 0 && ctx.declared === null && ctx.declaredBefore !== null) return
      if (ctx.merged) {
        const { files, stoodFor, schema, missing } = ctx.merged
        const names = files.map(({ name }) => `\`${name}\``).join(', ')
        const more = missing.length > 1 ? `, and ${missing.length - 1} more` : ''
        const [first] = missing
        if (first)
          yield {
            place: startOf(files[0]?.path ?? ctx.project.evidence),
            object: files.map(({ path }) => path).join(' '),
            anySize: true,
            message: `${names} ${files.length === 1 ? 'takes' : 'take'} the place of ${stoodFor} migrations that have run, and a new database gets another schema than they made: ${mergeClause(first, ctx)}${more}.`,
            help: `Merge them so that they make the same. What is missing:\n${sql(printChanges(missing, schema, ctx.before).trimEnd())}`,
          }
        return
      }
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
            : status === 'deleted' && missed.has(ctx.runner.name)
              ? `${runnerWord(ctx)} finds a migration in the database that it does not know, and stops`
              : status === 'modified' && isSeen
                ? `${runnerWord(ctx)} finds another checksum than the one that has run, and stops`
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
          files.length > (status === 'deleted' ? 1 : 3)
            ? `These ${files.length} migrations have run already and ${whatAll}: ${effect.replace('it runs', 'they run').replace('it has', 'they have')}.`
            : null
        for (const { path } of whole === null ? files : files.slice(0, 1)) {
          yield {
            place: startOf(ctx.files.find((file) => file.previousPath === path)?.path ?? path),
            object: whole === null ? path : files.map((file) => file.path).join(' '),
            anySize: true,
            message: whole ?? `This migration has run already and ${what}: ${effect}.`,
            ...(whole === null ? {} : { help: helpOf(files.map((file) => file.path)) }),
          }
        }
      }
    },
  },
} satisfies Rule

function helpOf(paths: readonly string[]): string {
  const more = paths.length > 12 ? `\n- and ${paths.length - 12} more` : ''
  const list = paths.slice(0, 12).map((path) => `- \`${path}\``)
  return `Put the files back as they were, and write a new migration that makes the change:\n\n${list.join('\n')}${more}`
}

/** What differs in a new database, told by the change that leads back. */
function mergeClause(back: Change, ctx: RuleContext): string {
  const table = tableOf(back)
  const name = `\`${subjectOf(back)}\``
  const at = table === undefined ? name : `\`${ctx.name(table)}\``
  switch (back.kind) {
    case 'createTable':
    case 'createEnum':
    case 'createView':
      return `there is no ${table === undefined ? name : at}`
    case 'addColumn':
      return `${at} has no column ${name}`
    case 'addIndex':
      return `${at} has no index ${name}`
    case 'dropColumn':
      return `${at} has a column ${name} besides`
    case 'dropTable':
      return `there is a table ${at} besides`
    default:
      return table === undefined || subjectOf(back) === '' ? `${at} differs` : `${name} of ${at} differs`
  }
}
