import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key, Policy } from '../../src/schema/model.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-overlapping-policy',
  severity: 'info',
  summary: 'Two permissive policies for the same role and command are both worked out for every row.',
  why: `Permissive policies are joined with OR: a row is shown where any of them holds, so Postgres asks each of them until one does. One policy with OR in it says the same, and
    whoever reads it sees all that lets a row through.`,
  fix: 'Make one policy of them.',
  references: [
    'https://www.postgresql.org/docs/current/sql-createpolicy.html',
    'https://supabase.com/docs/guides/database/postgres/row-level-security',
  ],
  sources: ['splinter/0006_multiple_permissive_policies'],
  bad: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null, shared boolean not null default false);
        alter table notes enable row level security;
        create policy own on notes for select to authenticated using ((select auth.uid()) = author);
        create policy others on notes for select to authenticated using (shared);`,
      message: '`others` and `own` are both worked out',
    },
  ],
  good: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null, shared boolean not null default false);
        alter table notes enable row level security;
        create policy readable on notes for select to authenticated using ((select auth.uid()) = author or shared);
        create policy own on notes for update to authenticated using ((select auth.uid()) = author);
        create policy guests on notes for select to anon using (shared);`,
    },
  ],
  visit: {
    addPolicy({ table, to }, ctx) {
      const other = isSupabase(ctx) ? overlapping(to, table, ctx) : undefined
      return other === undefined
        ? null
        : {
            object: `${table}.${to.name}`,
            message: `\`${to.name}\` and \`${other.name}\` are both worked out for every row of \`${ctx.name(table)}\`: they hold for the same role and command.`,
            help: 'Join their conditions with OR in one policy.',
          }
    },
  },
} satisfies Rule

/** An earlier policy that is asked together with this one; of several that the pull request adds, the later one is told. */
function overlapping(policy: Policy, table: Key, ctx: RuleContext): Policy | undefined {
  const all = ctx.after.tables.get(table)?.policies ?? []
  const own = all.findIndex((one) => one.name === policy.name)
  const rolesOf = (one: Policy) => (one.roles.length === 0 ? ['public'] : one.roles)
  const isAlone = (one: Policy) => rolesOf(one).every((role) => role === 'service_role')
  return own < 0 || !policy.permissive || isAlone(policy)
    ? undefined
    : all
        .slice(0, own)
        .find(
          (one) =>
            one.permissive &&
            (one.command === policy.command || one.command === 'all' || policy.command === 'all') &&
            !isAlone(one) &&
            rolesOf(one).some(
              (role) => role === 'public' || rolesOf(policy).includes(role) || rolesOf(policy).includes('public'),
            ),
        )
}
