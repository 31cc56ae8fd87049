/** What ALTER COLUMN TYPE does with the table's file. `unknown` where an extension's or the user's own type decides. */
export type TypeChange = 'free' | 'rewrite' | 'unknown'

interface Spelled {
  readonly base: string
  readonly modifiers: readonly number[]
  readonly array: boolean
}

const widening = new Set(['character varying', 'bit varying', 'numeric', 'timestamp without time zone', 'timestamp with time zone', 'time without time zone', 'time with time zone', 'interval'])

/** Pairs of types of the same binary form, which Postgres relabels. https://www.postgresql.org/docs/current/sql-createcast.html */
const relabelled = new Set(['character varying>text', 'text>character varying', 'cidr>inet', 'xml>text', 'xml>character varying', 'integer>oid', 'oid>integer', 'text>citext', 'citext>text', 'character varying>citext', 'citext>character varying'])

const builtIn = new Set([
  'smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric', 'text', 'character varying', 'character', 'boolean', 'date', 'timestamp without time zone', 'timestamp with time zone',
  'time without time zone', 'time with time zone', 'interval', 'uuid', 'json', 'jsonb', 'bytea', 'inet', 'cidr', 'macaddr', 'xml', 'oid', 'money', 'bit', 'bit varying', 'name', 'citext', 'point', 'tsvector',
  'int4range', 'int8range', 'numrange', 'tsrange', 'tstzrange', 'daterange', 'ltree', 'hstore', '"char"',
])

/**
 * What a change between two types, spelled as `format_type` does, does to the table (measured on PostgreSQL 15 and 18).
 * `using` is the expression as written. timestamp to timestamptz is free in UTC only, which nobody here can know: it counts as a rewrite.
 */
export function typeChange(from: string, to: string, using: string | null, column: string, isEnum: (type: string) => boolean): TypeChange {
  const a = spelled(from)
  const b = spelled(to)
  const plainUsing = using === null || isPlain(using, column, to)
  if (!plainUsing) return 'rewrite'
  if (from === to) return 'free'
  if (a.array || b.array) return a.array && b.array && a.base === b.base && JSON.stringify(a.modifiers) === JSON.stringify(b.modifiers) ? 'free' : known(a, b, isEnum) ? 'rewrite' : 'unknown'
  if (a.base === b.base) {
    if (!widening.has(a.base)) return known(a, b, isEnum) ? 'rewrite' : 'unknown'
    return widens(a, b) ? 'free' : 'rewrite'
  }
  if (relabelled.has(`${a.base}>${b.base}`)) return b.modifiers.length === 0 ? 'free' : 'rewrite'
  return known(a, b, isEnum) ? 'rewrite' : 'unknown'
}

/** True for a change that loses or refuses values: a shorter text, a smaller number, less precision, another kind of value. */
export function narrows(from: string, to: string): boolean {
  const a = spelled(from)
  const b = spelled(to)
  if (from === to || a.array !== b.array) return from !== to
  const numbers = ['smallint', 'integer', 'bigint', 'numeric']
  if (numbers.includes(a.base) && numbers.includes(b.base) && a.base !== b.base) {
    return b.base !== 'numeric' || b.modifiers.length > 0 ? numbers.indexOf(b.base) < numbers.indexOf(a.base) || b.modifiers.length > 0 : false
  }
  if (a.base === b.base) return widening.has(a.base) || a.base === 'character' || a.base === 'bit' ? !widens(a, b) : false
  const text = (base: string) => base === 'text' || base === 'character varying' || base === 'citext'
  if (text(b.base) && b.modifiers.length === 0) return false
  if (a.base === 'real' && b.base === 'double precision') return false
  if (a.base === 'date' && b.base.startsWith('timestamp')) return false
  if (a.base === 'timestamp without time zone' && b.base === 'timestamp with time zone') return (b.modifiers[0] ?? 6) < (a.modifiers[0] ?? 6)
  if ((a.base === 'cidr' && b.base === 'inet') || (a.base === 'json' && b.base === 'jsonb') || (a.base === 'jsonb' && b.base === 'json')) return false
  if (a.base === 'smallint' || a.base === 'integer') return !['real', 'double precision', 'bigint', 'numeric', 'oid'].includes(b.base)
  return true
}

function known(a: Spelled, b: Spelled, isEnum: (type: string) => boolean): boolean {
  return (builtIn.has(a.base) || isEnum(a.base)) && (builtIn.has(b.base) || isEnum(b.base))
}

function widens(a: Spelled, b: Spelled): boolean {
  if (b.modifiers.length === 0) return true
  if (a.modifiers.length === 0) return a.base.startsWith('time') || a.base === 'interval' ? b.modifiers[0] === 6 : false
  if (a.base === 'numeric') return (b.modifiers[0] ?? 0) >= (a.modifiers[0] ?? 0) && (b.modifiers[1] ?? 0) === (a.modifiers[1] ?? 0)
  return (b.modifiers[0] ?? 0) >= (a.modifiers[0] ?? 0)
}

function spelled(type: string): Spelled {
  const array = type.endsWith('[]')
  const match = /^([^()]+?)(?:\(([\d,\s-]+)\))?(\s+with(?:out)? time zone)?$/.exec(array ? type.slice(0, -2) : type)
  const base = `${match?.[1]?.trim() ?? type}${match?.[3] ?? ''}`
  const modifiers = match?.[2]?.split(',').map(Number) ?? []
  return { base, modifiers: base === 'bit' || base === 'character' ? (modifiers.length > 0 ? modifiers : [1]) : modifiers, array }
}

/** `USING c` or `USING c::type` says nothing that Postgres would not do by itself. */
function isPlain(using: string, column: string, to: string): boolean {
  const text = using.replace(/\s+/g, ' ').trim().replace(/^\((.*)\)$/, '$1')
  const names = [column, `"${column}"`]
  if (names.includes(text)) return true
  const cast = /^("?[\w$]+"?)\s?::\s?(.+)$/.exec(text)
  return cast !== null && names.includes(cast[1] ?? '') && /^"?[\w. ]+"?(\(\d+(, ?\d+)?\))?(\[\])?$/.test(cast[2] ?? '') && to !== ''
}
