import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Key } from '../../src/schema/model.ts'
import { functionsUsing, type FunctionUse } from '../shared/function-uses.ts'
import { at } from '../shared/query-words.ts'
import { renamedBody } from '../shared/renamed-body.ts'
import { sql, sqlName, withBody } from '../shared/sql.ts'

export default {
  id: 'no-broken-function',
  severity: 'warning',
  summary:
    'A function or trigger still names a table or column that is dropped or renamed, and fails when it is called next.',
  why: `Postgres does not look into the text of a function: the migration succeeds, and the first call afterwards fails. In a trigger that is every write of its table.`,
  fix: 'Replace the function in the same migration: before a drop, after a rename.',
  references: ['https://www.postgresql.org/docs/current/ddl-depend.html'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text); create function names() returns setof text language sql as $$ select u.name from users u $$;`,
      sql: `alter table users drop column name;`,
      message: '`names` still uses `users.name`',
    },
    {
      title: 'A trigger that writes into a table.',
      given: `create table users (id bigint primary key); create table audit (id bigint generated always as identity primary key, user_id bigint); create function log() returns trigger language plpgsql as $$ begin insert into audit (user_id) values (new.id); return new; end $$; create trigger log after insert on users for each row execute function log();`,
      sql: `alter table audit rename to audits;`,
      message: '`log` still uses `audit`',
    },
    {
      title: 'A column that an UPDATE sets.',
      given: `create table users (id bigint primary key, seen timestamptz); create function seen(who bigint) returns void language sql as $$ update users set seen = now() where id = who $$;`,
      sql: `alter table users rename column seen to seen_at;`,
      message: '`seen` still uses `users.seen`',
    },
    {
      title: 'What PL/pgSQL gives back, loops over or looks up in an expression.',
      given: `create table users (id bigint primary key, name text); create function names() returns setof text language plpgsql as $$ begin return query select u.name from users u; end $$; create function has_name(who bigint) returns boolean language plpgsql as $$ begin if exists (select 1 from users where id = who and name <> '') then return true; end if; return false; end $$; create function all_names() returns text language plpgsql as $$ declare total text := ''; u record; begin for u in select id, name from users loop total := total || u.name; end loop; return total; end $$;`,
      sql: `alter table users drop column name;`,
      message: '`names`, `has_name`, `all_names` still use `users.name`',
    },
    {
      title: 'A name that could be the field of a record is not replaced.',
      given: `create table users (id bigint primary key, name text); create function all_names() returns text language plpgsql as $$ declare total text := ''; u record; begin for u in select id, name from users loop total := total || u.name; end loop; return total; end $$;`,
      sql: `alter table users rename column name to full_name;`,
      message: '`all_names` still uses `users.name`',
    },
    {
      title: 'The column behind a variable of its type.',
      given: `create table users (id bigint primary key, name text); create function greet(greeting text) returns text language plpgsql as $$ declare who users.name%type := greeting; begin return who; end $$;`,
      sql: `alter table users rename column name to full_name;`,
      message: '`greet` still uses `users.name`',
    },
    {
      title: 'What a trigger sets in the row.',
      given: `create table users (id bigint primary key, name text); create function lower_name() returns trigger language plpgsql as $$ begin new.name := lower(new.name); return new; end $$; create trigger lower_name before insert on users for each row execute function lower_name();`,
      sql: `alter table users rename column name to full_name;`,
      message: '`lower_name` still uses `users.name`',
    },
    {
      title: 'Of a file on its own too, where what is there before is given.',
      alone: true,
      given: `create table users (id bigint primary key, name text); create function names() returns setof text language sql as $$ select u.name from users u $$;`,
      sql: `alter table users rename column name to full_name;`,
      message: '`names` still uses `users.name`',
    },
  ],
  good: [
    {
      title: 'The same migration replaces it.',
      given: `create table users (id bigint primary key, name text); create function names() returns setof text language sql as $$ select name from users $$;`,
      sql: `create or replace function names() returns setof text language sql as $$ select id::text from users $$; alter table users drop column name;`,
      unproven: 'others speak of the drop itself',
    },
    {
      title: 'A column of the same name of another table.',
      given: `create table users (id bigint primary key, name text); create table teams (id bigint primary key, name text); create function names() returns setof text language sql as $$ select t.name from teams t join users u on u.id = t.id $$;`,
      sql: `alter table users drop column name;`,
      unproven: 'others speak of the drop itself',
    },
    {
      title: 'A variable of the same name.',
      given: `create table users (id bigint primary key, name text); create function how_many() returns bigint language plpgsql as $$ declare name text := 'a'; total bigint; begin total := (select count(*) from users u where u.id > 0); raise notice '% %', name, total; return total + length(name) + (select count(*) from users); end $$;`,
      sql: `alter table users drop column name;`,
      unproven: 'others speak of the drop itself',
    },
    {
      title: 'The trigger goes with its table, and nothing else calls it.',
      given: `create table users (id bigint primary key, name text); create function trim_name() returns trigger language plpgsql as $$ begin perform 1 from users where id = new.id; return new; end $$; create trigger trim_name before insert on users for each row execute function trim_name();`,
      sql: `drop table users;`,
      unproven: 'others speak of the drop itself',
    },
  ],
  visit: {
    dropColumn: ({ table, from }, ctx) =>
      ctx.isNewColumn(table, from.name) ? null : broken({ table, column: from.name, to: null }, ctx),
    renameColumn: ({ table, from, to }, ctx) =>
      ctx.isNewColumn(table, from) ? null : broken({ table, column: from, to }, ctx),
    dropTable: ({ table }, ctx) => (ctx.isNew(table) ? null : broken({ table, column: null, to: null }, ctx)),
    renameTable: ({ table, to }, ctx) => (ctx.isNew(table) ? null : broken({ table, column: null, to }, ctx)),
  },
} satisfies Rule

/** What goes: a table, or one of its columns. `to` is the new name, a key for a table; null for a drop. */
interface Gone {
  readonly table: Key
  readonly column: string | null
  readonly to: string | null
}

function broken(gone: Gone, ctx: RuleContext): Problem | null {
  const { table, column, to } = gone
  const after = ctx.after.tables.get(table)
  // What is there again under the name serves the function.
  if (
    column === null
      ? after !== undefined || ctx.after.views.has(table)
      : after?.columns.some(({ name }) => name === column)
  )
    return null
  const uses = functionsUsing(ctx, table, column)
  if (uses.length === 0) return null
  const names = uses.map((use) => `\`${ctx.name(use.function)}\``).join(', ')
  const said = column === null ? `\`${ctx.name(table)}\`` : `\`${ctx.name(table)}.${column}\``
  const what = to === null ? 'is dropped' : `becomes \`${column === null ? ctx.name(to) : to}\``
  return {
    anySize: true,
    object: column === null ? table : `${table}.${column}`,
    message: `${names} still ${uses.length === 1 ? 'uses' : 'use'} ${said}, which ${what} here: the next call fails.`,
    help: replacement(uses, gone, ctx),
  }
}

/** The functions with the new name, where nothing else in them could be meant; else what shows their bodies, and where each names what goes. */
function replacement(uses: readonly FunctionUse[], { table, column, to }: Gone, ctx: RuleContext): string {
  const it = uses.length === 1 ? 'it' : 'them'
  const made = uses.map((use) =>
    to === null ? null : renamedBody(use, table, column, column === null ? nameOf(to) : to, ctx),
  )
  if (made.every((each) => each !== null))
    return `Replace ${it} right after the rename, in the same transaction:\n${sql(...made.map((each) => withBody(each, ctx)))}`
  const order =
    to === null ? `with a body that does without, before the drop` : `with the new name, right after the rename`
  return `Replace ${it} in this migration ${order}. The body that is there now:\n${sql(...uses.map((use) => bodyQuery(use, ctx)))}\nWhat uses it stands here:\n\n${uses.map(({ function: of, place }) => `- \`${ctx.name(of)}\` at \`${at(place)}\``).join('\n')}`
}

function bodyQuery({ function: of, arguments: types }: FunctionUse, ctx: RuleContext): string {
  return types.every((type) => type !== null)
    ? `SELECT pg_get_functiondef('${`${sqlName(of, ctx)}(${types.join(', ')})`.replaceAll("'", "''")}'::regprocedure);`
    : `SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = '${nameOf(of).replaceAll("'", "''")}';`
}
