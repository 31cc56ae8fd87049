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
  /** What a comment says of a rule, in Markdown; null where there is no such rule. */
  explain(rule: string): string | null
  /** The page of a rule in Markdown, the list of all where the id is ''; null where there is no such rule. */
  page(rule: string): string | null
  /** Mermaid picture of what a report's changes touch; '' for none. */
  picture(report: Report): string
}
