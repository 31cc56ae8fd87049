import type { DomainType, EnumType, Key, OtherType } from '../model.ts'
import { key } from '../model.ts'
import type { CatalogQuery } from './rows.ts'
import { list, own, str, strOrNull } from './rows.ts'

export async function readEnums(query: CatalogQuery): Promise<ReadonlyMap<Key, EnumType>> {
  const rows =
    await query(`SELECT n.nspname, t.typname, obj_description(t.oid, 'pg_type') AS comment, (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid) AS values
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${own('pg_type', 't.oid', 't.typnamespace')} ORDER BY 1, 2`)
  return new Map(
    rows.map((row) => [
      key(str(row['nspname']), str(row['typname'])),
      {
        schema: str(row['nspname']),
        name: str(row['typname']),
        values: list(row['values']),
        comment: strOrNull(row['comment']),
        declared: [],
      },
    ]),
  )
}

export async function readDomains(query: CatalogQuery): Promise<ReadonlyMap<Key, DomainType>> {
  const rows =
    await query(`SELECT n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod) AS base, t.typnotnull, pg_get_expr(t.typdefaultbin, 0) AS default,
      (SELECT coalesce(json_agg(json_build_object('name', conname, 'expression', pg_get_expr(conbin, 0), 'validated', convalidated) ORDER BY oid), '[]') FROM pg_constraint WHERE contypid = t.oid AND contype = 'c') AS checks
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND ${own('pg_type', 't.oid', 't.typnamespace')} ORDER BY 1, 2`)
  return new Map(
    rows.map((row) => [
      key(str(row['nspname']), str(row['typname'])),
      {
        schema: str(row['nspname']),
        name: str(row['typname']),
        base: strOrNull(row['base']),
        nullable: row['typnotnull'] !== true,
        default: strOrNull(row['default']),
        checks: (Array.isArray(row['checks']) ? row['checks'] : []) as DomainType['checks'],
        declared: [],
      },
    ]),
  )
}

export async function readTypes(query: CatalogQuery): Promise<ReadonlyMap<Key, OtherType>> {
  const rows =
    await query(`SELECT n.nspname, t.typname, CASE WHEN NOT t.typisdefined THEN 'shell' WHEN t.typtype = 'c' THEN 'composite' WHEN t.typtype = 'r' THEN 'range' ELSE 'base' END AS form,
      (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum) FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS attributes
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('r', 'b') AND t.typcategory <> 'A' OR t.typtype = 'c' AND c.relkind = 'c' OR NOT t.typisdefined) AND ${own('pg_type', 't.oid', 't.typnamespace')} ORDER BY 1, 2`)
  return new Map(
    rows.map((row) => [
      key(str(row['nspname']), str(row['typname'])),
      {
        schema: str(row['nspname']),
        name: str(row['typname']),
        form: row['form'] as OtherType['form'],
        ...(Array.isArray(row['attributes'])
          ? { attributes: row['attributes'] as NonNullable<OtherType['attributes']> }
          : {}),
        declared: [],
      },
    ]),
  )
}
