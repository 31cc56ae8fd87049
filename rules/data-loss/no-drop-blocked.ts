import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { key, nameOf } from '../../src/schema/model.ts'
import { referencesTo, restingOn, typeDependents, viewDependents, viewsOn, type Dependent } from '../shared/depends.ts'
import { firstRefusal } from '../shared/foreign-keys.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { ident, sql } from '../shared/sql.ts'

export default {
  id: 'no-drop-blocked',
  severity: 'error',
  summary: 'Postgres refuses to drop what a view, a foreign key, a policy or a generated column still needs.',
  why: `The statement fails ("cannot drop … because other objects depend on it"), and with it the migration and the deploy. CASCADE gets around it by dropping those
    objects too, which is hardly what is wanted.`,
  fix: 'Drop what depends on it by name first, in the same transaction, then the object itself.',
  references: ['https://www.postgresql.org/docs/current/ddl-depend.html'],
  sources: [],
  claims: { fails: '2BP01' },
  bad: [
    {
      given: `create table users (id bigint primary key, name text); create view names as select name from users;`,
      sql: `alter table users drop column name;`,
      message: 'the view `names` needs it',
    },
    {
      title: 'A foreign key of another table.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users); create index on orders (user_id);`,
      sql: `drop table users;`,
      message: 'the foreign key `orders_user_id_fkey` of `orders` needs it',
    },
    {
      title: 'The key that a foreign key rests on.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users); create index on orders (user_id);`,
      sql: `alter table users drop constraint users_pkey;`,
      message: 'the foreign key `orders_user_id_fkey` of `orders`',
    },
    {
      title: 'Another table of its name, in a schema that is not on the search path.',
      given: `create schema auth; create table auth.users (id bigint primary key); create table auth.sessions (id bigint primary key, user_id bigint references auth.users (id)); create index on auth.sessions (user_id); create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users (id)); create index on orders (user_id);`,
      sql: `drop table users;`,
      message: 'the foreign key `orders_user_id_fkey` of `orders` needs it',
    },
    {
      title: 'A type that columns use.',
      given: `create type mood as enum ('ok'); create table users (id bigint primary key, mood mood);`,
      sql: `drop type mood;`,
      message: 'the column `users.mood` needs it',
    },
    {
      title: 'A generated column, from PostgreSQL 15 on; before, it goes along.',
      postgres: 18,
      given: `create table users (id bigint primary key, name text, upper_name text generated always as (upper(name)) stored);`,
      sql: `alter table users drop column name;`,
      message: 'the generated column `upper_name` needs it',
    },
    {
      title: 'A trigger that is for updates of it.',
      given: `create table users (id bigint primary key, name text); create function touch() returns trigger language plpgsql as $$ begin return new; end $$; create trigger touch before update of name on users for each row execute function touch();`,
      sql: `alter table users drop column name;`,
      message: 'the trigger `touch` needs it',
    },
    {
      title: 'The index of a constraint.',
      given: `create table users (id bigint primary key, email text unique);`,
      sql: `drop index users_email_key;`,
      message: 'the constraint `users_email_key` of `users` needs it',
    },
  ],
  good: [
    {
      title: 'The view is dropped first.',
      given: `create table users (id bigint primary key, mood text); create view moods as select mood from users;`,
      sql: `drop view moods; alter table users rename constraint users_pkey to users_key;`,
      unproven: 'others speak of the view',
    },
    {
      title: 'Both go in one statement.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users); create index on orders (user_id);`,
      sql: `drop table orders, users;`,
      unproven: 'others speak of the tables',
    },
    {
      title: 'Before PostgreSQL 15 a generated column goes with what it is computed from.',
      postgres: 14,
      given: `create table users (id bigint primary key, name text, upper_name text generated always as (upper(name)) stored);`,
      sql: `alter table users drop column name;`,
      unproven: 'others speak of the column',
    },
    {
      title: 'An index on an expression goes with its column, which the database sees to.',
      given: `create table users (id bigint primary key, name text); create index on users (lower(name));`,
      sql: `drop index concurrently users_lower_idx;`,
      runner: 'psql',
    },
  ],
  visit: {
    statement({ inside, text }, ctx) {
      const refused = inside === 'function' ? null : firstRefusal(ctx.step, ctx)
      if (refused === null) return
      const index = /^cannot drop index (.+) because constraint (.+) on table (.+) requires it$/.exec(refused)
      const dropped = index ? null : /^cannot drop (.+?) because other objects depend on it$/.exec(refused)
      if (!index && !dropped) return
      const what = index ? `index ${index[1]}` : (dropped?.[1] ?? '')
      const dependents = index ? [] : dependentsOf(what, ctx)
      const needs = index ? [`the constraint \`${index[2]}\` of \`${index[3]}\``] : dependents.map((each) => each.said)
      const object = /^(?:column|constraint) "?([^"]+)"? (?:of|on) table "?([^"]+)"?$/.exec(what)
      const said = object
        ? `\`${object[2]}.${object[1]}\``
        : `\`${what.replace(/^(?:table|view|type|index|function|sequence|schema) /, '')}\``
      return {
        anySize: true,
        fails: true,
        message: `Dropping ${said} fails: ${needs.length === 0 ? 'other objects need it' : `${needs.join(', ')} ${needs.length === 1 ? 'needs' : 'need'} it`}.`,
        help: index
          ? `Drop the constraint, which takes its index along:\n${sql(`ALTER TABLE ${ident(index[3] ?? '')} DROP CONSTRAINT ${ident(index[2] ?? '')};`)}`
          : dependents.length === 0
            ? 'Drop what depends on it first, in the same transaction, where that is meant.'
            : `Where that is meant, drop what needs it first, in the same transaction:\n${sql(...dependents.map((each) => each.drop), `${text};`)}`,
      }
    },
  },
} satisfies Rule

/** What keeps an object, named as Postgres does in its error, from being dropped; empty where the schema does not tell. */
function dependentsOf(what: string, ctx: RuleContext): readonly Dependent[] {
  const schema = ctx.step?.before ?? ctx.before
  const [, kind = '', name = '', , table = ''] =
    /^(table|view|type|column|constraint) "?([^"]+?)"?( (?:of|on) table "?([^"]+?)"?)?$/.exec(what) ?? []
  const { tables, views, enums, domains, types } = schema
  const all = [tables, views, enums, domains, types].flatMap((each) => [...each.keys()])
  // The error leaves the schema out of a name on the search path.
  const onPath = (of: string) => [relationKey({ relname: of }, schema), key(schema.defaultSchema, of)]
  const at = (of: string): Key =>
    [...onPath(of).filter((each) => all.includes(each)), ...all].find((each) => each === of || nameOf(each) === of) ??
    key(schema.defaultSchema, of)
  const references = (of: Key, columns: (referenced: readonly string[]) => boolean) =>
    referencesTo(schema, of).filter((each) => columns(each.columns))
  switch (kind) {
    case 'table':
      return [...references(at(name), () => true), ...viewDependents(schema, at(name))]
    case 'view':
      return viewDependents(schema, at(name))
    case 'type':
      return typeDependents(schema, at(name))
    case 'column':
      return [
        ...references(at(table), (columns) => columns.includes(name)),
        ...viewsOn(schema, at(table), name),
        ...restingOn(schema, at(table), name),
      ]
    case 'constraint': {
      const known = schema.tables.get(at(table))
      const columns = [known?.primaryKey, ...(known?.uniques ?? [])].find((each) => each?.name === name)?.columns ?? []
      return references(at(table), (referenced) => referenced.join() === columns.join())
    }
    default:
      return []
  }
}
