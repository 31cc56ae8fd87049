import type { Rule } from '../../src/engine/rule.ts'
import { key } from '../../src/schema/model.ts'
import { refusalOf } from '../shared/foreign-keys.ts'
import { walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-foreign-key-to-nothing',
  severity: 'error',
  summary: 'A foreign key to a table or column that is not there, or that is not unique, fails.',
  why: `Postgres needs a primary key, a unique constraint or a unique index without a predicate on exactly the referenced columns, at the moment
    the foreign key is added. Without it the statement fails and the deploy stops.`,
  fix: 'Create what the foreign key refers to before it, with a primary key or unique constraint on the columns.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  sources: [],
  bad: [
    {
      given: `create table teams (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint references users (id)); create index on orders (user_id);`,
      message: 'refers to `users`, which does not exist',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint references users (uid)); create index on orders (user_id);`,
      message: 'refers to a column `uid`',
    },
    {
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `create table orders (id bigint generated always as identity primary key, email text references users (email)); create index on orders (email);`,
      message: 'that nothing makes unique',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, email text not null unique);`,
      sql: `create table orders (id bigint generated always as identity primary key, email text references users (email)); create index on orders (email);`,
    },
    {
      title: 'A table that refers to itself.',
      sql: `create table folders (id bigint generated always as identity primary key, parent_id bigint references folders (id)); create index on folders (parent_id);`,
    },
    {
      title: 'Tables of another schema may come from elsewhere.',
      given: `create table teams (id bigint primary key);`,
      runner: 'supabase',
      sql: `create table profiles (id uuid primary key references auth.users (id) on delete cascade, name text);
        alter table profiles enable row level security;
        create policy own on profiles for select to authenticated using (id = (select auth.uid()));`,
    },
    {
      title: 'What exists is not known.',
      alone: true,
      sql: `alter table orders add constraint orders_user foreign key (user_id) references users (id) not valid;`,
    },
  ],
  visit: {
    statement(statement, ctx) {
      const refused = refusalOf(ctx.step, ctx)
      if (refused === null) return
      const [, column = null, named = null] =
        /^(?:column "([^"]+)" of )?relation "([^"]+)" does not exist$/.exec(refused) ?? []
      const [, kind = null, target = null] =
        /^there is no (unique constraint matching given keys|primary key) for referenced table "([^"]+)"$/.exec(
          refused,
        ) ?? []
      const name = named ?? target
      if (name === null || !refersTo(statement.node, name)) return
      const object = key(ctx.step.before.defaultSchema, name)
      const said = { anySize: true, fails: true, object }
      if (column !== null)
        return {
          ...said,
          message: `This statement fails: its foreign key refers to a column \`${column}\`, and \`${name}\` has none.`,
          help: `Name a column of \`${name}\` that is there.`,
        }
      if (named !== null) {
        // The first migration of a repository may build on tables that were made elsewhere.
        if (ctx.before.tables.size === 0) return
        return {
          ...said,
          message: `This statement fails: its foreign key refers to \`${name}\`, which does not exist.`,
          help: `Create \`${name}\` first, or correct the name.`,
        }
      }
      return {
        ...said,
        message:
          kind === 'primary key'
            ? `This statement fails: its foreign key refers to \`${name}\`, which has no primary key.`
            : `This statement fails: its foreign key refers to columns of \`${name}\` that nothing makes unique.`,
        help: `Give \`${name}\` a primary key or a unique constraint on the referenced columns first, and add the foreign key after it.`,
      }
    },
  },
} satisfies Rule

/** True where a foreign key of the statement refers to a table of that name. */
function refersTo(node: unknown, name: string): boolean {
  let found = false
  walkTree(node, (kind, value) => {
    if (kind === 'Constraint' && (value['pktable'] as { relname?: string } | undefined)?.relname === name) found = true
    return !found
  })
  return found
}
