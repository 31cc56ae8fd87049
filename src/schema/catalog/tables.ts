import type { Column, Key, Table } from '../model.ts'
import { emptyTable, key } from '../model.ts'
import { sequenceOptions, type SequenceNumbers } from '../sequence-options.ts'
import type { CatalogQuery, Row } from './rows.ts'
import { granted, grantsOf, list, own, str, strOrNull } from './rows.ts'
import { addConstraint, constraintsQuery } from './constraints.ts'
import { indexOf, indexesQuery } from './indexes.ts'
import { policiesQuery, policyOf, triggerOf, triggersQuery } from './attached.ts'

export async function readTables(query: CatalogQuery): Promise<ReadonlyMap<Key, Table>> {
  const relations =
    await query(`SELECT n.nspname, c.relname, c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relforcerowsecurity, obj_description(c.oid, 'pg_class') AS comment, ${grantsOf('c.relacl', 'c.relowner', 'c.oid')} AS grants,
      c.reloptions, (SELECT json_agg('toast.' || o) FROM pg_class toast, unnest(toast.reloptions) AS o WHERE toast.oid = c.reltoastrelid) AS toastoptions,
      CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partkey, CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
      (SELECT json_agg(json_build_object('schema', pn.nspname, 'name', p.relname) ORDER BY inhseqno) FROM pg_inherits JOIN pg_class p ON p.oid = inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE inhrelid = c.oid) AS parents
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f') AND ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY 1, 2`)
  const tables = new Map<Key, { -readonly [K in keyof Table]: Table[K] }>()
  const byKey = (row: Row) => tables.get(key(str(row['nspname']), str(row['relname'])))
  for (const row of relations) {
    const parents = (Array.isArray(row['parents']) ? row['parents'] : []) as readonly {
      readonly schema: string
      readonly name: string
    }[]
    const parentKeys = parents.map((parent) => key(parent.schema, parent.name))
    const bound = strOrNull(row['bound'])
    const parameters = [...list(row['reloptions']), ...list(row['toastoptions'])].toSorted()
    tables.set(key(str(row['nspname']), str(row['relname'])), {
      ...emptyTable(str(row['nspname']), str(row['relname'])),
      persistence:
        row['relpersistence'] === 'u' ? 'unlogged' : row['relpersistence'] === 't' ? 'temporary' : 'permanent',
      rowSecurity: { enabled: row['relrowsecurity'] === true, forced: row['relforcerowsecurity'] === true },
      comment: strOrNull(row['comment']),
      inherits: bound === null ? parentKeys : [],
      ...(parameters.length > 0 ? { with: parameters } : {}),
      ...granted(row),
      partition: {
        by: strOrNull(row['partkey']),
        of: bound === null || parentKeys[0] === undefined ? null : { parent: parentKeys[0], bound },
      },
    })
  }
  for (const row of await query(columnsQuery)) {
    const table = byKey(row)
    if (table !== undefined) table.columns = [...table.columns, columnOf(row)]
  }
  for (const row of await query(constraintsQuery)) {
    const table = byKey(row)
    if (table !== undefined) addConstraint(table, row)
  }
  for (const row of await query(indexesQuery)) {
    const table = byKey(row)
    if (table !== undefined) table.indexes = [...table.indexes, indexOf(row)]
  }
  for (const row of await query(triggersQuery)) {
    const table = byKey(row)
    if (table !== undefined) table.triggers = [...table.triggers, triggerOf(row)]
  }
  for (const row of await query(policiesQuery)) {
    const table = byKey(row)
    if (table !== undefined) table.policies = [...table.policies, policyOf(row)]
  }
  return tables
}

const columnsQuery = `SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attidentity::text, a.attgenerated::text,
    pg_get_expr(d.adbin, d.adrelid) AS expression,
    (SELECT json_build_object('increment', s.seqincrement::text, 'minvalue', s.seqmin::text, 'maxvalue', s.seqmax::text, 'start', s.seqstart::text, 'cache', s.seqcache::text, 'cycle', s.seqcycle, 'type', format_type(s.seqtypid, NULL))
      FROM pg_depend o JOIN pg_sequence s ON s.seqrelid = o.objid WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = a.attnum AND o.deptype = 'i') AS sequence, col_description(c.oid, a.attnum) AS comment,
    CASE WHEN a.attcollation <> t.typcollation THEN (SELECT collname FROM pg_collation WHERE oid = a.attcollation) END AS collation
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f') AND ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY 1, 2, a.attnum`

function columnOf(row: Row): Column {
  const expression = strOrNull(row['expression'])
  const generated = str(row['attgenerated'])
  const sequence = (row['sequence'] ?? null) as (SequenceNumbers & { readonly type: string }) | null
  return {
    name: str(row['attname']),
    type: strOrNull(row['type']),
    nullable: row['attnotnull'] !== true,
    default: generated === '' ? expression : null,
    generated: generated === '' ? null : { expression: expression ?? '', stored: generated === 's' },
    identity: row['attidentity'] === 'a' ? 'always' : row['attidentity'] === 'd' ? 'by default' : null,
    ...(sequence === null ? {} : { identityOptions: sequenceOptions(sequence, sequence.type) }),
    collation: strOrNull(row['collation']),
    comment: strOrNull(row['comment']),
    declared: [],
  }
}
