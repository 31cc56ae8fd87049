import type { ChangeSet } from '../changeset/tree.ts'
import type { Note } from '../engine/finding.ts'
import { isPostgres } from '../project/detect.ts'
import type { Project } from '../project/project.ts'
import { readProjects } from '../reading.ts'
import type { ProjectReview } from '../report/report.ts'
import { diffSchemas } from '../schema/diff.ts'
import type { Settings } from '../settings.ts'
import { planOf, type Plan } from './plan.ts'

/** A plan with what it was made from. */
export interface ProjectPlan {
  readonly project: Project
  readonly plan: Plan
  readonly review: ProjectReview
  /** Server major version that it is written for. */
  readonly postgres: number
}

/** The plans of all PostgreSQL projects whose schema a change set changes, with what could not be seen. */
export async function plansOf(changeSet: ChangeSet, settings: Settings): Promise<{ readonly plans: readonly ProjectPlan[]; readonly notes: readonly Note[] }> {
  const read = await readProjects(changeSet, settings)
  const plans = read.projects.flatMap((reading) => {
    const changes = diffSchemas(reading.before, reading.after)
    // Where old migrations were only merged, nothing runs that has not run; where nothing is known of the schema before, nothing can be told of the way.
    if (reading.squashed || (reading.generated && reading.declaredBefore === null)) return []
    if (!isPostgres(reading.project.dialect) || (!changes.length && !reading.steps.length)) return []
    const { project, before, after, steps, postgres } = reading
    const review: ProjectReview = { project, before, after, changes, steps }
    return [{ project, plan: planOf(review, postgres), review, postgres }]
  })
  return { plans, notes: [...read.notes, ...read.projects.flatMap((p) => p.notes)] }
}
