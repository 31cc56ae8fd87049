import { SchemagateError } from '../errors.ts'
import type { ChangedFile, ChangeSet, FileContent, Hunk, Tree, TreeEntry } from './tree.ts'
import { contentOf, defaultMaxBytes, modeOf, unreadable, unreadableEntry } from './content.ts'
import { blobReader, filterOverrides, gitFailed, runGit, streamGit, tryGit } from './git-process.ts'
import type { BlobReader } from './git-process.ts'
import { patchReader, wholeFile } from './hunks.ts'
import { untrackedFiles, worktree } from './worktree.ts'

/** How trees of a git repository are read. */
export interface GitOptions {
  /** Files above this many bytes are unreadable; 2 MB where left out. */
  readonly maxBytes?: number
}

interface Repository {
  readonly dir: string
  /** Top of the working tree; null in a bare repository. */
  readonly top: string | null
  readonly shallow: boolean
  readonly algorithm: 'sha1' | 'sha256'
  readonly blobs: BlobReader
  readonly maxBytes: number
}

/**
 * The change of a git range. `A..B` and `A...B` both go from the merge base of A and B to B, an empty side is `HEAD`; without a range
 * it goes from the merge base of `HEAD` and the default branch to the working tree (to `HEAD` in a bare repository).
 * Throws a `SchemagateError` where there is no repository, a commit is unknown or the two share no history.
 */
export async function changeSetFromGit(dir: string, range?: string, options: GitOptions = {}): Promise<ChangeSet> {
  const repository = await openRepository(dir, options)
  if (range === undefined || range.trim() === '') return defaultChangeSet(repository)
  const sides = splitRange(range)
  if (!sides)
    throw new SchemagateError(
      'usage',
      `reading ${dir}: "${range}" is not a range. Write BASE..HEAD, for example main..HEAD`,
    )
  const [a, b] = await Promise.all([commitOf(repository, sides.base, range), commitOf(repository, sides.head, range)])
  const base = await mergeBase(repository, a, b, range)
  return {
    base: commitTree(repository, base),
    head: commitTree(repository, b),
    files: await changedFiles(repository, base, b),
    truncated: false,
  }
}

/** The two sides of `A..B` or `A...B`; null for anything else. */
export function splitRange(range: string): { readonly base: string; readonly head: string } | null {
  const dots = range.indexOf('..')
  if (dots < 0) return null
  const rest = range.slice(dots).replace(/^\.{2,3}/, '')
  if (rest.startsWith('.') || rest.includes('..')) return null
  return { base: range.slice(0, dots).trim() || 'HEAD', head: rest.trim() || 'HEAD' }
}

/** The tree of one commit, named as git names commits: a branch, a tag, an id, `HEAD~2`. */
export async function gitTree(dir: string, ref: string, options: GitOptions = {}): Promise<Tree> {
  const repository = await openRepository(dir, options)
  return commitTree(repository, await commitOf(repository, ref, null))
}

/** A change set with what production runs: the tip of a branch, the default one for null. As it was where its base is in that branch, or there is none. */
export async function withDeployed(
  changeSet: ChangeSet,
  dir: string,
  branch: string | null,
  options: GitOptions = {},
): Promise<ChangeSet> {
  const repository = await openRepository(dir, options)
  const refs = branch === null ? defaultBranches : [`refs/remotes/origin/${branch}`, `refs/heads/${branch}`]
  const commit = await firstCommit(repository, refs)
  if (commit === null) return changeSet
  const { status } = await tryGit(repository.dir, ['merge-base', '--is-ancestor', changeSet.base.commit, commit])
  return status === 1 ? { ...changeSet, deployed: commitTree(repository, commit) } : changeSet
}

async function openRepository(dir: string, options: GitOptions): Promise<Repository> {
  const { status, stdout, stderr } = await tryGit(dir, [
    'rev-parse',
    '--is-inside-work-tree',
    '--is-shallow-repository',
    '--show-object-format',
  ])
  if (status !== 0) {
    if (/not a git repository|cannot change to/i.test(stderr)) {
      throw new SchemagateError(
        'not-a-repository',
        `reading ${dir}: this is not a git repository. Name one with --repo DIR`,
      )
    }
    throw gitFailed(`reading ${dir}`, stderr)
  }
  const [inside, shallow, format] = stdout.toString('utf8').split('\n')
  const top =
    inside === 'true'
      ? (await runGit(dir, ['rev-parse', '--show-toplevel'], `reading ${dir}`)).toString('utf8').replace(/\n$/, '')
      : null
  return {
    dir: top ?? dir,
    top,
    shallow: shallow === 'true',
    algorithm: format === 'sha256' ? 'sha256' : 'sha1',
    blobs: blobReader(dir),
    maxBytes: options.maxBytes ?? defaultMaxBytes,
  }
}

async function resolveCommit(repository: Repository, ref: string): Promise<string | null> {
  if (ref.startsWith('-') || ref.includes('\0')) return null
  const { status, stdout } = await tryGit(repository.dir, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
  return status === 0 ? stdout.toString('latin1').trim() : null
}

async function commitOf(repository: Repository, ref: string, range: string | null): Promise<string> {
  const commit = await resolveCommit(repository, ref)
  if (commit !== null) return commit
  const prefix = range === null ? `reading ${repository.dir}` : range
  if (ref === 'HEAD')
    throw new SchemagateError('unknown-commit', `${prefix}: ${repository.dir} has no commit yet. Make one first`)
  const remedy =
    /^[\w./-]+$/.test(ref) && !ref.startsWith('-') ? `. Try: git fetch origin ${ref.replace(/^origin\//, '')}` : ''
  throw new SchemagateError('unknown-commit', `${prefix}: "${ref}" is not a commit of ${repository.dir}${remedy}`)
}

async function mergeBase(repository: Repository, a: string, b: string, doing: string): Promise<string> {
  if (a === b) return a
  const { status, stdout } = await tryGit(repository.dir, ['merge-base', a, b])
  if (status === 0) return stdout.toString('latin1').trim()
  const remedy = repository.shallow
    ? 'This clone is shallow. Try: git fetch --unshallow'
    : 'Name two commits of the same history'
  throw new SchemagateError('unknown-commit', `${doing}: the two commits have no ancestor in common. ${remedy}`)
}

/** What a pull request would go into, the first of these that exists. */
const defaultBranches = [
  'refs/remotes/origin/HEAD',
  'refs/heads/main',
  'refs/heads/master',
  'refs/remotes/origin/main',
  'refs/remotes/origin/master',
]

async function defaultChangeSet(repository: Repository): Promise<ChangeSet> {
  const head = await commitOf(repository, 'HEAD', null)
  const branch = await firstCommit(repository, defaultBranches)
  if (branch === null) {
    throw new SchemagateError(
      'unknown-commit',
      `reading ${repository.dir}: there is no origin/HEAD, main or master to compare with. Name a range: BASE..HEAD`,
    )
  }
  const from = await mergeBase(repository, branch, head, `reading ${repository.dir}`)
  const base = commitTree(repository, from)
  if (repository.top === null)
    return {
      base,
      head: commitTree(repository, head),
      files: await changedFiles(repository, from, head),
      truncated: false,
    }
  const overrides = await filterOverrides(repository.dir)
  const tree = worktree({ ...repository, top: repository.top, overrides })
  const [tracked, untracked] = await Promise.all([
    changedFiles(repository, from, null, overrides),
    untrackedFiles(repository.top),
  ])
  const contents = await tree.read(untracked)
  const added = untracked.map((path): ChangedFile => {
    const content = contents.get(path)
    return {
      path,
      previousPath: null,
      status: 'added',
      hunks: content?.kind === 'text' ? wholeFile(content.text) : null,
    }
  })
  const all = new Map(tracked.map((file) => [file.path, file]))
  for (const file of added) all.set(file.path, all.has(file.path) ? { ...file, status: 'modified', hunks: null } : file)
  return { base, head: tree, files: [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1)), truncated: false }
}

async function firstCommit(repository: Repository, refs: readonly string[]): Promise<string | null> {
  for (const ref of refs) {
    const commit = await resolveCommit(repository, ref)
    if (commit !== null) return commit
  }
  return null
}

function commitTree(repository: Repository, commit: string): Tree {
  const { maxBytes } = repository
  const byOid = new Map<string, FileContent>()
  const entries = () => listingOf(repository, commit)
  return {
    commit,
    async list() {
      return { entries: [...(await entries()).values()], truncated: false }
    },
    async read(paths) {
      const known = await entries()
      const found = new Map<string, FileContent>()
      const wanted: TreeEntry[] = []
      for (const path of new Set(paths)) {
        const entry = known.get(path)
        if (!entry) continue
        const refused = unreadableEntry(entry, maxBytes)
        if (refused) found.set(path, refused)
        else wanted.push(entry)
      }
      const missing = wanted.map(({ oid }) => oid).filter((oid) => !byOid.has(oid))
      const blobs = await repository.blobs.read(missing)
      for (const oid of missing) {
        const bytes = blobs.get(oid)
        byOid.set(oid, bytes ? contentOf(bytes, maxBytes) : unreadable('not in this clone'))
      }
      for (const { path, oid } of wanted) {
        const content = byOid.get(oid)
        if (content) found.set(path, content)
      }
      return found
    },
  }
}

/** What the last commits hold, which never changes. */
const listings = new Map<string, Promise<ReadonlyMap<string, TreeEntry>>>()
const mostListings = 4

function listingOf(repository: Repository, commit: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const known = listings.get(commit)
  if (known !== undefined) return known
  const listing = listCommit(repository, commit)
  listings.set(commit, listing)
  listing.catch(() => listings.delete(commit))
  for (const oldest of listings.keys()) if (listings.size > mostListings) listings.delete(oldest)
  return listing
}

async function listCommit(repository: Repository, commit: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const out = await runGit(
    repository.dir,
    ['ls-tree', '-r', '-l', '-z', '--full-tree', commit],
    `reading ${repository.dir} at ${commit.slice(0, 7)}`,
  )
  const entries: TreeEntry[] = []
  for (const record of out.toString('utf8').split('\0')) {
    const tab = record.indexOf('\t')
    if (tab < 0) continue
    const [mode = '', , oid = '', size = '-'] = record.slice(0, tab).split(/ +/)
    entries.push({ path: record.slice(tab + 1), oid, size: size === '-' ? null : Number(size), mode: modeOf(mode) })
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : 1))
  return new Map(entries.map((entry) => [entry.path, entry]))
}

const diffOptions = [
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '-M',
  '--diff-algorithm=myers',
  '--ignore-submodules=dirty',
]

/** Files between two commits, or between a commit and the working tree where `to` is null. */
async function changedFiles(
  repository: Repository,
  from: string,
  to: string | null,
  overrides: readonly string[] = [],
): Promise<readonly ChangedFile[]> {
  const command = to === null ? [...overrides, 'diff'] : ['diff-tree', '-r', '--no-commit-id']
  const commits = to === null ? [from] : [from, to]
  const doing = `comparing ${from.slice(0, 7)} with ${to === null ? 'the working tree' : to.slice(0, 7)}`
  const [raw, patches] = await Promise.all([
    runGit(repository.dir, [...command, '--raw', '-z', '--no-abbrev', ...diffOptions, ...commits, '--'], doing),
    patchSections(
      repository.dir,
      [
        ...command,
        '-p',
        '-U3',
        '--inter-hunk-context=0',
        '--src-prefix=a/',
        '--dst-prefix=b/',
        ...diffOptions,
        ...commits,
        '--',
      ],
      doing,
    ),
  ])
  const fields = raw.toString('utf8').split('\0')
  const files: ChangedFile[] = []
  let section = 0
  for (let i = 0; i + 1 < fields.length;) {
    const [, , , , state = ''] = (fields[i++] ?? '').split(' ')
    const first = fields[i++] ?? ''
    const second = state.startsWith('R') || state.startsWith('C') ? (fields[i++] ?? '') : null
    // The patch of a file that changed its kind is a deletion and an addition; that of an unmerged one has no hunks.
    const hunks = state === 'U' ? null : (patches[section] ?? null)
    section += state === 'T' ? 2 : 1
    if (state === 'U') {
      if (files.at(-1)?.path !== first) files.push({ path: first, previousPath: null, status: 'modified', hunks: null })
      continue
    }
    if (files.at(-1)?.path === first && files.at(-1)?.hunks === null) files.pop()
    files.push(changedFile(state, first, second, hunks))
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function changedFile(state: string, first: string, second: string | null, hunks: readonly Hunk[] | null): ChangedFile {
  if (second !== null) {
    const copied = state.startsWith('C')
    return { path: second, previousPath: copied ? null : first, status: copied ? 'added' : 'renamed', hunks }
  }
  if (state === 'T') return { path: first, previousPath: null, status: 'modified', hunks: null }
  return {
    path: first,
    previousPath: null,
    status: state === 'A' ? 'added' : state === 'D' ? 'deleted' : 'modified',
    hunks,
  }
}

/** The hunks of each `diff --git` section in order; null where git gave none because the file is binary or large. */
async function patchSections(
  dir: string,
  args: readonly string[],
  doing: string,
): Promise<readonly (readonly Hunk[] | null)[]> {
  const sections: (readonly Hunk[] | null)[] = []
  const reader = patchReader()
  let open = false
  let binary = false
  let rest: Buffer = Buffer.alloc(0)
  const close = () => {
    if (open) sections.push(binary ? null : reader.take())
    binary = false
  }
  const line = (text: string) => {
    if (reader.line(text)) return
    if (text.startsWith('diff --git ') || text.startsWith('* Unmerged path ')) {
      close()
      open = true
      if (text.startsWith('*')) binary = true
    } else if (text.startsWith('Binary files ') || text === 'GIT binary patch') binary = true
  }
  const { status, stderr } = await streamGit(dir, args, (chunk) => {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      // Only the first characters of a line decide anything, however long it is.
      const head =
        rest.length > 0
          ? Buffer.concat([rest, chunk.subarray(from, Math.min(end, from + 200))])
          : chunk.subarray(from, Math.min(end, from + 200))
      line(head.toString('latin1', 0, 200))
      rest = Buffer.alloc(0)
      from = end + 1
    }
    if (from < chunk.length && rest.length < 200) rest = Buffer.concat([rest, chunk.subarray(from, from + 200)])
  })
  if (status !== 0) throw gitFailed(doing, stderr)
  if (rest.length > 0) line(rest.toString('latin1', 0, 200))
  close()
  return sections
}
