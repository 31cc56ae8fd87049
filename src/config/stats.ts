import type { Note } from '../finding.ts'
import { z } from 'zod'
import type { TableSize } from './types.ts'

/** Where a repository keeps the sizes of its tables. */
export const statsPath = '.github/schemagate-stats.json'

const size = z.object({ rows: z.number().min(0).max(1e18), bytes: z.number().min(0).max(1e18).optional() })
const file = z.object({
  date: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}/)
    .optional(),
  tables: z.record(z.string(), z.unknown()),
})

/** Reads `.github/schemagate-stats.json`: rows and bytes by table, with its date. What is wrong in it is a note. */
export function parseStats(
  text: string,
  path: string = statsPath,
): {
  readonly tables: Readonly<Record<string, TableSize>>
  readonly date: string | null
  readonly notes: readonly Note[]
} {
  const wrong = (message: string): Note => ({ kind: 'unparsed', blocking: false, path, line: 1, message })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return {
      tables: {},
      date: null,
      notes: [
        wrong(`not JSON: ${error instanceof Error ? error.message : String(error)}. No sizes of tables are known.`),
      ],
    }
  }
  // psql and most clients give the one row of the query as a list, with the one column as its only field.
  const read = file.safeParse(unwrapped(value))
  if (!read.success)
    return {
      tables: {},
      date: null,
      notes: [
        wrong('not the result of `schemagate stats --print-query`: "tables" is missing. No sizes of tables are known.'),
      ],
    }
  const date = read.data.date?.slice(0, 10) ?? null
  const source = date === null ? path : `${path} of ${date}`
  const tables: Record<string, TableSize> = {}
  const notes: Note[] = []
  for (const [name, given] of Object.entries(read.data.tables)) {
    const one = size.safeParse(given)
    if (one.success)
      tables[name] = { rows: one.data.rows, source, ...(one.data.bytes === undefined ? {} : { bytes: one.data.bytes }) }
    else if (notes.length < 5) notes.push(wrong(`tables.${name}: "rows" has to be a number. It was passed over.`))
  }
  return { tables, date, notes }
}

function unwrapped(value: unknown): unknown {
  let inner = value
  for (
    let depth = 0;
    depth < 3 && inner !== null && typeof inner === 'object' && !Object.hasOwn(inner, 'tables');
    depth++
  ) {
    const parts: readonly unknown[] = Array.isArray(inner) ? inner : Object.values(inner)
    if (parts.length !== 1) break
    const [only] = parts
    inner = typeof only === 'string' ? parsed(only) : only
  }
  return inner
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * The query whose result is `.github/schemagate-stats.json`: one row, one column. Rows are the planner's estimate, or what was counted since
 * where there is none; a partitioned table is the sum of its partitions. Runs on PostgreSQL 10 and newer with the rights of any user.
 * https://www.postgresql.org/docs/current/catalog-pg-class.html
 */
export function printStatsQuery(): string {
  return `-- psql -XAtq -o .github/schemagate-stats.json "$DATABASE_URL" -f this-file.sql
WITH RECURSIVE relations AS (
  SELECT c.oid, c.relkind, n.nspname AS schema, c.relname AS name, c.relispartition,
         CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE coalesce(pg_stat_get_live_tuples(c.oid), 0) END AS rows
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
), parts AS (
  SELECT oid AS root, oid AS part FROM relations
  UNION ALL
  SELECT parts.root, i.inhrelid FROM parts
  JOIN pg_inherits AS i ON i.inhparent = parts.part
  JOIN pg_class AS p ON p.oid = i.inhparent AND p.relkind = 'p'
), sizes AS (
  SELECT r.schema, r.name, sum(leaf.rows) AS rows, sum(pg_total_relation_size(leaf.oid)) AS bytes
  FROM relations AS r
  JOIN parts ON parts.root = r.oid
  JOIN relations AS leaf ON leaf.oid = parts.part AND leaf.relkind = 'r'
  GROUP BY r.schema, r.name
)
SELECT jsonb_pretty(jsonb_build_object(
  'date', current_date,
  'postgres', current_setting('server_version_num')::int / 10000,
  'tables', coalesce(jsonb_object_agg(
    CASE WHEN schema = 'public' THEN name ELSE schema || '.' || name END,
    jsonb_build_object('rows', round(rows)::bigint, 'bytes', bytes)
  ), '{}')
))
FROM sizes;
`
}
