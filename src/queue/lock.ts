import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { SchemagateError } from '../errors.ts'

/** A holder on another machine counts as gone when it has not touched its lock for this many milliseconds. */
const silence = 30_000

/** Locks that this very process holds. */
const heldHere = new Set<string>()

interface Holder {
  readonly pid: number
  readonly host: string
}

/**
 * Takes the embedded store's folder for this process, since two processes that open it lose each other's rows without a word
 * (https://github.com/electric-sql/pglite/issues/1106). Gives the function that lets it go; throws `store-in-use`.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'lock')
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder), { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = readHolder(path)
      if (tries > 2 || (holder !== null && isAlive(holder, path))) {
        throw new SchemagateError(
          'store-in-use',
          `opening the store in ${folder}: process ${holder?.pid ?? '?'} on ${holder?.host ?? '?'} has it open. Stop that process, give this one a folder of its own with SCHEMAGATE_DATA, or share a Postgres with DATABASE_URL.`,
        )
      }
      rmSync(path, { force: true })
    }
  }
  heldHere.add(path)
  const beat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date())
    } catch {
      // The folder was removed under us; there is nothing left to hold.
    }
  }, silence / 6)
  beat.unref()
  return () => {
    clearInterval(beat)
    heldHere.delete(path)
    const holder = readHolder(path)
    if (holder?.pid === process.pid && holder.host === hostname()) rmSync(path, { force: true })
  }
}

function readHolder(path: string): Holder | null {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : null
  } catch {
    return null
  }
}

function isAlive(holder: Holder, path: string): boolean {
  if (holder.host !== hostname()) {
    try {
      return Date.now() - statSync(path).mtimeMs < silence
    } catch {
      return false
    }
  }
  // A restarted container has the same process id as the one that died.
  if (holder.pid === process.pid) return heldHere.has(path)
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
