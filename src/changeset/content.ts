import type { FileContent, TreeEntry } from './tree.ts'

/** Files above this many bytes are not read: 2 MB. */
export const defaultMaxBytes = 2_000_000

const lfsPointer = 'version https://git-lfs.github.com/spec/v1'

const decoder = new TextDecoder('utf-8')

/** The reason for a file that was not read because of its size; `maxBytes` is the limit that it passed. */
export function tooLarge(maxBytes: number): FileContent {
  const limit = maxBytes >= 1_000_000 ? `${Math.round(maxBytes / 100_000) / 10} MB` : `${Math.ceil(maxBytes / 1000)} kB`
  return unreadable(`larger than ${limit}`)
}

/** A file that cannot be read, with the reason in one phrase. */
export function unreadable(reason: string): FileContent {
  return { kind: 'unreadable', reason }
}

/** What a tree of any source says of the bytes of one ordinary file. */
export function contentOf(bytes: Uint8Array, maxBytes: number = defaultMaxBytes): FileContent {
  if (bytes.length > maxBytes) return tooLarge(maxBytes)
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return unreadable('UTF-16 text, not UTF-8')
  // A NUL would end the text for a parser written in C, so that what follows would go unread.
  if (bytes.includes(0)) return unreadable('binary')
  const text = decoder.decode(bytes)
  if (bytes.length < 1024 && text.startsWith(lfsPointer)) return unreadable('a Git LFS pointer')
  return { kind: 'text', text }
}

const modes: Readonly<Record<string, TreeEntry['mode']>> = {
  '120000': 'symlink',
  '160000': 'submodule',
  '100755': 'executable',
}

/** The kind of file that git's octal mode says. */
export function modeOf(octal: string): TreeEntry['mode'] {
  return modes[octal] ?? 'file'
}

/** The refusal for an entry that no source reads: symlinks, submodules, too large; null where it may be read. */
export function unreadableEntry(entry: TreeEntry, maxBytes: number = defaultMaxBytes): FileContent | null {
  if (entry.mode === 'symlink') return unreadable('a symlink')
  if (entry.mode === 'submodule') return unreadable('a submodule')
  return entry.size !== null && entry.size > maxBytes ? tooLarge(maxBytes) : null
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [/^UTF-16|^binary$/, 'save it as text in UTF-8'],
  [/^a Git LFS pointer$/, 'take it out of Git LFS (`.gitattributes`) and commit the text itself'],
  [/^larger than/, 'split it, or load its rows outside of the migration'],
  [/^a symlink$/, 'commit the file that it leads to in its place'],
  [/^a submodule$/, 'commit its files to this repository'],
  [/^not in this clone$/, 'fetch it with `git fetch --refetch --no-filter`'],
]

/** What a note says of a file that was not read, with what to do about it; `what` names the file: `the migration`. */
export function notRead(what: string, reason: string): string {
  const remedy = remedies.find(([pattern]) => pattern.test(reason))?.[1]
  return `${what} was not read: it is ${reason}${remedy === undefined ? '' : `; ${remedy}`}`
}
