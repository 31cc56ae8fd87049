import type { Rule } from '../../src/engine/rule.ts'
import type { Policy } from '../../src/schema/model.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-user-metadata-policy',
  severity: 'error',
  summary: 'A policy that trusts user_metadata trusts what users write about themselves.',
  why: 'Every signed-in user may change the own user_metadata through the API. A role that stands there is a role that anybody can take.',
  fix: 'Use app_metadata, which only the service role can write, or a table of roles.',
  references: ['https://supabase.com/docs/guides/database/postgres/row-level-security#authjwt'],
  sources: ['splinter/0015_rls_references_user_metadata'],
  bad: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, body text);
        alter table notes enable row level security;
        create policy admins on notes for select to authenticated using ((select auth.jwt() -> 'user_metadata' ->> 'role') = 'admin');`,
      message: '`admins` trusts what users write about themselves',
    },
  ],
  good: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, body text);
        alter table notes enable row level security;
        create policy admins on notes for select to authenticated using ((select auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');`,
    },
  ],
  visit: {
    addPolicy: ({ to }, ctx) => (isSupabase(ctx) && trusts(to) ? said(to.name) : null),
    alterPolicy: ({ to }, ctx) => (isSupabase(ctx) && trusts(to) ? said(to.name) : null),
  },
} satisfies Rule

function trusts(policy: Policy): boolean {
  const text = JSON.stringify([policy.using, policy.check, policy.usingNode, policy.checkNode])
  return text.includes('user_metadata') || text.includes('raw_user_meta_data')
}

function said(policy: string) {
  return {
    message: `\`${policy}\` trusts what users write about themselves: everybody can change \`user_metadata\` of their own.`,
    help: 'Read `app_metadata` instead, which only the service role writes.',
  }
}
