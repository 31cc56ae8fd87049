/** One file of a tree. */
export interface TreeEntry {
  readonly path: string
  /** Id of the blob: equal ids are equal contents. */
  readonly oid: string
  /** Bytes; null where the source does not say. */
  readonly size: number | null
  readonly mode: 'file' | 'executable' | 'symlink' | 'submodule'
}

/** Contents of one path. */
export type FileContent =
  | { readonly kind: 'text'; readonly text: string }
  /** `reason` is one phrase: `binary`, `larger than 2 MB`, `a Git LFS pointer`, `a symlink`, `a submodule`. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * Read-only view of one commit. Everything is batched, so that a tree behind an API is never asked once per file; blobs are
 * addressed by their id and may be cached for ever.
 */
export interface Tree {
  /** Full commit id; `'worktree'` for the working tree of a checkout. */
  readonly commit: string
  /** True where reading costs requests to a server, so that only what is needed should be read. */
  readonly remote?: boolean
  /** All files, sorted by path; the list is read once and kept. `truncated` says that the source did not give all. */
  list(): Promise<{ readonly entries: readonly TreeEntry[]; readonly truncated: boolean }>
  /** Contents by path, for those of `paths` that exist. Text is decoded as UTF-8 without its byte order mark. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, FileContent>>
}

/** Lines of the new side, 1-based. */
export interface Hunk {
  readonly oldStart: number
  readonly oldLines: number
  readonly newStart: number
  readonly newLines: number
  /** Lines of the new side that the change adds. */
  readonly added: readonly number[]
  /** Lines of the old side that it takes away. */
  readonly removed: readonly number[]
}

export interface ChangedFile {
  /** Path in the head tree; in the base tree for a deleted file. */
  readonly path: string
  readonly previousPath: string | null
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed'
  /** Null where the source gave no patch; every line counts as changed then and none can carry an inline comment. */
  readonly hunks: readonly Hunk[] | null
}

/** What a pull request changes: two trees and the files between them. */
export interface ChangeSet {
  /** The merge base. */
  readonly base: Tree
  readonly head: Tree
  readonly files: readonly ChangedFile[]
  /** True where the source did not give all changed files. */
  readonly truncated: boolean
  /** What production runs, where the base is another branch: a stacked pull request. Left out where it is not known. */
  readonly deployed?: Tree
}
