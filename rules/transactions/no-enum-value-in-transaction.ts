import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Key } from '../../src/schema/model.ts'
import type { Step } from '../../src/step.ts'
import { createEnum } from '../../src/schema/sql/ddl.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { sql } from '../shared/sql.ts'
import { sentence } from '../shared/words.ts'
import { separateDeploy } from '../shared/deploys.ts'

export default {
  id: 'no-enum-value-in-transaction',
  severity: 'error',
  summary: 'A new value of an enum cannot be used in the transaction that adds it.',
  why: `Postgres answers "unsafe use of new value" to an INSERT, UPDATE, DEFAULT or CHECK that names the value before the transaction that adds it has
    committed. Below PostgreSQL 12 ADD VALUE cannot run in a transaction at all.`,
  fix: 'Add the value in a migration of its own and use it in a later one.',
  references: ['https://www.postgresql.org/docs/current/sql-altertype.html#id-1.9.3.42.7'],
  sources: ['pgfence/alter-enum-add-value', 'pgls/avoidAlterEnumAddValue'],
  claims: { fails: '55P04', from: 12 },
  bad: [
    {
      given: `create type role as enum ('member', 'admin'); create table users (id bigint primary key, role role not null default 'member');`,
      sql: `begin; alter type role add value 'guest'; alter table users alter column role set default 'guest'; commit;`,
      message: 'uses `guest` before',
    },
    {
      title: 'Below PostgreSQL 17 it makes no difference that the same transaction makes the type.',
      postgres: 16,
      sql: `begin; create type role as enum ('member'); alter type role add value 'guest'; create table users (id bigint primary key, role role not null default 'guest'); commit;`,
      message: 'uses `guest` before',
    },
    {
      title: 'Drizzle runs all pending migrations in one transaction.',
      runner: 'drizzle@0.45',
      given: `create type role as enum ('member', 'admin'); create table users (id bigint primary key, role role not null default 'member');`,
      sql: [`alter type role add value 'guest';`, `alter table users alter column role set default 'guest';`],
      unproven: "the transaction is the runner's",
    },
  ],
  good: [
    {
      runner: 'prisma@6',
      given: `create type role as enum ('member', 'admin'); create table users (id bigint primary key, role role not null default 'member');`,
      sql: [`alter type role add value 'guest';`, `alter table users alter column role set default 'guest';`],
    },
    {
      title: 'A type that the same transaction makes is free to use, from PostgreSQL 17 on.',
      postgres: 17,
      sql: `begin; create type role as enum ('member'); alter type role add value 'guest'; create table users (id bigint primary key, role role not null default 'guest'); commit;`,
    },
    {
      given: `create type role as enum ('member', 'admin');`,
      sql: `alter type role add value 'guest' after 'member';`,
    },
    {
      title: 'A value of another type, or a text, may read the same.',
      given: `create type role as enum ('member', 'admin'); create table users (id bigint primary key, role role not null default 'member'); create table settings (name text primary key);`,
      sql: `begin; alter type role add value 'guest'; create type pass as enum ('guest', 'owner'); insert into settings (name) values ('guest'); commit;`,
    },
  ],
  visit: {
    *addEnumValue({ object, value }, ctx) {
      const { step } = ctx
      if (!step || step.transaction.block === null) return
      const at = ctx.transaction.indexOf(step)
      if (
        ctx.postgres >= 17 &&
        ctx.transaction
          .slice(0, at)
          .some((other) => other.changes.some((change) => change.kind === 'createEnum' && change.object === object))
      )
        return
      const written = inCreateType(object, ctx)
      if (ctx.postgres < 12) {
        if (step.transaction.block)
          yield {
            anySize: true,
            fails: true,
            message: `\`ADD VALUE\` to \`${ctx.name(object)}\` fails in a transaction below PostgreSQL 12: ${step.transaction.because}.`,
            help: written ?? `${sentence(outsideTransaction(ctx).how)}:\n${sql(`${step.statement.text};`)}`,
          }
        return
      }
      const literal = `'${value.replaceAll("'", "''")}'`
      const user = ctx.transaction
        .slice(at + 1)
        .find(
          (other) =>
            other.statement.inside !== 'function' &&
            other.statement.text.includes(literal) &&
            !other.changes.some((change) => change.kind === 'addEnumValue' || change.kind === 'createEnum') &&
            isAbout(other, object),
        )
      if (!user) return
      yield {
        place: user.statement.place,
        anySize: true,
        fails: true,
        message: `This uses \`${value}\` before the transaction that adds it to \`${ctx.name(object)}\` has committed, so it fails: ${step.transaction.because}.`,
        help: written ?? `Use \`${value}\` ${separateDeploy(ctx)}:\n${sql(`${user.statement.text};`)}`,
      }
    },
  },
} satisfies Rule

/** True for a statement that names the type or a table with a column of it; where no table is known to have one, for all. */
function isAbout({ statement, before, after }: Step, type: Key): boolean {
  const words = new Set(
    statement.text.match(/"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*/gu)?.map((word) => word.replaceAll('"', '').toLowerCase()),
  )
  const isNamed = (name: string) => words.has(name.toLowerCase())
  const isOfType = (column: string | null) => {
    const bare = column?.replaceAll('"', '').replace(/\[\]$/, '')
    return bare === type || bare === nameOf(type)
  }
  const tables = [before, after].flatMap(({ tables }) => [...tables.values()])
  const users = tables.filter(({ columns }) => columns.some((column) => isOfType(column.type)))
  return users.length === 0 || isNamed(nameOf(type)) || users.some(({ name }) => isNamed(name))
}

/** The CREATE TYPE of the same transaction with the value among its others; null where the type is older. */
function inCreateType(object: Key, ctx: RuleContext): string | null {
  const made = ctx.transaction.some(({ changes }) =>
    changes.some((change) => change.kind === 'createEnum' && change.object === object),
  )
  const type = made ? ctx.step?.after.enums.get(object) : undefined
  return type === undefined
    ? null
    : `Give it to the type where it is made, and leave ADD VALUE out:\n${sql(`${createEnum(type, ctx.before.defaultSchema)};`)}`
}
