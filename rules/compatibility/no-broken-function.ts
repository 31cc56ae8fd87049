import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { functionsUsing } from '../shared/function-uses.ts'
import { at } from '../shared/query-words.ts'

export default {
  id: 'no-broken-function',
  severity: 'warning',
  summary:
    'A function or trigger still names a table or column that is dropped or renamed, and fails when it is called next.',
  why: `Postgres does not look into the text of a function: the migration succeeds, and the first call afterwards fails. In a trigger that is every write of its table.`,
  fix: 'Replace the function in the same migration, before the drop or rename.',
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
      title: 'The trigger goes with its table, and nothing else calls it.',
      given: `create table users (id bigint primary key, name text); create function trim_name() returns trigger language plpgsql as $$ begin perform 1 from users where id = new.id; return new; end $$; create trigger trim_name before insert on users for each row execute function trim_name();`,
      sql: `drop table users;`,
      unproven: 'others speak of the drop itself',
    },
  ],
  visit: {
    dropColumn: ({ table, from }, ctx) =>
      ctx.isNewColumn(table, from.name) ? null : broken(table, from.name, 'is dropped', ctx),
    renameColumn: ({ table, from, to }, ctx) =>
      ctx.isNewColumn(table, from) ? null : broken(table, from, `becomes \`${to}\``, ctx),
    dropTable: ({ table }, ctx) => (ctx.isNew(table) ? null : broken(table, null, 'is dropped', ctx)),
    renameTable: ({ table, to }, ctx) =>
      ctx.isNew(table) ? null : broken(table, null, `becomes \`${ctx.name(to)}\``, ctx),
  },
} satisfies Rule

function broken(table: Key, column: string | null, what: string, ctx: RuleContext): Problem | null {
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
  return {
    anySize: true,
    object: column === null ? table : `${table}.${column}`,
    message: `${names} still ${uses.length === 1 ? 'uses' : 'use'} ${said}, which ${what} here: the next call fails.`,
    help: `Replace ${uses.length === 1 ? 'it' : 'them'} in this migration with a body that does without:\n\n${uses.map(({ function: of, statement }) => `- \`${ctx.name(of)}\` at \`${at(statement.place)}\``).join('\n')}`,
  }
}
