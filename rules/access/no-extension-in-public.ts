import type { Rule } from '../../src/engine/rule.ts'
import { ident, sql } from '../shared/sql.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-extension-in-public',
  severity: 'info',
  summary: 'On Supabase the API serves the functions of an extension that is installed in public.',
  why: `Functions and types of the extension stand among those of the application and are called under /rpc by everybody with the public key. The platform has the schema
    extensions for them, and moving one later breaks what names it.`,
  fix: 'Install it WITH SCHEMA extensions.',
  references: [
    'https://supabase.com/docs/guides/database/extensions',
    'https://www.postgresql.org/docs/current/sql-createextension.html',
  ],
  sources: ['splinter/0014_extension_in_public'],
  bad: [
    {
      runner: 'supabase',
      sql: `create extension if not exists pg_trgm with schema public;`,
      message: '`pg_trgm` is installed in `public`',
    },
  ],
  good: [
    {
      runner: 'supabase',
      sql: `create schema if not exists extensions; create extension if not exists pg_trgm with schema extensions;`,
    },
    {
      title: 'Those that have a schema of their own.',
      runner: 'supabase',
      sql: `create extension if not exists pg_cron;`,
      unproven: 'the extension is missing',
    },
    { title: 'Not on Supabase.', sql: `create extension if not exists pg_trgm with schema public;` },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (!isSupabase(ctx) || inside === 'function' || !('CreateExtensionStmt' in node)) return null
      const { extname = '', options } = node.CreateExtensionStmt
      const given = (options ?? []).flatMap((option) =>
        'DefElem' in option &&
        option.DefElem.defname === 'schema' &&
        option.DefElem.arg &&
        'String' in option.DefElem.arg
          ? [option.DefElem.arg.String.sval ?? '']
          : [],
      )
      if (given[0] !== 'public') return null
      return {
        anySize: true,
        object: extname,
        message: `\`${extname}\` is installed in \`public\`, and the API serves its functions.`,
        help: `Install it beside the others:\n${sql(`CREATE EXTENSION IF NOT EXISTS ${ident(extname)} WITH SCHEMA extensions;`)}`,
      }
    },
  },
} satisfies Rule
