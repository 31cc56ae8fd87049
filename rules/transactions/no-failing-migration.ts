import type { Rule } from '../../src/engine/rule.ts'

/** SQLSTATE of an object that exists: relation, schema, column, function, and any other. */
const alreadyThere: ReadonlySet<string> = new Set(['42P07', '42P06', '42701', '42723', '42710'])

export default {
  id: 'no-failing-migration',
  severity: 'error',
  summary: 'The migration was run in an embedded Postgres, after all that came before it, and failed.',
  why: `What fails there on an empty database fails in production too: a name that is taken or missing, a type that does not fit, a statement
    that its transaction does not allow. The deploy stops in the middle, and with some runners half of the migration stays.`,
  fix: "Correct the statement; the message is Postgres' own.",
  references: ['https://www.postgresql.org/docs/current/errcodes-appendix.html'],
  yieldsTo: 'fails',
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column email text; alter table users add column email text;`,
      rehearse: true,
      message: 'already exists',
    },
  ],
  good: [
    {
      title: 'What stands in the way is said by the rule that knows it.',
      given: `create table users (id bigint primary key, name varchar(50)); create view names as select name from users;`,
      sql: `drop view names; alter table users alter column name type text; create view names as select name from users;`,
      runner: 'psql',
      rehearse: true,
      unproven: 'others speak of the view',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column email text;`,
      rehearse: true,
    },
  ],
  visit: {
    observation({ error, postgres }, ctx) {
      if (!error || ctx.step.statement.inside !== null) return
      // What a statement that could not be read would have made is missing here only.
      const { path } = ctx.step.migration
      if (
        ctx.sqlProblems.some(
          (problem) =>
            problem.kind === 'syntax' &&
            problem.place.path === path &&
            problem.place.line <= ctx.step.statement.place.line,
        )
      )
        return
      // What a file brings under another name is there where the old file has run: that is told of the old file.
      if (alreadyThere.has(error.code) && ctx.migrationsChanged.some(({ status }) => status !== 'modified')) return
      const more = [error.detail, error.hint].filter((text) => text !== null).join(' ')
      return {
        anySize: true,
        message: `This statement fails: ${error.message.replace(/"([^"`]+)"/g, '`$1`')}.`,
        help: `PostgreSQL ${postgres} refused it in a rehearsal of the migrations (SQLSTATE ${error.code}).${more === '' ? '' : ` ${more}`}`,
      }
    },
  },
} satisfies Rule
