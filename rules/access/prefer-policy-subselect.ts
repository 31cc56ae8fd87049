import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key, Policy } from '../../src/schema/model.ts'
import { listed } from '../shared/query-words.ts'
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
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null);
        create index on notes (author);
        alter table notes enable row level security;
        create policy reads on notes for select to authenticated using (auth.uid() = author);
        create policy writes on notes for update to authenticated using (auth.uid() = author);`,
      message: '`reads` and `writes` call',
    },
    {
      title: 'Drizzle declares it, and no migration says it yet.',
      runner: 'supabase',
      drizzle: {
        before: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\n`,
        after: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\nexport const notes = pgTable('notes', { id: bigint('id', { mode: 'number' }).primaryKey(), author: uuid('author').notNull() }, () => [pgPolicy('own', { for: 'select', to: 'authenticated', using: sql\`auth.uid() = author\` })])\n`,
      },
      files: {
        'drizzle.config.ts':
          "export default { dialect: 'postgresql', out: './supabase/migrations', schema: './src/schema.ts' }",
      },
      message: '`own` calls `auth.uid()`',
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
    addPolicy: ({ table, to }, ctx) => (isSupabase(ctx) ? unwrapped(to, table, ctx) : null),
    alterPolicy: ({ table, to }, ctx) => (isSupabase(ctx) ? unwrapped(to, table, ctx) : null),
  },
} satisfies Rule

/** Said once for a table, at the first of its new policies. */
function unwrapped(policy: Policy, table: Key, ctx: RuleContext) {
  const call = callOf(policy)
  const all = ctx.steps
    .flatMap((step) => step.changes)
    .flatMap((change) =>
      (change.kind === 'addPolicy' || change.kind === 'alterPolicy') &&
      change.table === table &&
      callOf(change.to) !== null
        ? [change.to.name]
        : [],
    )
  return call === null || all[0] !== policy.name
    ? null
    : {
        message: `${listed(all)} ${new Set(all).size > 1 ? 'call' : 'calls'} \`${call}\` for every row.`,
        help: `Write \`(SELECT ${call})\`, which is worked out once for the statement.`,
      }
}

/** The call of a function of the session that a policy makes outside a subselect, with its arguments; null for none. */
function callOf(policy: Policy): string | null {
  let call: string | null = null
  walkTree([policy.usingNode, policy.checkNode], (kind, value) => {
    if (kind === 'SubLink') return false
    const names =
      kind === 'FuncCall'
        ? (value['funcname'] as readonly { readonly String?: { readonly sval?: string } }[]).map(
            (n) => n.String?.sval ?? '',
          )
        : []
    const name = names.join('.')
    if (/^auth\.(?:uid|jwt|role|email)$/.test(name) || /^(?:pg_catalog\.)?current_setting$/.test(name)) call ??= name
    return true
  })
  if (call === null) return null
  const text = `${policy.using ?? ''} ${policy.check ?? ''}`
  const start = text.toLowerCase().indexOf(`${call}(`)
  return start < 0 ? `${call}()` : (/^[\w.]+\([^()]*\)/.exec(text.slice(start))?.[0] ?? `${call}()`)
}
