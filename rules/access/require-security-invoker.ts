import type { Rule } from '../../src/engine/rule.ts'
import { isSupabase } from '../shared/supabase.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-security-invoker',
  severity: 'warning',
  summary: 'A view reads with the rights of its owner, past the row level security of its tables.',
  why: 'On Supabase the owner is postgres, and the API serves views of the public schema: everybody sees through the view what the policies of the tables hide.',
  fix: 'Create the view WITH (security_invoker = on), from PostgreSQL 15 on.',
  references: [
    'https://www.postgresql.org/docs/current/sql-createview.html',
    'https://supabase.com/docs/guides/database/postgres/row-level-security#views',
  ],
  sources: ['splinter/0010_security_definer_view'],
  bad: [
    {
      runner: 'supabase',
      given: `create table notes (id bigint primary key, body text); alter table notes enable row level security;`,
      sql: `create view recent_notes as select id, body from notes;`,
      message: '`recent_notes` shows rows that the policies',
    },
  ],
  good: [
    {
      runner: 'supabase',
      given: `create table notes (id bigint primary key, body text); alter table notes enable row level security;`,
      sql: `create view recent_notes with (security_invoker = on) as select id, body from notes;`,
    },
    {
      title: 'Its table has no row level security.',
      runner: 'supabase',
      given: `create table countries (code text primary key);`,
      sql: `create view codes as select code from countries;`,
    },
  ],
  visit: {
    createView({ object, to }, ctx) {
      const now = ctx.after.views.get(object)
      if (
        !isSupabase(ctx) ||
        ctx.postgres < 15 ||
        !now ||
        now.materialized ||
        now.securityInvoker ||
        to.schema !== 'public'
      )
        return null
      const guarded = now.reads.find(({ table }) => ctx.after.tables.get(table)?.rowSecurity.enabled)
      if (!guarded) return null
      return {
        message: `\`${ctx.name(object)}\` shows rows that the policies of \`${ctx.name(guarded.table)}\` hide: it reads with the rights of its owner.`,
        help: `Let it read with the rights of whoever asks:\n${sql(`ALTER VIEW ${sqlName(object, ctx)} SET (security_invoker = on);`)}`,
      }
    },
  },
} satisfies Rule
