import type { Note } from '../engine/finding.ts'
import type { Step } from '../engine/rule.ts'
import { sourceFile } from '../location.ts'
import type { ProjectReading } from '../reading.ts'
import { printSchema } from '../schema/print.ts'
import type { Settings } from '../settings.ts'
import { readSql } from '../sql/read.ts'
import type { Rehearsal } from './types.ts'

export interface RehearsedProjects {
  /** The readings with what was observed in their steps. */
  readonly projects: readonly ProjectReading[]
  /** By the project's name; those that had something to rehearse. */
  readonly rehearsals: ReadonlyMap<string, Rehearsal>
  readonly notes: readonly Note[]
}

/** Rehearses the new statements of every PostgreSQL project, one project after the other. The embedded Postgres is loaded where there is something to do. */
export async function rehearseProjects(
  projects: readonly ProjectReading[],
  settings: Settings,
  options: { readonly rehearse?: boolean; readonly progress?: (doing: string) => void; readonly signal?: AbortSignal },
): Promise<RehearsedProjects> {
  const { enabled, timeout } = settings.config.rehearsal
  const due = projects.filter((reading) => reading.project.dialect === 'postgresql' && reading.steps.length > 0)
  if (options.rehearse === false || !enabled || due.length === 0) return { projects, rehearsals: new Map(), notes: [] }
  const { rehearse } = await import('./rehearse.ts')
  const { rehearsalRequest } = await import('./request.ts')
  const rehearsals = new Map<string, Rehearsal>()
  const notes: Note[] = []
  for (const reading of due) {
    const request = rehearsalRequest({
      base: baseOf(reading),
      steps: reading.steps,
      platform: reading.project.runner.name === 'supabase' ? 'supabase' : null,
      migrations: reading.migrations?.fresh ?? [],
      rows: Object.fromEntries(Object.entries(settings.config.tables).map(([table, { rows }]) => [table, rows])),
    })
    const rehearsal = await rehearse(request, {
      timeout,
      ...(options.progress ? { progress: options.progress } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    })
    rehearsals.set(reading.project.name, rehearsal)
    notes.push(...rehearsal.notes)
  }
  const observed = projects.map((reading) => {
    const rehearsal = rehearsals.get(reading.project.name)
    return rehearsal ? { ...reading, steps: reading.steps.map((step, i): Step => ({ ...step, observation: rehearsal.observations[i] ?? null })) } : reading
  })
  return { projects: observed, rehearsals, notes }
}

/** The history, or where there is none, a script that makes the schema before. */
function baseOf(reading: ProjectReading) {
  const history = reading.migrations?.before ?? []
  if (history.length > 0 && !reading.generated) return history
  const file = sourceFile('schema before', printSchema(reading.before))
  return [{ path: file.path, statements: readSql(file, { dialect: 'postgresql' }).statements }]
}
