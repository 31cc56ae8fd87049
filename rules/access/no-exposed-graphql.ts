import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-exposed-graphql',
  severity: 'info',
  summary: 'On Supabase pg_graphql shows the names of all tables and columns that the API roles may select.',
  why: `Its introspection lists every table, view and column on which anon or authenticated has SELECT, which on Supabase is each new table of public. Policies hide the rows
    and not the names.`,
  fix: 'Leave the extension out where nothing asks by GraphQL, or revoke SELECT on what it shall not show.',
  references: ['https://supabase.com/docs/guides/graphql'],
  sources: ['splinter/0026_pg_graphql_anon_table_exposed', 'splinter/0027_pg_graphql_authenticated_table_exposed'],
  bad: [
    {
      runner: 'supabase',
      sql: `create extension if not exists pg_graphql;`,
      message: '`pg_graphql` shows the names',
      unproven: 'the extension is missing',
    },
  ],
  good: [
    {
      title: 'Not on Supabase.',
      sql: `create extension if not exists pg_graphql;`,
      unproven: 'the extension is missing',
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (!isSupabase(ctx) || inside === 'function' || !('CreateExtensionStmt' in node)) return null
      if (node.CreateExtensionStmt.extname !== 'pg_graphql') return null
      return {
        anySize: true,
        object: 'pg_graphql',
        message:
          '`pg_graphql` shows the names of all tables and columns of `public` to everybody who has the public key.',
        help: `Where nothing asks by GraphQL:\n${sql('DROP EXTENSION IF EXISTS pg_graphql;')}`,
      }
    },
  },
} satisfies Rule
