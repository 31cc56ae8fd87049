import type { Pull, Repository } from '../../test/github/world.ts'

/** What one delivery came to. */
export interface Shown {
  readonly pull: Pull
  readonly repository: Repository
  readonly what: string
  readonly usage: { readonly calls: number; readonly depth: number; readonly milliseconds: number }
  readonly findings: number
}
