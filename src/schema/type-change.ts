import type { DomainType, EnumType, Schema } from './model.ts'
import { key } from './model.ts'

/**
 * What ALTER COLUMN TYPE does with the table's file. `utc`: nothing where the session's time zone is UTC, a rewrite elsewhere.
 * `unknown` where an extension's or the user's own type decides.
 */
export type TypeChange = 'free' | 'utc' | 'rewrite' | 'unknown'

/** What becomes of values on the way to another type: nothing (null), some are rounded or cut, or the change fails on the first that does not fit. */
export type TypeLoss = 'cut' | 'fails' | 'unknown' | null

/** The types that a schema defines, for the changes between them and others. */
type Types = Pick<Schema, 'enums' | 'domains' | 'defaultSchema'>

/** A type as `format_type` spells it, with domains looked through. */
interface Spelled {
  readonly base: string
  readonly modifiers: readonly number[]
  readonly array: boolean
  readonly labels: EnumType['values'] | null
  /** True for a domain, and for one that refuses some values of its base type. */
  readonly domain: boolean
  readonly constrained: boolean
}

const widening = new Set([
  'character varying',
  'bit varying',
  'numeric',
  'timestamp without time zone',
  'timestamp with time zone',
  'time without time zone',
  'time with time zone',
  'interval',
])

/** Pairs of types of the same binary form, which Postgres relabels. https://www.postgresql.org/docs/current/sql-createcast.html */
const relabelled = new Set([
  'character varying>text',
  'text>character varying',
  'cidr>inet',
  'xml>text',
  'xml>character varying',
  'integer>oid',
  'oid>integer',
  'text>citext',
  'citext>text',
  'character varying>citext',
  'citext>character varying',
  'bit>bit varying',
  'bit varying>bit',
  'bpchar>character',
  'character>bpchar',
])

const builtIn = new Set([
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'numeric',
  'text',
  'character varying',
  'character',
  'bpchar',
  'boolean',
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
  'time without time zone',
  'time with time zone',
  'interval',
  'uuid',
  'json',
  'jsonb',
  'bytea',
  'inet',
  'cidr',
  'macaddr',
  'xml',
  'oid',
  'money',
  'bit',
  'bit varying',
  'name',
  'citext',
  'point',
  'tsvector',
  'int4range',
  'int8range',
  'numrange',
  'tsrange',
  'tstzrange',
  'daterange',
  'ltree',
  'hstore',
  '"char"',
])

/**
 * What a change between two types, spelled as `format_type` does, does to the table from PostgreSQL 12 on (measured on 15 and 18).
 * `using` is the expression as written. https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
 */
export function typeChange(from: string, to: string, using: string | null, column: string, types: Types): TypeChange {
  if (using !== null && !isPlainCast(using, column)) return 'rewrite'
  if (from === to) return 'free'
  const held = spelled(from, types)
  const a = held.domain ? { ...held, modifiers: [] } : held
  const b = spelled(to, types)
  if (b.constrained) return 'rewrite'
  const otherwise = known(a) && known(b) ? 'rewrite' : 'unknown'
  if (a.base === b.base && a.array === b.array && JSON.stringify(a.modifiers) === JSON.stringify(b.modifiers))
    return 'free'
  if (a.array || b.array)
    return a.array && b.array && a.base === b.base && b.modifiers.length === 0 ? 'free' : otherwise
  if (a.base === b.base) return widening.has(a.base) && widens(a, b) ? 'free' : otherwise
  if (isMoment(a.base) && isMoment(b.base)) return b.modifiers.length === 0 || b.modifiers[0] === 6 ? 'utc' : 'rewrite'
  return relabelled.has(`${a.base}>${b.base}`) && b.modifiers.length === 0 ? 'free' : otherwise
}

/** True for a `USING` that says nothing but the column itself or a cast of it. */
export function isPlainCast(using: string, column: string): boolean {
  const text = using
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\(([^()]*(?:\([\d, ]*\)[^()]*)*)\)$/, '$1')
  const names = [column, `"${column}"`]
  if (names.includes(text)) return true
  const cast = /^\(?("?[\w$]+"?)\)?\s?::\s?(.+)$/.exec(text)
  return cast !== null && names.includes(cast[1] ?? '') && /^"?[\w. ]+"?(\(\d+(, ?\d+)?\))?(\[\])?$/.test(cast[2] ?? '')
}

const integers: readonly string[] = ['smallint', 'integer', 'bigint']
const digits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 }
/** Characters of the longest value as text. */
const lengths: Readonly<Record<string, number>> = {
  boolean: 5,
  smallint: 6,
  integer: 11,
  bigint: 20,
  uuid: 36,
  oid: 10,
  '"char"': 1,
  name: 63,
  real: 15,
  'double precision': 24,
  date: 13,
  'time without time zone': 15,
  inet: 43,
  cidr: 43,
}
const texts: readonly string[] = ['text', 'character varying', 'citext', 'character', 'bpchar']
const floats: readonly string[] = ['real', 'double precision']

/** What becomes of values on the way from one type to another. Without `types`, what a schema defines itself is not known. */
export function typeLoss(from: string | null, to: string | null, types?: Types): TypeLoss {
  if (from === null || to === null) return 'unknown'
  if (from === to) return null
  const a = spelled(from, types)
  const b = spelled(to, types)
  if (b.constrained) return 'fails'
  if (a.array !== b.array) return a.array && texts.includes(b.base) && b.modifiers.length === 0 ? null : 'unknown'
  if (a.base === b.base && JSON.stringify(a.modifiers) === JSON.stringify(b.modifiers)) return null
  if (texts.includes(b.base) || b.base === 'name') return lossAsText(a, b)
  if (
    integers.includes(a.base) ||
    a.base === 'numeric' ||
    floats.includes(a.base) ||
    a.base === 'oid' ||
    a.base === 'money' ||
    a.base === 'boolean'
  )
    return lossOfNumber(a, b)
  if (a.base === 'bit' || a.base === 'bit varying') return lossOfBits(a, b)
  if (isTime(a.base)) return lossOfTime(a, b)
  if (a.labels !== null && b.labels !== null)
    return a.labels.every((label) => b.labels?.includes(label)) ? null : 'fails'
  if (texts.includes(a.base)) return 'fails'
  if (a.base === 'inet' && b.base === 'cidr') return 'cut'
  return ['cidr>inet', 'json>jsonb', 'jsonb>json'].includes(`${a.base}>${b.base}`) ? null : 'unknown'
}

function lossAsText(a: Spelled, b: Spelled): TypeLoss {
  if (b.base === 'name') return 'cut'
  const room = b.modifiers[0]
  if (room === undefined) return null
  const longest = longestText(a)
  return longest !== undefined && longest <= room ? null : 'fails'
}

function longestText({ base, modifiers, labels }: Spelled): number | undefined {
  if (labels !== null) return Math.max(0, ...labels.map((label) => label.length))
  if (texts.includes(base) || base === 'bit' || base === 'bit varying') return modifiers[0]
  if (base === 'numeric' && modifiers[0] !== undefined) return modifiers[0] + 3
  return lengths[base]
}

function lossOfNumber(a: Spelled, b: Spelled): TypeLoss {
  const whole = digits[a.base]
  if (a.base === 'boolean') return integers.includes(b.base) || b.base === 'numeric' ? null : 'unknown'
  if (b.base === 'boolean') return 'cut'
  if (a.base === 'oid' || b.base === 'oid')
    return a.base === 'integer' || b.base === 'bigint' || b.base === 'integer' ? null : 'fails'
  if (whole !== undefined) {
    if (integers.includes(b.base)) return integers.indexOf(a.base) > integers.indexOf(b.base) ? 'fails' : null
    if (b.base === 'numeric')
      return (b.modifiers[0] ?? Number.POSITIVE_INFINITY) - (b.modifiers[1] ?? 0) >= whole ? null : 'fails'
    if (floats.includes(b.base)) return whole <= (b.base === 'real' ? 5 : 10) ? null : 'cut'
    return b.base === 'money' ? 'fails' : 'unknown'
  }
  if (a.base === 'numeric') {
    if (b.base === 'numeric') return lossOfNumeric(a.modifiers, b.modifiers)
    if (integers.includes(b.base))
      return a.modifiers.length === 0 || (a.modifiers[1] ?? 0) > 0
        ? 'cut'
        : (a.modifiers[0] ?? 0) < (digits[b.base] ?? 0)
          ? null
          : 'fails'
    const [precision = Number.POSITIVE_INFINITY, scale = 0] = a.modifiers
    if (b.base === 'money')
      return scale > 2 || a.modifiers.length === 0 ? 'cut' : precision - scale > 16 ? 'fails' : null
    return floats.includes(b.base) ? (precision <= (b.base === 'real' ? 6 : 15) ? null : 'cut') : 'unknown'
  }
  if (a.base === 'money') return b.base === 'numeric' ? (b.modifiers.length === 0 ? null : 'fails') : 'unknown'
  if (a.base === 'real' && b.base === 'double precision') return null
  return floats.includes(b.base) || integers.includes(b.base) || b.base === 'numeric' || b.base === 'money'
    ? 'cut'
    : 'unknown'
}

function lossOfNumeric(from: readonly number[], to: readonly number[]): TypeLoss {
  if (to.length === 0) return null
  if (from.length === 0 || (from[1] ?? 0) > (to[1] ?? 0)) return 'cut'
  return (from[0] ?? 0) - (from[1] ?? 0) > (to[0] ?? 0) - (to[1] ?? 0) ? 'fails' : null
}

function lossOfBits(a: Spelled, b: Spelled): TypeLoss {
  if (b.base === 'bit') return 'fails'
  if (b.base !== 'bit varying') return 'unknown'
  return b.modifiers.length === 0 || (a.modifiers[0] ?? Number.POSITIVE_INFINITY) <= (b.modifiers[0] ?? 0)
    ? null
    : 'fails'
}

function lossOfTime(a: Spelled, b: Spelled): TypeLoss {
  if (!isTime(b.base)) return 'unknown'
  const coarser = (b.modifiers[0] ?? 6) < (a.modifiers[0] ?? 6) ? 'cut' : null
  if (a.base === b.base) return coarser
  if (a.base === 'date') return b.base.startsWith('timestamp') ? null : 'unknown'
  if (a.base === 'timestamp without time zone' && b.base === 'timestamp with time zone') return coarser
  if (a.base === 'time without time zone' && (b.base === 'time with time zone' || b.base === 'interval')) return coarser
  return 'cut'
}

function isMoment(base: string): boolean {
  return base === 'timestamp without time zone' || base === 'timestamp with time zone'
}

function isTime(base: string): boolean {
  return base === 'date' || base === 'interval' || /^time(stamp)? with(out)? time zone$/.test(base)
}

function known(type: Spelled): boolean {
  return builtIn.has(type.base) || type.labels !== null
}

function widens(a: Spelled, b: Spelled): boolean {
  if (b.modifiers.length === 0) return true
  if (a.modifiers.length === 0) return a.base.startsWith('time') || a.base === 'interval' ? b.modifiers[0] === 6 : false
  if (a.base === 'numeric')
    return (b.modifiers[0] ?? 0) >= (a.modifiers[0] ?? 0) && (b.modifiers[1] ?? 0) === (a.modifiers[1] ?? 0)
  return (b.modifiers[0] ?? 0) >= (a.modifiers[0] ?? 0)
}

/** Reads `timestamp(3) without time zone`, `text[]`, `shop.mood`; a domain is its base type, seven levels deep at most. */
function spelled(type: string, types?: Types, depth = 0): Spelled {
  const array = type.endsWith('[]')
  const match = /^([^()]+?)(?:\(([\d,\s-]+)\))?(\s+with(?:out)? time zone)?$/.exec(array ? type.slice(0, -2) : type)
  const base = `${match?.[1]?.trim() ?? type}${match?.[3] ?? ''}`
  const modifiers = match?.[2]?.split(',').map(Number) ?? []
  const domain = types === undefined || depth > 7 || builtIn.has(base) ? undefined : defined(types.domains, base, types)
  if (domain !== undefined && typeof domain.base === 'string' && !array) {
    const under = spelled(domain.base, types, depth + 1)
    return { ...under, domain: true, constrained: under.constrained || isConstrained(domain) }
  }
  const labels = types === undefined ? null : (defined(types.enums, base, types)?.values ?? null)
  return {
    base,
    modifiers: base === 'bit' || base === 'character' ? (modifiers.length > 0 ? modifiers : [1]) : modifiers,
    array,
    labels,
    domain: false,
    constrained: false,
  }
}

function isConstrained(domain: DomainType): boolean {
  return !domain.nullable || domain.checks.length > 0
}

function defined<T>(among: ReadonlyMap<string, T>, spelling: string, types: Types): T | undefined {
  const bare = spelling.replaceAll('"', '')
  return among.get(bare.includes('.') ? bare : key(types.defaultSchema, bare))
}
