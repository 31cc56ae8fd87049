import type { Node } from 'libpg-query'
import type { Suggestion } from '../finding.ts'
import type { Place, SourceFile } from '../location.ts'

/** One SQL statement of a file, without its semicolon and without the comments around it. */
export interface Statement {
  readonly file: SourceFile
  /** Text as written, from the first token to the last. */
  readonly text: string
  /** UTF-16 offsets into `file.text`, end exclusive. */
  readonly start: number
  readonly end: number
  readonly place: Place
  /** Postgres' parse tree, `{ AlterTableStmt: { ... } }`; locations in it are UTF-8 byte offsets into `text` (see `placeInStatement`). */
  readonly node: Node
  /** The word at the root of `node`: `AlterTableStmt`, `IndexStmt`, ... */
  readonly kind: string
  /**
   * Where the statement stands when it is not at the top of its file: in the body of a `DO` block or of a function that
   * the file creates. What stands in a function does not run with the migration, unless the file calls it too: `call`.
   */
  readonly inside: 'do' | 'call' | 'function' | null
  /** True where control flow of the block around it decides whether it runs, or where it runs under an exception handler. */
  readonly conditional: boolean
  /** True where nothing tells whether it runs: one of several branches, or under a condition on more than what exists. */
  readonly undecided?: boolean
  /** True where a block puts `text` together of constants: what stands at `place` is the expression that does. */
  readonly assembled?: boolean
  /** True for a call of a function that its file makes, where the statements of the body follow, `inside` the call. */
  readonly opened?: boolean
}

/**
 * One thing of a text that is no statement of Postgres as it stands.
 * - `syntax`: Postgres refuses it
 * - `dialect`: the whole file is for another database
 * - `template`: a placeholder that some program fills in before Postgres sees it
 * - `meta-command`: a line for psql that changes what runs
 * - `unsupported`: SQL that a newer Postgres knows, or that is put together only when it runs
 * - `unread`: not text, or too large
 */
export interface SqlProblem {
  readonly kind: 'syntax' | 'dialect' | 'template' | 'meta-command' | 'unsupported' | 'unread'
  readonly place: Place
  readonly message: string
  readonly help: string | null
  /** What mends it; left out where that is not known. */
  readonly suggestion?: Suggestion
}
