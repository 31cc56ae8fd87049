import { nameOf, schemaOf, type Key } from './model.ts'

// Every keyword that is not free as a column name, as pg_get_keywords() of PostgreSQL 18 lists them (catcode other than U).
const keywords = new Set((
  'all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check coalesce collate collation '
  + 'column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal default '
  + 'deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner '
  + 'inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize '
  + 'json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric '
  + 'offset on only or order out outer overlaps overlay placing position precision primary real references returning right row select session_user setof similar smallint some '
  + 'substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where '
  + 'window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable'
).split(' '))

/** A name as it has to be written in SQL: quoted only where it must be, as Postgres' `quote_ident` does. */
export function quoteIdent(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** The name behind a key, qualified where it is not in the default schema. */
export function quoteKey(of: Key, defaultSchema = 'public'): string {
  return quoteName(schemaOf(of), nameOf(of), defaultSchema)
}

/** A name with its schema in front where that is not the default schema. */
export function quoteName(schema: string, name: string, defaultSchema = 'public'): string {
  return schema === defaultSchema || schema === '' ? quoteIdent(name) : `${quoteIdent(schema)}.${quoteIdent(name)}`
}

/** A text as a string constant; an escape string where it holds a backslash, so that it reads the same under every setting. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? `E${quoted}` : quoted
}
