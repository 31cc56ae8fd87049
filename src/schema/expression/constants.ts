import type { TypeId } from './types.ts'
import { elementOf, isArrayType, isEnum, underlying, unknowable } from './types.ts'
import { date, interval, timestamp } from './times.ts'
import type { Schema } from '../model.ts'

/** A literal as the output function of its type prints it; gives up on what only a running server can tell. */
export function canonical(schema: Schema, written: string, type: TypeId): string {
  if (isArrayType(type)) return array(schema, written, type)
  switch (type) {
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'citext':
    case 'name':
    case 'json':
    case 'xml':
    case 'unknown':
      return written
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return wholeNumber(written)
    case 'numeric':
      return numeric(written)
    case 'float4':
    case 'float8':
      return float(written)
    case 'bool':
      return boolean(written)
    case 'uuid':
      return uuid(written)
    case 'jsonb':
      return jsonb(written)
    case 'interval':
      return interval(written)
    case 'date':
      return date(written)
    case 'timestamp':
      return timestamp(written, '')
    case 'timestamptz':
      return timestamp(written, '+00')
    case 'time':
      return match(written, /^\s*(\d\d:\d\d:\d\d)\s*$/, /^\s*(\d\d:\d\d)\s*$/, ':00')
    case 'bytea':
      return /^\\x(?:[0-9a-f]{2})*$/.test(written)
        ? written
        : written.includes('\\')
          ? unknowable('an escape in bytea')
          : `\\x${Buffer.from(written).toString('hex')}`
    case 'char':
      return written.length < 2 ? written : unknowable('a long "char"')
    case 'bit':
    case 'varbit':
      return match(written, /^([01]*)$/)
    case 'regclass':
      return regclass(written)
    case 'inet':
      return match(written, /^(\d+\.\d+\.\d+\.\d+(?:\/(?!32)\d+)?)$/)
    case 'regconfig':
      return written.replace(/^pg_catalog\./, '')
    case 'ltree':
      return written
    default:
      return isEnum(schema, type)
        ? written
        : underlying(schema, type).type === type
          ? unknowable(`how ${type} prints its literals`)
          : canonical(schema, written, underlying(schema, type).type)
  }
}

function match(written: string, first: RegExp, second?: RegExp, suffix = ''): string {
  const found = first.exec(written)
  if (found !== null) return found[1] ?? ''
  const other = second?.exec(written)
  return other == null ? unknowable(`the literal ${written}`) : `${other[1] ?? ''}${suffix}`
}

function wholeNumber(written: string): string {
  const found = /^\s*([+-]?)0*(\d+)\s*$/.exec(written)
  return found === null
    ? unknowable(`the number ${written}`)
    : `${found[1] === '-' && found[2] !== '0' ? '-' : ''}${found[2] ?? ''}`
}

/** `numeric` keeps the digits behind the point and drops zeros before it. */
export function numeric(written: string): string {
  if (/^\s*nan\s*$/i.test(written)) return 'NaN'
  const scientific = /^\s*([+-]?)(\d*)\.?(\d*)[eE]([+-]?\d{1,3})\s*$/.exec(written)
  if (scientific !== null) return shifted(scientific)
  const found = /^\s*([+-]?)0*(\d*)(?:\.(\d*))?\s*$/.exec(written)
  if (found === null) return unknowable(`the number ${written}`)
  const [, sign = '', whole = '', fraction = ''] = found
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`
  return sign === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits
}

function shifted([, sign = '', whole = '', fraction = '', exponent = '0']: RegExpExecArray): string {
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  const padded = point <= 0 ? `${'0'.repeat(1 - point)}${digits}` : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  return numeric(`${sign}${padded.slice(0, at)}${padded.length > at ? `.${padded.slice(at)}` : ''}`)
}

function float(written: string): string {
  const value = Number(written)
  if (
    written.trim() === '' ||
    !Number.isFinite(value) ||
    (value !== 0 && (Math.abs(value) >= 1e15 || Math.abs(value) < 1e-4))
  )
    return unknowable(`the number ${written}`)
  return String(value)
}

function boolean(written: string): string {
  const word = written.trim().toLowerCase()
  if (word !== '' && ['true', 'yes', 'on', '1'].some((each) => each.startsWith(word)) && word !== 'o') return 'true'
  if (word !== '' && ['false', 'no', 'off', '0'].some((each) => each.startsWith(word)) && word !== 'o') return 'false'
  return unknowable(`the boolean ${written}`)
}

function uuid(written: string): string {
  const digits = written
    .trim()
    .toLowerCase()
    .replace(/^\{(.*)\}$/, '$1')
    .replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/.test(digits)) return unknowable(`the uuid ${written}`)
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function jsonb(written: string): string {
  try {
    // Numbers of many digits would lose them in JavaScript.
    if (/\d{16}|\d[eE]|\.\d*0\D/.test(written)) return unknowable('a number in JSON')
    return jsonbText(JSON.parse(written))
  } catch {
    return unknowable('JSON')
  }
}

function jsonbText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(
      ([a], [b]) => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
    )
    return `{${entries.map(([name, each]) => `${JSON.stringify(name)}: ${jsonbText(each)}`).join(', ')}}`
  }
  return JSON.stringify(value)
}

function regclass(written: string): string {
  const found = /^\s*(?:public\.)?("(?:[^"]|"")+"|[A-Za-z_]\w*)\s*$/.exec(written)
  if (found === null) {
    const other = /^\s*("(?:[^"]|"")+"|[a-z_]\w*)\.("(?:[^"]|"")+"|[a-z_]\w*)\s*$/.exec(written)
    return other === null ? unknowable(`the relation ${written}`) : `${other[1] ?? ''}.${other[2] ?? ''}`
  }
  const name = found[1] ?? ''
  if (!name.startsWith('"')) return name.toLowerCase()
  const bare = name.slice(1, -1)
  return /^[a-z_][a-z0-9_]*$/.test(bare) ? bare : name
}

/** The elements of an array literal of one dimension; null stands for NULL. */
function elements(written: string): readonly (string | null)[] {
  const inner = /^\s*\{([^]*)\}\s*$/.exec(written)?.[1]
  if (inner === undefined) return unknowable(`the array ${written}`)
  if (inner.trim() === '') return []
  const found: (string | null)[] = []
  let at = 0
  for (;;) {
    while (/\s/.test(inner[at] ?? '')) at++
    let value = ''
    const quoted = inner[at] === '"'
    if (quoted) {
      at++
      while (at < inner.length && inner[at] !== '"') {
        if (inner[at] === '\\') at++
        value += inner[at] ?? ''
        at++
      }
      at++
      while (/\s/.test(inner[at] ?? '')) at++
    } else {
      while (at < inner.length && inner[at] !== ',') {
        if (inner[at] === '{' || inner[at] === '}' || inner[at] === '\\') return unknowable(`the array ${written}`)
        value += inner[at] ?? ''
        at++
      }
      value = value.trim()
      if (value === '') return unknowable(`the array ${written}`)
    }
    found.push(!quoted && value.toUpperCase() === 'NULL' ? null : value)
    if (at >= inner.length) return found
    if (inner[at] !== ',') return unknowable(`the array ${written}`)
    at++
  }
}

function array(schema: Schema, written: string, type: TypeId): string {
  const element = elementOf(type)
  const printed = elements(written).map((each) => {
    if (each === null) return 'NULL'
    const text = element === 'bool' ? boolean(each).slice(0, 1) : canonical(schema, each, element)
    return text === '' || /^null$/i.test(text) || /[\s{},"\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text
  })
  return `{${printed.join(',')}}`
}
