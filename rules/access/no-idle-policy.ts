import type { Rule } from '../../src/engine/rule.ts'
import { mayBeEnabledByBlock } from '../shared/row-security.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-idle-policy',
  severity: 'error',
  summary: 'A policy on a table without row level security does nothing.',
  why: 'Postgres accepts the policy and does not look at it until row level security is enabled. Whoever reads the migration takes the table for guarded.',
  fix: 'Enable row level security on the table in the same migration.',
  references: ['https://www.postgresql.org/docs/current/sql-createpolicy.html'],
  sources: ['splinter/0007_policy_exists_rls_disabled'],
  bad: [
    {
      sql: `
        create table notes (id bigint generated always as identity primary key, author text not null);
        create policy own on notes using (author = current_user);`,
      message: 'The policy `own` does nothing',
    },
  ],
  good: [
    {
      title: 'A block enabled it in a loop.',
      given: `
        create table notes (id bigint generated always as identity primary key, author text not null);
        do $$ declare each text; guarded text[] := array['notes']; begin
          foreach each in array guarded loop
            if exists (select from pg_tables where tablename = each) then
              execute format('alter table public.%I enable row level security', each);
            end if;
          end loop;
        end $$;`,
      sql: `create policy own on notes using (author = current_user);`,
    },
    {
      sql: `
        create table notes (id bigint generated always as identity primary key, author text not null);
        alter table notes enable row level security;
        create policy own on notes using (author = current_user);`,
    },
  ],
  visit: {
    addPolicy({ table, to }, ctx) {
      const after = ctx.after.tables.get(table)
      if (!after?.complete || after.rowSecurity.enabled || !after.policies.some((policy) => policy.name === to.name))
        return null
      if (mayBeEnabledByBlock(table, ctx)) return null
      return {
        message: `The policy \`${to.name}\` does nothing: row level security is not enabled on \`${ctx.name(table)}\`.`,
        help: `Enable it:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ENABLE ROW LEVEL SECURITY;`)}`,
      }
    },
  },
} satisfies Rule
