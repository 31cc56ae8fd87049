import { execFile, fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Job, Told } from './messages.ts'

/** Limits of one child process. */
export interface Limits {
  /** Milliseconds for all of it. */
  readonly timeout: number
  /** Milliseconds for one statement of the steps. */
  readonly statement: number
  /** Bytes of resident memory. */
  readonly memory: number
  /** The only folder that the child may write to. */
  readonly folder: string
  readonly signal: AbortSignal | undefined
}

/** How a child process ended. */
export interface Ended {
  readonly reason: 'done' | 'broken' | 'slow' | 'time' | 'memory' | 'crash' | 'aborted'
  readonly message: string
  /** Largest resident memory seen, in bytes. */
  readonly peak: number
  /** Milliseconds of processor time; 0 where it was killed. */
  readonly cpu: number
}

let queue: Promise<unknown> = Promise.resolve()

/** Waits until all that was given before has ended, so that one rehearsal at a time takes its share of memory. */
export function oneAtATime<T>(act: () => Promise<T>): Promise<T> {
  const turn = queue.then(act, act)
  queue = turn.catch(() => undefined)
  return turn
}

/**
 * Baseline code for WebAssembly only: a rehearsal is over before optimised code would pay for its making, which in newer engines
 * takes more memory than all else. Engines take the flag at their start only.
 */
const baselineOnly = '--liftoff-only'

/** Runs one job in a child process and kills it at its limits. Never rejects. */
export async function runJob(entry: string, job: Job, limits: Limits, hear: (told: Told) => void): Promise<Ended> {
  if (limits.signal?.aborted === true) return { reason: 'aborted', message: 'the review was stopped', peak: 0, cpu: 0 }
  const child = fork(entry, [], {
    execArgv: ['--max-old-space-size=384', baselineOnly, ...permissions(limits.folder)],
    env: process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot } : {},
    cwd: limits.folder,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
  })
  return await ending(child, job, limits, hear)
}

function ending(child: ChildProcess, job: Job, limits: Limits, hear: (told: Told) => void): Promise<Ended> {
  return new Promise((resolve) => {
    let ended: Pick<Ended, 'reason' | 'message'> | null = null
    let peak = 0
    let cpu = 0
    let complaint = ''
    const end = (reason: Ended['reason'], message: string): void => {
      ended ??= { reason, message }
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => end('time', `it took longer than ${seconds(limits.timeout)}`), limits.timeout)
    let slow: NodeJS.Timeout | undefined
    const stop = (): void => end('aborted', 'the review was stopped')
    limits.signal?.addEventListener('abort', stop, { once: true })
    const poll = setInterval(
      () => {
        void residentMemory(child.pid).then((bytes) => {
          peak = Math.max(peak, bytes)
          if (bytes > limits.memory) end('memory', `it took more than ${Math.round(limits.memory / 1e6)} MB of memory`)
        })
      },
      process.platform === 'linux' ? 25 : 250,
    )
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000)
    })
    child.on('message', (message) => {
      const told = message as Told
      clearTimeout(slow)
      if (told.kind === 'starting')
        slow = setTimeout(() => end('slow', `it took longer than ${seconds(limits.statement)}`), limits.statement)
      if (told.kind === 'done') {
        peak = Math.max(peak, told.peak)
        cpu = told.cpu
        ended ??= { reason: 'done', message: '' }
      } else if (told.kind === 'broken') ended ??= { reason: 'broken', message: told.message }
      else if (ended === null) hear(told)
    })
    child.once('error', (error) => end('crash', error.message))
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      clearTimeout(slow)
      clearInterval(poll)
      limits.signal?.removeEventListener('abort', stop)
      const lastLine = complaint.trim().split('\n').at(-1) ?? ''
      resolve({
        ...(ended ?? {
          reason: 'crash',
          message: `it ended with ${signal ?? `status ${code}`}${lastLine === '' ? '' : `: ${lastLine.slice(0, 200)}`}`,
        }),
        peak,
        cpu,
      })
    })
    child.send({ ...job, deadline: limits.timeout + 5000 }, (error) => {
      if (error !== null) end('crash', error.message)
    })
  })
}

/** Node's own permission model, where this Node has it: no writing outside `folder`, no processes, no native code. */
function permissions(folder: string): readonly string[] {
  const has = (flag: string): boolean => process.allowedNodeEnvironmentFlags.has(flag)
  const flag = has('--permission')
    ? '--permission'
    : has('--experimental-permission')
      ? '--experimental-permission'
      : null
  if (flag === null) return []
  return [
    flag,
    '--no-warnings',
    '--allow-fs-read=*',
    `--allow-fs-write=${folder}/*`,
    '--allow-worker',
    ...(has('--allow-net') ? ['--allow-net'] : []),
  ]
}

/** Bytes of resident memory of a process; 0 where it cannot be told. */
async function residentMemory(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0
  try {
    if (process.platform === 'linux')
      return Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1] ?? 0) * 4096
    if (process.platform === 'win32') return 0
    return await new Promise((resolve) => {
      execFile('ps', ['-o', 'rss=', '-p', String(pid)], (error, out) =>
        resolve(error === null ? Number(out.trim()) * 1024 : 0),
      )
    })
  } catch {
    return 0
  }
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`
}
