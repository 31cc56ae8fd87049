import type {
  Check,
  Column,
  DomainType,
  EnumType,
  Exclusion,
  ForeignKey,
  Grant,
  Index,
  IndexKey,
  Key,
  OtherType,
  Policy,
  PrimaryKey,
  ReferentialAction,
  Schema,
  Sequence,
  SqlFunction,
  Table,
  Trigger,
  Unique,
  View,
} from './model.ts'
import { emptySchema, emptyTable, key } from './model.ts'

type Row = Readonly<Record<string, unknown>>

/** Runs one query and gives its rows, lists as arrays. */
export type CatalogQuery = (sql: string) => Promise<readonly Row[]>

const str = (value: unknown): string => (typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value))
const strOrNull = (value: unknown): string | null => (value == null ? null : str(value))
const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(str) : [])

/** Objects of the user: not Postgres' own and not an extension's. */
const own = (
  catalog: string,
  oid: string,
  namespace: string,
) => `${namespace} NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`

const columnNames = (numbers: string, table: string) =>
  `(SELECT coalesce(json_agg(a.attname ORDER BY u.n), '[]') FROM unnest(${numbers}) WITH ORDINALITY AS u (attnum, n) JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = u.attnum)`

/** What roles other than the owner may do, of an access control list and, for a relation, of those of its columns. */
const grantsOf = (
  acl: string,
  owner: string,
  relation: string | null,
) => `(SELECT json_agg(json_build_object('role', CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END, 'word', lower(x.privilege_type) || x.suffix, 'further', x.is_grantable))
  FROM (SELECT grantee, privilege_type, is_grantable, '' AS suffix FROM aclexplode(${acl})${relation === null ? '' : ` UNION ALL SELECT e.grantee, e.privilege_type, e.is_grantable, ' (' || ca.attname || ')' FROM pg_attribute ca, aclexplode(ca.attacl) AS e WHERE ca.attrelid = ${relation} AND NOT ca.attisdropped`}) AS x
  WHERE x.grantee <> ${owner})`

/** The privileges of a row; nothing where nothing was granted. */
function granted(row: Row): { readonly grants?: readonly Grant[] } {
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

async function readTables(query: CatalogQuery): Promise<ReadonlyMap<Key, Table>> {
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
    pg_get_expr(d.adbin, d.adrelid) AS expression, col_description(c.oid, a.attnum) AS comment,
    CASE WHEN a.attcollation <> t.typcollation THEN (SELECT collname FROM pg_collation WHERE oid = a.attcollation) END AS collation
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f') AND ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY 1, 2, a.attnum`

function columnOf(row: Row): Column {
  const expression = strOrNull(row['expression'])
  const generated = str(row['attgenerated'])
  return {
    name: str(row['attname']),
    type: strOrNull(row['type']),
    nullable: row['attnotnull'] !== true,
    default: generated === '' ? expression : null,
    generated: generated === '' ? null : { expression: expression ?? '', stored: generated === 's' },
    identity: row['attidentity'] === 'a' ? 'always' : row['attidentity'] === 'd' ? 'by default' : null,
    collation: strOrNull(row['collation']),
    comment: strOrNull(row['comment']),
    declared: [],
  }
}

const constraintsQuery = `SELECT n.nspname, c.relname, k.conname, k.contype::text, k.convalidated, k.condeferrable, k.condeferred, k.connoinherit, k.confdeltype::text, k.confupdtype::text, k.confmatchtype::text,
    coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) AS enforced, fn.nspname AS fschema, f.relname AS ftable, ${columnNames('k.confkey', 'k.confrelid')} AS fcolumns,
    ${columnNames('k.conkey', 'k.conrelid')} AS columns, pg_get_expr(k.conbin, k.conrelid) AS expression, CASE WHEN k.contype = 'x' THEN pg_get_constraintdef(k.oid) END AS definition,
    obj_description(k.oid, 'pg_constraint') AS comment, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nnd,
    (SELECT coalesce(json_agg(a.attname ORDER BY p.n), '[]') FROM unnest(i.indkey) WITH ORDINALITY AS p (attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum WHERE p.n > i.indnkeyatts) AS include
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
  LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
  WHERE ${own('pg_class', 'c.oid', 'c.relnamespace')} AND NOT (k.contype = 'f' AND k.conparentid <> 0 AND f.relispartition) ORDER BY 1, 2, 3`

const actions: Readonly<Record<string, ReferentialAction>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
}

function addConstraint(table: { -readonly [K in keyof Table]: Table[K] }, row: Row): void {
  const common = { name: str(row['conname']), comment: strOrNull(row['comment']), declared: [] }
  const deferred = row['condeferred'] === true ? { initiallyDeferred: true } : {}
  const columns = list(row['columns'])
  const deferrable = row['condeferrable'] === true
  switch (row['contype']) {
    case 'p': {
      const to: PrimaryKey = { ...common, columns, include: list(row['include']), deferrable, ...deferred }
      table.primaryKey = to
      return
    }
    case 'u': {
      const to: Unique = {
        ...common,
        columns,
        include: list(row['include']),
        nullsNotDistinct: row['nnd'] === true,
        deferrable,
        ...deferred,
      }
      table.uniques = [...table.uniques, to]
      return
    }
    case 'f': {
      const to: ForeignKey = {
        ...common,
        columns,
        references: { schema: str(row['fschema']), table: str(row['ftable']), columns: list(row['fcolumns']) },
        onDelete: actions[str(row['confdeltype'])] ?? 'NO ACTION',
        onUpdate: actions[str(row['confupdtype'])] ?? 'NO ACTION',
        match: row['confmatchtype'] === 'f' ? 'full' : row['confmatchtype'] === 'p' ? 'partial' : 'simple',
        validated: row['convalidated'] === true,
        enforced: row['enforced'] === true,
        deferrable,
        ...deferred,
      }
      table.foreignKeys = [...table.foreignKeys, to]
      return
    }
    case 'c': {
      const to: Check = {
        ...common,
        expression: str(row['expression']),
        validated: row['convalidated'] === true,
        enforced: row['enforced'] === true,
        noInherit: row['connoinherit'] === true,
      }
      table.checks = [...table.checks, to]
      return
    }
    case 'n': {
      const [column = ''] = columns
      const named = { name: common.name, validated: row['convalidated'] === true }
      // Every NOT NULL has a name; one that Postgres made, for this table or for one that it was copied or renamed from, is none of its own.
      if (!named.validated || !/_not_null\d*$/.test(named.name))
        table.columns = table.columns.map((each) => (each.name === column ? { ...each, notNull: named } : each))
      return
    }
    case 'x': {
      const to: Exclusion = { ...common, definition: str(row['definition']), columns }
      table.exclusions = [...table.exclusions, to]
      return
    }
    default:
  }
}

const indexesQuery = `SELECT n.nspname, c.relname, x.relname AS name, m.amname, i.indisunique, i.indisvalid, i.indnkeyatts, i.indkey::text, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nnd,
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

function indexOf(row: Row): Index {
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

const triggersQuery = `SELECT n.nspname, c.relname, t.tgname, t.tgtype::int AS type, t.tgenabled::text, t.tgconstraint <> 0 AS isconstraint, t.tgdeferrable, t.tginitdeferred, t.tgoldtable, t.tgnewtable, encode(t.tgargs, 'escape') AS args,
    substring(pg_get_triggerdef(t.oid) FROM ' WHEN \\((.*)\\) EXECUTE ') AS condition, fn.nspname AS fschema, p.proname, ${columnNames('t.tgattr::int2[]', 't.tgrelid')} AS columns
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace fn ON fn.oid = p.pronamespace
  WHERE NOT t.tgisinternal AND c.relkind IN ('r', 'p') AND ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY 1, 2, 3`

function triggerOf(row: Row): Trigger {
  const type = Number(row['type'])
  const events: Trigger['events'] = (
    [
      ['insert', 4],
      ['delete', 8],
      ['update', 16],
      ['truncate', 32],
    ] as const
  ).flatMap(([event, bit]) => ((type & bit) !== 0 ? [event] : []))
  return {
    name: str(row['tgname']),
    timing: (type & 2) !== 0 ? 'before' : (type & 64) !== 0 ? 'instead of' : 'after',
    events,
    forEach: (type & 1) !== 0 ? 'row' : 'statement',
    function: key(str(row['fschema']), str(row['proname'])),
    columns: list(row['columns']),
    updateOf: list(row['columns']),
    when: strOrNull(row['condition']),
    arguments: str(row['args'] ?? '')
      .split('\\000')
      .slice(0, -1),
    constraint:
      row['isconstraint'] === true
        ? { deferrable: row['tgdeferrable'] === true, initiallyDeferred: row['tginitdeferred'] === true }
        : null,
    transition:
      row['tgoldtable'] == null && row['tgnewtable'] == null
        ? null
        : { old: strOrNull(row['tgoldtable']), new: strOrNull(row['tgnewtable']) },
    enabled: row['tgenabled'] !== 'D',
    declared: [],
  }
}

const policiesQuery = `SELECT n.nspname, c.relname, p.polname, p.polcmd::text, p.polpermissive, pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check,
    (SELECT json_agg(CASE WHEN r.role = 0 THEN 'public' ELSE pg_get_userbyid(r.role) END) FROM unnest(p.polroles) AS r (role)) AS roles
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2, 3`

const commands: Readonly<Record<string, Policy['command']>> = {
  '*': 'all',
  r: 'select',
  a: 'insert',
  w: 'update',
  d: 'delete',
}

function policyOf(row: Row): Policy {
  return {
    name: str(row['polname']),
    command: commands[str(row['polcmd'])] ?? 'all',
    permissive: row['polpermissive'] === true,
    roles: list(row['roles']),
    using: strOrNull(row['using']),
    check: strOrNull(row['check']),
    declared: [],
  }
}

async function readEnums(query: CatalogQuery): Promise<ReadonlyMap<Key, EnumType>> {
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

async function readDomains(query: CatalogQuery): Promise<ReadonlyMap<Key, DomainType>> {
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

async function readTypes(query: CatalogQuery): Promise<ReadonlyMap<Key, OtherType>> {
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
    await query(`SELECT n.nspname, c.relname, format_type(s.seqtypid, NULL) AS type, ${grantsOf('c.relacl', 'c.relowner', null)} AS grants, tn.nspname AS tschema, t.relname AS tname, a.attname
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
