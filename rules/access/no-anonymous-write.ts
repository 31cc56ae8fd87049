import type { Policy } from '../../src/schema/model.ts'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { walkTree } from '../shared/sql-tree.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-anonymous-write',
  severity: 'info',
  summary: 'On Supabase a policy for authenticated also holds for users who signed in without an account.',
  why: `Anonymous sign-ins get the role authenticated. Only the claim is_anonymous of the token tells them apart, so a policy that does not ask for it lets everybody
    write who presses a button. It is said where other policies of the schema ask for the claim, so that somebody thought of it there.`,
  fix: 'Add a restrictive policy that asks for the claim, or ask for it in the policy.',
  references: ['https://supabase.com/docs/guides/auth/auth-anonymous#access-control'],
  sources: ['splinter/0012_auth_allow_anonymous_sign_ins'],
  bad: [
    {
      runner: 'supabase',
      given: `
        create table notes (id bigint primary key, author uuid not null); alter table notes enable row level security; create index on notes (author);
        create policy notes_write on notes for insert to authenticated with check ((select (auth.jwt() ->> 'is_anonymous')::boolean) is false and author = (select auth.uid()));`,
      sql: `
        create table files (id bigint generated always as identity primary key, author uuid not null); alter table files enable row level security; create index on files (author);
        create policy files_write on files for insert to authenticated with check (author = (select auth.uid()));`,
      message: '`files_write` also lets users who signed in without an account write `files`',
    },
  ],
  good: [
    {
      title: 'A restrictive policy asks for it.',
      runner: 'supabase',
      given: `
        create table notes (id bigint primary key, author uuid not null); alter table notes enable row level security; create index on notes (author);
        create policy notes_write on notes for insert to authenticated with check ((select (auth.jwt() ->> 'is_anonymous')::boolean) is false and author = (select auth.uid()));`,
      sql: `
        create table files (id bigint generated always as identity primary key, author uuid not null); alter table files enable row level security; create index on files (author);
        create policy files_write on files for insert to authenticated with check (author = (select auth.uid()));
        create policy files_known on files as restrictive to authenticated using ((select (auth.jwt() ->> 'is_anonymous')::boolean) is false);`,
    },
    {
      title: 'No policy asks: the project has no anonymous sign-ins.',
      runner: 'supabase',
      sql: `
        create table files (id bigint generated always as identity primary key, author uuid not null); alter table files enable row level security; create index on files (author);
        create policy files_write on files for insert to authenticated with check (author = (select auth.uid()));`,
    },
  ],
  visit: {
    addPolicy({ table, to }, ctx) {
      if (!isSupabase(ctx) || to.command === 'select' || !to.permissive || !to.roles.includes('authenticated'))
        return null
      const own = ctx.after.tables.get(table)?.policies ?? []
      if (own.some(asks) || ![...ctx.after.tables.values()].some((other) => other.policies.some(asks))) return null
      return {
        message: `\`${to.name}\` also lets users who signed in without an account write \`${ctx.name(table)}\`.`,
        help: restrictive(table, ctx),
      }
    },
  },
} satisfies Rule

function asks(policy: Policy): boolean {
  let found = false
  walkTree([policy.usingNode, policy.checkNode], (kind, value) => {
    if (kind === 'A_Const' && (value['sval'] as { readonly sval?: string } | undefined)?.sval === 'is_anonymous')
      found = true
    return !found
  })
  return found
}

function restrictive(table: string, ctx: RuleContext): string {
  const name = ident(`${table.slice(table.indexOf('.') + 1)}_no_anonymous`)
  return `Where that is not meant:\n${sql(
    `CREATE POLICY ${name} ON ${sqlName(table, ctx)} AS RESTRICTIVE TO authenticated`,
    `  USING ((SELECT (auth.jwt() ->> 'is_anonymous')::boolean) IS FALSE);`,
  )}`
}
