import { unreadableEntry } from '../../changeset/content.ts'
import { parsePatch } from '../../changeset/hunks.ts'
import type { ChangedFile, ChangeSet, FileContent, Tree, TreeEntry } from '../../changeset/tree.ts'
import type { BlobLoader, Wanted } from './blobs.ts'
import { statusOf, type Place } from '../client.ts'
import { listTree } from './listing.ts'
import type { Listing } from './listing.ts'
import { mayTouchSchema } from './schema-paths.ts'

/** GitHub gives at most this many files with a comparison, and ten times as many with a pull request. */
const filesOfComparison = 300
const filesOfPull = 3000
const filesOfPage = 100

interface GitHubFile {
  readonly filename: string
  readonly previous_filename?: string | undefined
  readonly status: string
  readonly sha: string | null
  readonly patch?: string | undefined
  readonly changes?: number
}

/** The change between two commits as GitHub tells it; contents come through `loader` when they are read. */
export interface RemoteChange {
  readonly changeSet: ChangeSet
  /** Tip of the base branch, where `base` named a branch. */
  readonly tip: string
  /** How to read a file of either side. */
  wantedOf(tree: Tree, path: string): Wanted | null
}

/** Compares `base` (a branch or commit) with `head` from their merge base on: two requests that do not wait for each other, more for very large changes. */
export async function readChange(
  place: Place,
  base: string,
  head: string,
  loader: BlobLoader,
  pull: number | null,
): Promise<RemoteChange> {
  const [comparison, headListing] = await Promise.all([
    place.client.rest.repos.compareCommitsWithBasehead({
      owner: place.owner,
      repo: place.repo,
      basehead: `${base}...${head}`,
      per_page: 1,
    }),
    listTree(place, head, loader.cache),
  ])
  const mergeBase = comparison.data.merge_base_commit.sha
  let listed: readonly GitHubFile[] = comparison.data.files ?? []
  let baseListing: Listing
  let files: readonly ChangedFile[]
  let isWhole = true
  if (listed.length < filesOfComparison) {
    files = listed.map(changedFile)
    baseListing = { entries: entriesBefore(headListing.entries, listed, mergeBase), truncated: headListing.truncated }
  } else {
    const [pages, before] = await Promise.all([
      pull === null ? [] : filesOf(place, pull),
      listTree(place, mergeBase, loader.cache),
    ])
    listed = pages.length > 0 ? pages : listed
    baseListing = before
    isWhole = listed.length < filesOfPull && pages.length > 0
    files = isWhole ? listed.map(changedFile) : withoutPatches(listed, before, headListing)
  }
  const baseTree = treeOf(mergeBase, baseListing, loader)
  const headTree = treeOf(head, headListing, loader)
  const isListed = !baseListing.truncated && !headListing.truncated
  return {
    // A change that leaves every schema alone has nothing to fear from folders that could not be listed.
    changeSet: {
      base: baseTree.tree,
      head: headTree.tree,
      files: [...files].sort((a, b) => byCode(a.path, b.path)),
      truncated: !isListed && (!isWhole || files.some(({ path }) => mayTouchSchema(path))),
    },
    tip: comparison.data.base_commit.sha,
    wantedOf: (tree, path) => (tree === baseTree.tree ? baseTree : headTree).wanted(path),
  }
}

/** The tree of a commit or branch; null where there is none of the name. */
export async function readTree(place: Place, at: string, loader: BlobLoader): Promise<Tree | null> {
  try {
    return treeOf(at, await listTree(place, at, loader.cache), loader).tree
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/** All files of a pull request; its pages do not wait for one another. */
async function filesOf({ client, owner, repo }: Place, pull: number): Promise<readonly GitHubFile[]> {
  const page = (number: number) =>
    client.rest.pulls.listFiles({ owner, repo, pull_number: pull, per_page: filesOfPage, page: number })
  const { data: first, headers } = await page(1)
  const last = Number(/[?&]page=(\d+)[^>]*>; rel="last"/.exec(headers.link ?? '')?.[1] ?? 1)
  const others = await Promise.all(Array.from({ length: last - 1 }, (_, i) => page(i + 2)))
  return [...first, ...others.flatMap(({ data }) => data)]
}

function treeOf(
  commit: string,
  listing: Listing,
  loader: BlobLoader,
): { readonly tree: Tree; wanted(path: string): Wanted | null } {
  const byPath = new Map(listing.entries.map((e) => [e.path, e]))
  const wanted = (path: string): Wanted | null => {
    const entry = byPath.get(path)
    // What an incomplete listing lacks may be there all the same.
    if (entry === undefined)
      return listing.truncated ? { oid: null, expression: `${commit}:${path}`, size: null } : null
    if (unreadableEntry(entry) !== null) return null
    return {
      oid: /^[0-9a-f]{40,64}$/.test(entry.oid) ? entry.oid : null,
      expression: `${commit}:${path}`,
      size: entry.size,
    }
  }
  const tree: Tree = {
    remote: true,
    commit,
    async list() {
      return listing
    },
    async read(paths) {
      const found = new Map<string, FileContent>()
      const asked = new Map<string, Wanted>()
      for (const path of new Set(paths)) {
        const entry = byPath.get(path)
        const refusal = entry === undefined ? null : unreadableEntry(entry)
        if (refusal !== null) found.set(path, refusal)
        const file = wanted(path)
        if (file !== null) asked.set(path, file)
      }
      const contents = await loader.load([...asked.values()])
      for (const [path, { expression }] of asked) {
        const content = contents.get(expression)
        if (content !== undefined) found.set(path, content)
      }
      return found
    },
  }
  return { tree, wanted }
}

/** The files of the merge base, told from those of the head and what changed between: it saves the request for the other tree. */
function entriesBefore(
  head: readonly TreeEntry[],
  files: readonly GitHubFile[],
  mergeBase: string,
): readonly TreeEntry[] {
  const entries = new Map(head.map((e) => [e.path, e]))
  const before: TreeEntry[] = []
  for (const file of files) {
    const now = entries.get(file.filename)
    const path = file.previous_filename ?? file.filename
    entries.delete(file.filename)
    if (file.status === 'added' || file.status === 'copied') continue
    // The comparison does not tell the old blob, only that it differs; such a file is read by commit and path.
    const oid = file.status === 'removed' && file.sha !== null ? file.sha : `${mergeBase}:${path}`
    before.push({ path, oid, size: null, mode: now?.mode ?? 'file' })
  }
  return [...entries.values(), ...before].sort((a, b) => byCode(a.path, b.path))
}

function changedFile(file: GitHubFile): ChangedFile {
  const status =
    file.status === 'removed'
      ? 'deleted'
      : file.status === 'renamed'
        ? 'renamed'
        : file.status === 'added' || file.status === 'copied'
          ? 'added'
          : 'modified'
  return {
    path: file.filename,
    previousPath: status === 'renamed' ? (file.previous_filename ?? null) : null,
    status,
    // No patch and no changed line is a rename, a mode change or an empty file; no patch otherwise is one that GitHub left out.
    hunks: file.patch === undefined ? (file.changes === 0 ? [] : null) : parsePatch(file.patch),
  }
}

/** What changed between two listings, with the patches of those files that GitHub gave. */
function withoutPatches(listed: readonly GitHubFile[], before: Listing, after: Listing): readonly ChangedFile[] {
  const given = new Map(listed.map((f) => [f.filename, f]))
  const old = new Map(before.entries.map((e) => [e.path, e.oid]))
  const now = new Set(after.entries.map((e) => e.path))
  const renamedFrom = new Set(listed.map((f) => f.previous_filename))
  const files: ChangedFile[] = []
  for (const { path, oid } of after.entries) {
    if (old.get(path) === oid) continue
    const file = given.get(path)
    files.push(
      file === undefined
        ? { path, previousPath: null, status: old.has(path) ? 'modified' : 'added', hunks: null }
        : changedFile(file),
    )
  }
  for (const path of old.keys())
    if (!now.has(path) && !renamedFrom.has(path))
      files.push({ path, previousPath: null, status: 'deleted', hunks: null })
  return files
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
