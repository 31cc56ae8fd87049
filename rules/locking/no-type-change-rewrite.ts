import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { ChangeOf } from '../../src/schema/change.ts'
import { nameOf } from '../../src/schema/model.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { isEnum, retype } from '../shared/retype.ts'
import { listed } from '../shared/query-words.ts'
import { checkedAlone, constrainedDomain } from '../shared/domains.ts'
import { carriedSentence, isReferred, keySteps, newColumnSteps } from '../shared/new-column.ts'
import { ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'no-type-change-rewrite',
  severity: 'error',
  summary: 'A change of type that rewrites the table locks everybody out until all rows and indexes are written anew.',
  why: `ALTER COLUMN TYPE takes an ACCESS EXCLUSIVE lock. Where the old and the new type are stored differently, Postgres writes every row
    and rebuilds every index under it. A longer varchar, varchar to text or a higher numeric precision costs nothing and is not found.`,
  fix: 'Add a column of the new type, write both, fill the old rows in batches, switch the readers over, then drop the old column.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: [
    'squawk/changing-column-type',
    'pgfence/alter-column-type',
    'eugene/E5',
    'strong_migrations/change_column',
    'diesel-guard/AlterColumnTypeCheck',
    'pgsafe/alter-column-type',
    'pgls/changingColumnType',
    'eugene/E6',
    'eugene/E10',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: true },
  bad: [
    {
      given: `create table orders (id bigint primary key, amount integer);`,
      sql: `alter table orders alter column amount type bigint;`,
      message: 'from `integer` to `bigint` rewrites `orders`',
    },
    {
      title: 'One statement, one rewrite.',
      given: `create table orders (id bigint primary key, amount integer, paid integer);`,
      sql: `alter table orders alter column amount type bigint, alter column paid type bigint;`,
      message: 'Changing `amount` and `paid` from `integer` to `bigint` rewrites `orders`',
    },
    {
      title: 'What goes with the old column is named.',
      given: `create table orders (id bigint primary key, amount integer not null check (amount > 0)); create index orders_amount on orders (amount);`,
      sql: `alter table orders alter column amount type bigint;`,
    },
    {
      title: 'A key is taken over by a second column.',
      given: `create table orders (id integer primary key); create table lines (id bigint primary key, order_id integer references orders);`,
      sql: `alter table orders alter column id type bigint;`,
    },
    {
      title: 'A precision of 3 has to be computed for each row.',
      given: `create table orders (id bigint primary key, at timestamp(3));`,
      sql: `alter table orders alter column at type timestamptz(3);`,
    },
    {
      given: `create table orders (id bigint primary key, code text);`,
      sql: `alter table orders alter column code type varchar(20);`,
    },
    {
      title: "Without a precision it costs nothing in UTC, and the session's time zone is not known: a warning.",
      given: `create table orders (id bigint primary key, at timestamp(3));`,
      sql: `alter table orders alter column at type timestamptz;`,
      message: "unless the session's `TimeZone` is UTC",
      severity: 'warning',
      unproven: 'it depends on the time zone of the session',
    },
    {
      given: `create table orders (id bigint primary key, at timestamp(3));`,
      sql: `set timezone = 'Europe/Berlin'; alter table orders alter column at type timestamptz;`,
    },
    {
      title: 'A domain with a constraint is checked for each row.',
      given: `create domain positive as integer check (value > 0); create table orders (id bigint primary key, amount integer);`,
      sql: `alter table orders alter column amount type positive;`,
    },
    {
      title: 'No other type is stored as `bigint` is, so every row is written whatever the column was.',
      alone: true,
      sql: `alter table orders alter column amount type bigint;`,
      message: 'Changing `amount` to `bigint` rewrites `orders`',
      unproven: 'the table is not known',
    },
    {
      title: 'What is not known may be rewritten: a warning.',
      alone: true,
      sql: `alter table orders alter column at type timestamptz;`,
      severity: 'warning',
      unproven: 'the table is not known',
    },
    {
      title: 'Lifting a limit is what most changes to text are: information.',
      alone: true,
      sql: `alter table orders alter column code type text;`,
      severity: 'info',
      unproven: 'the table is not known',
    },
    {
      title: 'A column that the same pull request adds with a passing type.',
      given: `create type kind as enum ('old'); create table shops (id bigint primary key, kind kind not null);`,
      sql: `create type sort_tmp as enum ('old', 'new'); alter table shops add column sorts sort_tmp[]; update shops set sorts = array['new']::sort_tmp[] where id > 0; create type sort as enum ('new'); alter table shops alter column sorts type sort[] using sorts::text[]::sort[]; drop type sort_tmp;`,
      message: 'Changing `sorts` from `sort_tmp[]` to `sort[]` rewrites',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name varchar(50));`,
      sql: `alter table users alter column name type varchar(100);`,
    },
    {
      given: `create table users (id bigint primary key, name varchar(50));`,
      sql: `alter table users alter column name type text;`,
    },
    {
      title: 'In UTC a timestamp is the same moment with a time zone.',
      given: `create table orders (id bigint primary key, at timestamp(3));`,
      sql: `set timezone = 'UTC'; alter table orders alter column at type timestamptz;`,
    },
    {
      title: 'A domain without a constraint is its base type.',
      given: `create domain label as text; create table users (id bigint primary key, name varchar(50));`,
      sql: `alter table users alter column name type label;`,
    },
    {
      title: 'A limit is lifted from the elements of an array.',
      given: `create table users (id bigint primary key, names varchar(50)[]);`,
      sql: `alter table users alter column names type varchar[];`,
    },
    {
      given: `create table users (id bigint primary key, balance numeric(10, 2));`,
      sql: `alter table users alter column balance type numeric(12, 2);`,
    },
    {
      sql: `
        create table users (id bigint primary key, age smallint);
        alter table users alter column age type integer;`,
    },
  ],
  visit: {
    alterColumnType(change, ctx) {
      const { table, from, to } = change
      if (ctx.isNew(table)) return
      const does = retype(change, ctx)
      if (does === 'free') return
      const isNewColumn = ctx.isNewColumn(table, from.name)
      if (!isNewColumn && isEnum(from.type, ctx) && isEnum(to.type, ctx)) return
      const steps = stepsOf([change], ctx)
      if (does === 'utc') {
        return {
          severity: 'warning',
          uncertain: true,
          message: `Changing \`${from.name}\` from \`${from.type}\` to \`${to.type}\` rewrites \`${ctx.name(table)}\` while nobody can read or write it, unless the session's \`TimeZone\` is UTC.`,
          help: `${rowsSentence(table, ctx)}Where the values are in UTC, say so before, in the same transaction or session; then no row is touched, and only indexes on the column are built anew:\n${sql("SET timezone = 'UTC';")}\nElse take it in steps that lock nothing for long:\n${steps}`,
        }
      }
      if (does === 'unknown') {
        const what = to.type === null ? '' : ` to \`${to.type}\``
        const usual = ['text', 'character varying', 'numeric'].includes(to.type ?? '')
        return {
          severity: usual ? 'info' : 'warning',
          message: `Changing the type of \`${from.name}\`${what} rewrites \`${ctx.name(table)}\` under an exclusive lock, unless both types are stored alike.`,
          help: `${rowsSentence(table, ctx)}Take it in steps that lock nothing for long:\n${steps}`,
        }
      }
      // A statement rewrites the table once, however many columns it changes in the same way.
      const alike = (ctx.step?.changes ?? [change]).flatMap((other) =>
        other.kind === 'alterColumnType' &&
        other.table === table &&
        other.from.type === from.type &&
        other.to.type === to.type &&
        retype(other, ctx) === does
          ? [other]
          : [],
      )
      if (alike[0]?.from.name !== from.name) return
      const names = listed(alike.map((other) => other.from.name))
      return {
        message: `Changing ${names}${from.type === null ? '' : ` from \`${from.type}\``} to \`${to.type}\` rewrites \`${ctx.name(table)}\` and all its indexes while nobody can read or write it.`,
        help: isNewColumn
          ? `${rowsSentence(table, ctx)}Make \`${to.type}\` first, and add ${names} with it.`
          : `${rowsSentence(table, ctx)}${domainAlone(change, ctx) ?? limitAlone(change, ctx)}ake it in steps that lock nothing for long:\n${stepsOf(alike, ctx)}`,
      }
    },
  },
} satisfies Rule

type TypeChanged = ChangeOf<'alterColumnType'>

/** The way by new columns that take their place, for columns of one table. */
function stepsOf(changes: readonly TypeChanged[], ctx: RuleContext): string {
  const key = changes.find((change) => isKey(change, ctx))
  if (key !== undefined) return keySteps(key.from.name, ctx)
  const columns = changes.map(({ table, from, to, using }) => ({
    table,
    column: from.name,
    type: to.type ?? 'the new type',
    value: using ?? ident(from.name),
  }))
  return `${newColumnSteps(columns, ctx)}${carriedSentences(changes, ctx)}`
}

/** What the new columns have to be given before the old ones go, a line for each column. */
function carriedSentences(changes: readonly TypeChanged[], ctx: RuleContext): string {
  const lines = changes.flatMap(({ table, from: { name } }) => carriedSentence(table, name, `${name}_new`, ctx) ?? [])
  return lines.length === 0
    ? ''
    : `\n${lines.join('\n')} \`schemagate plan\`, or \`/schemagate plan\` in the pull request, writes all of it.`
}

/** True where the rows of a table, or those of others, are found by the column. */
function isKey({ table, from }: TypeChanged, ctx: RuleContext): boolean {
  const own = ctx.before.tables.get(table)?.foreignKeys ?? []
  return isReferred(table, from.name, ctx) || own.some(({ columns }) => columns.includes(from.name))
}

/** Where a domain only asks something of the type that the column has already: the constraint without the domain; null elsewhere. */
function domainAlone({ table, from, to, using }: TypeChanged, ctx: RuleContext): string | null {
  const domain = constrainedDomain(to.type, ctx)
  if (domain === null || using !== null || from.type === null || domain.base !== from.type) return null
  return `Leave the type as it is, and check what \`${domain.name}\` asks for:\n${sql(...checkedAlone(table, from.name, domain, ctx))}\nElse t`
}

/** Where nothing but a limit comes to a text: the constraint that keeps it without another type. */
function limitAlone({ table, from, to, using }: TypeChanged, ctx: RuleContext): string {
  const limit = /^character varying\((\d+)\)$/.exec(to.type ?? '')?.[1]
  if (limit === undefined || using !== null || !/^(?:text|character varying)/.test(from.type ?? '')) return 'T'
  const [name, column] = [sqlName(table, ctx), ident(from.name)]
  const check = ident(withSuffix(`${nameOf(table)}_${from.name}`, '_length'))
  return `To keep the limit alone, leave the type as it is:\n${sql(
    `ALTER TABLE ${name} ADD CONSTRAINT ${check} CHECK (char_length(${column}) <= ${limit}) NOT VALID;`,
  )}\nand validate it ${separateDeploy(ctx)}:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${check};`)}\nElse t`
}
