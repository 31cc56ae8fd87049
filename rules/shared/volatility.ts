import type { RuleContext } from '../../src/engine/rule.ts'
import { key, type Schema } from '../../src/schema/model.ts'

/**
 * Functions that Postgres and its usual extensions mark volatile and that stand in defaults.
 * https://www.postgresql.org/docs/current/xfunc-volatility.html
 */
const volatileFunctions = new Set([
  'random', 'random_normal', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'uuid_generate_v1', 'uuid_generate_v1mc', 'uuid_generate_v4', 'clock_timestamp', 'timeofday', 'nextval',
  'currval', 'lastval', 'setval', 'gen_random_bytes', 'gen_salt', 'pg_sleep', 'txid_current', 'pg_current_xact_id', 'uuid', 'uuid_generate_v7', 'nanoid', 'cuid', 'ulid', 'gen_ulid',
])

/** The call in an expression, as Postgres prints it, that is known to be volatile, `gen_random_uuid()`; null where there is none. */
export function volatileCall(expression: string, ctx: RuleContext): string | null {
  const bare = expression.replace(/'(?:[^']|'')*'/g, "''")
  for (const match of bare.matchAll(/(?:("?[\w$]+"?)\.)?("?[A-Za-z_][\w$]*"?)\s*\(/g)) {
    const name = unquote(match[2] ?? '')
    const schema = match[1] ? unquote(match[1]) : null
    if (schema === null || schema === 'pg_catalog' || schema === 'public' || schema === 'extensions') {
      if (volatileFunctions.has(name)) return `${name}()`
    }
    if (isVolatile(ctx.step?.before ?? ctx.after, schema, name)) return `${name}()`
  }
  return null
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()
}

/** A function of the project's own that is volatile; one in SQL may be inlined, which only Postgres can tell. */
function isVolatile(schema: Schema, of: string | null, name: string): boolean {
  const overloads = schema.functions.get(key(of ?? schema.defaultSchema, name)) ?? []
  return overloads.length > 0 && overloads.every((f) => f.volatility === 'volatile' && (f.language !== 'sql' || callsVolatile(f.body ?? f.definition ?? '')))
}

function callsVolatile(body: string): boolean {
  return [...body.matchAll(/\b([a-z_][\w$]*)\s*\(/gi)].some((match) => volatileFunctions.has((match[1] ?? '').toLowerCase()))
}
