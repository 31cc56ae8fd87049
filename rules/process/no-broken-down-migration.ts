import type { Rule } from '../../src/engine/rule.ts'
import { sourceFile } from '../../src/location.ts'
import type { Place, SourceFile } from '../../src/location.ts'

export default {
  id: 'no-broken-down-migration',
  severity: 'warning',
  summary: 'The way back was run in an embedded Postgres, and does not lead back.',
  why: `A down migration is written once and run for the first time on a bad day. One that fails, or that leaves something else behind than was there before,
    makes that day worse.`,
  fix: 'Correct the down migration, so that up, down and up again work and down leaves what was there before.',
  references: ['https://www.postgresql.org/docs/current/sql-commands.html'],
  sources: [],
  bad: [
    {
      title: 'Down leaves the table behind.',
      runner: 'goose',
      given: `create table users (id bigint primary key);`,
      sql: `-- +goose Up\ncreate table notes (id bigint generated always as identity primary key, body text);\n-- +goose Down\nselect 1;`,
      rehearse: true,
      message: 'the table `notes` is left behind.',
    },
    {
      title: 'Each way back that leads elsewhere is told.',
      runner: 'goose',
      given: `create table users (id bigint primary key, name text not null);`,
      sql: [
        `-- +goose Up\n-- +goose StatementBegin\ncreate function touch() returns trigger language plpgsql as $$\nbegin\n  return new;\nend $$;\n-- +goose StatementEnd\n-- +goose Down\nselect 1;`,
        `-- +goose Up\nset lock_timeout = '3s';\nalter table users add column note text;\n-- +goose Down\nalter table users drop column note, alter column name drop not null;`,
      ],
      rehearse: true,
      count: 2,
      message: 'The way back does not restore the schema that was there before: the',
    },
  ],
  good: [
    {
      runner: 'goose',
      given: `create table users (id bigint primary key);`,
      sql: `-- +goose Up\ncreate table notes (id bigint generated always as identity primary key, body text);\n-- +goose Down\ndrop table notes;`,
      rehearse: true,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const trip of ctx.roundTrips) {
        if (trip.result === 'proven' || trip.result === 'unknown') continue
        const what =
          trip.result === 'differs'
            ? 'The way back does not restore the schema that was there before'
            : trip.result === 'down-fails'
              ? 'The way back fails'
              : 'After the way back, the migration cannot run again'
        yield {
          place: lineOf(ctx.text(trip.path) ?? sourceFile(trip.path, ''), trip.line ?? 1),
          object: trip.name,
          anySize: true,
          message: `${what}: ${(trip.detail ?? 'no more is known').replace(/\s+/g, ' ')}.`.replace(/\.+$/, '.'),
        }
      }
    },
  },
} satisfies Rule

/** All that stands on a line. */
function lineOf(file: SourceFile, line: number): Place {
  const text = file.text.slice(file.lineStarts[line - 1] ?? file.text.length, file.lineStarts[line]).trimEnd()
  const column = text.length - text.trimStart().length + 1
  return { path: file.path, line, column, endLine: line, endColumn: Math.max(column, text.length) }
}
