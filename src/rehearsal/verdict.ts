import { isNear } from '../spelling.ts'
import type { SqlError } from './session.ts'
import type { RehearsalStatement } from './types.ts'

/**
 * What an error says about the statement:
 * - `genuine`: the statement fails wherever the migration runs
 * - `rows`: it hangs on rows that only the real database has
 * - `raised`: code that it sets off, such as an event trigger, raises an error
 * - `server`: this server lacks something that production may have, or ran out of something
 * - `absent`: it misses what no migration has ever made, so that it may have been made by other means
 * - `consequence`: something that was not rehearsed before may be what is missing
 */
export type Verdict = 'genuine' | 'rows' | 'raised' | 'server' | 'absent' | 'consequence'

/** What was there before a statement. */
export interface Known {
  /** True where everything before it was rehearsed. */
  readonly complete: boolean
  /** Texts of all statements before it, the base's among them. */
  readonly texts: readonly string[]
  readonly names: Names
  /** Schemas of the platform's own, of which only a part is there. */
  readonly platform: readonly string[]
}

/** Plain names of what there is. */
export interface Names {
  readonly schemas: readonly string[]
  readonly relations: readonly string[]
  readonly types: readonly string[]
  readonly functions: readonly string[]
}

/** Classes of SQLSTATE that speak of the server or of its resources, never of the statement. */
const serverClasses = new Set(['08', '53', '54', '57', '58', 'F0', 'HV', 'XX', '28'])

/** Errors that stay true whatever was left out before: syntax, CONCURRENTLY in a transaction, a new enum value used too early. */
const independent = new Set(['42601', '25001', '55P04'])

/** Classes that speak of what is defined: names, types, dependencies, states. */
const definitionClasses = new Set(['42', '0A', '2B', '3F', '25', '55'])

/** Parts of messages by which a server says that it, and not the statement, is at fault. */
const buildLimits = [
  'not supported by this build',
  'is not available',
  'not supported on this platform',
  'without libxml',
  'ICU',
  'collation',
  'tablespace',
  'text search',
  'language "',
  'access method',
  'partitioned tables cannot be unlogged',
  'configuration parameter',
  'bootstrap superuser',
  'foreign-data wrapper',
  'server "',
]

/** Reads an error of a statement. */
export function verdictOf(
  error: SqlError,
  { text, outcome }: Pick<RehearsalStatement, 'text' | 'outcome'>,
  known: Known,
): Verdict {
  if (serverClasses.has(error.code.slice(0, 2)) || error.code === '42501' || outcome === 'server') return 'server'
  if (independent.has(error.code)) return 'genuine'
  if (
    buildLimits.some((part) => error.message.includes(part)) &&
    ['0A', '42', '58', '2B'].includes(error.code.slice(0, 2))
  )
    return 'server'
  if (missingRole(error) !== null || isNewerName(error)) return 'server'
  if (!known.complete) return 'consequence'
  if (isAbsent(error, text, known)) return 'absent'
  if (error.code === '22P02') return outcome === 'definitions' ? 'genuine' : 'rows'
  if (definitionClasses.has(error.code.slice(0, 2))) return 'genuine'
  return error.code === 'P0001' && outcome === 'definitions' ? 'raised' : 'rows'
}

/** Name of the role that an error misses; roles are made outside migrations. */
export function missingRole(error: SqlError): string | null {
  return error.code === '42704' || error.code === '22023'
    ? (/^role "(.+)" does not exist$/.exec(error.message)?.[1] ?? null)
    : null
}

/** A constraint of NOT NULL has a name from PostgreSQL 18 on, and may be in the way of another there only. */
function isNewerName({ code, message }: SqlError): boolean {
  return code === '42710' && /^constraint ".+_not_null" for relation /.test(message)
}

/** Objects that a database may have without any migration: by an extension, by the platform, by hand. A column or constraint of a table that migrations made is none. */
const missingObject =
  /^(relation|table|view|materialized view|foreign table|sequence|index|type|schema|extension|publication|trigger|policy|rule|operator class|operator family|function|procedure|routine|aggregate) (?:"(.+?)"|([^("]+)\(.*\)) (?:for (?:table|relation) .* )?does not exist/

/** True where an error misses what neither the migrations have ever made nor the statement misspells. */
function isAbsent(error: SqlError, text: string, { platform, names, texts }: Known): boolean {
  if (
    platform.some(
      (schema) =>
        error.message.includes(`${schema}.`) ||
        new RegExp(`\\b${schema}"?\\.(?:\\w+|"[^"]+")(?!\\s*\\(|\\w)`, 'i').test(text),
    )
  )
    return true
  if (error.code === '42704' && /no default operator class for access method "gi(?:n|st)"/.test(error.message))
    return true
  const [, kind = '', quotedName, called] = missingObject.exec(error.message) ?? []
  const full = quotedName ?? called
  if (full === undefined) return false
  const [name = '', schema] = full.replaceAll('"', '').split('.').reverse()
  // What the statement does not name stands in the body of a function that it calls, and is looked up differently from version to version.
  if (!text.toLowerCase().includes(name.toLowerCase())) return true
  if (called !== undefined && names.functions.includes(name)) return false
  if (schema !== undefined && !names.schemas.includes(schema)) return !texts.some((each) => makes(each, schema))
  if (
    kind === 'type'
      ? name.length > 5 && isNear(name, names.types)
      : kind === 'schema'
        ? isNear(name, names.schemas)
        : relationKinds.has(kind) && isNear(name, names.relations)
  )
    return false
  return !texts.some((each) => makes(each, schema === undefined || schema === 'public' ? name : `${schema}.${name}`))
}

const relationKinds = new Set(['relation', 'table', 'view', 'materialized view', 'foreign table', 'sequence', 'index'])

/** True where a statement creates something of that name, or gives the name to something. */
function makes(text: string, name: string): boolean {
  const named = `(?:\\w+\\.)?${name.replaceAll(/[^\w\s]/g, '\\$&')}(?!\\w)`
  return new RegExp(`^create\\b[^(;]*?\\b(?:${createdKinds})\\s+${named}|\\brename\\b[^;]*\\bto\\s+${named}`, 'i').test(
    text.replaceAll('"', ''),
  )
}

const createdKinds =
  'table|view|index|concurrently|type|domain|sequence|schema|function|procedure|aggregate|trigger|policy|rule|publication|extension|class|family|exists'
