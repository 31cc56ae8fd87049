import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'require-search-path',
  severity: 'error',
  summary: 'A SECURITY DEFINER function without a search_path of its own runs whatever its caller puts in the way.',
  why: `It runs with the rights of its owner, and looks names up in the search_path of its caller. A caller who may create a function or a temporary table
    of a name that it uses gets it run with those rights.`,
  fix: "Add SET search_path = '' and qualify the names in its body, or SET search_path = pg_catalog, public, pg_temp.",
  references: ['https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY'],
  sources: ['splinter/0011_function_search_path_mutable'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create function forget(uid bigint) returns void language sql security definer as $$ delete from users where id = uid $$;`,
      message: '`forget` runs what its caller puts in the way',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create function forget(uid bigint) returns void language sql security definer set search_path = '' as $$ delete from public.users where id = uid $$;`,
    },
    {
      title: 'With the rights of its caller.',
      sql: `create function one() returns int language sql as $$ select 1 $$;`,
    },
    {
      title: 'The setting follows.',
      sql: `
        create function one() returns int language sql security definer as $$ select 1 $$;
        alter function one() set search_path = '';`,
    },
  ],
  visit: {
    createFunction({ object, to }, ctx) {
      if (!to.securityDefiner || hasPath(to.settings)) return null
      const finals = ctx.after.functions.get(object)?.filter((f) => f.arguments.join() === to.arguments.join())
      // Dropped again, or given its path by a later statement.
      if (!finals || finals.every((f) => !f.securityDefiner || hasPath(f.settings))) return null
      if (
        ctx.steps.some(
          ({ statement }) =>
            statement.kind === 'AlterFunctionStmt' &&
            /\bset\s+search_path\b/i.test(statement.text) &&
            statement.text.includes(to.name),
        )
      )
        return null
      return {
        object: `${object}(${to.arguments.join(', ')})`,
        message: `\`${ctx.name(object)}\` runs what its caller puts in the way: it is \`SECURITY DEFINER\` and has no \`search_path\` of its own.`,
        help: "Add `SET search_path = ''` after `SECURITY DEFINER`, and qualify the names in its body.",
      }
    },
  },
} satisfies Rule

function hasPath(settings: readonly string[]): boolean {
  return settings.some((setting) => /^"?search_path"?\s*(?:=|to\b)/i.test(setting))
}
