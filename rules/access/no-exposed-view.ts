import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { isRevoked, isSupabase } from '../shared/supabase.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-exposed-view',
  severity: 'warning',
  summary:
    'On Supabase the API serves materialized views, foreign tables and views of auth.users in public to everybody.',
  why: `Row level security holds for neither materialized views nor foreign tables, and a view over auth.users hands out the addresses and metadata of all users. The key of the
    API is in every browser.`,
  fix: 'Put it into a schema that the API does not serve, or revoke SELECT from anon and authenticated.',
  references: [
    'https://supabase.com/docs/guides/database/postgres/row-level-security',
    'https://supabase.com/docs/guides/auth/managing-user-data',
  ],
  sources: [
    'splinter/0002_auth_users_exposed',
    'splinter/0016_materialized_view_in_api',
    'splinter/0017_foreign_table_in_api',
  ],
  bad: [
    {
      runner: 'supabase',
      given: `create table notes (id bigint primary key, body text); alter table notes enable row level security;`,
      sql: `create materialized view note_counts as select count(*) from notes;`,
      message: '`note_counts` is open to everybody',
    },
    {
      runner: 'supabase',
      given: `create schema auth; create table auth.users (id uuid primary key, email text);`,
      sql: `create view profiles as select id, email from auth.users;`,
      message: '`profiles` shows `auth.users` to everybody',
      severity: 'error',
    },
    {
      runner: 'supabase',
      given: `create extension postgres_fdw; create server other foreign data wrapper postgres_fdw;`,
      sql: `create foreign table orders (id bigint) server other;`,
      message: '`orders` is open to everybody',
      unproven: 'the extension is missing',
    },
  ],
  good: [
    {
      runner: 'supabase',
      given: `create table notes (id bigint primary key, body text); alter table notes enable row level security; create schema internal;`,
      sql: `create materialized view internal.note_counts as select count(*) from notes;`,
    },
    {
      runner: 'supabase',
      given: `create table notes (id bigint primary key, body text); alter table notes enable row level security;`,
      sql: `create materialized view note_counts as select count(*) from notes; revoke all on note_counts from anon, authenticated;`,
      unproven: 'roles of the platform',
    },
    {
      title: 'Not on Supabase.',
      given: `create table notes (id bigint primary key, body text);`,
      sql: `create materialized view note_counts as select count(*) from notes;`,
    },
  ],
  visit: {
    createView({ object, to }, ctx) {
      const now = ctx.after.views.get(object)
      if (!isSupabase(ctx) || !now || to.schema !== 'public') return null
      const users = now.reads.some(({ table }) => table === 'auth.users')
      if ((!users && !now.materialized) || (now.securityInvoker && !now.materialized) || isRevoked(now.name, ctx))
        return null
      return {
        severity: users ? 'error' : 'warning',
        message: users
          ? `\`${ctx.name(object)}\` shows \`auth.users\` to everybody who has the public key.`
          : `\`${ctx.name(object)}\` is open to everybody: row level security does not hold for a materialized view, and the API serves it with the public key.`,
        help: closed(object, ctx),
      }
    },
    statement({ node, inside }, ctx) {
      if (!isSupabase(ctx) || inside === 'function' || !('CreateForeignTableStmt' in node)) return null
      const relation = node.CreateForeignTableStmt.base?.relation
      const table = relationKey(relation, ctx.after)
      if (!table.startsWith('public.') || isRevoked(relation?.relname ?? '', ctx)) return null
      return {
        object: table,
        message: `\`${ctx.name(table)}\` is open to everybody: row level security does not hold for a foreign table, and the API serves it with the public key.`,
        help: closed(table, ctx),
      }
    },
  },
} satisfies Rule

function closed(object: string, ctx: RuleContext): string {
  return `Put it into a schema that the API does not serve, or close it:\n${sql(`REVOKE ALL ON ${sqlName(object, ctx)} FROM anon, authenticated;`)}`
}
