import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Socket } from 'node:net'
import { SchemagateError } from '../errors.ts'

/**
 * Settings that keep a repository's own configuration and attributes from running anything: no hooks, no file system monitor, no
 * external diff, no fetching of missing objects. Filters are switched off one by one, see `filterOverrides`.
 */
const settings = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.untrackedCache=false',
  '-c',
  'core.quotePath=true',
  '-c',
  'safe.directory=*',
  '-c',
  'diff.external=',
  '-c',
  'diff.ignoreSubmodules=all',
  '-c',
  'core.bigFileThreshold=2m',
  '-c',
  'submodule.recurse=false',
]

function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GIT_') || name === 'GIT_CONFIG_GLOBAL' || name === 'GIT_EXEC_PATH',
  )
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_PAGER: 'cat',
  }
}

function start(dir: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn('git', ['--no-pager', ...settings, '-C', dir, ...args], {
    env: environment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** What a git command wrote, and its exit status. */
export interface GitResult {
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a git command in `dir` to its end; a status other than 0 is the caller's to judge. Throws where git itself is missing. */
export async function tryGit(dir: string, args: readonly string[]): Promise<GitResult> {
  const chunks: Buffer[] = []
  const { status, stderr } = await streamGit(dir, args, (chunk) => chunks.push(chunk))
  return { status, stderr, stdout: Buffer.concat(chunks) }
}

/** Runs a git command that has to succeed and returns what it wrote; `doing` begins the message where it does not. */
export async function runGit(dir: string, args: readonly string[], doing: string): Promise<Buffer> {
  const { status, stdout, stderr } = await tryGit(dir, args)
  if (status !== 0) throw gitFailed(doing, stderr)
  return stdout
}

/** The error for a git command that failed, with the first line of what git said. */
export function gitFailed(doing: string, stderr: string): SchemagateError {
  const said = stderr.split('\n').find((line) => /^(fatal|error)/.test(line)) ?? stderr.split('\n')[0] ?? ''
  return new SchemagateError('not-a-repository', `${doing}: git said "${said.replace(/^(fatal|error): /, '')}"`)
}

/** Runs a git command and hands on what it writes as it comes. */
export function streamGit(
  dir: string,
  args: readonly string[],
  take: (chunk: Buffer) => void,
): Promise<{ status: number; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = start(dir, args)
    let stderr = ''
    child.on('error', (cause) => reject(noGit(cause)))
    child.stdin.on('error', () => {})
    child.stdin.end()
    child.stdout.on('data', take)
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 10_000) stderr += chunk.toString('utf8')
    })
    child.on('close', (status) => resolve({ status: status ?? 1, stderr }))
  })
}

function noGit(cause: Error): SchemagateError {
  const missing = 'code' in cause && cause.code === 'ENOENT'
  return new SchemagateError(
    'not-a-repository',
    missing
      ? 'running git: there is no git on this machine. Install git 2.30 or newer'
      : `running git: ${cause.message}`,
    { cause },
  )
}

/** Options that empty every filter a configuration defines, so that attributes of the working tree cannot start its program. */
export async function filterOverrides(dir: string): Promise<readonly string[]> {
  const { stdout } = await tryGit(dir, [
    'config',
    '-z',
    '--name-only',
    '--get-regexp',
    String.raw`^filter\..*\.(clean|smudge|process)$`,
  ])
  const drivers = new Set(
    stdout
      .toString('utf8')
      .split('\0')
      .filter(Boolean)
      .map((name) => name.slice('filter.'.length, name.lastIndexOf('.'))),
  )
  return [...drivers].flatMap((driver) =>
    ['clean', 'smudge', 'process']
      .flatMap((what) => ['-c', `filter.${driver}.${what}=`])
      .concat('-c', `filter.${driver}.required=false`),
  )
}

/** Reads blobs by their id through one long-lived `git cat-file --batch`, which ends by itself when nothing was asked for a while. */
export interface BlobReader {
  /** Bytes by id; an id that the repository does not hold is left out. */
  read(oids: readonly string[]): Promise<ReadonlyMap<string, Buffer>>
}

const idleMilliseconds = 3000

/** A reader for one repository; equal calls queue up behind each other. */
export function blobReader(dir: string): BlobReader {
  let child: ChildProcessWithoutNullStreams | null = null
  let idle: NodeJS.Timeout | null = null
  let last: Promise<unknown> = Promise.resolve()

  const hold = (process: ChildProcessWithoutNullStreams, held: boolean) => {
    const handles = [
      process,
      process.stdin as unknown as Socket,
      process.stdout as unknown as Socket,
      process.stderr as unknown as Socket,
    ]
    for (const handle of handles) {
      if (held) handle.ref()
      else handle.unref()
    }
  }

  const open = (): ChildProcessWithoutNullStreams => {
    if (child) return child
    const opened = start(dir, ['cat-file', '--batch'])
    opened.stdin.on('error', () => {})
    opened.stderr.resume()
    opened.on('close', () => {
      if (child === opened) child = null
    })
    child = opened
    return opened
  }

  const ask = (oids: readonly string[]): Promise<ReadonlyMap<string, Buffer>> =>
    new Promise((resolve, reject) => {
      if (idle) clearTimeout(idle)
      const process = open()
      hold(process, true)
      const answer = batchAnswer(oids)
      const finish = (error: Error | null) => {
        process.stdout.off('data', take)
        process.off('close', closed)
        process.off('error', failed)
        if (error) {
          child = null
          process.kill()
          reject(error)
          return
        }
        hold(process, false)
        idle = setTimeout(() => {
          process.stdin.end()
          if (child === process) child = null
        }, idleMilliseconds)
        idle.unref()
        resolve(answer.blobs)
      }
      const take = (chunk: Buffer) => {
        if (answer.take(chunk)) finish(null)
      }
      const closed = () =>
        finish(new SchemagateError('not-a-repository', `reading ${dir}: git ended before it answered`))
      const failed = (cause: Error) => finish(noGit(cause))
      process.stdout.on('data', take)
      process.on('close', closed)
      process.on('error', failed)
      process.stdin.write(`${oids.join('\n')}\n`)
    })

  return {
    read(oids) {
      const valid = [...new Set(oids)].filter((oid) => /^[0-9a-f]{40,64}$/.test(oid))
      if (valid.length === 0) return Promise.resolve(new Map())
      const answer = last.then(() => ask(valid))
      last = answer.catch(() => {})
      return answer
    },
  }
}

/** Collects the answer of `git cat-file --batch` to a list of ids: `<id> <type> <size>`, the bytes, a line break; or `<id> missing`. */
function batchAnswer(oids: readonly string[]): { readonly blobs: Map<string, Buffer>; take(chunk: Buffer): boolean } {
  const blobs = new Map<string, Buffer>()
  let pending: Buffer[] = []
  let held = 0
  let needed = 0
  let at = 0
  return {
    blobs,
    take(chunk) {
      pending.push(chunk)
      held += chunk.length
      if (held < needed) return false
      let buffer = pending.length === 1 ? chunk : Buffer.concat(pending)
      needed = 0
      while (at < oids.length) {
        const end = buffer.indexOf(10)
        if (end < 0) break
        const words = buffer.toString('latin1', 0, end).split(' ')
        const size = words.length === 3 ? Number(words[2]) : null
        const whole = end + 1 + (size === null ? 0 : size + 1)
        if (buffer.length < whole) {
          needed = whole
          break
        }
        if (size !== null) blobs.set(oids[at] ?? '', Buffer.from(buffer.subarray(end + 1, end + 1 + size)))
        buffer = buffer.subarray(whole)
        at++
      }
      pending = [buffer]
      held = buffer.length
      return at === oids.length
    },
  }
}
