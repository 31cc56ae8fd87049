import { key, type Key, type Schema } from './model.ts'

/**
 * The table or view that a name in a statement means, as Postgres looks for it: a temporary one first, then along the search path; the
 * first schema of the path where none is known. https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH
 */
export function relationKey(
  relation: { readonly schemaname?: string; readonly relname?: string } | undefined,
  schema: Schema,
): Key {
  const name = relation?.relname ?? ''
  if (relation?.schemaname) return key(relation.schemaname, name)
  const path = schema.searchPath ?? [schema.defaultSchema]
  const found = ['pg_temp', ...path]
    .map((of) => key(of, name))
    .find((at) => schema.tables.has(at) || schema.views.has(at))
  return found ?? key(path[0] ?? schema.defaultSchema, name)
}
