import type { ChangeSet } from './changeset/tree.ts'
import { judge, suggestedIndexes } from './engine/judge.ts'
import type { CatalogRule } from './engine/rule.ts'
import { rollbacksOf } from './planner/rollback/rollbacks.ts'
import { checklistOf } from './queries/checklist.ts'
import { readCode } from './queries/code.ts'
import { readProjects } from './reading.ts'
import { unmatchedNotes } from './reading/unmatched.ts'
import { rehearseProjects } from './rehearsal/projects.ts'
import { buildReport } from './report/build.ts'
import type { Report } from './report/report.ts'
import { readSettings, type Settings } from './settings.ts'

export interface ReviewOptions {
  readonly rules: readonly CatalogRule[]
  /** Instead of the base tree's `.github/schemagate.yml`. */
  readonly settings?: Settings
  /** Run the migration in an embedded Postgres; default true. */
  readonly rehearse?: boolean
  /** Hears what is being done, for showing progress: `reading migrations`, `rehearsing 3 statements`. */
  readonly progress?: (doing: string) => void
  readonly signal?: AbortSignal
  /** `YYYY-MM-DD`, for expiry dates; today where left out. */
  readonly today?: string
}

/** Reviews a change set. Never throws for what the change set contains; throws where the trees cannot be read. */
export async function review(changeSet: ChangeSet, options: ReviewOptions): Promise<Report> {
  const started = Date.now()
  const settings = options.settings ?? (await readSettings(changeSet, options.rules))
  const read = await readProjects(changeSet, settings)
  const code = await readCode(changeSet, read.projects, settings)
  const { projects, queries, notes } = await rehearseProjects(
    read.projects,
    settings,
    options,
    code.queries,
    suggestedIndexes(changeSet, read.projects, code, settings, options.rules),
  )
  const judged = await judge(changeSet, projects, { ...code, queries }, settings, options)
  const checklist = checklistOf({
    rules: options.rules,
    findings: judged.findings,
    queries: code.queries,
    facts: code.facts,
    projects,
    config: settings.config,
    files: changeSet.files,
    notes: code.notes,
    ...(code.partial === true ? { partial: true } : {}),
  })
  return buildReport({
    changeSet,
    settings,
    projects,
    code,
    judged,
    checklist,
    notes: [...read.notes, ...notes],
    configNotes: settings.names ? await unmatchedNotes(settings.names, read.projects, code.queries, changeSet) : [],
    rollback: rollbacksOf(projects),
    started,
  })
}
