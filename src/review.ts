import type { ChangeSet } from './changeset/tree.ts'
import type { CatalogRule } from './engine/rule.ts'
import type { Config } from './config.ts'
import type { Report } from './report/report.ts'

export interface ReviewOptions {
  readonly rules: readonly CatalogRule[]
  /** Instead of the base tree's `.github/schemagate.yml`. */
  readonly config?: Config
  /** Run the migration in an embedded Postgres; default true. */
  readonly rehearse?: boolean
  /** Hears what is being done, for showing progress: `reading migrations`, `rehearsing 3 statements`. */
  readonly progress?: (doing: string) => void
  readonly signal?: AbortSignal
}

/** Reviews a change set. Never throws for what the change set contains; throws where the trees cannot be read. */
export async function review(changeSet: ChangeSet, options: ReviewOptions): Promise<Report> {
  throw new Error(`reviewing ${changeSet.head.commit} with ${options.rules.length} rules`)
}
