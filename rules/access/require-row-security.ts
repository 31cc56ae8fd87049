import type { Rule } from '../../src/engine/rule.ts'
import { isSupabase } from '../shared/supabase.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-row-security',
  severity: 'error',
  summary: 'On Supabase a table in public without row level security is open to everybody who has the public key.',
  why: 'The API serves all tables of the public schema. Its key is in every browser, and without row level security it reads and writes all rows.',
  fix: 'Enable row level security and add policies for those who may read and write.',
  references: ['https://supabase.com/docs/guides/database/postgres/row-level-security'],
  sources: ['splinter/0013_rls_disabled_in_public', 'schemalint/row-level-security'],
  bad: [
    {
      runner: 'supabase',
      sql: `create table notes (id bigint generated always as identity primary key, body text);`,
      message: '`notes` is open to everybody',
    },
    {
      title: 'Drizzle declares it, and no migration says it yet.',
      runner: 'supabase',
      drizzle: {
        before: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\n`,
        after: `import { bigint, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'\nexport const base = pgTable('base', { id: bigint('id', { mode: 'number' }).primaryKey() }).enableRLS()\nexport const notes = pgTable('notes', { id: bigint('id', { mode: 'number' }).primaryKey(), body: text('body') })\n`,
      },
      files: {
        'drizzle.config.ts':
          "export default { dialect: 'postgresql', out: './supabase/migrations', schema: './src/schema.ts' }",
      },
      message: '`notes` is open to everybody',
    },
  ],
  good: [
    {
      runner: 'supabase',
      sql: `
        create table notes (id bigint generated always as identity primary key, author uuid not null, body text);
        alter table notes enable row level security;
        create policy own on notes for all to authenticated using ((select auth.uid()) = author) with check ((select auth.uid()) = author);`,
    },
    {
      title: 'A schema that the API does not serve.',
      runner: 'supabase',
      sql: `create schema internal; create table internal.jobs (id bigint generated always as identity primary key);`,
    },
    {
      title: 'Not on Supabase.',
      sql: `create table notes (id bigint generated always as identity primary key, body text);`,
    },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      const after = ctx.after.tables.get(table)
      if (
        !isSupabase(ctx) ||
        !after ||
        after.rowSecurity.enabled ||
        after.schema !== 'public' ||
        to.persistence === 'temporary' ||
        after.partition.of
      )
        return null
      return {
        message: `\`${ctx.name(table)}\` is open to everybody: it has no row level security, and the API serves it with the public key.`,
        help: `${ctx.project.orm === 'drizzle' ? 'Add policies to the table with `pgPolicy`, which enable it, or chain `.enableRLS()`. A migration has to follow. In SQL' : 'Enable it in the same migration, and add policies'}:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ENABLE ROW LEVEL SECURITY;`)}`,
      }
    },
  },
} satisfies Rule
