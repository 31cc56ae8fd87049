import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

/** What one evaluation is given. */
export interface SandboxJob {
  /** Drizzle and the extraction, a script. */
  readonly guest: string
  /** The bundled schema, a module. */
  readonly bundle: string
  /** Bytes that the sandbox may hold. */
  readonly memory: number
}

/** What comes of it: the text that the extraction made, or why there is none. */
export type SandboxAnswer =
  | { readonly text: string; readonly memory: number }
  | { readonly error: string; readonly site: string | null }

// The types of Node tell no constructor of it.
declare const WebAssembly: {
  Memory: new (size: {
    readonly initial: number
    readonly maximum: number
  }) => Parameters<Quick['newVariant']>[1]['wasmMemory'] & object
}

type Quick = typeof import('quickjs-emscripten')
const from = createRequire((workerData as { readonly from: string }).from)

/** Bytes of a page of WebAssembly, and how many of them the module begins with. */
const page = 65_536
const firstPages = 256

async function evaluate(job: SandboxJob): Promise<SandboxAnswer> {
  const quick = from('quickjs-emscripten') as Quick
  // QuickJS counts what it holds; what its heap loses between the pieces is bounded by the memory itself.
  const wasmMemory = new WebAssembly.Memory({
    initial: firstPages,
    maximum: firstPages + Math.ceil((1.5 * job.memory) / page),
  })
  const wasm = await quick.newQuickJSWASMModule(quick.newVariant(quick.RELEASE_SYNC, { wasmMemory }))
  const runtime = wasm.newRuntime({ memoryLimitBytes: job.memory, maxStackSizeBytes: 256 * 1024 })
  const context = runtime.newContext()
  const failure = (handle: Parameters<typeof context.dump>[0]): SandboxAnswer => {
    const error = context.dump(handle) as unknown
    const { name, message, stack } =
      typeof error === 'object' && error !== null
        ? (error as Record<string, unknown>)
        : { name: 'Error', message: error, stack: '' }
    return {
      error: `${String(name)}: ${String(message)}`.slice(0, 300),
      site: /bundle\.js:(\d{1,9}:\d{1,9})/.exec(String(stack))?.[1] ?? null,
    }
  }
  const guest = context.evalCode(job.guest, 'guest.js')
  if (guest.error) return failure(guest.error)
  const result = context.evalCode(job.bundle, 'bundle.js', { type: 'module' })
  if (result.error) return failure(result.error)
  for (let turn = 0; turn < 100_000 && runtime.hasPendingJob(); turn++) {
    const jobs = runtime.executePendingJobs(1000)
    if (jobs.error) return failure(jobs.error)
  }
  const state = context.getPromiseState(result.value)
  if (state.type === 'rejected') return failure(state.error)
  if (state.type === 'pending') return { error: 'it waits for something that never comes', site: null }
  const text = context.getProp(context.global, '__schemagateResult')
  if (context.typeof(text) !== 'string') return { error: 'it ended without a result', site: null }
  const usage = context.dump(runtime.computeMemoryUsage()) as { readonly memory_used_size?: number }
  return { text: context.getString(text), memory: usage.memory_used_size ?? 0 }
}

parentPort?.on('message', (job: SandboxJob) => {
  evaluate(job).then(
    (answer) => parentPort?.postMessage(answer, []),
    // The host's own stack ran out, or the module is broken: the worker is thrown away either way.
    (error: unknown) =>
      parentPort?.postMessage(
        { error: error instanceof Error ? error.message : String(error), site: null } satisfies SandboxAnswer,
        [],
      ),
  )
})
