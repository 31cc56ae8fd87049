import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Table } from '../../src/schema/model.ts'
import { isSupabase } from '../shared/supabase.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-policy',
  severity: 'info',
  summary: 'A table with row level security and no policy gives no rows to anybody but its owner.',
  why: 'Reads come back empty and writes are refused, without an error that says why. For a table that only the service role or the owner uses that is what is wanted.',
  fix: 'Add a policy for each role that may read or write.',
  references: ['https://www.postgresql.org/docs/current/ddl-rowsecurity.html'],
  sources: ['splinter/0008_rls_enabled_no_policy'],
  bad: [
    {
      runner: 'supabase',
      sql: `create table notes (id bigint generated always as identity primary key); alter table notes enable row level security;`,
      message: 'gives no rows',
    },
    {
      sql: `create table notes (id bigint generated always as identity primary key); alter table notes enable row level security;`,
    },
    {
      title: 'A restrictive policy takes away and gives nothing.',
      sql: `
        create table notes (id bigint generated always as identity primary key, author text not null);
        alter table notes enable row level security;
        create policy own on notes as restrictive using (author = current_user);`,
      message: 'its only policy is restrictive',
    },
  ],
  good: [
    {
      sql: `
        create table notes (id bigint generated always as identity primary key, author text not null);
        alter table notes enable row level security;
        create policy own on notes using (author = current_user);`,
    },
    {
      title: 'The table of users that Supabase made, declared for foreign keys to name it.',
      runner: 'supabase',
      given: `create schema auth; create table auth.users (id uuid primary key);`,
      sql: `alter table auth.users enable row level security;`,
    },
    {
      title: 'All tables of a first migration are kept to the owner.',
      sql: `
        create table a (id bigint generated always as identity primary key); alter table a enable row level security;
        create table b (id bigint generated always as identity primary key); alter table b enable row level security;
        create table notes (id bigint generated always as identity primary key); alter table notes enable row level security;`,
    },
    {
      title: 'No table of the schema has policies.',
      given: `create table a (id bigint primary key); alter table a enable row level security; create table b (id bigint primary key); alter table b enable row level security;`,
      sql: `create table notes (id bigint generated always as identity primary key); alter table notes enable row level security;`,
    },
  ],
  visit: {
    setRowSecurity({ table, from, to }, ctx) {
      const after = ctx.after.tables.get(table)
      // Declared so that foreign keys can name it: the platform made it.
      if (isSupabase(ctx) && after?.schema === 'auth') return null
      // Where none of several guarded tables of a schema has a policy, only the owner reads on purpose.
      const guarded = [...ctx.after.tables.values()].filter(
        (other) => other.rowSecurity.enabled && other.schema === after?.schema,
      )
      if (guarded.length > 2 && guarded.every((other) => other.policies.length === 0)) return null
      if (from.enabled || !to.enabled || !after?.complete || !after.rowSecurity.enabled) return null
      if (after.policies.some((policy) => policy.permissive)) return null
      const restrictive = after.policies.length
      return {
        message: `\`${ctx.name(table)}\` gives no rows to anybody but ${isSupabase(ctx) ? 'its owner and the service role' : 'its owner'}: it has row level security and ${restrictive === 0 ? 'no policy' : restrictive === 1 ? 'its only policy is restrictive' : 'all of its policies are restrictive'}.`,
        help: `Unless that is meant, say with \`CREATE POLICY\` who may read and write which rows.${example(after, ctx)}`,
      }
    },
  },
} satisfies Rule

/** A policy for the user whose rows they are, where Supabase knows the user and the table says whose. */
function example(table: Table, ctx: RuleContext): string {
  const owner = table.columns.find(
    ({ name, type }) => type === 'uuid' && /^(?:user|owner|author|profile|created_by)_?(?:id)?$/i.test(name),
  )
  if (owner === undefined || !isSupabase(ctx)) return ''
  return ` For rows of their own:\n${sql(
    `CREATE POLICY ${ident(`${table.name}_own`)} ON ${sqlName(table.key, ctx)} TO authenticated`,
    `  USING (${ident(owner.name)} = (SELECT auth.uid())) WITH CHECK (${ident(owner.name)} = (SELECT auth.uid()));`,
  )}`
}
