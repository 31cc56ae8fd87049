import type { Index, IndexKey } from '../model.ts'
import type { Row } from './rows.ts'
import { list, own, str, strOrNull } from './rows.ts'

export const indexesQuery = `SELECT n.nspname, c.relname, x.relname AS name, m.amname, i.indisunique, i.indisvalid, i.indnkeyatts, i.indkey::text, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nnd,
    pg_get_expr(i.indpred, i.indrelid) AS predicate, x.reloptions, obj_description(x.oid, 'pg_class') AS comment,
    (SELECT json_agg(json_build_object('column', a.attname, 'text', pg_get_indexdef(i.indexrelid, g.n::int, false), 'option', (string_to_array(i.indoption::text, ' ')::int[])[g.n],
        'opclass', CASE WHEN NOT o.opcdefault THEN o.opcname END, 'collation', CASE WHEN l.oid IS NOT NULL AND l.collname <> 'default' AND l.oid IS DISTINCT FROM coalesce(a.attcollation, l.oid) THEN l.collname END) ORDER BY g.n)
      FROM generate_series(1, i.indnatts) AS g (n) LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = (string_to_array(i.indkey::text, ' ')::int[])[g.n] AND a.attnum > 0
      LEFT JOIN pg_opclass o ON o.oid = (string_to_array(i.indclass::text, ' ')::oid[])[g.n] LEFT JOIN pg_collation l ON l.oid = (string_to_array(i.indcollation::text, ' ')::oid[])[g.n]) AS keys
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = x.relam
  WHERE ${own('pg_class', 'c.oid', 'c.relnamespace')} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) ORDER BY 1, 2, 3`

interface KeyRow {
  readonly column: string | null
  readonly text: string
  readonly option: number | null
  readonly opclass: string | null
  readonly collation: string | null
}

export function indexOf(row: Row): Index {
  const all = (Array.isArray(row['keys']) ? row['keys'] : []) as readonly KeyRow[]
  const count = Number(row['indnkeyatts'])
  const keys: IndexKey[] = all.slice(0, count).map((each) => ({
    column: each.column,
    expression: each.column === null ? each.text : null,
    descending: ((each.option ?? 0) & 1) !== 0,
    nullsFirst: ((each.option ?? 0) & 2) !== 0,
    opclass: each.opclass,
    collation: each.collation,
  }))
  const parameters = list(row['reloptions'])
  return {
    name: str(row['name']),
    keys,
    include: all.slice(count).map((each) => each.column ?? ''),
    unique: row['indisunique'] === true,
    nullsNotDistinct: row['nnd'] === true,
    method: str(row['amname']),
    where: strOrNull(row['predicate']),
    valid: row['indisvalid'] === true,
    ...(parameters.length > 0 ? { with: parameters } : {}),
    comment: strOrNull(row['comment']),
    declared: [],
  }
}
