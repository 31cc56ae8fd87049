/** What a section gets to know. */
export interface CorpusOptions {
  /** Folder with one folder for each project. */
  readonly corpus: string
  /** Folder with checkouts or bare clones of the projects, null without. */
  readonly repos: string | null
  /** How many commits of each repository are reviewed. */
  readonly commits: number
  /** From 0 up to 1: which of the evenly spaced samples. */
  readonly phase: number
  /** File that findings are appended to as lines of JSON. */
  readonly output: string | null
}
