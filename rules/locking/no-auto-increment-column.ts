import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { numberedInBatches, numbersOf } from '../shared/batches.ts'
import { notNullRecipe } from '../shared/not-null.ts'
import { ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-auto-increment-column',
  severity: 'error',
  summary: 'A new serial or identity column rewrites the whole table under an exclusive lock.',
  why: `Each row that is there needs a number of its own from the sequence, so the table and all its indexes are written anew while nobody can
    read or write.`,
  fix: 'Add a plain column, attach a sequence to it as default for new rows, and number the old rows in batches.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: [
    'pgfence/add-column-serial',
    'eugene/E11',
    'strong_migrations/add_column_auto_incrementing',
    'diesel-guard/AddSerialColumnCheck',
    'diesel-guard/AddIdentityColumnCheck',
    'pgsafe/add-column-serial',
    'pgsafe/add-column-identity',
    'pgsafe/add-column-volatile-default',
    'pgls/addSerialColumn',
    'squawk/adding-field-with-default',
    'squawk/adding-serial-primary-key-field',
    'eugene/E10',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: true },
  bad: [
    {
      given: `create table orders (code text primary key);`,
      sql: `alter table orders add column number bigserial;`,
      message: 'Numbering `number` rewrites `orders`',
    },
    {
      given: `create table orders (code text primary key);`,
      sql: `alter table orders add column number bigint generated always as identity;`,
    },
  ],
  good: [
    { given: `create table orders (code text primary key);`, sql: `alter table orders add column number bigint;` },
    { sql: `create table orders (code text primary key); alter table orders add column number bigserial;` },
    {
      title: 'Identity on a column that is there touches no row.',
      given: `create table orders (number bigint primary key);`,
      sql: `alter table orders alter column number add generated always as identity;`,
    },
  ],
  visit: {
    addColumn({ table, to }, ctx) {
      const serial = to.default !== null && to.default.startsWith('nextval(')
      if (ctx.isNew(table) || (!serial && to.identity === null)) return
      return {
        notIn: serial
          ? ['diesel-guard/AddIdentityColumnCheck', 'pgsafe/add-column-identity']
          : [
              'pgfence/add-column-serial',
              'diesel-guard/AddSerialColumnCheck',
              'pgsafe/add-column-serial',
              'pgsafe/add-column-volatile-default',
            ],
        message: `Numbering \`${to.name}\` rewrites \`${ctx.name(table)}\` and all its indexes while nobody can read or write it.`,
        help: `${rowsSentence(table, ctx)}Number new rows at once and old rows in batches:\n${sql(...numberedInBatches(table, to, ctx, to.identity === null ? undefined : helperOf(table, to.name, ctx)))}${to.nullable ? '' : `\nThen make it NOT NULL. ${notNullRecipe(table, to.name, ctx)}`}${to.identity === null ? '' : asIdentity(table, to, ctx)}`,
      }
    },
  },
} satisfies Rule

/** A sequence under another name than that of the identity, which takes its place. */
function helperOf(table: Key, column: string, ctx: RuleContext): string {
  return numbersOf(table, column, ctx, 'fill')
}

/** The sequence makes way for that of an identity, which goes on where it is. */
function asIdentity(table: Key, { name, identity }: Column, ctx: RuleContext): string {
  const [of, column] = [sqlName(table, ctx), ident(name)]
  const sequence = helperOf(table, name, ctx)
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
  return `\nAt the end make it an identity that goes on with the numbers of the sequence, in one transaction:\n${sql(
    "SET LOCAL lock_timeout = '3s';",
    `ALTER TABLE ${of} ALTER COLUMN ${column} DROP DEFAULT;`,
    `ALTER SEQUENCE ${sequence} OWNED BY NONE;`,
    `ALTER TABLE ${of} ALTER COLUMN ${column} ADD GENERATED ${(identity ?? 'always').toUpperCase()} AS IDENTITY;`,
    `SELECT setval(pg_get_serial_sequence(${quoted(of)}, ${quoted(name)}), last_value) FROM ${sequence};`,
    `DROP SEQUENCE ${sequence};`,
  )}`
}
