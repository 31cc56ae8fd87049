import type { ChangeSet } from '../changeset/tree.ts'
import type { Config } from '../config.ts'
import type { Note } from '../engine/finding.ts'
import type { Report } from '../report/report.ts'

/** The configuration that a review obeys, with what was wrong with it. */
export interface Settings {
  readonly config: Config
  readonly notes: readonly Note[]
}

/** The part of Schemagate that knows nothing of GitHub, as this folder uses it. */
export interface Core {
  readonly ruleIds: readonly string[]
  readSettings(changeSet: ChangeSet): Promise<Settings>
  review(changeSet: ChangeSet, options: { readonly settings: Settings; readonly signal: AbortSignal }): Promise<Report>
  /** Mermaid picture of what a report's changes touch; '' for none. */
  picture(report: Report): string
}
