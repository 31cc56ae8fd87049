/** Writes src/schema/expression/data.ts: what Postgres' own catalogs say of types, casts, operators and functions, read from the embedded Postgres. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'

const database = await PGlite.create()

async function lines(sql: string): Promise<readonly string[]> {
  const { rows } = await database.query<{ line: string }>(
    `SELECT line FROM (${sql}) AS lines ORDER BY line COLLATE "C"`,
  )
  return rows.map((row) => row.line)
}

const name = (type: string) =>
  `CASE WHEN e${type}.oid IS NULL THEN t${type}.typname::text ELSE e${type}.typname || '[]' END`
const join = (type: string, column: string) =>
  `LEFT JOIN pg_type t${type} ON t${type}.oid = ${column} LEFT JOIN pg_type e${type} ON e${type}.oid = t${type}.typelem AND t${type}.typcategory = 'A' AND t${type}.typname LIKE E'\\\\_%'`

const types =
  await lines(`SELECT typname || ' ' || typcategory::text || CASE WHEN typispreferred THEN '!' ELSE '' END AS line FROM pg_type
  WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'p', 'r', 'm') AND typcategory <> 'A' AND typname NOT LIKE '%handler' AND typname NOT LIKE 'pg\\_%\\_summary'`)
const casts =
  await lines(`SELECT ts.typname || ' ' || tt.typname || ' ' || castcontext::text || castmethod::text AS line
  FROM pg_cast JOIN pg_type ts ON ts.oid = castsource JOIN pg_type tt ON tt.oid = casttarget WHERE castsource <> casttarget`)
const operators =
  await lines(`SELECT oprname || ' ' || coalesce(${name('l')}, '-') || ' ' || ${name('r')} || ' ' || ${name('x')} AS line FROM pg_operator
  ${join('l', 'nullif(oprleft, 0)')} ${join('r', 'oprright')} ${join('x', 'oprresult')} WHERE oprresult <> 0`)
const functions =
  await lines(`SELECT proname || ' ' || coalesce((SELECT string_agg(${name('a')}, ',' ORDER BY position) FROM unnest(proargtypes) WITH ORDINALITY AS args (oid, position) ${join('a', 'args.oid')}), '')
  || ' ' || CASE WHEN proretset THEN 'setof ' ELSE '' END || ${name('x')} || CASE WHEN provariadic <> 0 THEN ' variadic' ELSE '' END || CASE WHEN pronargdefaults > 0 THEN ' defaults ' || pronargdefaults ELSE '' END AS line
  FROM pg_proc ${join('x', 'prorettype')}
  WHERE prokind IN ('f', 'a', 'w') AND prorettype::regtype::text NOT IN ('internal', 'cstring', 'trigger', 'event_trigger', 'index_am_handler', 'table_am_handler', 'tsm_handler', 'fdw_handler', 'language_handler')
    AND NOT proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
    AND (proname IN ('starts_with', 'jsonb_exists', 'jsonb_exists_any', 'jsonb_exists_all') OR coalesce(obj_description(pg_proc.oid, 'pg_proc'), '') !~ '^(implementation of|I/O|internal|hash|less-equal-greater|SP-GiST|GIN|GiST|BRIN|statistics|restriction|join|aggregate|sort support|equal image|window|larger of two|smaller of two|information_schema)')
    AND proname !~ '^(pg_(stat|replication|logical|ls|create|drop|get_(wal|repl)|wal|backup|switch|promote|lock|advisory|try|cancel|terminate|rotate|reload|read|show|hba|ident|nextoid|restore|clear|event|import|export|partition|last|safe|xact|snapshot|visible)|binary_upgrade|has_|brin_|gin_)'`)

const opclasses = await lines(
  `SELECT DISTINCT amname || ' ' || opcname AS line FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod WHERE opcdefault`,
)

const block = (words: readonly string[]) =>
  `\`\n${words.join('\n').replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\n\``

writeFileSync(
  fileURLToPath(new URL('../src/schema/expression/data.ts', import.meta.url)),
  `// Written by scripts/expression-data.ts out of the catalogs of PostgreSQL 18; see there.

/** \`name category\`, with \`!\` for the preferred type of its category. */
export const typeData = ${block(types)}

/** \`source target\`, context (\`i\` implicit, \`a\` assignment, \`e\` explicit) and method (\`f\` function, \`b\` binary, \`i\` through text). */
export const castData = ${block(casts)}

/** \`name left right result\`, \`-\` for no left operand. */
export const operatorData = ${block(operators)}

/** \`name arguments result\`. */
export const functionData = ${block(functions)}
/** \`method opclass\` of the operator classes that are the default for a type. */
export const defaultOpclassData = ${block(opclasses)}
`,
)
await database.close()
