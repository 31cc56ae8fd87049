import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { inBatches } from '../shared/batches.ts'
import { isEmptied, isFilled } from '../shared/emptied.ts'
import { isLeftEmpty, notNullRecipe } from '../shared/not-null.ts'
import { isRecreated } from '../shared/replaced.ts'
import { addColumnSql, addEmptyColumnSql, ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-required-column-without-default',
  severity: 'error',
  summary:
    'A new NOT NULL column without default fails on a table with rows, and breaks every running instance that inserts.',
  why: `Postgres has no value for the rows that are there, so the statement fails. On an empty table it succeeds, and from then on every
    INSERT of the version that runs now fails, because it does not know the column.`,
  fix: 'Add the column nullable or with a default, fill it, and set NOT NULL in a later deploy.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-COLUMN'],
  dialects: ['postgresql', 'cockroachdb', 'sqlite', 'sqlserver'],
  sources: [
    'squawk/adding-required-field',
    'squawk/adding-not-nullable-field',
    'pgfence/add-column-not-null-no-default',
    'atlas/MF103',
    'pgsafe/add-column-not-null-no-default',
    'pgls/addingRequiredField',
    'strong_migrations/change_column_with_not_null',
    'diesel-guard/AddNotNullCheck',
  ],
  claims: { fails: '23502' },
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column status text not null;`,
      message: 'Adding `status` fails',
    },
    {
      title: 'A default that only the client knows is none to the database.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table "users" add column "token" text not null;`,
    },
    {
      title: 'A new table that the migration has put rows into.',
      sql: `create table roles (id bigint generated always as identity primary key, name text not null); insert into roles (name) values ('admin'); alter table roles add column rank integer not null;`,
      message: 'fails because `roles` holds the rows',
      unproven: 'the rows are in the migration',
    },
    {
      title: 'A table that is emptied first holds no row that could fail.',
      given: `create table users (id bigint primary key);`,
      sql: `truncate users; alter table users add column status text not null;`,
      message: 'Running instances that insert',
      severity: 'warning',
      unproven: 'running instances are not part of the proof',
    },
    {
      title: 'In two steps, of which none fills it.',
      given: `create table users (id bigint primary key);`,
      sql: [`alter table users add column status text;`, `alter table users alter column status set not null;`],
      message: '`SET NOT NULL` on `status` fails where `users` holds rows',
    },
  ],
  good: [
    {
      title: 'Filled before it has to have a value.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column status text; update users set status = 'a'; alter table users alter column status set not null;`,
      unproven: 'others speak of the scan',
    },
    { given: `create table users (id bigint primary key);`, sql: `alter table users add column status text;` },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column status text not null default 'active';`,
    },
    { sql: `create table users (id bigint primary key); alter table users add column status text not null;` },
    {
      title: 'A generated column has its value.',
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `alter table users add column domain text generated always as (split_part(email, '@', 2)) virtual not null;`,
      postgres: 18,
      unproven: 'others speak of the scan',
    },
  ],
  visit: {
    setNotNull({ table, from }, ctx) {
      if (!isLeftEmpty(table, from.name, ctx) || isEmptied(table, ctx)) return
      return {
        anySize: true,
        message: `\`SET NOT NULL\` on \`${from.name}\` fails where \`${ctx.name(table)}\` holds rows: the column is new, and no statement before fills it.`,
        help: `Deploy code that writes it, and give the old rows a value, \`$1\`, or an expression over the row:\n${sql(...inBatches(table, unfilled(table, from.name, ctx), ctx))}\nThen make it NOT NULL. ${notNullRecipe(table, from.name, ctx)}`,
      }
    },
    addColumn({ table, to }, ctx) {
      if (
        to.nullable ||
        to.default !== null ||
        to.identity !== null ||
        to.generated !== null ||
        (ctx.isNew(table) && !isFilled(table, ctx))
      )
        return
      if (to.type !== null && /^(small|big)?serial/.test(to.type)) return
      if (!ctx.isNew(table) && isRecreated(table, to.name, ctx)) return
      if (isEmptied(table, ctx)) {
        return {
          severity: 'warning',
          anySize: true,
          message: `Running instances that insert into \`${ctx.name(table)}\` without \`${to.name}\` break.`,
          help: `The table is empty by then, so the statement itself succeeds. Deploy code that writes \`${to.name}\` in the same moment, or give it a default.`,
        }
      }
      const empty = unfilled(table, to.name, ctx)
      const nullable = `${sql(addEmptyColumnSql(table, to, ctx))}\nDeploy code that writes it, and give the old rows a value, \`$1\`, or an expression over the row:\n${sql(...inBatches(table, empty, ctx))}\nThen make it NOT NULL. ${notNullRecipe(table, to.name, ctx)}`
      return {
        anySize: true,
        message: `Adding \`${to.name}\` fails ${ctx.isNew(table) ? `because \`${ctx.name(table)}\` holds the rows that the migration inserts before` : `where \`${ctx.name(table)}\` holds rows, and running instances that insert without it break`}.`,
        help: ctx.isNew(table)
          ? `Declare it in the CREATE TABLE, so that the rows that are inserted have a value of their own, or give it a DEFAULT in this statement.`
          : `${howToFill(table, to, ctx)}:\n${nullable}`,
      }
    },
  },
} satisfies Rule

function unfilled(table: Key, column: string, ctx: RuleContext) {
  const name = sqlName(table, ctx)
  return { head: `UPDATE ${name} SET ${ident(column)} = $1`, from: name, where: `${ident(column)} IS NULL` }
}

/** What comes before the steps that add the column nullable. Below PostgreSQL 11 any default writes the table anew. */
function howToFill(table: Key, column: Column, ctx: RuleContext): string {
  if (ctx.postgres < 11) return 'Add it nullable'
  const value = defaultFor(column)
  if (value === null) return 'Give it a DEFAULT in this statement where one value serves all rows, else add it nullable'
  return `Where the moment of the migration serves old rows:\n${sql(addColumnSql(table, { ...column, default: value }, ctx))}\nElse nullable first`
}

/** A value that old rows can have without anybody's choice; null where somebody has to choose. */
function defaultFor(column: Column): string | null {
  return column.type?.startsWith('timestamp') === true && /^(?:created|updated|modified|inserted)/i.test(column.name)
    ? 'CURRENT_TIMESTAMP'
    : null
}
