import type { Node, TypeName } from 'libpg-query'
import { quoteName } from '../../sql/names.ts'
import type { Key, Schema } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import { typeExists } from './draft.ts'
import { integer, items, text, texts, valueText, writtenIn } from './nodes.ts'
import type { Resolving } from './session.ts'
import { extensionTypes, hasUnknownExtension } from './extensions.ts'
import { findKey, isOpen, refuse } from './session.ts'

/** Names in pg_type, and how `format_type` spells those whose spelling differs. */
const spellings: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  varchar: 'character varying',
  bpchar: 'bpchar',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
  varbit: 'bit varying',
  char: '"char"',
}

const builtin = new Set(
  `bit bytea name text oid tid xid xid8 cid json jsonb xml point lseg path box polygon line circle money macaddr macaddr8 inet cidr
numeric date interval uuid tsvector tsquery gtsvector regproc regprocedure regoper regoperator regclass regtype regrole regnamespace regconfig
regdictionary regcollation pg_lsn txid_snapshot pg_snapshot int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange
nummultirange tsmultirange tstzmultirange datemultirange refcursor int2vector oidvector jsonpath aclitem cstring any anyelement anyarray
anynonarray anyenum anyrange anycompatible anycompatiblearray record trigger event_trigger void internal language_handler
unknown pg_node_tree`.split(/\s+/),
)

const interval: Readonly<Record<number, string>> = {
  4: ' year',
  2: ' month',
  8: ' day',
  1024: ' hour',
  2048: ' minute',
  4096: ' second',
  6: ' year to month',
  1032: ' day to hour',
  3080: ' day to minute',
  7176: ' day to second',
  3072: ' hour to minute',
  7168: ' hour to second',
  6144: ' minute to second',
}

/** What a written type is. */
export interface ResolvedType {
  /** As `format_type` spells it, null where it is not known. */
  readonly text: string | null
  /** `serial` and its kin: an integer type with a sequence. */
  readonly serial: boolean
  /** The user's type that it is (or is an array of), null for a built-in one. */
  readonly user: Key | null
}

/** Names of types that CockroachDB has besides those of Postgres. */
const cockroachTypes: Readonly<Record<string, string>> = { string: 'text', bytes: 'bytea' }

const serials: Readonly<Record<string, string>> = {
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
  smallserial: 'smallint',
  serial2: 'smallint',
}

/** Resolves a type as the columns of a table write it; refuses one that does not exist. */
export function resolveType(session: Resolving, type: TypeName | undefined): ResolvedType {
  const names = texts(type?.names)
  const written = writtenIn(names)
  const array = (type?.arrayBounds ?? []).length > 0
  const suffix = array ? '[]' : ''
  if (type === undefined || type.pct_type === true) return { text: null, serial: false, user: null }
  const serial = written.schema === null && Object.hasOwn(serials, written.name) ? serials[written.name] : undefined
  const isCockroach = session.draft.schema.dialect === 'cockroachdb'
  if (serial !== undefined && !array) return { text: isCockroach ? 'bigint' : serial, serial: true, user: null }
  // Its INT, which the parser takes for `pg_catalog.int4`, has 64 bits.
  if (isCockroach && written.schema === 'pg_catalog' && written.name === 'int4')
    return { text: `bigint${suffix}`, serial: false, user: null }
  if (written.schema === null || written.schema === 'pg_catalog') {
    const found = builtinType(postgresName(session, written.name, type.typmods), type.typmods)
    if (found !== null) return { text: `${found}${found.endsWith('[]') ? '' : suffix}`, serial: false, user: null }
  }
  return userType(session, written, type.typmods, suffix)
}

function postgresName(session: Resolving, name: string, typmods: readonly Node[] | undefined): string {
  if (session.draft.schema.dialect !== 'cockroachdb' || !Object.hasOwn(cockroachTypes, name)) return name
  return name === 'string' && (typmods?.length ?? 0) > 0 ? 'varchar' : (cockroachTypes[name] ?? name)
}

function userType(
  session: Resolving,
  written: { readonly schema: string | null; readonly name: string },
  typmods: readonly Node[] | undefined,
  suffix: string,
): ResolvedType {
  const { schema } = session.draft
  const at = findKey(session, written, (key) => typeExists(schema, key))
  if (at !== undefined) return { text: `${typeSpelling(at)}${suffix}`, serial: false, user: at }
  const extension = extensionTypeOf(schema, written.name)
  if (extension !== undefined)
    return {
      text: `${quoteName(extension, written.name)}${modifiersOf(written.name, typmods)}${suffix}`,
      serial: false,
      user: null,
    }
  const elementName = written.name.startsWith('_') ? written.name.slice(1) : ''
  const element =
    elementName === ''
      ? undefined
      : findKey(session, { schema: written.schema, name: elementName }, (key) => typeExists(schema, key))
  if (element !== undefined) return { text: `${typeSpelling(element)}[]`, serial: false, user: element }
  if (!isOpen(session) && !hasUnknownExtension(schema))
    refuse(`type "${written.schema === null ? '' : `${written.schema}.`}${written.name}" does not exist`)
  return {
    text: `${quoteName(written.schema ?? 'public', written.name)}${modifiersOf(written.name, typmods)}${suffix}`,
    serial: false,
    user: null,
  }
}

const shapes = [
  'Geometry',
  'Point',
  'LineString',
  'Polygon',
  'MultiPoint',
  'MultiLineString',
  'MultiPolygon',
  'GeometryCollection',
  'CircularString',
  'CompoundCurve',
  'CurvePolygon',
  'MultiCurve',
  'MultiSurface',
  'PolyhedralSurface',
  'Triangle',
  'Tin',
]

/** Modifiers of an extension's type as `format_type` spells them; PostGIS has names for shapes, and one reference system for geography. (postgis_typmod_out) */
function modifiersOf(name: string, typmods: readonly Node[] | undefined): string {
  const given = (typmods ?? []).map(valueText)
  if (name !== 'geometry' && name !== 'geography') return given.length > 0 ? `(${given.join(',')})` : ''
  const [first] = given
  if (first === undefined) return ''
  const [, written = '', dimensions = ''] = /^(.*?)(z|m|zm)?$/i.exec(first.trim()) ?? []
  const shape = shapes.find((each) => each.toLowerCase() === written.toLowerCase()) ?? written
  const system = Number(given[1] ?? 0) || (name === 'geography' ? 4326 : 0)
  return `(${shape}${dimensions.toUpperCase()}${system === 0 ? '' : `,${system}`})`
}

function extensionTypeOf(schema: Schema, name: string): string | undefined {
  for (const [extension, types] of Object.entries(extensionTypes)) {
    const installed = schema.extensions.get(extension)
    if (types.includes(name) && installed !== undefined) return installed.schema ?? 'public'
  }
  return undefined
}

/** A user's type as `format_type` spells it: qualified outside the schema `public`. */
export function typeSpelling(at: Key): string {
  return quoteName(schemaOf(at), nameOf(at))
}

function builtinType(name: string, typmods: readonly Node[] | undefined): string | null {
  const element =
    name.startsWith('_') && (Object.hasOwn(spellings, name.slice(1)) || builtin.has(name.slice(1)))
      ? name.slice(1)
      : null
  if (element !== null) return `${spelled(element, [])}[]`
  if (!Object.hasOwn(spellings, name) && !builtin.has(name)) return null
  return spelled(
    name,
    (typmods ?? []).map((node) => integer(node)),
  )
}

/** Built-in types with a length, and those with modifiers of any kind. */
const lengthy = new Set(['bit', 'varbit', 'varchar', 'bpchar'])
const modified = new Set([...lengthy, 'numeric', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval'])

function spelled(name: string, modifiers: readonly (number | undefined)[]): string {
  const [first, second] = modifiers
  const base = spellings[name] ?? name
  if (modifiers.length > 0 && !modified.has(name)) refuse(`type modifier is not allowed for type "${name}"`)
  if (lengthy.has(name) && first !== undefined && first < 1)
    refuse(`length for type ${name === 'bpchar' ? 'char' : name} must be at least 1`)
  if (name === 'numeric' && first !== undefined && (first < 1 || first > 1000))
    refuse(`NUMERIC precision ${first} must be between 1 and 1000`)
  if (name === 'bpchar') return first === undefined ? 'bpchar' : `character(${first})`
  if (name === 'interval') {
    const fields = first === undefined ? '' : (interval[first] ?? '')
    const precision = second === undefined ? '' : `(${second})`
    return `interval${fields}${precision}`
  }
  if (first === undefined) return base
  if (name === 'numeric') return `numeric(${first},${second ?? 0})`
  if (name === 'timestamp' || name === 'timestamptz' || name === 'time' || name === 'timetz')
    return base.replace(/^(timestamp|time)/, `$1(${Math.min(first, 6)})`)
  return `${base}(${first})`
}

/** A type without its modifiers and array marks: `character varying` of `character varying(255)[]`. */
export function baseType(type: string): string {
  let plain = ''
  let quoted = false
  let depth = 0
  for (const character of type) {
    if (character === '"') quoted = !quoted
    if (!quoted && character === '(') depth++
    if (depth === 0) plain += character
    if (!quoted && character === ')') depth--
  }
  plain = plain.replace(/\[\]$/, '').trimEnd()
  return plain.startsWith('interval ') ? 'interval' : plain
}

export function isArray(type: string): boolean {
  return type.endsWith('[]')
}

/** Type names written as a list of strings (`DROP TYPE a.b`) or as a `TypeName` node. */
export function typeNames(node: Node | undefined): readonly string[] {
  if (node === undefined) return []
  if ('TypeName' in node) return texts(node.TypeName.names)
  return items(node).map(text)
}
