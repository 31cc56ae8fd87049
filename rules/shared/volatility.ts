import type { RuleContext } from '../../src/engine/rule.ts'
import { key, type Schema } from '../../src/schema/model.ts'

/**
 * Functions that Postgres and its usual extensions mark volatile and that stand in defaults.
 * https://www.postgresql.org/docs/current/xfunc-volatility.html
 */
const volatileFunctions = new Set([
  'random',
  'random_normal',
  'gen_random_uuid',
  'uuidv4',
  'uuidv7',
  'uuid_generate_v1',
  'uuid_generate_v1mc',
  'uuid_generate_v4',
  'clock_timestamp',
  'timeofday',
  'nextval',
  'currval',
  'lastval',
  'setval',
  'gen_random_bytes',
  'gen_salt',
  'pg_sleep',
  'txid_current',
  'pg_current_xact_id',
  'uuid',
  'uuid_generate_v7',
  'nanoid',
  'cuid',
  'ulid',
  'gen_ulid',
])

/** Functions that stand in defaults and are stable or immutable; names of types are there too, because they cast when they are called. */
const steadyFunctions = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
  'current_schema',
  'current_database',
  'session_user',
  'pg_backend_pid',
  'timezone',
  'date_trunc',
  'date_part',
  'extract',
  'age',
  'to_char',
  'to_date',
  'to_timestamp',
  'to_number',
  'make_date',
  'make_time',
  'make_timestamp',
  'make_timestamptz',
  'make_interval',
  'justify_interval',
  'concat',
  'concat_ws',
  'lower',
  'upper',
  'initcap',
  'trim',
  'btrim',
  'ltrim',
  'rtrim',
  'lpad',
  'rpad',
  'left',
  'right',
  'substr',
  'substring',
  'replace',
  'repeat',
  'reverse',
  'split_part',
  'format',
  'md5',
  'sha256',
  'encode',
  'decode',
  'digest',
  'coalesce',
  'nullif',
  'greatest',
  'least',
  'abs',
  'floor',
  'ceil',
  'ceiling',
  'round',
  'trunc',
  'power',
  'array_fill',
  'array_append',
  'string_to_array',
  'regexp_replace',
  'json_build_object',
  'jsonb_build_object',
  'json_build_array',
  'jsonb_build_array',
  'to_json',
  'to_jsonb',
  'json_object',
  'jsonb_object',
  'row_to_json',
  'to_tsvector',
  'uuid_nil',
  'point',
  'box',
  'daterange',
  'tstzrange',
  'tsrange',
  'int4range',
  'int8range',
  'numrange',
  'numeric',
  'decimal',
  'varchar',
  'char',
  'bpchar',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'bit',
  'varbit',
  'text',
  'int2',
  'int4',
  'int8',
  'float8',
  'bool',
  'date',
  'vector',
  'char_length',
  'length',
  'st_setsrid',
  'st_makepoint',
  'st_geomfromtext',
  'inet_client_addr',
  'chr',
  'ascii',
  'enum_first',
  'enum_last',
  'row',
  'cast',
  'in',
  'any',
  'and',
  'or',
  'not',
  'case',
  'then',
  'else',
  'when',
  'array',
])

/** The call in an expression of which neither the schema nor Postgres' manual tells whether it is volatile; null where there is none. */
export function unknownCall(expression: string, ctx: RuleContext): string | null {
  const schema = ctx.step?.before ?? ctx.after
  for (const { of, name } of callsIn(expression)) {
    if (of === 'pg_catalog' || of === 'auth' || steadyFunctions.has(name) || volatileFunctions.has(name)) continue
    if (!schema.functions.has(key(of ?? schema.defaultSchema, name))) return `${name}()`
  }
  return null
}

/** The call in an expression, as Postgres prints it, that is known to be volatile, `gen_random_uuid()`; null where there is none. */
export function volatileCall(expression: string, ctx: RuleContext): string | null {
  for (const { of, name } of callsIn(expression)) {
    if ((of === null || of === 'pg_catalog' || of === 'public' || of === 'extensions') && volatileFunctions.has(name))
      return `${name}()`
    if (isVolatile(ctx.step?.before ?? ctx.after, of, name)) return `${name}()`
  }
  return null
}

/** The functions that an expression calls, with their schemas where it names them. */
function callsIn(expression: string): readonly { readonly of: string | null; readonly name: string }[] {
  const bare = expression.replace(/'(?:[^']|'')*'/g, "''")
  return [...bare.matchAll(/(?:("?[\w$]+"?)\.)?("?[A-Za-z_][\w$]*"?)\s*\(/g)].map(([, of, name = '']) => ({
    of: of ? unquote(of) : null,
    name: unquote(name),
  }))
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()
}

/** A function of the project's own that is volatile; one in SQL may be inlined, which only Postgres can tell. */
function isVolatile(schema: Schema, of: string | null, name: string): boolean {
  const overloads = schema.functions.get(key(of ?? schema.defaultSchema, name)) ?? []
  return (
    overloads.length > 0 &&
    overloads.every(
      (f) => f.volatility === 'volatile' && (f.language !== 'sql' || callsVolatile(f.body ?? f.definition ?? '')),
    )
  )
}

function callsVolatile(body: string): boolean {
  return [...body.matchAll(/\b([a-z_][\w$]*)\s*\(/gi)].some((match) =>
    volatileFunctions.has((match[1] ?? '').toLowerCase()),
  )
}
