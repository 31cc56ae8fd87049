import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { engineWorker } from './engine-worker.ts'

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

/** Milliseconds that one run may take; a schema of a hundred tables takes a tenth of a second. */
const longestRun = 15_000
const mostProblems = 50

let running: Worker | null = null
let turn: Promise<unknown> = Promise.resolve()

/**
 * The SQL that leads from one Prisma schema to another (from nothing where `before` is null), written by Prisma's own
 * schema engine (`@prisma/schema-engine-wasm`). The engine lives in a thread of its own, because it panics at what it does not
 * expect and takes minutes to list thousands of mistakes: a panic or `longestRun` ends the thread and is a problem, and the
 * next run has a new one. Runs are queued. `external` names tables and enums that are left alone. Never throws for what stands in the files.
 */
export function engineDiff(
  before: readonly PrismaFile[] | null,
  after: readonly PrismaFile[],
  provider: EngineProvider,
  external: readonly string[] = [],
): Promise<EngineAnswer> {
  const run = turn.then(() => diffNow({ before, after, provider, external }))
  turn = run
  return run
}

interface Question {
  readonly before: readonly PrismaFile[] | null
  readonly after: readonly PrismaFile[]
  readonly provider: EngineProvider
  readonly external: readonly string[]
}

interface Told {
  readonly sql?: string
  readonly refused?: string
  readonly panic?: string
}

function diffNow(question: Question): Promise<EngineAnswer> {
  const worker = running ?? startWorker()
  running = worker
  worker.ref()
  return new Promise((resolve) => {
    let panic = ''
    const hear = (told: Told): void => {
      if (told.panic !== undefined) panic = firstLines(told.panic)
      else if (told.refused !== undefined) end({ ok: false, problems: problemsOf(told.refused) })
      else end({ ok: true, sql: told.sql ?? '' })
    }
    const fail = (reason: string): void => {
      running = null
      void worker.terminate()
      end({ ok: false, problems: [{ path: null, line: 0, message: `Prisma's schema engine failed: ${reason}` }] })
    }
    const broken = (error: Error): void => fail(panic === '' ? firstLines(error.message) : panic)
    const gone = (): void => fail('its thread ended')
    const timer = setTimeout(() => fail(`it did not answer within ${longestRun / 1000} s`), longestRun)
    const end = (answer: EngineAnswer): void => {
      clearTimeout(timer)
      worker.off('message', hear).off('error', broken).off('exit', gone)
      worker.unref()
      resolve(answer)
    }
    worker.on('message', hear).on('error', broken).on('exit', gone)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(question)
  })
}

function startWorker(): Worker {
  const { resolve } = createRequire(import.meta.url)
  const bindings = resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const worker = new Worker(engineWorker, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: {
      bindings: pathToFileURL(bindings).href,
      wasm: join(dirname(bindings), 'schema_engine_bg.wasm'),
      utils: pathToFileURL(resolve('@prisma/driver-adapter-utils')).href,
    },
  })
  worker.on('error', () => {
    if (running === worker) running = null
  })
  return worker
}

function firstLines(text: string): string {
  return text
    .split('\n', 2)
    .map((line) => line.trim())
    .join(' ')
    .slice(0, 300)
}

/** Takes the engine's report apart: `error: <message>` followed by `--> <path>:<line>` and an excerpt of the file. */
function problemsOf(report: string): readonly EngineProblem[] {
  const problems: EngineProblem[] = []
  let message = ''
  for (const raw of stripColours(report).split('\n')) {
    const line = raw.trim()
    if (problems.length >= mostProblems) break
    if (raw.startsWith('error: ')) {
      if (message !== '') problems.push({ path: null, line: 0, message })
      message = raw.slice('error: '.length).trim()
    } else if (line.startsWith('-->') && message !== '') {
      const at = line.slice('-->'.length).trim()
      const colon = at.lastIndexOf(':')
      problems.push({
        path: colon < 0 ? at : at.slice(0, colon),
        line: colon < 0 ? 0 : Number(at.slice(colon + 1)) || 0,
        message,
      })
      message = ''
    } else if (message !== '' && line !== '' && !line.startsWith('|')) {
      message += ` ${line}`
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
