import { createHash } from 'node:crypto'
import { structuredPatch } from 'diff'
import type { ChangedFile, ChangeSet, FileContent, Hunk, Tree, TreeEntry } from './tree.ts'
import { contentOf } from './content.ts'
import { wholeFile } from './hunks.ts'

/** The id that git gives to a file with these bytes. */
export function blobId(bytes: Uint8Array, algorithm: 'sha1' | 'sha256' = 'sha1'): string {
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/** A tree of texts by path, for examples, fixtures and tests. Its commit is a hash of them where none is given. */
export function memoryTree(files: Readonly<Record<string, string>>, commit?: string): Tree {
  const stored = new Map<string, { entry: TreeEntry; content: FileContent }>()
  for (const path of Object.keys(files).sort(byCode)) {
    const bytes = Buffer.from(files[path] ?? '', 'utf8')
    stored.set(path, {
      entry: { path, oid: blobId(bytes), size: bytes.length, mode: 'file' },
      content: contentOf(bytes),
    })
  }
  const entries = [...stored.values()].map(({ entry }) => entry)
  const id =
    commit ??
    createHash('sha1')
      .update(entries.map(({ path, oid }) => `${oid} ${path}\n`).join(''))
      .digest('hex')
  return {
    commit: id,
    async list() {
      return { entries, truncated: false }
    },
    async read(paths) {
      const found = new Map<string, FileContent>()
      for (const path of paths) {
        const file = stored.get(path)
        if (file) found.set(path, file.content)
      }
      return found
    },
  }
}

/** The change from one tree to another, with renames and hunks computed here; `base` counts as the merge base. */
export async function changeSetOf(base: Tree, head: Tree): Promise<ChangeSet> {
  const [from, to] = await Promise.all([base.list(), head.list()])
  const before = new Map(from.entries.map((entry) => [entry.path, entry]))
  const after = new Map(to.entries.map((entry) => [entry.path, entry]))
  const deleted = from.entries.filter(({ path }) => !after.has(path))
  const added = to.entries.filter(({ path }) => !before.has(path))
  const modified = to.entries.filter(({ path, oid, mode }) => {
    const old = before.get(path)
    return old && (old.oid !== oid || old.mode !== mode)
  })
  const [oldTexts, newTexts] = await Promise.all([
    base.read([...deleted, ...modified].map(({ path }) => path)),
    head.read([...added, ...modified].map(({ path }) => path)),
  ])
  const renames = findRenames(deleted, added, oldTexts, newTexts)
  const moved = new Set(renames.values())
  const files: ChangedFile[] = [
    ...added.map(({ path }): ChangedFile => {
      const previousPath = renames.get(path) ?? null
      const status = previousPath === null ? 'added' : 'renamed'
      return {
        path,
        previousPath,
        status,
        hunks: hunksBetween(previousPath === null ? null : oldTexts.get(previousPath), newTexts.get(path)),
      }
    }),
    ...modified.map(({ path }): ChangedFile => ({
      path,
      previousPath: null,
      status: 'modified',
      hunks: hunksBetween(oldTexts.get(path), newTexts.get(path)),
    })),
    ...deleted
      .filter(({ path }) => !moved.has(path))
      .map(({ path }): ChangedFile => ({
        path,
        previousPath: null,
        status: 'deleted',
        hunks: hunksBetween(oldTexts.get(path), null),
      })),
  ]
  files.sort((a, b) => byCode(a.path, b.path))
  return { base, head, files, truncated: from.truncated || to.truncated }
}

function hunksBetween(
  from: FileContent | null | undefined,
  to: FileContent | null | undefined,
): readonly Hunk[] | null {
  if (from?.kind === 'unreadable' || to?.kind === 'unreadable') return null
  if (!from) return wholeFile(to?.text ?? '')
  const patch = structuredPatch('a', 'b', from.text, to?.text ?? '', '', '', { context: 3, maxEditLength: 20_000 })
  if (!patch) return null
  return patch.hunks.map((hunk) => {
    const added: number[] = []
    const removed: number[] = []
    let [oldLine, newLine] = [hunk.oldStart, hunk.newStart]
    for (const text of hunk.lines) {
      if (text.startsWith('+')) added.push(newLine++)
      else if (text.startsWith('-')) removed.push(oldLine++)
      else if (text.startsWith(' ')) {
        oldLine++
        newLine++
      }
    }
    return {
      oldStart: hunk.oldStart,
      oldLines: hunk.oldLines,
      newStart: hunk.newStart,
      newLines: hunk.newLines,
      added,
      removed,
    }
  })
}

/** New path to old path: equal contents first, then at least half of the lines in common, as git has it. */
function findRenames(
  deleted: readonly TreeEntry[],
  added: readonly TreeEntry[],
  oldTexts: ReadonlyMap<string, FileContent>,
  newTexts: ReadonlyMap<string, FileContent>,
): ReadonlyMap<string, string> {
  const renames = new Map<string, string>()
  const free = new Map(deleted.map((entry) => [entry.path, entry]))
  for (const entry of added) {
    const same = [...free.values()].find((old) => old.oid === entry.oid && old.size !== 0)
    if (!same) continue
    renames.set(entry.path, same.path)
    free.delete(same.path)
  }
  if (free.size * added.length > 2500) return renames
  const linesOf = (content: FileContent | undefined) =>
    content?.kind === 'text' ? content.text.split('\n').filter((line) => line.trim() !== '') : []
  for (const entry of added) {
    if (renames.has(entry.path)) continue
    const lines = linesOf(newTexts.get(entry.path))
    let best: { path: string; share: number } | null = null
    for (const path of free.keys()) {
      const share = similarity(linesOf(oldTexts.get(path)), lines)
      if (share >= 0.5 && (best === null || share > best.share)) best = { path, share }
    }
    if (best === null) continue
    renames.set(entry.path, best.path)
    free.delete(best.path)
  }
  return renames
}

function similarity(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0
  const counts = new Map<string, number>()
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1)
  let common = 0
  for (const line of b) {
    const left = counts.get(line) ?? 0
    if (left === 0) continue
    counts.set(line, left - 1)
    common++
  }
  return common / Math.max(a.length, b.length)
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
