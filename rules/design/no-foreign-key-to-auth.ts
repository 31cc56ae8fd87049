import type { Rule } from '../../src/engine/rule.ts'
import { newForeignKeys, parentOf } from '../shared/foreign-keys.ts'

export default {
  id: 'no-foreign-key-to-auth',
  severity: 'warning',
  summary:
    'A foreign key to a column of auth.users other than its primary key keeps Supabase from restoring or updating the table.',
  why: `Supabase owns auth.users and changes its constraints with its own migrations. The primary key stays; a unique constraint that your table rests on cannot be
    dropped or replaced, so an update of the platform or a restore fails.`,
  fix: 'Refer to auth.users (id).',
  references: ['https://supabase.com/docs/guides/auth/managing-user-data'],
  sources: ['splinter/0021_fkey_to_auth_unique'],
  bad: [
    {
      runner: 'supabase',
      given: `create schema auth; create table auth.users (id uuid primary key, email text unique);`,
      sql: `create table invites (id bigint generated always as identity primary key, email text references auth.users (email) on delete cascade); alter table invites enable row level security; create index on invites (email);`,
      message: 'refers to `auth.users (email)`',
    },
  ],
  good: [
    {
      runner: 'supabase',
      given: `create schema auth; create table auth.users (id uuid primary key, email text unique);`,
      sql: `create table profiles (id uuid primary key references auth.users (id) on delete cascade); alter table profiles enable row level security;`,
    },
  ],
  visit: newForeignKeys((foreignKey, table, ctx) => {
    const { columns } = foreignKey.references
    if (parentOf(foreignKey) !== 'auth.users' || columns.length === 0 || columns.join() === 'id') return null
    return {
      anySize: true,
      message: `\`${foreignKey.columns.join(', ')}\` of \`${ctx.name(table)}\` refers to \`auth.users (${columns.join(', ')})\`, whose constraint belongs to Supabase: its updates and restores fail while this holds it.`,
      help: 'Keep the `id` of the user, with `REFERENCES auth.users (id)`, and read the rest through it.',
    }
  }),
} satisfies Rule
