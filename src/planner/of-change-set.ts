import type { Note } from '../finding.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import { isPostgres } from '../project/detect.ts'
import type { Project } from '../project/project.ts'
import { readProjects, type ProjectReading } from '../reading.ts'
import type { ProjectReview } from '../report/report.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
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
export async function plansOf(
  changeSet: ChangeSet,
  settings: Settings,
): Promise<{ readonly plans: readonly ProjectPlan[]; readonly notes: readonly Note[] }> {
  const read = await readProjects(changeSet, settings)
  const notes: Note[] = [...read.notes, ...read.projects.flatMap((p) => p.notes)]
  const plans = read.projects.flatMap((reading): ProjectPlan[] => {
    const changes = diffSchemas(reading.before, reading.after)
    if (!changes.length && !reading.steps.length) return []
    const why = reasonForNone(reading)
    if (why) {
      notes.push({ kind: 'unsupported', blocking: false, path: reading.project.evidence, line: 1, message: why })
      return []
    }
    const { project, before, after, steps, postgres } = reading
    if (project.dialect === 'cockroachdb')
      notes.push({
        kind: 'dialect',
        blocking: false,
        path: project.evidence,
        line: 1,
        message:
          'For CockroachDB a plan is the order and the way back: backfills and checks are written for PostgreSQL.',
      })
    const review: ProjectReview = { project, before, after, changes, steps }
    return [{ project, plan: planOf(review, postgres), review, postgres }]
  })
  return { plans, notes }
}

function reasonForNone({ project, merged, steps }: ProjectReading): string | null {
  if (!isPostgres(project.dialect)) return 'Plans are written for PostgreSQL only.'
  if (merged && steps.length === 0)
    return 'Old migrations were merged into fewer: nothing runs where they have run before, so there is nothing to plan.'
  return null
}
