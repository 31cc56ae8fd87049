import { quoteIdent } from '../../sql/names.ts'
import { castData, typeData } from './data.ts'
import type { DomainType, Schema } from '../model.ts'
import { key } from '../model.ts'
import { baseType } from '../replay/types.ts'

/**
 * A type inside expressions: the name in pg_type of a built-in one (`int4`), the spelling of a user's (`"Role"`), either with `[]` for an
 * array; `unknown` is the type of a literal before it is told.
 */
export type TypeId = string

/** Stops the reading of an expression of which something is not known. */
export class Unknowable extends Error {}

/** Gives up on an expression. */
export function unknowable(why: string): never {
  throw new Unknowable(why)
}

const spelledAs: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  varchar: 'character varying',
  bpchar: 'character',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
  varbit: 'bit varying',
  char: '"char"',
}

const internalOf = new Map(Object.entries(spelledAs).map(([internal, spelled]) => [spelled, internal]))
internalOf.set('bpchar', 'bpchar')

const categories = new Map<TypeId, string>()
const preferred = new Set<TypeId>()
for (const line of typeData.trim().split('\n')) {
  const [name = '', category = ''] = line.split(' ')
  categories.set(name, category[0] ?? 'U')
  if (category.endsWith('!')) preferred.add(name)
}

interface Cast {
  readonly context: 'i' | 'a' | 'e'
}

const casts = new Map<string, Cast>()
for (const line of castData.trim().split('\n')) {
  const [source = '', target = '', how = ''] = line.split(' ')
  const context = how[0]
  if (context === 'i' || context === 'a' || context === 'e') casts.set(`${source} ${target}`, { context })
}
for (const [source, target, context] of [
  ['citext', 'text', 'i'],
  ['citext', 'varchar', 'i'],
  ['citext', 'bpchar', 'a'],
  ['text', 'citext', 'a'],
  ['varchar', 'citext', 'a'],
  ['bpchar', 'citext', 'a'],
  ['bool', 'citext', 'a'],
  ['inet', 'citext', 'a'],
  ['hstore', 'json', 'e'],
  ['hstore', 'jsonb', 'e'],
  ['float4[]', 'vector', 'a'],
  ['vector', 'float4[]', 'i'],
] as const)
  casts.set(`${source} ${target}`, { context })

/** A type with its modifier, `(255)`; the modifier is '' for none. */
export interface Typed {
  readonly type: TypeId
  readonly mod: string
}

/** Takes a type apart that is spelled as `format_type` spells it. */
export function parseType(spelled: string): Typed {
  const array = spelled.endsWith('[]')
  const plain = array ? spelled.slice(0, -2) : spelled
  const base = baseType(plain)
  const mod = base === 'interval' ? plain.slice('interval'.length) : (/\([^()"]*\)/.exec(plain)?.[0] ?? '')
  return { type: `${internalOf.get(base) ?? base}${array ? '[]' : ''}`, mod }
}

/** Spells a type as `format_type` does. */
export function spell(type: TypeId, mod = ''): string {
  if (type.endsWith('[]')) return `${spell(type.slice(0, -2), mod)}[]`
  if (type === 'bpchar' && mod === '') return 'bpchar'
  if (type === 'bit' && mod === '') return '"bit"'
  const base = Object.hasOwn(spelledAs, type) ? (spelledAs[type] ?? type) : type
  if (mod === '') return base
  return type.startsWith('time') ? base.replace(/^(timestamp|time)/, `$1${mod}`) : `${base}${mod}`
}

export function isArrayType(type: TypeId): boolean {
  return type.endsWith('[]')
}

export function elementOf(type: TypeId): TypeId {
  return type.slice(0, -2)
}

export function isBuiltin(type: TypeId): boolean {
  return categories.has(isArrayType(type) ? elementOf(type) : type)
}

function keyOfSpelling(spelled: string): string {
  const parts: string[] = []
  for (const match of spelled.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g))
    parts.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
  return parts.length > 1 ? key(parts[0] ?? '', parts[1] ?? '') : key('public', parts[0] ?? '')
}

/** The domain that a type is, if it is one. */
export function domainOf(schema: Schema, type: TypeId): DomainType | undefined {
  return categories.has(type) || schema.domains.size === 0 ? undefined : schema.domains.get(keyOfSpelling(type))
}

export function isEnum(schema: Schema, type: TypeId): boolean {
  return !categories.has(type) && schema.enums.has(keyOfSpelling(type))
}

/** A domain's type below all domains. */
export function underlying(schema: Schema, type: TypeId): Typed {
  const domain = domainOf(schema, type)
  if (domain === undefined) return { type, mod: '' }
  if (domain.base === null) return unknowable(`the base of domain ${domain.name} is not known`)
  const base = parseType(domain.base)
  return domainOf(schema, base.type) === undefined ? base : underlying(schema, base.type)
}

const polymorphic = new Set([
  'any',
  'anyelement',
  'anyarray',
  'anynonarray',
  'anyenum',
  'anyrange',
  'anymultirange',
  'anycompatible',
  'anycompatiblearray',
  'anycompatiblenonarray',
  'anycompatiblerange',
  'anycompatiblemultirange',
])

export function isPolymorphic(type: TypeId): boolean {
  return polymorphic.has(type)
}

/** The category of a type, by which functions are chosen: `S` for strings, `N` for numbers. */
export function categoryOf(schema: Schema, type: TypeId): string {
  const known = categories.get(type)
  if (known !== undefined) return known
  if (isArrayType(type)) return 'A'
  if (type === 'citext') return 'S'
  if (isEnum(schema, type)) return 'E'
  const domain = domainOf(schema, type)
  return domain === undefined ? 'U' : categoryOf(schema, underlying(schema, type).type)
}

export function isPreferred(type: TypeId): boolean {
  return preferred.has(type)
}

const ranges: Readonly<Record<string, TypeId>> = {
  int4range: 'int4',
  int8range: 'int8',
  numrange: 'numeric',
  tsrange: 'timestamp',
  tstzrange: 'timestamptz',
  daterange: 'date',
}

/** What a built-in range type ranges over. */
export function rangeElement(type: TypeId): TypeId | undefined {
  return Object.hasOwn(ranges, type) ? ranges[type] : undefined
}

export type CastContext = 'implicit' | 'assignment' | 'explicit'

/** How a value of one type becomes one of another, null where it does not: `same` needs nothing, `array` works element by element. */
export function pathway(
  schema: Schema,
  from: TypeId,
  to: TypeId,
  context: CastContext,
): 'same' | 'cast' | 'io' | 'array' | null {
  const source = underlying(schema, from).type
  const target = underlying(schema, to).type
  if (source === target) return 'same'
  const cast = casts.get(`${source} ${target}`)
  if (
    cast !== undefined &&
    (cast.context === 'i' || (cast.context === 'a' && context !== 'implicit') || context === 'explicit')
  )
    return 'cast'
  if (cast === undefined && isArrayType(source) && isArrayType(target)) {
    return pathway(schema, elementOf(source), elementOf(target), context) === null ? null : 'array'
  }
  if (cast !== undefined) return null
  if (context !== 'implicit' && categoryOf(schema, target) === 'S') return 'io'
  if (context === 'explicit' && categoryOf(schema, source) === 'S') return 'io'
  return null
}

/** True where a value of one type may stand for another without being told to. */
export function canCoerce(schema: Schema, from: TypeId, to: TypeId, context: CastContext = 'implicit'): boolean {
  if (from === to || to === 'any' || from === 'unknown') return true
  if (isPolymorphic(to)) return fitsPolymorphic(schema, from, to)
  return pathway(schema, from, to, context) !== null
}

function fitsPolymorphic(schema: Schema, from: TypeId, to: TypeId): boolean {
  const base = underlying(schema, from).type
  switch (to) {
    case 'anyarray':
    case 'anycompatiblearray':
      return isArrayType(base)
    case 'anynonarray':
    case 'anycompatiblenonarray':
      return !isArrayType(base)
    case 'anyenum':
      return isEnum(schema, base)
    case 'anyrange':
    case 'anycompatiblerange':
      return rangeElement(base) !== undefined
    case 'anymultirange':
    case 'anycompatiblemultirange':
      return base.endsWith('multirange')
    default:
      return true
  }
}

/** The type that several values have in common (for CASE, COALESCE, ARRAY and IN), null where they have none. */
export function commonType(schema: Schema, types: readonly TypeId[]): TypeId | null {
  const [first, ...rest] = types
  if (first === undefined) return 'text'
  if (first !== 'unknown' && rest.every((type) => type === first)) return first
  let common = underlying(schema, first).type
  for (const each of rest) {
    const type = underlying(schema, each).type
    if (type === 'unknown' || type === common) continue
    if (common === 'unknown') common = type
    else if (categoryOf(schema, type) !== categoryOf(schema, common)) return null
    else if (!isPreferred(common) && canCoerce(schema, common, type) && !canCoerce(schema, type, common)) common = type
  }
  return common === 'unknown' ? 'text' : common
}

/** Types whose modifier is a length or precision that a conversion applies. */
export function hasLength(type: TypeId): boolean {
  return [
    'varchar',
    'bpchar',
    'numeric',
    'bit',
    'varbit',
    'timestamp',
    'timestamptz',
    'time',
    'timetz',
    'interval',
    'vector',
    'halfvec',
    'sparsevec',
    'geometry',
    'geography',
  ].includes(isArrayType(type) ? elementOf(type) : type)
}

/** A qualified name of a user's function or type, as it is printed. */
export function qualified(schema: string, name: string): string {
  return schema === 'public' || schema === 'pg_catalog' ? quoteIdent(name) : `${quoteIdent(schema)}.${quoteIdent(name)}`
}
