import type { Key, Schema, Sequence, SqlFunction, View } from './model.ts'
import { emptySchema, key } from './model.ts'
import { sequenceOptions, type SequenceNumbers } from './sequence-options.ts'
import type { CatalogQuery } from './catalog/rows.ts'
import { granted, grantsOf, list, own, str, strOrNull } from './catalog/rows.ts'
import { readTables } from './catalog/tables.ts'
import { indexOf, indexesQuery } from './catalog/indexes.ts'
import { readDomains, readEnums, readTypes } from './catalog/types.ts'

/**
 * Reads the model out of the catalogs of a live Postgres (14 or newer; `search_path` has to be the default one). What an extension owns is
 * left out, and places are not known. https://www.postgresql.org/docs/18/catalogs.html
 */
export async function readCatalog(query: CatalogQuery): Promise<Schema> {
  const base = emptySchema()
  const schemas = await query(
    `SELECT nspname, ${grantsOf('nspacl', 'nspowner', null)} AS grants FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')`,
  )
  const extensions = await query(
    `SELECT extname, n.nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname <> 'plpgsql'`,
  )
  return {
    ...base,
    schemas: new Set(schemas.map((row) => str(row['nspname']))),
    schemaGrants: new Map(
      schemas.flatMap((row) => {
        const { grants } = granted(row)
        return grants === undefined ? [] : [[str(row['nspname']), grants] as const]
      }),
    ),
    tables: await readTables(query),
    enums: await readEnums(query),
    domains: await readDomains(query),
    types: await readTypes(query),
    views: await readViews(query),
    sequences: await readSequences(query),
    functions: await readFunctions(query),
    extensions: new Map(
      extensions.map((row) => [
        str(row['extname']),
        { name: str(row['extname']), schema: str(row['nspname']), declared: [] },
      ]),
    ),
  }
}

async function readViews(query: CatalogQuery): Promise<ReadonlyMap<Key, View>> {
  const rows =
    await query(`SELECT n.nspname, c.relname, c.relkind::text, pg_get_viewdef(c.oid) AS definition, c.reloptions, ${grantsOf('c.relacl', 'c.relowner', 'c.oid')} AS grants,
      (SELECT json_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
      (SELECT coalesce(json_agg(DISTINCT jsonb_build_object('schema', tn.nspname, 'name', t.relname)), '[]') FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace WHERE w.ev_class = c.oid AND t.oid <> c.oid) AS reads
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY 1, 2`)
  const views = new Map<Key, { -readonly [K in keyof View]: View[K] }>()
  for (const row of rows) {
    const reads = (Array.isArray(row['reads']) ? row['reads'] : []) as readonly {
      readonly schema: string
      readonly name: string
    }[]
    views.set(key(str(row['nspname']), str(row['relname'])), {
      schema: str(row['nspname']),
      name: str(row['relname']),
      materialized: row['relkind'] === 'm',
      definition: str(row['definition']),
      columns: list(row['columns']),
      reads: reads.map((read) => ({ table: key(read.schema, read.name), columns: null })),
      indexes: [],
      securityInvoker: list(row['reloptions']).some((option) => /^security_invoker=(?:true|on|1)$/.test(option)),
      ...granted(row),
      declared: [],
    })
  }
  for (const row of await query(indexesQuery)) {
    const view = views.get(key(str(row['nspname']), str(row['relname'])))
    if (view !== undefined) view.indexes = [...view.indexes, indexOf(row)]
  }
  return views
}

async function readSequences(query: CatalogQuery): Promise<ReadonlyMap<Key, Sequence>> {
  const rows =
    await query(`SELECT n.nspname, c.relname, format_type(s.seqtypid, NULL) AS type, ${grantsOf('c.relacl', 'c.relowner', null)} AS grants, s.seqincrement::text AS increment, s.seqmin::text AS minvalue, s.seqmax::text AS maxvalue, s.seqstart::text AS start, s.seqcache::text AS cache, s.seqcycle AS cycle, a.attidentity::text, tn.nspname AS tschema, t.relname AS tname, a.attname
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY 1, 2`)
  return new Map(
    rows.map((row) => [
      key(str(row['nspname']), str(row['relname'])),
      {
        schema: str(row['nspname']),
        name: str(row['relname']),
        type: str(row['type']),
        ownedBy:
          row['tname'] == null
            ? null
            : { table: key(str(row['tschema']), str(row['tname'])), column: str(row['attname']) },
        ...(row['attidentity'] ? {} : { options: sequenceOptions(row as SequenceNumbers, str(row['type'])) }),
        ...granted(row),
        declared: [],
      },
    ]),
  )
}

async function readFunctions(query: CatalogQuery): Promise<ReadonlyMap<Key, readonly SqlFunction[]>> {
  const rows =
    await query(`SELECT n.nspname, p.proname, p.prokind::text, l.lanname, p.provolatile::text, p.prosecdef, p.proconfig, p.prosrc, pg_get_functiondef(p.oid) AS definition, ${grantsOf('p.proacl', 'p.proowner', null)} AS grants, p.proacl IS NOT NULL AS revoked,
      (SELECT coalesce(json_agg(format_type(a.oid, NULL) ORDER BY a.n), '[]') FROM unnest(p.proargtypes) WITH ORDINALITY AS a (oid, n)) AS arguments,
      CASE WHEN p.prorettype <> 0 THEN CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END || format_type(p.prorettype, NULL) END AS returns
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE p.prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
      AND ${own('pg_proc', 'p.oid', 'p.pronamespace')} ORDER BY 1, 2, p.oid`)
  const functions = new Map<Key, SqlFunction[]>()
  for (const row of rows) {
    const at = key(str(row['nspname']), str(row['proname']))
    const one: SqlFunction = {
      schema: str(row['nspname']),
      name: str(row['proname']),
      kind: row['prokind'] === 'p' ? 'procedure' : 'function',
      arguments: list(row['arguments']),
      returns: row['prokind'] === 'p' ? null : strOrNull(row['returns']),
      language: str(row['lanname']),
      volatility: row['provolatile'] === 'i' ? 'immutable' : row['provolatile'] === 's' ? 'stable' : 'volatile',
      securityDefiner: row['prosecdef'] === true,
      settings: list(row['proconfig']),
      body: strOrNull(row['prosrc']),
      definition: strOrNull(row['definition']),
      ...granted(row),
      declared: [],
    }
    functions.set(at, [...(functions.get(at) ?? []), one])
  }
  return functions
}
