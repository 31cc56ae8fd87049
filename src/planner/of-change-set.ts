import type { ChangeSet } from '../changeset/tree.ts'
import type { Note } from '../engine/finding.ts'
import { isPostgres } from '../project/detect.ts'
import type { Project } from '../project/project.ts'
import { readProjects } from '../reading.ts'
import { diffSchemas } from '../schema/diff.ts'
import type { Settings } from '../settings.ts'
import { planOf, type Plan } from './plan.ts'

/** The plans of all PostgreSQL projects whose schema a change set changes, with what could not be seen. */
export async function plansOf(changeSet: ChangeSet, settings: Settings): Promise<{ readonly plans: readonly { readonly project: Project; readonly plan: Plan }[]; readonly notes: readonly Note[] }> {
  const read = await readProjects(changeSet, settings)
  const plans = read.projects.flatMap((reading) => {
    const changes = diffSchemas(reading.before, reading.after)
    if (!isPostgres(reading.project.dialect) || (!changes.length && !reading.steps.length)) return []
    const { project, before, after, steps } = reading
    return [{ project, plan: planOf({ project, before, after, changes, steps }, reading.postgres) }]
  })
  return { plans, notes: [...read.notes, ...read.projects.flatMap((p) => p.notes)] }
}
