import type { Rule } from '../../src/engine/rule.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { isRevoked, isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-exposed-definer-function',
  severity: 'warning',
  summary: 'On Supabase everybody may call a SECURITY DEFINER function in public, and it goes past row level security.',
  why: `Every role may execute a new function until that is revoked, and the API serves the functions of public under /rpc. One that runs with the rights of its owner and does
    not ask who calls reads and writes whatever its body does, for anybody with the public key.`,
  fix: 'Revoke EXECUTE from PUBLIC, anon and authenticated, move it to a schema that is not served, or check auth.uid() in its body.',
  references: [
    'https://supabase.com/docs/guides/database/functions',
    'https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY',
  ],
  sources: [
    'splinter/0028_anon_security_definer_function_executable',
    'splinter/0029_authenticated_security_definer_function_executable',
  ],
  bad: [
    {
      runner: 'supabase',
      given: `create table users (id bigint primary key);`,
      sql: `create function forget(uid bigint) returns void language sql security definer set search_path = '' as $$ delete from public.users where id = uid $$;`,
      message: 'Everybody may call `forget`',
    },
  ],
  good: [
    {
      title: 'It asks who calls.',
      runner: 'supabase',
      given: `create table users (id uuid primary key); create schema auth; create function auth.uid() returns uuid language sql as $$ select null::uuid $$;`,
      sql: `create function forget() returns void language sql security definer set search_path = '' as $$ delete from public.users where id = auth.uid() $$;`,
    },
    {
      title: 'A trigger function cannot be called, and this one is for the service role.',
      runner: 'supabase',
      given: `create table users (id bigint primary key);`,
      sql: `
        create function stamp() returns trigger language plpgsql security definer set search_path = '' as $$ begin return new; end $$;
        create function forget(uid bigint) returns void language sql security definer set search_path = '' as $$ delete from public.users where id = uid $$;
        revoke execute on function forget(bigint) from public, anon, authenticated;`,
      unproven: 'roles of the platform',
    },
    {
      title: 'Not on Supabase.',
      sql: `create function one() returns int language sql security definer set search_path = '' as $$ select 1 $$;`,
    },
  ],
  visit: {
    createFunction({ object, from, to }, ctx) {
      if (
        !isSupabase(ctx) ||
        to.schema !== 'public' ||
        !to.securityDefiner ||
        from?.securityDefiner === true ||
        /^(?:event_)?trigger$/.test(to.returns ?? '')
      )
        return null
      if (
        /\b(?:auth\.(?:uid|jwt|role|email)\s*\(|current_setting\s*\(|session_user\b)/i.test(
          to.body ?? to.definition ?? '',
        ) ||
        isRevoked(to.name, ctx)
      )
        return null
      const name = `${sqlName(object, ctx)}(${to.arguments.map((type) => type ?? '…').join(', ')})`
      return {
        object: `${object}(${to.arguments.join(', ')})`,
        message: `Everybody may call \`${ctx.name(object)}\` through the API, and it goes past row level security: it is \`SECURITY DEFINER\` and does not ask who calls.`,
        help: `Take the right away, or compare with \`(SELECT auth.uid())\` in its body:\n${sql(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC, anon, authenticated;`)}`,
      }
    },
  },
} satisfies Rule
