import type { ProjectReading } from '../../reading.ts'
import { projectReview } from '../../report/build.ts'
import type { Rollback } from '../../report/report.ts'
import { rollbackOf } from './rollback.ts'

/** The way back of every PostgreSQL project whose schema changes. */
export function rollbacksOf(projects: readonly ProjectReading[]): readonly Rollback[] {
  return projects
    .filter(
      (reading) => reading.steps.some((step) => step.changes.length > 0) && reading.project.dialect === 'postgresql',
    )
    .map((reading) => ({
      ...rollbackOf(projectReview(reading)),
      ...(reading.wayBack ? { rehearsed: reading.wayBack } : {}),
    }))
}
