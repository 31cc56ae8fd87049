import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, type Key } from '../../src/schema/model.ts'
import { quoteLiteral as literal } from '../../src/schema/sql/quote.ts'
import { addingValue } from '../shared/outside-transaction.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { changedRows } from '../shared/slow.ts'
import { ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'no-enum-recreate',
  severity: 'error',
  summary: 'Taking a value out of an enum by recreating the type rewrites every table that uses it.',
  why: `Postgres cannot drop a value of an enum, so Prisma and Drizzle make a new type and cast each column to it by way of text. The cast writes
    the whole table anew under an ACCESS EXCLUSIVE lock, and fails where a row still holds the value; running instances may go on writing it.`,
  fix: 'Leave the value in the type, and forbid it in the code or with a CHECK constraint that is added NOT VALID.',
  references: ['https://www.postgresql.org/docs/current/datatype-enum.html#DATATYPE-ENUM-IMPLEMENTATION-DETAILS'],
  sources: [
    'prisma/EnumValueRemoval',
    'squawk/changing-column-type',
    'pgfence/alter-column-type',
    'diesel-guard/AlterColumnTypeCheck',
    'pgsafe/alter-column-type',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: true },
  bad: [
    {
      given: `create type role as enum ('member', 'admin', 'guest'); create table users (id bigint primary key, role role not null);`,
      sql: `
        begin;
        create type role_new as enum ('member', 'admin');
        alter table users alter column role type role_new using (role::text::role_new);
        alter type role rename to role_old;
        alter type role_new rename to role;
        drop type role_old;
        commit;`,
      message: 'rewrites `users`',
    },
    {
      title: 'A small table is written anew in a moment, but a row that holds the value makes it fail.',
      given: `create type role as enum ('member', 'admin', 'guest'); create table users (id bigint primary key, role role not null);`,
      rows: { users: 200 },
      sql: `create type role_new as enum ('member', 'admin'); alter table users alter column role type role_new using (role::text::role_new);`,
      message: 'take `guest` out of `role`',
      severity: 'warning',
    },
    {
      title: 'A value that is added needs no other type, under the name that the type had.',
      given: `create type level as enum ('low', 'high'); create table alerts (id bigint primary key, level level not null);`,
      sql: `alter type level rename to level_old; create type level as enum ('low', 'middle', 'high'); alter table alerts alter column level type level using (level::text::level); drop type level_old;`,
      message: 'rewrites `alerts`',
    },
    {
      title: 'A list of values, whose rows an UPDATE has cleared.',
      given: `create type feature as enum ('licensing', 'registry'); create table shops (id bigint primary key, features feature[] not null);`,
      sql: `alter type feature rename to feature_old; create type feature as enum ('licensing'); update shops set features = array_remove(features, 'registry') where 'registry' = any (features); alter table shops alter column features type feature[] using (features::text[]::feature[]); drop type feature_old;`,
      message: 'take `registry` out of `feature`.',
    },
    {
      title: 'The same values in another order.',
      given: `create type level as enum ('high', 'low'); create table alerts (id bigint primary key, level level not null);`,
      sql: `create type level_new as enum ('low', 'high'); alter table alerts alter column level type level_new using (level::text::level_new);`,
      message: 'rewrites `alerts`',
    },
  ],
  good: [
    {
      given: `create type role as enum ('member', 'admin'); create table users (id bigint primary key, role role not null);`,
      sql: `alter type role add value 'guest';`,
    },
    {
      given: `create type role as enum ('member', 'admin', 'guest');`,
      sql: `
        create table users (id bigint primary key, role role not null);
        create type role_new as enum ('member', 'admin');
        alter table users alter column role type role_new using (role::text::role_new);`,
    },
  ],
  visit: {
    alterColumnType({ table, from, to }, ctx) {
      if (ctx.isNew(table) || ctx.isNewColumn(table, from.name) || from.type === null || to.type === null || !ctx.step)
        return
      const bare = (type: string) => type.replaceAll('"', '').replace(/\[\]$/, '')
      const column = { name: from.name, isList: from.type.endsWith('[]') }
      const { enums, defaultSchema } = ctx.step.before
      const enumOf = (type: string) => enums.get(bare(type).includes('.') ? bare(type) : key(defaultSchema, bare(type)))
      const old = enumOf(from.type)
      const made = enumOf(to.type)
      if (!old || !made || old === made) return
      const removed = old.values.filter((value) => !made.values.includes(value))
      const added = made.values.filter((value) => !old.values.includes(value))
      const additions = sql(
        ...added.map(
          (value) =>
            `ALTER TYPE ${sqlName(firstName(key(old.schema, old.name), ctx), ctx)} ADD VALUE ${literal(value)}${placeOf(value, old.values, made.values)};`,
        ),
      )
      const name = nameOf(firstName(key(old.schema, old.name), ctx))
      const fails = areCleared(table, removed, ctx)
        ? ''
        : `, and fails where a row holds ${removed.length === 1 ? 'it' : 'one of them'}`
      const lost =
        removed.length > 0
          ? `, to take ${removed.map((value) => `\`${value}\``).join(', ')} out of \`${name}\`${fails}`
          : ''
      return {
        ...(removed.length > 0 && ctx.size(table) === 'small' ? { anySize: true, severity: 'warning' as const } : {}),
        message: `Casting \`${from.name}\` from \`${from.type}\` to \`${to.type}\` rewrites \`${ctx.name(table)}\` and all its indexes while nobody can read or write it${lost}.`,
        help:
          removed.length > 0
            ? `${rowsSentence(table, ctx)}Leave ${removed.map((value) => `\`${value}\``).join(', ')} in \`${name}\` and stop writing ${removed.length === 1 ? 'it' : 'them'}. A value that nobody uses costs nothing. For Postgres to refuse it:\n${sql(...refused(table, column, removed, ctx))}\nRows that hold it:\n${sql(`SELECT count(*) FROM ${sqlName(table, ctx)} WHERE ${held(column, removed)};`)}${added.length === 0 ? '' : `\nWhat is new is added without touching a row${addingValue(ctx, added.length > 1)}:\n${additions}`}`
            : added.length === 0 && !column.isList
              ? `Both types have the same values, in another order. Leave the type as it is, and sort in the query:\n${sql(`SELECT * FROM ${sqlName(table, ctx)} ORDER BY array_position(ARRAY[${made.values.map(literal).join(', ')}], ${ident(from.name)}::text);`)}`
              : added.length === 0
                ? 'Both types have the same values, in another order. Leave the type as it is.'
                : `${rowsSentence(table, ctx)}Where only values are added, this does it without touching a row${addingValue(ctx, added.length > 1)}:\n${additions}`,
      }
    },
  },
} satisfies Rule

interface Holder {
  readonly name: string
  /** True where a row holds a list of values. */
  readonly isList: boolean
}

/** A condition for the rows that hold one of the values. */
function held({ name, isList }: Holder, values: readonly string[]): string {
  if (isList) return values.map((value) => `${literal(value)} = ANY (${ident(name)})`).join(' OR ')
  return values.length === 1
    ? `${ident(name)} = ${literal(values[0] ?? '')}`
    : `${ident(name)} IN (${values.map(literal).join(', ')})`
}

/** True where an UPDATE or DELETE before the step at hand names each of the values: the rows that held it hold another. */
function areCleared(table: Key, values: readonly string[], ctx: RuleContext): boolean {
  const at = ctx.step === null ? 0 : ctx.steps.indexOf(ctx.step)
  const writes = ctx.steps
    .slice(0, at)
    .filter(({ statement, before }) => changedRows(statement.node, before)?.table === table)
  return values.every((value) => writes.some(({ statement }) => statement.text.includes(literal(value))))
}

/** Lines of SQL that keep the values out of new rows at once, and out of all of them once they are validated. */
function refused(table: Key, column: Holder, values: readonly string[], ctx: RuleContext): readonly string[] {
  const name = sqlName(table, ctx)
  const constraint = ident(withSuffix(`${nameOf(table)}_${column.name}`, '_values'))
  return [
    `ALTER TABLE ${name} ADD CONSTRAINT ${constraint} CHECK (NOT (${held(column, values)})) NOT VALID;`,
    `-- ${separateDeploy(ctx).replaceAll('`', '')}:`,
    `ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint};`,
  ]
}

/** The name that a type has when the pull request begins. */
function firstName(type: Key, ctx: RuleContext): Key {
  const at = ctx.step === null ? 0 : ctx.steps.indexOf(ctx.step)
  let name = type
  for (const change of ctx.steps
    .slice(0, at)
    .flatMap(({ changes }) => changes)
    .toReversed())
    if (change.kind === 'renameType' && change.to === name) name = change.object
  return name
}

/** Where a value that is added stands among the others: nothing at the end. */
function placeOf(value: string, old: readonly string[], made: readonly string[]): string {
  const at = made.indexOf(value)
  if (!made.slice(at).some((each) => old.includes(each))) return ''
  return at === 0 ? ` BEFORE ${literal(old[0] ?? '')}` : ` AFTER ${literal(made[at - 1] ?? '')}`
}
