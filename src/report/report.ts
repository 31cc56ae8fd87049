import type { Config } from '../config.ts'
import type { Conclusion, Finding, Note } from '../finding.ts'
import type { Step } from '../step.ts'
import type { Change } from '../schema/change.ts'
import type { Schema } from '../schema/model.ts'
import type { Project } from '../project/project.ts'
import type { ChecklistEntry } from '../engine/checklist.ts'

/** What a review of one project found out about its schema. */
export interface ProjectReview {
  readonly project: Project
  readonly before: Schema
  readonly after: Schema
  readonly changes: readonly Change[]
  readonly steps: readonly Step[]
}

/** The way back for one project. */
export interface Rollback {
  readonly project: string
  readonly sql: string
  /** What cannot be brought back, one sentence each. */
  readonly lossy: readonly string[]
  /** Statements that save, before the migration runs, what the way back cannot bring back. */
  readonly save?: readonly string[]
  /** Statements that bring back what was saved, once the way back has run. */
  readonly restore?: readonly string[]
  /**
   * What a rehearsal of it showed: up, this, and the schema was what it was before (`proven`), another (`differs`), or it failed. Left out
   * without a rehearsal, and where the project brings a way back of its own.
   */
  readonly rehearsed?:
    | {
        readonly result: 'proven' | 'differs' | 'fails' | 'unknown'
        readonly postgres: string
        readonly detail: string | null
      }
    | undefined
}

/** Statements that the change adds. */
export interface Coverage {
  readonly files: number
  readonly statements: number
  readonly analyzed: number
  readonly rehearsed: number
  /** Ways back that lead back, with the migration running again after them; left out where none was tried. */
  readonly waysBack?: number
}

/** All that a review has to say. What shows it (check run, comment, terminal, JSON) adds nothing of its own. */
export interface Report {
  readonly conclusion: Conclusion
  /** From which severity on a finding stops a merge. */
  readonly failOn: Config['failOn']
  /** Worst first, then by place; suppressed ones among them. */
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
  readonly coverage: Coverage
  readonly checklist: readonly ChecklistEntry[]
  readonly projects: readonly ProjectReview[]
  readonly rollback: readonly Rollback[]
  /** Queries read in changed code. */
  readonly queries: number
  /** Text of the changed files that findings point at, by path, for showing the lines. */
  readonly texts: ReadonlyMap<string, string>
  /** Commit ids and the server version that the review assumed. */
  readonly base: string
  readonly head: string
  readonly postgres: number
  /** The file of the repository that names it; left out where the configuration does, or nobody. */
  readonly postgresFrom?: { readonly path: string; readonly line: number } | null
  /** True where neither names it, so that one was assumed. */
  readonly postgresAssumed?: boolean
  readonly milliseconds: number
}
