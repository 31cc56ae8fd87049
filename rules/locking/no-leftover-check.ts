import type { Rule } from '../../src/engine/rule.ts'
import { provesNotNull } from '../shared/not-null.ts'
import { ident, sql, sqlName, tableAt } from '../shared/sql.ts'
import { wholeLines } from '../shared/suggest.ts'

export default {
  id: 'no-leftover-check',
  severity: 'info',
  summary: 'The CHECK that helped a column become NOT NULL is evaluated for each row that is written, for nothing.',
  why: `Once the column is NOT NULL, \`CHECK (c IS NOT NULL)\` says the same a second time: it is evaluated with every INSERT and UPDATE, and whoever reads the schema wonders what it is there for.`,
  fix: 'Drop the CHECK in the migration that sets NOT NULL.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, email text, constraint users_email_set check (email is not null));`,
      sql: `
        set local lock_timeout = '3s';
        alter table users alter column email set not null;`,
      message: '`users_email_set` says once more',
      unproven: 'the statement itself is fine',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, email text, constraint users_email_set check (email is not null));`,
      sql: `set local lock_timeout = '3s'; alter table users alter column email set not null; alter table users drop constraint users_email_set;`,
    },
    {
      title: 'It says more.',
      given: `create table users (id bigint primary key, email text, constraint users_email_set check (email is not null and email <> ''));`,
      sql: `set local lock_timeout = '3s'; alter table users alter column email set not null;`,
    },
  ],
  visit: {
    setNotNull({ table, from }, ctx) {
      const before = tableAt(table, ctx)
      const left = ctx.after.tables.get(table)?.checks.find((check) => {
        const alone = check.node !== undefined && 'NullTest' in check.node
        return (
          alone &&
          check.validated &&
          before !== undefined &&
          provesNotNull({ ...before, columns: [], checks: [check] }, from.name)
        )
      })
      if (left === undefined) return
      const drop = `ALTER TABLE ${sqlName(table, ctx)} DROP CONSTRAINT ${ident(left.name)};`
      return {
        anySize: true,
        message: `\`${left.name}\` says once more that \`${from.name}\` is not NULL, and is evaluated for every row that is written.`,
        help: `After this statement:\n${sql(drop)}`,
        // Drizzle wants a mark of its own between two statements.
        ...(ctx.step?.changes.length === 1 && ctx.runner.name !== 'drizzle'
          ? wholeLines(ctx.step, `${ctx.step.statement.text};\n${drop}`)
          : {}),
      }
    },
  },
} satisfies Rule
