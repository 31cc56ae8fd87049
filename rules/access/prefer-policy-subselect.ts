import type { Rule } from '../../src/engine/rule.ts'
import type { Policy } from '../../src/schema/model.ts'
import { isSupabase } from '../shared/supabase.ts'
import { walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'prefer-policy-subselect',
  severity: 'warning',
  summary: 'A policy that calls auth.uid() outside a subselect calls it again for every row.',
  why: 'The planner cannot tell that the result is the same for all rows. As (select auth.uid()) it is worked out once for the statement, and an index on the column is used.',
  fix: 'Wrap the call: (select auth.uid()).',
  references: ['https://supabase.com/docs/guides/database/postgres/row-level-security#call-functions-with-select'],
  sources: ['splinter/0003_auth_rls_initplan'],
  bad: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null);
        alter table notes enable row level security;
        create policy own on notes for select to authenticated using (auth.uid() = author);`,
      message: '`own` calls `auth.uid()` for every row',
    },
  ],
  good: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null);
        alter table notes enable row level security;
        create policy own on notes for select to authenticated using ((select auth.uid()) = author);`,
    },
  ],
  visit: {
    addPolicy: ({ to }, ctx) => (isSupabase(ctx) ? unwrapped(to) : null),
    alterPolicy: ({ to }, ctx) => (isSupabase(ctx) ? unwrapped(to) : null),
  },
} satisfies Rule

function unwrapped(policy: Policy) {
  let call: string | null = null
  walkTree([policy.usingNode, policy.checkNode], (kind, value) => {
    if (kind === 'SubLink') return false
    const names = kind === 'FuncCall' ? (value['funcname'] as readonly { readonly String?: { readonly sval?: string } }[]).map((n) => n.String?.sval ?? '') : []
    const name = names.join('.')
    if (/^auth\.(?:uid|jwt|role|email)$/.test(name) || /^(?:pg_catalog\.)?current_setting$/.test(name)) call ??= name
    return true
  })
  return call === null ? null : {
    message: `\`${policy.name}\` calls \`${String(call)}()\` for every row.`,
    help: `Write \`(SELECT ${String(call)}(…))\`, which is worked out once for the statement.`,
  }
}
