import { SQL, entityKind, is } from 'drizzle-orm'
import { CasingCache, toCamelCase, toSnakeCase } from 'drizzle-orm/casing'
import type { Kit, KitColumn } from '../kit.ts'
import { unknownMark } from '../kit.ts'
import { siteOf } from './sites.ts'

export type Casing = 'snake_case' | 'camelCase' | undefined

/** What the extraction needs to know of its dialect. */
export interface Context {
  readonly dialect: Kit['dialect']
  readonly casing: Casing
  /** True for the rules of Drizzle v1 about names. */
  readonly v1: boolean
  readonly core: Core
  /** SQL text of an expression; `indexes` leaves out the table's name. */
  sql(of: SQL, from?: 'indexes'): string
}

/** What the sandbox needs of the one dialect that it is made for. */
export interface Core {
  readonly dialect: Kit['dialect']
  /** Name of the module that a project imports, `drizzle-orm/pg-core`. */
  readonly name: string
  readonly module: object
  tableConfig(table: object): unknown
  viewConfig(view: object): unknown
  materializedConfig(view: object): unknown
  printer(casing: Casing): unknown
}

/** The parts of a column that all three dialects have; Drizzle's own types keep half of them from the outside. */
export interface AnyColumn {
  readonly name: string
  readonly keyAsName: boolean
  readonly table: object
  readonly primary: boolean
  readonly notNull: boolean
  readonly default: unknown
  readonly isUnique: boolean
  readonly uniqueName: string | undefined
  readonly uniqueType: string | undefined
  readonly columnType: string
  readonly generated?: { readonly as: unknown; readonly mode?: string } | undefined
  readonly generatedIdentity?:
    | { readonly type: string; readonly sequenceName?: string; readonly sequenceOptions?: SequenceOptions }
    | undefined
  readonly defaultFn?: unknown
  readonly onUpdateFn?: unknown
  readonly autoIncrement?: boolean
  readonly hasOnUpdateNow?: boolean
  readonly config?: { readonly uniqueName?: string; readonly pkName?: string; readonly srid?: unknown }
  readonly baseColumn?: AnyColumn
  readonly enumValues?: readonly unknown[] | undefined
  readonly indexConfig?: { readonly order?: string; readonly nulls?: string; readonly opClass?: string }
  getSQLType(): string
}

interface SequenceOptions {
  readonly increment?: unknown
  readonly minValue?: unknown
  readonly maxValue?: unknown
  readonly startWith?: unknown
  readonly cache?: unknown
  readonly cycle?: boolean
}

/** Name of a column in the database: as given, or its key in the casing of the project. */
export function columnName(column: AnyColumn, context: Context): string {
  if (!column.keyAsName || context.casing === undefined) return column.name
  return context.casing === 'snake_case' ? toSnakeCase(column.name) : toCamelCase(column.name)
}

/** Text of any value; what the sandbox does not know keeps its marks. */
export function textOf(value: unknown): string {
  return typeof value === 'symbol' ? '' : String(value)
}

/** Options of a sequence as they stand in SQL; numbers that are not given are the server's own. */
export function sequenceOptions(options: SequenceOptions | undefined): string {
  const parts: string[] = []
  const add = (word: string, value: unknown): void => {
    if (value !== undefined && value !== null && /^-?\d+$/.test(textOf(value))) parts.push(`${word} ${textOf(value)}`)
  }
  add('INCREMENT BY', options?.increment)
  add('MINVALUE', options?.minValue)
  add('MAXVALUE', options?.maxValue)
  add('START WITH', options?.startWith)
  add('CACHE', options?.cache)
  if (options?.cycle) parts.push('CYCLE')
  return parts.join(' ')
}

/** One column in the form of a snapshot. */
export function columnOf(property: string, column: AnyColumn, context: Context): KitColumn {
  const { generated, generatedIdentity: identity } = column
  const client = column.defaultFn !== undefined ? '$defaultFn' : column.onUpdateFn !== undefined ? '$onUpdateFn' : null
  return {
    name: textOf(columnName(column, context)),
    property,
    type: typeOf(column, context),
    typeSchema: enumSchema(column),
    primaryKey: column.primary === true,
    notNull: column.notNull === true,
    default: defaultOf(column, context),
    generated: generated
      ? {
          as: expressionOf(generated.as, context),
          stored: context.dialect === 'postgresql' || generated.mode === 'stored',
        }
      : null,
    identity: identity
      ? {
          always: identity.type === 'always',
          sequence: identity.sequenceName ?? null,
          options: sequenceOptions(identity.sequenceOptions),
        }
      : null,
    autoincrement: column.autoIncrement === true,
    clientDefault: client,
    site: siteOf(column),
  }
}

/** The type as drizzle-kit writes it: with the quotes in an enum's values doubled, and from v1 on with the spatial reference. */
function typeOf(column: AnyColumn, context: Context): string {
  if (hasKind(column, 'MySqlEnumColumn', 'MySqlEnumObjectColumn') && Array.isArray(column.enumValues))
    return `enum(${column.enumValues.map((it) => quoted(textOf(it))).join(',')})`
  const type = textOf(column.getSQLType())
  let inner = column
  while (hasKind(inner, 'PgArray') && inner.baseColumn) inner = inner.baseColumn
  const srid = context.v1 ? inner.config?.srid : undefined
  return srid === undefined ? type : type.replace(/^geometry\(point\)/, `geometry(point,${textOf(srid)})`)
}

/** True for an instance of the class of Drizzle that bears this name, in whichever dialect; the classes themselves would load the dialect. */
export function hasKind(value: unknown, ...names: readonly string[]): boolean {
  if (value === null || typeof value !== 'object') return false
  for (
    let it: unknown = (Object.getPrototypeOf(value) as { readonly constructor?: unknown } | null)?.constructor;
    typeof it === 'function' && it !== Function.prototype;
    it = Object.getPrototypeOf(it)
  ) {
    const kind: unknown = Object.hasOwn(it, entityKind)
      ? (it as unknown as Record<symbol, unknown>)[entityKind]
      : undefined
    if (typeof kind === 'string' && names.includes(kind)) return true
  }
  return false
}

function enumSchema(column: unknown): string | null {
  let inner = column as { readonly baseColumn?: unknown; readonly enum?: { readonly schema?: string } }
  while (hasKind(inner, 'PgArray')) inner = inner.baseColumn as typeof inner
  return hasKind(inner, 'PgEnumColumn', 'PgEnumObjectColumn') ? (inner.enum?.schema ?? 'public') : null
}

function expressionOf(value: unknown, context: Context): string {
  const it: unknown = typeof value === 'function' && !is(value, SQL) ? (value as () => unknown)() : value
  return is(it, SQL) ? context.sql(it, context.dialect === 'sqlite' ? 'indexes' : undefined) : textOf(it)
}

function defaultOf(column: AnyColumn, context: Context): string | null {
  const value = column.default
  if (value === undefined) return null
  const type = textOf(column.getSQLType()).toLowerCase()
  if (is(value, SQL)) {
    return value.toQuery({
      escapeName: (name) => `"${name}"`,
      escapeParam: (_, given) => literal(given),
      escapeString: (text) => quoted(text),
      casing: new CasingCache(context.casing),
    }).sql
  }
  if (typeof value === 'string') return wrapped(quoted(value), column, context)
  if (typeof value === 'function') return textOf(value)
  if (type === 'json' || type === 'jsonb')
    return context.dialect === 'postgresql'
      ? `${quoted(JSON.stringify(value))}::${type}`
      : wrapped(quoted(JSON.stringify(value)), column, context)
  if (value instanceof Date) return quoted(dateText(value, type))
  if (Array.isArray(value))
    return context.dialect === 'postgresql' ? quoted(arrayText(value, type)) : quoted(JSON.stringify(value))
  return literal(value)
}

/** MySQL takes an expression only for the default of a text, a blob or a JSON column. */
function wrapped(text: string, column: AnyColumn, context: Context): string {
  return context.dialect === 'mysql' && ['blob', 'text', 'json'].includes(column.getSQLType()) ? `(${text})` : text
}

/** A value as it stands in SQL; what the sandbox does not know keeps its marks. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  // `Number(process.env.LIMIT)` is one.
  if (Number.isNaN(value)) return `${unknownMark}NaN${unknownMark}`
  if (hasKind(value, 'Placeholder')) return `${unknownMark}placeholder${unknownMark}`
  if (value instanceof Date) return quoted(value.toISOString())
  if (typeof value === 'object') return quoted(JSON.stringify(value))
  return typeof value === 'string' ? quoted(value) : textOf(value)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function dateText(value: Date, type: string): string {
  const text = value.toISOString()
  if (type === 'date') return text.slice(0, 10)
  return type === 'timestamp' || type.startsWith('datetime') ? text.replace('T', ' ').slice(0, 23) : text
}

function arrayText(list: readonly unknown[], type: string): string {
  const base = type.split('[')[0] ?? ''
  const one = (value: unknown): string => {
    if (Array.isArray(value)) return arrayText(value, base)
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
    if (value instanceof Date) return `"${dateText(value, base)}"`
    return value !== null && typeof value === 'object'
      ? `"${JSON.stringify(value).replaceAll('"', '\\"')}"`
      : `"${textOf(value)}"`
  }
  return `{${list.map(one).join(',')}}`
}
