import type { Grant } from '../model.ts'

export type Row = Readonly<Record<string, unknown>>

/** Runs one query and gives its rows, lists as arrays. */
export type CatalogQuery = (sql: string) => Promise<readonly Row[]>

export const str = (value: unknown): string =>
  typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value)

export const strOrNull = (value: unknown): string | null => (value == null ? null : str(value))

export const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(str) : [])

/** Objects of the user: not Postgres' own and not an extension's. */
export const own = (
  catalog: string,
  oid: string,
  namespace: string,
) => `${namespace} NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`

export const columnNames = (numbers: string, table: string) =>
  `(SELECT coalesce(json_agg(a.attname ORDER BY u.n), '[]') FROM unnest(${numbers}) WITH ORDINALITY AS u (attnum, n) JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = u.attnum)`

/** What roles other than the owner may do, of an access control list and, for a relation, of those of its columns. */
export const grantsOf = (
  acl: string,
  owner: string,
  relation: string | null,
) => `(SELECT json_agg(json_build_object('role', CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END, 'word', lower(x.privilege_type) || x.suffix, 'further', x.is_grantable))
  FROM (SELECT grantee, privilege_type, is_grantable, '' AS suffix FROM aclexplode(${acl})${relation === null ? '' : ` UNION ALL SELECT e.grantee, e.privilege_type, e.is_grantable, ' (' || ca.attname || ')' FROM pg_attribute ca, aclexplode(ca.attacl) AS e WHERE ca.attrelid = ${relation} AND NOT ca.attisdropped`}) AS x
  WHERE x.grantee <> ${owner})`

/** The privileges of a row; nothing where nothing was granted. */
export function granted(row: Row): { readonly grants?: readonly Grant[] } {
  const words = (Array.isArray(row['grants']) ? row['grants'] : []) as readonly {
    readonly role: string
    readonly word: string
    readonly further: boolean
  }[]
  const roles = [...new Set(words.map(({ role }) => role))]
  const grants = roles.map((role): Grant => {
    const own = words.filter((each) => each.role === role)
    return {
      role,
      privileges: own.map(({ word }) => word).toSorted(),
      grantable: own
        .filter(({ further }) => further)
        .map(({ word }) => word)
        .toSorted(),
    }
  })
  return grants.length > 0 || row['revoked'] === true ? { grants } : {}
}
