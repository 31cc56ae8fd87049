import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { isLeftEmpty, notNullRecipe, provesNotNull } from '../shared/not-null.ts'
import { addNotValid } from '../shared/suggest.ts'
import { ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-set-not-null-scan',
  severity: 'error',
  summary: 'SET NOT NULL reads the whole table while nobody can read or write it.',
  why: `SET NOT NULL takes an ACCESS EXCLUSIVE lock and reads every row to see that none is NULL. From PostgreSQL 12 on the scan is
    skipped where a validated CHECK constraint proves it already; from 18 on a NOT NULL constraint can be added NOT VALID and validated later.`,
  fix: 'Prove it first with a CHECK constraint that is added NOT VALID and validated in a later transaction; SET NOT NULL is instant then.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL'],
  sources: [
    'squawk/adding-not-nullable-field',
    'pgfence/alter-column-set-not-null',
    'eugene/E2',
    'strong_migrations/change_column_null',
    'strong_migrations/change_column_with_not_null',
    'diesel-guard/AddNotNullCheck',
    'pgsafe/set-not-null',
    'pgls/addingNotNullField',
    'atlas/MF104',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: true },
  bad: [
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users alter column email set not null;`,
      message: 'reads every row of `users`',
    },
    {
      title: 'A CHECK that is not validated proves nothing.',
      given: `
        create table users (id bigint primary key, email text);
        alter table users add constraint users_email_nn check (email is not null) not valid;`,
      sql: `alter table users alter column email set not null;`,
    },
    {
      title: 'As a constraint of its own, which PostgreSQL 18 has.',
      postgres: 18,
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add constraint users_email_not_null not null email;`,
      message: 'reads every row of `users`',
    },
    {
      title: 'A virtual column is computed on reading, unless NOT NULL has it computed once for all rows.',
      postgres: 18,
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `alter table users add column domain text generated always as (split_part(email, '@', 2)) virtual not null;`,
      message: 'Adding `domain` as NOT NULL computes it for every row',
    },
    {
      title: 'Over a constraint that is not validated yet, which VALIDATE would read without blocking.',
      postgres: 18,
      given: `create table users (id bigint primary key, email text); alter table users add constraint users_email_not_null not null email not valid;`,
      sql: `alter table users alter column email set not null;`,
    },
    {
      title: 'A column that the same pull request adds with a constant default holds no NULL: information.',
      given: `create table users (id bigint primary key);`,
      sql: `
        alter table users add column status text default 'active';
        update users set status = 'active' where status is null;
        alter table users alter column status set not null;`,
      severity: 'info',
    },
    {
      title: 'The same on a table declared large is a warning.',
      given: `create table users (id bigint primary key);`,
      rows: { users: 50_000_000 },
      sql: `
        alter table users add column status text default 'active';
        alter table users alter column status set not null;`,
      severity: 'warning',
    },
  ],
  good: [
    {
      title: 'A column that the same pull request adds and nothing fills fails, which another rule tells.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column status text; alter table users alter column status set not null;`,
      unproven: 'others speak of the failure',
    },
    {
      title: 'A validated CHECK proves it.',
      given: `
        create table users (id bigint primary key, email text);
        alter table users add constraint users_email_nn check (email is not null) not valid;
        alter table users validate constraint users_email_nn;`,
      sql: `alter table users alter column email set not null;`,
    },
    {
      title: 'What an earlier migration added is validated in this one; nothing else is known of it.',
      alone: true,
      sql: `alter table users validate constraint users_email_not_null; alter table users alter column email set not null;`,
    },
    {
      title: 'A virtual column that may be NULL.',
      postgres: 18,
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `alter table users add column domain text generated always as (split_part(email, '@', 2)) virtual;`,
    },
    {
      title: 'The column is NOT NULL already.',
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `alter table users alter column email set not null;`,
    },
    {
      title: 'From PostgreSQL 18 on the constraint is added first and validated in a later migration.',
      postgres: 18,
      given: `create table users (id bigint primary key, email text);`,
      sql: [
        `alter table users add constraint users_email_not_null not null email not valid;`,
        `alter table users validate constraint users_email_not_null;`,
      ],
    },
    {
      sql: `
        create table users (id bigint primary key, email text);
        alter table users alter column email set not null;`,
    },
  ],
  visit: {
    addColumn({ table, to }, ctx) {
      if (to.generated === null || to.generated.stored || to.nullable || ctx.isNew(table)) return
      const name = sqlName(table, ctx)
      return {
        message: `Adding \`${to.name}\` as NOT NULL computes it for every row of \`${ctx.name(table)}\` while nobody can read or write it.`,
        help: `${rowsSentence(table, ctx)}Without NOT NULL nothing is read:\n${sql(`ALTER TABLE ${name} ADD COLUMN ${ident(to.name)} ${to.type ?? 'type'} GENERATED ALWAYS AS (${to.generated.expression}) VIRTUAL;`)}`,
      }
    },
    addNotNull({ table, column, validated }, ctx) {
      const known = ctx.step?.before.tables.get(table)
      if (
        !validated ||
        ctx.isNew(table) ||
        known?.columns.some((each) => each.name === column && !each.nullable) === true ||
        (known && provesNotNull(known, column))
      )
        return
      return {
        message: `The NOT NULL constraint on \`${column}\` reads every row of \`${ctx.name(table)}\` while nobody can read or write it.`,
        help: rowsSentence(table, ctx) + notNullRecipe(table, column, ctx),
        ...addNotValid(ctx.step),
      }
    },
    setNotNull({ table, from }, ctx) {
      // Where the constraint is there but not validated, SET NOT NULL validates it under its own lock.
      if (ctx.isNew(table) || (!from.nullable && from.notNull?.validated !== false)) return
      const known = ctx.step?.before.tables.get(table)
      if (known && ctx.postgres >= 12 && provesNotNull(known, from.name)) return
      // It fails where there are rows, which no-required-column-without-default tells.
      if (mayProve(table, from.name, ctx) || isLeftEmpty(table, from.name, ctx)) return
      const filled =
        ctx.postgres >= 11 && ctx.isNewColumn(table, from.name) && (from.default !== null || from.generated !== null)
      const large = ctx.size(table) === 'large'
      return {
        message: `\`SET NOT NULL\` on \`${from.name}\` reads every row of \`${ctx.name(table)}\` while nobody can read or write it.`,
        help: rowsSentence(table, ctx) + notNullRecipe(table, from.name, ctx),
        ...(filled ? { severity: large ? ('warning' as const) : ('info' as const) } : {}),
      }
    },
  },
} satisfies Rule

/** True where an earlier statement of the file validates a constraint of which nothing is known but that its name speaks of the column. */
function mayProve(table: Key, column: string, ctx: RuleContext): boolean {
  if (!ctx.alone || ctx.postgres < 12) return false
  return ctx.steps
    .slice(0, ctx.step ? ctx.steps.indexOf(ctx.step) : 0)
    .some((step) =>
      step.changes.some(
        (change) =>
          change.kind === 'validateConstraint' &&
          change.table === table &&
          change.name.includes(column) &&
          change.constraint === null,
      ),
    )
}
