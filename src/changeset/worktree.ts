import { constants } from 'node:fs'
import { lstat, open, readlink } from 'node:fs/promises'
import type { FileContent, Tree, TreeEntry } from './tree.ts'
import { contentOf, modeOf, tooLarge, unreadable, unreadableEntry } from './content.ts'
import { runGit } from './git-process.ts'
import { blobId } from './memory.ts'

/** A checkout, as `worktree` reads it. */
export interface Checkout {
  /** Folder at the top of the working tree. */
  readonly top: string
  readonly maxBytes: number
  readonly algorithm: 'sha1' | 'sha256'
  /** Options of git that switch off every configured filter. */
  readonly overrides: readonly string[]
}

/** Files that git neither tracks nor ignores, sorted. Paths that are not UTF-8 are left out. */
export async function untrackedFiles(top: string): Promise<readonly string[]> {
  const out = await runGit(top, ['ls-files', '-z', '--others', '--exclude-standard'], `reading ${top}`)
  // A nested repository is listed as its folder, with a slash at the end.
  return records(out)
    .filter((path) => !path.endsWith('/') && !path.includes('\uFFFD'))
    .sort()
}

/** The working tree: what git tracks as it is on disk, and what it does not ignore. */
export function worktree(checkout: Checkout): Tree {
  let listed: Promise<ReadonlyMap<string, TreeEntry>> | null = null
  const entries = () => {
    listed ??= listWorktree(checkout)
    return listed
  }
  return {
    commit: 'worktree',
    async list() {
      return { entries: [...(await entries()).values()], truncated: false }
    },
    async read(paths) {
      const known = await entries()
      const found = new Map<string, FileContent>()
      for (const path of new Set(paths)) {
        const entry = known.get(path)
        if (!entry) continue
        const content = unreadableEntry(entry, checkout.maxBytes) ?? (await readContent(checkout, path))
        if (content) found.set(path, content)
      }
      return found
    },
  }
}

async function listWorktree(checkout: Checkout): Promise<ReadonlyMap<string, TreeEntry>> {
  const { top, overrides } = checkout
  const doing = `reading the working tree of ${top}`
  const [staged, raw, untracked] = await Promise.all([
    runGit(top, ['ls-files', '-z', '--stage'], doing),
    runGit(
      top,
      [
        ...overrides,
        'diff',
        '--raw',
        '-z',
        '--no-ext-diff',
        '--no-textconv',
        '--no-renames',
        '--ignore-submodules=all',
      ],
      doing,
    ),
    untrackedFiles(top),
  ])
  const entries = new Map<string, TreeEntry>()
  for (const record of records(staged)) {
    const tab = record.indexOf('\t')
    const [mode = '', oid = ''] = record.slice(0, tab).split(' ')
    entries.set(record.slice(tab + 1), { path: record.slice(tab + 1), oid, size: null, mode: modeOf(mode) })
  }
  const changed = new Set(untracked)
  const fields = records(raw)
  for (let i = 0; i + 1 < fields.length; i += 2) changed.add(fields[i + 1] ?? '')
  await eachOf([...changed], async (path) => {
    const entry = await entryOnDisk(checkout, path)
    if (entry) entries.set(path, entry)
    else entries.delete(path)
  })
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function entryOnDisk(checkout: Checkout, path: string): Promise<TreeEntry | null> {
  const full = `${checkout.top}/${path}`
  const stat = await lstat(full).catch(() => null)
  if (!stat || stat.isDirectory()) return null
  if (stat.isSymbolicLink()) {
    return {
      path,
      oid: blobId(Buffer.from(await readlink(full).catch(() => '')), checkout.algorithm),
      size: stat.size,
      mode: 'symlink',
    }
  }
  const mode = (stat.mode & 0o100) !== 0 ? 'executable' : 'file'
  const bytes = stat.size <= checkout.maxBytes ? await readBytes(full) : null
  return {
    path,
    oid: bytes ? blobId(bytes, checkout.algorithm) : `worktree:${stat.size}:${stat.mtimeMs}`,
    size: stat.size,
    mode,
  }
}

async function readContent(checkout: Checkout, path: string): Promise<FileContent | null> {
  const full = `${checkout.top}/${path}`
  const stat = await lstat(full).catch(() => null)
  if (!stat || stat.isDirectory()) return null
  if (stat.isSymbolicLink()) return unreadable('a symlink')
  if (!stat.isFile()) return unreadable('not an ordinary file')
  if (stat.size > checkout.maxBytes) return tooLarge(checkout.maxBytes)
  const bytes = await readBytes(full)
  return bytes ? contentOf(bytes, checkout.maxBytes) : unreadable('not to be opened')
}

/** Bytes of an ordinary file, null where it cannot be opened; never follows a symlink, never waits for a pipe. */
async function readBytes(full: string): Promise<Buffer | null> {
  const handle = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null)
  if (!handle) return null
  try {
    return (await handle.stat()).isFile() ? await handle.readFile() : null
  } catch {
    return null
  } finally {
    await handle.close()
  }
}

function records(out: Buffer): string[] {
  return out
    .toString('utf8')
    .split('\0')
    .filter((record) => record !== '')
}

async function eachOf(paths: readonly string[], work: (path: string) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) await work(path)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}
