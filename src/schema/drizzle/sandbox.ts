import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { SandboxAnswer, SandboxJob } from './sandbox-worker.ts'

/** Limits of one evaluation. */
export interface SandboxLimits {
  readonly milliseconds: number
  readonly bytes: number
}

/** Generous for any real schema: large public ones take half a second and 20 MB, on a machine that does nothing else. */
export const sandboxLimits: SandboxLimits = { milliseconds: 15_000, bytes: 192 * 1024 * 1024 }

/** The scripts of the sandbox, by the name that the build gives them. */
const sources = {
  'drizzle-worker': 'sandbox-worker.ts',
  'drizzle-postgresql': 'guest/postgresql.ts',
  'drizzle-mysql': 'guest/mysql.ts',
  'drizzle-sqlite': 'guest/sqlite.ts',
} as const

/** Names of the files that the build writes beside its entry points, each with the text of `buildSandboxScript`. */
export const sandboxScripts = Object.keys(sources) as readonly (keyof typeof sources)[]

const scripts = new Map<string, Promise<string>>()

/** Text of one of the sandbox's scripts: the built file beside this one, or in a checkout bundled from its source once a process. */
function script(name: keyof typeof sources): Promise<string> {
  const known = scripts.get(name)
  if (known) return known
  const built = [`./${name}.js`, `../${name}.js`]
    .map((it) => fileURLToPath(new URL(it, import.meta.url)))
    .find((it) => !import.meta.url.endsWith('.ts') && existsSync(it))
  const text = built ? Promise.resolve(readFileSync(built, 'utf8')) : buildSandboxScript(name)
  scripts.set(name, text)
  return text
}

/** Bundles one of the sandbox's scripts from its source; the package's build writes them beside its entry points. */
export async function buildSandboxScript(name: keyof typeof sources): Promise<string> {
  const { build } = await import('esbuild')
  const result = await build({
    entryPoints: [fileURLToPath(new URL(sources[name], import.meta.url))],
    bundle: true,
    write: false,
    minify: name !== 'drizzle-worker',
    logLevel: 'silent',
    target: 'es2022',
    ...(name === 'drizzle-worker'
      ? { format: 'cjs', platform: 'node' }
      : { format: 'iife', platform: 'neutral', mainFields: ['module', 'main'] }),
  })
  return result.outputFiles[0]?.text ?? ''
}

const mostAtOnce = 2
let running = 0
const waiting: (() => void)[] = []

/** Lets few sandboxes run at a time, so that many projects do not take all memory. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

/** One worker is kept for the next evaluation; each gets a WebAssembly instance of its own, and one that misbehaves ends its worker. */
let idle: Worker | null = null

async function takeWorker(): Promise<Worker> {
  const kept = idle
  idle = null
  if (kept) return kept
  const worker = new Worker(await script('drizzle-worker'), {
    eval: true,
    workerData: { from: import.meta.url },
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { stackSizeMb: 8, maxOldGenerationSizeMb: 256 },
  })
  worker.unref()
  return worker
}

/**
 * Runs a bundle in WebAssembly: QuickJS without a file system, a network or a clock that can wait, in a thread that is ended at the
 * deadline whatever it is doing. Never throws for what the bundle does.
 */
export async function evaluateBundle(
  dialect: 'postgresql' | 'mysql' | 'sqlite',
  bundle: string,
  limits: SandboxLimits = sandboxLimits,
): Promise<SandboxAnswer> {
  const job: SandboxJob = { guest: await script(`drizzle-${dialect}`), bundle, memory: limits.bytes }
  return await inTurn(async () => await runJob(await takeWorker(), job, limits))
}

function runJob(worker: Worker, job: SandboxJob, limits: SandboxLimits): Promise<SandboxAnswer> {
  return new Promise<SandboxAnswer>((resolve) => {
    const end = (answer: SandboxAnswer, keep: boolean): void => {
      clearTimeout(timer)
      worker.off('message', answered).off('error', failed).off('exit', ended)
      if (keep && !idle) {
        idle = worker
        worker.unref()
      } else void worker.terminate()
      resolve(answer)
    }
    const answered = (answer: SandboxAnswer): void => end(answer, 'text' in answer)
    const failed = (error: unknown): void =>
      end({ error: error instanceof Error ? error.message : String(error), site: null }, false)
    const ended = (): void => end({ error: 'the sandbox ended', site: null }, false)
    const timer = setTimeout(
      () => end({ error: `it ran longer than ${limits.milliseconds / 1000} seconds`, site: null }, false),
      limits.milliseconds,
    )
    worker.ref()
    worker.on('message', answered).on('error', failed).on('exit', ended)
    worker.postMessage(job, [])
  })
}
