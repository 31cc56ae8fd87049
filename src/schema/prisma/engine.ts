import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'

/** A Prisma schema file as the engine takes it: path and text. */
export interface PrismaFile {
  readonly path: string
  readonly content: string
}

/** Providers for which the engine can write SQL; it has no code for the others. */
export type EngineProvider = 'postgres' | 'sqlite'

/** One thing that the engine says about a schema; line 0 where it names none. */
export interface EngineProblem {
  readonly path: string | null
  readonly line: number
  readonly message: string
}

export type EngineAnswer =
  | { readonly ok: true; readonly sql: string }
  | { readonly ok: false; readonly problems: readonly EngineProblem[] }

type Callback = (...args: readonly unknown[]) => unknown

/** The part of `WebAssembly` used here; TypeScript declares it only together with the browser's library. */
interface Wasm {
  compile(bytes: Uint8Array): Promise<object>
  readonly Instance: new (module: object, imports: Readonly<Record<string, object>>) => { readonly exports: Readonly<Record<string, unknown>> }
}

interface Instance {
  readonly memory: { grow(pages: number): number }
  /** Rejects when the engine panics; its own promises stay pending for ever then. */
  readonly failed: Promise<never>
  /** From here on nothing of it is called any more: a panic leaves it in an unknown state. */
  stop(reason: unknown): void
  engine: bindings.SchemaEngine | null
}

const wasm = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly
const longestRun = 30_000
let compiled: Promise<object> | null = null
let running: Instance | null = null
let last: Instance | null = null
let lastPanic = ''
let turn: Promise<unknown> = Promise.resolve()

/**
 * The SQL that leads from one Prisma schema to another (from nothing where `before` is null), written by Prisma's own
 * schema engine. Runs are queued: the engine is one WebAssembly instance. Never throws for what stands in the files.
 */
export function engineDiff(before: readonly PrismaFile[] | null, after: readonly PrismaFile[], provider: EngineProvider): Promise<EngineAnswer> {
  const run = turn.then(() => diffNow(before, after, provider))
  turn = run
  return run
}

async function diffNow(before: readonly PrismaFile[] | null, after: readonly PrismaFile[], provider: EngineProvider): Promise<EngineAnswer> {
  const instance = running ?? await start()
  running = instance
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the engine did not answer within ${longestRun / 1000} s`)), longestRun)
  })
  try {
    return { ok: true, sql: await Promise.race([ask(instance, before, after, provider), instance.failed, late]) }
  } catch (error) {
    if (isSchemaError(error)) return { ok: false, problems: problemsOf(error.message) }
    const reason = lastPanic === '' ? messageOf(error) : lastPanic
    abandon(instance)
    return { ok: false, problems: [{ path: null, line: 0, message: `Prisma's schema engine failed: ${reason}` }] }
  } finally {
    clearTimeout(timer)
  }
}

async function ask(instance: Instance, before: readonly PrismaFile[] | null, after: readonly PrismaFile[], provider: EngineProvider,
): Promise<string> {
  const engine = await bindings.SchemaEngine.new(
    { datamodels: after.map((file) => [file.path, file.content]) }, () => undefined, bindMigrationAwareSqlAdapterFactory(stubFactory(provider)),
  )
  instance.engine = engine
  try {
    const result = await engine.diff({
      from: before === null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: [...before] },
      to: { tag: 'schemaDatamodel', files: [...after] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    })
    return result.stdout ?? ''
  } finally {
    instance.engine = null
    engine.free()
  }
}

function abandon(instance: Instance): void {
  instance.stop(new Error('given up'))
  // Unregisters the object, whose finalizer would free its address in the next instance.
  const engine = instance.engine as unknown as { __destroy_into_raw(): number } | null
  engine?.__destroy_into_raw()
  if (running === instance) running = null
  lastPanic = ''
}

async function start(): Promise<Instance> {
  compiled ??= compile()
  const module = await compiled
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (text: string) => { lastPanic = firstLines(text) } } })
  // The bindings keep views of the memory they saw last; growing it by nothing detaches these, so that they look again.
  last?.memory.grow(0)
  let fail: (reason: unknown) => void = () => undefined
  const failed = new Promise<never>((_, reject) => { fail = reject })
  failed.catch(() => undefined)
  let alive = true
  const stop = (reason: unknown) => {
    alive = false
    fail(reason)
  }
  const guard = (callback: Callback): Callback => (...args) => {
    if (!alive) return undefined
    try {
      return callback(...args)
    } catch (error) {
      stop(error)
      return undefined
    }
  }
  const { exports } = new wasm.Instance(module, { './schema_engine_bg.js': guardedImports(guard) })
  bindings.__wbg_set_wasm(guardedExports(exports, guard))
  const begin = exports['__wbindgen_start']
  if (typeof begin === 'function') begin()
  last = { memory: exports['memory'] as Instance['memory'], failed, stop, engine: null }
  return last
}

async function compile(): Promise<object> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  return wasm.compile(await readFile(join(dirname(entry), 'schema_engine_bg.wasm')))
}

/**
 * What the engine imports, with every callback that it hands to promises and to the microtask queue wrapped: a panic in
 * one of them would otherwise be an uncaught exception of the whole process.
 */
function guardedImports(guard: (callback: Callback) => Callback): Record<string, Callback> {
  const imports: Record<string, Callback> = {}
  for (const [name, value] of Object.entries(bindings)) {
    if (typeof value !== 'function') continue
    const plain = value as Callback
    const schedules = name.startsWith('__wbg_then_') || name.startsWith('__wbg_queueMicrotask_')
    imports[name] = schedules ? (...args) => plain(...args.map((arg) => (typeof arg === 'function' ? guard(arg as Callback) : arg))) : plain
  }
  return imports
}

/** The exports, with the destructor of closures wrapped: the garbage collector calls it at any time, after a panic too. */
function guardedExports(exports: Readonly<Record<string, unknown>>, guard: (callback: Callback) => Callback): Record<string, unknown> {
  return Object.fromEntries(Object.entries(exports).map(([name, value]) => (
    [name, typeof value === 'function' && name.includes('closure__destroy') ? guard(value as Callback) : value]
  )))
}

/** An adapter without a database: comparing two schemas asks one question only, whether the schema exists and which version serves. */
function stubFactory(provider: EngineProvider) {
  const refuse = () => Promise.reject(new Error('comparing schemas needs no database'))
  const adapter: SqlDriverAdapter = {
    provider,
    adapterName: 'schemagate',
    queryRaw: () => Promise.resolve({
      columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
      columnNames: ['exists', 'version', 'numeric_version'],
      rows: [[true, 'PostgreSQL 16.0', 160000]],
    }),
    executeRaw: refuse,
    executeScript: refuse,
    startTransaction: refuse,
    dispose: () => Promise.resolve(),
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
  }
  const connect = () => Promise.resolve(adapter)
  return { provider, adapterName: 'schemagate', connect, connectToShadowDb: connect }
}

function isSchemaError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'SchemaConnectorError'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? firstLines(error.message) : String(error)
}

function firstLines(text: string): string {
  return text.split('\n').slice(0, 2).map((line) => line.trim()).join(' ').slice(0, 300)
}

/** Takes the engine's report apart: `error: <message>` followed by `--> <path>:<line>` and an excerpt of the file. */
function problemsOf(report: string): readonly EngineProblem[] {
  const problems: EngineProblem[] = []
  let message = ''
  for (const raw of stripColours(report).split('\n')) {
    const line = raw.trimEnd()
    if (line.startsWith('error: ')) {
      if (message !== '') problems.push({ path: null, line: 0, message })
      message = line.slice('error: '.length)
    } else if (line.trimStart().startsWith('-->') && message !== '') {
      const at = line.slice(line.indexOf('-->') + 3).trim()
      const colon = at.lastIndexOf(':')
      problems.push({ path: colon < 0 ? at : at.slice(0, colon), line: colon < 0 ? 0 : Number(at.slice(colon + 1)) || 0, message })
      message = ''
    } else if (message !== '' && line !== '' && !line.trimStart().startsWith('|')) {
      message += ` ${line.trim()}`
    }
  }
  if (message !== '') problems.push({ path: null, line: 0, message })
  if (problems.length === 0) problems.push({ path: null, line: 0, message: firstLines(report) })
  return problems
}

function stripColours(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, '')
}
