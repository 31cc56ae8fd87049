import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, type Key } from '../../src/schema/model.ts'
import {
  referencesTo,
  restingOn,
  triggersOf,
  typeDependents,
  viewDependents,
  viewsOn,
  type Dependent,
} from '../shared/depends.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'no-drop-cascade',
  severity: 'error',
  summary: 'DROP ... CASCADE also drops whatever depends on the object, without saying what that is.',
  why: `Views, foreign keys, policies, defaults and columns of other tables go with it. The statement names none of them, and what it takes along differs between a
    developer's database and production.`,
  fix: 'Drop what depends on it by name first, then the object without CASCADE: Postgres refuses where something was forgotten.',
  references: ['https://www.postgresql.org/docs/current/ddl-depend.html'],
  approvable: true,
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text); create view names as select name from users;`,
      sql: `alter table users drop column name cascade;`,
      message: 'takes along the view `names`',
      unproven: 'others speak of the column itself',
    },
    {
      title: 'A foreign key of another table, and a column that is computed from it.',
      given: `create table users (id bigint primary key, code text unique, upper_code text generated always as (upper(code)) stored); create table orders (id bigint primary key, code text references users (code)); create index on orders (code);`,
      sql: `alter table users drop column code cascade;`,
      message: 'takes along the generated column `upper_code`, the foreign key `orders_code_fkey` of `orders`',
      unproven: 'others speak of the column itself',
    },
    {
      title: 'A type that columns use.',
      given: `create type mood as enum ('ok'); create table users (id bigint primary key, mood mood);`,
      sql: `drop type mood cascade;`,
      message: 'takes along the column `users.mood`',
    },
    {
      title: 'What is not known may have dependents: a warning.',
      alone: true,
      sql: `drop function total(int) cascade;`,
      severity: 'warning',
    },
    {
      title: 'Of a table that is not known it is information: the drop itself is what counts.',
      alone: true,
      sql: `drop table users cascade;`,
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'By name, what depends on it first.',
      given: `create table users (id bigint primary key, name text); create view names as select name from users;`,
      sql: `drop view names;`,
      unproven: 'others speak of the view',
    },
    {
      title: 'The table that refers to it is dropped too.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users);`,
      sql: `drop table users cascade; drop table orders;`,
      unproven: 'others speak of the tables',
    },
    { title: 'Nothing depends on it.', given: `create type mood as enum ('ok');`, sql: `drop type mood cascade;` },
    { sql: `create table users (id bigint generated always as identity primary key); drop table users cascade;` },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside === 'function') return
      if ('DropStmt' in node && node.DropStmt.behavior === 'DROP_CASCADE') {
        const kind = node.DropStmt.removeType ?? ''
        if (kind === 'OBJECT_SCHEMA' || kind === 'OBJECT_TRIGGER' || kind === 'OBJECT_POLICY' || kind === 'OBJECT_RULE')
          return
        for (const object of node.DropStmt.objects ?? []) {
          const name = nameIn(object)
          if (name === null) continue
          const of = key(name.schema ?? ctx.step.before.defaultSchema, name.name)
          if (ctx.isNew(of) || createdHere(of, ctx)) continue
          yield* said(of, taken(kind, of, ctx), isKnown(kind, of, ctx), ctx, kind === 'OBJECT_TABLE')
        }
      }
      for (const change of ctx.step.changes) {
        if (change.kind === 'dropColumn' && change.cascade && !ctx.isNew(change.table)) {
          const of = change.from.name
          const taken = [
            ...viewsOn(ctx.step.before, change.table, of),
            ...restingOn(ctx.step.before, change.table, of),
            ...references(change.table, ctx).filter((each) => each.columns.includes(of)),
          ]
          yield* said(`${change.table}.${of}`, taken, !ctx.alone, ctx, true)
        }
        if (
          change.kind === 'dropConstraint' &&
          change.cascade &&
          !ctx.isNew(change.table) &&
          change.constraint !== null &&
          (change.constraint.type === 'primaryKey' || change.constraint.type === 'unique')
        ) {
          const { columns } = change.constraint.is
          const taken = references(change.table, ctx).filter(
            (each) => each.columns.length === 0 || each.columns.join() === columns.join(),
          )
          yield* said(`${change.table}.${change.name}`, taken, !ctx.alone, ctx)
        }
      }
    },
  },
} satisfies Rule

/** `isOthers` where another rule speaks of the drop already. */
function* said(object: string, dependents: readonly Dependent[], known: boolean, ctx: RuleContext, isOthers = false) {
  if (dependents.length === 0 && known) return
  const name = ctx.name(object)
  yield {
    anySize: true,
    object,
    ...(dependents.length === 0 ? { severity: isOthers ? ('info' as const) : ('warning' as const) } : {}),
    message:
      dependents.length === 0
        ? `Dropping \`${name}\` with CASCADE also drops whatever depends on it.`
        : `Dropping \`${name}\` with CASCADE takes along ${list(dependents.map((each) => each.said))}.`,
    help:
      dependents.length === 0
        ? `Leave CASCADE out. Where something depends on it, Postgres refuses and names it; drop that by name first.\n${sql(`${without(ctx.step?.statement.text ?? '')};`)}`
        : `Where that is meant, drop what goes by name, and leave CASCADE out:\n${sql(...dependents.map((each) => each.drop), `${without(ctx.step?.statement.text ?? '')};`)}`,
  }
}

/** The statement without its CASCADE. */
const without = (text: string) => text.replace(/\s+cascade\b(?!.*\bcascade\b)/is, '')

function list(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
}

function nameIn(object: unknown): { readonly schema: string | null; readonly name: string } | null {
  const names = [...JSON.stringify(object).matchAll(/"sval":"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '')
  const own = JSON.stringify(object).startsWith('{"ObjectWithArgs"') ? names.slice(0, 1) : names.slice(-2)
  const last = own.at(-1)
  return last === undefined ? null : { schema: own.length > 1 ? (own.at(-2) ?? null) : null, name: last }
}

/** Foreign keys of tables that the pull request drops as well do not count. */
function references(table: Key, ctx: RuleContext) {
  return referencesTo(ctx.step?.before ?? ctx.before, table).filter(
    ({ from }) => ctx.alone || ctx.after.tables.has(from),
  )
}

/** What goes with an object, as far as the schema tells. */
function taken(kind: string, of: Key, ctx: RuleContext): readonly Dependent[] {
  const before = ctx.step?.before
  if (before === undefined) return []
  if (kind === 'OBJECT_TABLE') return [...references(of, ctx), ...viewDependents(before, of)]
  if (kind === 'OBJECT_VIEW' || kind === 'OBJECT_MATVIEW') return viewDependents(before, of)
  if (kind === 'OBJECT_TYPE' || kind === 'OBJECT_DOMAIN') return typeDependents(before, of)
  if (kind === 'OBJECT_FUNCTION') return triggersOf(before, of)
  return []
}

/** True where the schema would show every dependent: an object of a kind whose dependents are followed, in a database that is known. */
function isKnown(kind: string, of: Key, ctx: RuleContext): boolean {
  const before = ctx.step?.before
  if (before === undefined || ctx.alone) return false
  if (kind === 'OBJECT_FUNCTION' || kind === 'OBJECT_SEQUENCE' || kind === 'OBJECT_EXTENSION')
    return !before.functions.has(of) && kind === 'OBJECT_FUNCTION'
  return true
}

function createdHere(of: Key, ctx: RuleContext): boolean {
  return ctx.steps.some((step) =>
    step.changes.some(
      (change) =>
        'object' in change &&
        change.object === of &&
        change.kind.startsWith('create') &&
        !('from' in change && change.from !== null),
    ),
  )
}
