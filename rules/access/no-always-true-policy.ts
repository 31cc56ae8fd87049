import type { Rule } from '../../src/engine/rule.ts'
import type { Policy } from '../../src/schema/model.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-always-true-policy',
  severity: 'error',
  summary: 'A policy that is true for every row lets everybody write the rows of everybody.',
  why: `Permissive policies are joined with OR, so one that is always true makes the others meaningless. On Supabase the roles anon and authenticated are
    whoever opens the page or signs up.`,
  fix: 'Compare a column of the row with the user, (select auth.uid()) = user_id.',
  references: [
    'https://supabase.com/docs/guides/database/postgres/row-level-security',
    'https://www.postgresql.org/docs/current/sql-createpolicy.html',
  ],
  sources: ['splinter/0024_rls_policy_always_true'],
  bad: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, body text);
        alter table notes enable row level security;
        create policy everybody on notes for all to authenticated using (true) with check (true);`,
      message: '`everybody` lets `authenticated` write every row',
    },
    {
      runner: 'supabase',
      sql: `
        create table votes (id bigint generated always as identity primary key, body text);
        alter table votes enable row level security;
        create policy voting on votes for delete using (true);`,
    },
    {
      title: 'Drizzle declares it, and no migration says it yet.',
      runner: 'supabase',
      drizzle: {
        before: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\n`,
        after: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\nexport const notes = pgTable('notes', { id: bigint('id', { mode: 'number' }).primaryKey(), author: uuid('author').notNull() }, () => [pgPolicy('everybody', { for: 'all', to: 'authenticated', using: sql\`true\`, withCheck: sql\`true\` })])\n`,
      },
      files: {
        'drizzle.config.ts':
          "export default { dialect: 'postgresql', out: './supabase/migrations', schema: './src/schema.ts' }",
      },
      message: '`everybody` lets `authenticated` write every row of `notes`',
    },
  ],
  good: [
    {
      title: 'Reading is public by choice, and a form may take entries.',
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null, body text);
        alter table notes enable row level security;
        create policy readable on notes for select using (true);
        create policy own on notes for update to authenticated using ((select auth.uid()) = author);
        create policy service on notes for all to service_role using (true);`,
    },
  ],
  visit: {
    addPolicy: ({ table, to }, ctx) => (isSupabase(ctx) ? open(to, ctx.name(table)) : null),
    alterPolicy: ({ table, to }, ctx) => (isSupabase(ctx) ? open(to, ctx.name(table)) : null),
  },
} satisfies Rule

function open(policy: Policy, table: string) {
  if (!policy.permissive || policy.command === 'select') return null
  const roles = policy.roles.length === 0 ? ['public'] : policy.roles
  const role = roles.find((name) => ['public', 'anon', 'authenticated'].includes(name))
  const always = (expression: string | null) => expression !== null && /^\(*true\)*$/i.test(expression.trim())
  // An INSERT has no row to compare with beforehand: a form that everybody may send is common, and only told as information.
  const writes = policy.command === 'insert' ? always(policy.check) : always(policy.using) || always(policy.check)
  if (role === undefined || !writes) return null
  return {
    severity: policy.command === 'insert' ? ('info' as const) : ('error' as const),
    message: `\`${policy.name}\` lets \`${role}\` ${policy.command === 'insert' ? 'add any row to' : policy.command === 'delete' ? 'delete every row of' : 'write every row of'} \`${table}\`.`,
    help: 'Compare a column that says whose the row is with the user: `(SELECT auth.uid())` in Supabase, `current_setting` or `current_user` elsewhere.',
  }
}
