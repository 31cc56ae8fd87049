import * as orm from 'drizzle-orm'
import { SQL, is } from 'drizzle-orm'
import type { Kit, KitTable, KitView } from '../kit.ts'
import { hasKind, literal, sequenceOptions, textOf } from './columns.ts'
import type { Casing, Context, Core } from './columns.ts'
import { withNewer } from './newer.ts'
import { defineRelations, relationsOf } from './relations.ts'
import { nameOfTable, policyOf, tableOf } from './tables.ts'
import type { AnyPolicy } from './tables.ts'
import { locatedModule, siteOf } from './sites.ts'
import { moduleOf, unknownValue } from './unknown.ts'

/** What the host tells the sandbox of the project. */
export interface GuestOptions {
  readonly casing: Casing | null
  /** True for a project on Drizzle v1, which names constraints in another way. */
  readonly v1: boolean
}

const globals = globalThis as unknown as Record<string, unknown>
const print = JSON.stringify

function contextOf(options: GuestOptions, core: Core): Context {
  const casing = options.casing ?? undefined
  const printer = core.printer(casing) as {
    sqlToQuery(of: SQL, from?: 'indexes'): { readonly sql: string }
    escapeParam(number: number, value: unknown): string
  }
  // Drizzle before v1 leaves the place of a value in an index or a check as `$1`, which is what nobody means.
  printer.escapeParam = (_, value) => literal(value)
  return {
    dialect: core.dialect,
    casing,
    v1: options.v1,
    core,
    sql: (of, from) => (is(of, SQL) ? printer.sqlToQuery(of, from).sql : textOf(of)),
  }
}

function viewOf(view: object, context: Context): KitView {
  const materialized = hasKind(view, 'PgMaterializedView')
  const config = (materialized ? context.core.materializedConfig(view) : context.core.viewConfig(view)) as {
    name: string
    schema?: string
    query?: SQL
    isExisting: boolean
    with?: { securityInvoker?: boolean }
  }
  return {
    schema: textOf(config.schema ?? ''),
    name: textOf(config.name),
    materialized,
    definition: config.isExisting || !config.query ? null : context.sql(config.query),
    securityInvoker: config.with?.securityInvoker === true,
    site: siteOf(view),
  }
}

interface AnyEnum {
  readonly enumName: unknown
  readonly enumValues: readonly unknown[]
  readonly schema?: string
}

function isEnum(value: unknown): value is AnyEnum {
  return (
    value !== null &&
    (typeof value === 'function' || typeof value === 'object') &&
    Object.hasOwn(value, 'enumName') &&
    Object.hasOwn(value, 'enumValues')
  )
}

/** Everything that the entry modules export, as one JSON text. */
function extract(core: Core, options: GuestOptions, modules: readonly object[]): string {
  const context = contextOf(options, core)
  const exported = new Set<unknown>()
  for (const it of modules) for (const name of Object.keys(it)) exported.add((it as Record<string, unknown>)[name])
  const all = [...exported]
  const objects = all.filter((it) => it !== null && typeof it === 'object')
  const tables = objects.filter((it) => hasKind(it, 'PgTable', 'MySqlTable', 'SQLiteTable'))
  const linked = objects.filter((it) => hasKind(it, 'PgPolicy')) as unknown as AnyPolicy[]
  const sequences = objects.filter((it) => hasKind(it, 'PgSequence')) as unknown as {
    readonly schema?: string
    readonly seqName: unknown
    readonly seqOptions?: object
  }[]
  const schemas = objects.filter((it) => hasKind(it, 'PgSchema', 'MySqlSchema')) as unknown as {
    readonly schemaName: unknown
  }[]
  const relations = relationsOf(objects, context, (it) => nameOfTable(it, context))
  const kit: Kit = {
    dialect: core.dialect,
    tables: tables.map((it) =>
      withPolicies(
        { ...tableOf(it, context), relations: relations.get(it) ?? [] },
        linked.filter((p) => p._linkedTable === it).map((p) => policyOf(p, context)),
      ),
    ),
    enums: all.filter(isEnum).map((it) => ({
      schema: textOf(it.schema ?? 'public'),
      name: textOf(it.enumName),
      values: [...it.enumValues].map(textOf),
      site: siteOf(it),
    })),
    views: objects
      .filter((it) => hasKind(it, 'PgView', 'PgMaterializedView', 'MySqlView', 'SQLiteView'))
      .map((it) => viewOf(it, context)),
    sequences: sequences.map((it) => ({
      schema: textOf(it.schema ?? 'public'),
      name: textOf(it.seqName),
      options: sequenceOptions(it.seqOptions),
      site: siteOf(it),
    })),
    schemas: schemas.map((it) => textOf(it.schemaName)).filter((it) => it !== 'public'),
  }
  return print(kit)
}

function withPolicies(table: KitTable, policies: KitTable['policies']): KitTable {
  return policies.length === 0 ? table : { ...table, policies: [...table.policies, ...policies], rowSecurity: true }
}

const unknowns = [
  'Buffer',
  'fetch',
  'URL',
  'URLSearchParams',
  'Headers',
  'Request',
  'Response',
  'crypto',
  'TextEncoder',
  'TextDecoder',
  'AbortController',
  'AbortSignal',
  'WebSocket',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'Blob',
  'File',
  'FormData',
  'Intl',
  'Bun',
  'Deno',
  'EventTarget',
  'Event',
  'ReadableStream',
  'structuredClone',
  'navigator',
  'require',
  'atob',
  'btoa',
  'performance',
]

/** Sets the globals up that the bundled schema is written against. */
export function start(core: Core): void {
  const located = moduleOf(core.name, withNewer(locatedModule(core.module) as Record<string, unknown>))
  const newer = { defineRelations, defineRelationsPart: defineRelations }
  const root = moduleOf('drizzle-orm', { ...newer, ...orm } as never)
  const roots = new Set([
    'drizzle-orm',
    'drizzle-orm/sql',
    'drizzle-orm/sql/sql',
    'drizzle-orm/relations',
    'drizzle-orm/_relations',
    'drizzle-orm/table',
  ])
  const module = (name: string): object =>
    roots.has(name) ? root : name === core.name || name.startsWith(`${core.name}/`) ? located : moduleOf(name, {})
  for (const name of unknowns) if (!(name in globals)) globals[name] = unknownValue(name)
  const env = new Proxy(
    {},
    { get: (_, name) => (typeof name === 'string' ? unknownValue(`process.env.${name}`) : undefined), has: () => true },
  )
  const nothing = (): void => {}
  const known = {
    env,
    argv: [],
    platform: 'linux',
    version: 'v20.0.0',
    versions: {},
    cwd: () => '/',
    on: nothing,
    once: nothing,
    exit: nothing,
    emitWarning: nothing,
    nextTick: nothing,
  }
  globals.process = moduleOf('process', known)
  globals.console = new Proxy({}, { get: () => nothing })
  globals.global = globalThis
  const guest = {
    module,
    extract: (options: GuestOptions, modules: readonly object[]) => extract(core, options, modules),
    env,
  }
  Object.defineProperty(globals, '__schemagate', { value: Object.freeze(guest) })
}
