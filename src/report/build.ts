import { assumedPostgres } from '../config.ts'
import type { Note } from '../finding.ts'
import { globMatcher } from '../changeset/globs.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import { conclude } from '../engine/conclusion.ts'
import type { Judged } from '../engine/judge.ts'
import type { ChecklistEntry } from '../engine/checklist.ts'
import type { QueriesRead } from '../queries/read.ts'
import type { ProjectReading } from '../reading.ts'
import type { Settings } from '../settings.ts'
import type { Coverage, ProjectReview, Report, Rollback } from './report.ts'

export interface ReportParts {
  readonly changeSet: ChangeSet
  readonly settings: Settings
  readonly projects: readonly ProjectReading[]
  readonly notes: readonly Note[]
  /** What the configuration names and nothing is. */
  readonly configNotes: readonly Note[]
  readonly judged: Judged
  readonly code: QueriesRead
  readonly checklist: readonly ChecklistEntry[]
  readonly rollback: readonly Rollback[]
  /** `Date.now()` when the review began. */
  readonly started: number
}

/** Puts together what a review found, with its verdict. */
export function buildReport(parts: ReportParts): Report {
  const { changeSet, settings, projects, judged } = parts
  const truncated: readonly Note[] = changeSet.truncated
    ? [
        {
          kind: 'truncated',
          blocking: true,
          path: '',
          line: 1,
          message:
            'The repository holds more files than could be listed, so that a schema or a migration may have been missed.',
        },
      ]
    : []
  const ignored = globMatcher(settings.config.paths.ignore)
  const coverage = coverageOf(projects, ignored)
  // Where a rehearsal stopped in an ignored file, it is why other statements were not rehearsed.
  const isSaid = ({ kind, path }: Note) =>
    !ignored(path) || (kind === 'unrehearsed' && coverage.rehearsed < coverage.analyzed)
  const notes = unique([
    ...settings.notes,
    ...parts.configNotes,
    ...[...parts.notes, ...projects.flatMap((reading) => reading.notes), ...parts.code.notes, ...judged.notes].filter(
      isSaid,
    ),
    ...truncated,
  ])
  const forPostgres = projects.find(({ project }) => project.dialect === 'postgresql') ?? projects[0]
  return {
    failOn: settings.config.failOn,
    conclusion: conclude(judged.findings, notes, settings.config.failOn),
    findings: judged.findings,
    notes,
    coverage,
    checklist: parts.checklist,
    projects: projects.map(projectReview),
    rollback: parts.rollback,
    queries: parts.code.queries.filter((query) => query.changed).length,
    texts: new Map([...judged.texts].map(([path, file]) => [path, file.text])),
    base: changeSet.base.commit,
    head: changeSet.head.commit,
    postgresFrom: forPostgres?.postgresFrom ?? null,
    postgresAssumed: forPostgres?.postgresAssumed ?? settings.config.postgres === null,
    postgres: forPostgres?.postgres ?? settings.config.postgres ?? assumedPostgres,
    milliseconds: Date.now() - parts.started,
  }
}

/** What the planner and the reports need of a reading. */
export function projectReview(reading: ProjectReading): ProjectReview {
  const { project, before, after, steps } = reading
  return { project, before, after, changes: steps.flatMap((step) => step.changes), steps }
}

/** Counts what the change adds outside of ignored files: statements at the top of their files, and pieces that could not be read as one. */
export function coverageOf(
  projects: readonly Pick<ProjectReading, 'steps' | 'problems' | 'roundTrips'>[],
  ignored: (path: string) => boolean = () => false,
): Coverage {
  const trips = projects.flatMap((reading) => reading.roundTrips ?? [])
  const steps = projects
    .flatMap((reading) => reading.steps)
    .filter((step) => step.statement.inside === null && !ignored(step.statement.place.path))
  // A part of a statement that could not be read, dynamic SQL in a block, is no statement more.
  const read = new Set(steps.map(({ statement: { place } }) => `${place.path}:${place.line}`))
  const unread = projects
    .flatMap((reading) => reading.problems)
    .filter(
      ({ kind, place }) =>
        !ignored(place.path) &&
        (kind === 'syntax' || kind === 'template' || kind === 'unsupported') &&
        !read.has(`${place.path}:${place.line}`),
    )
  const files = new Set([...steps.map((step) => step.migration.path), ...unread.map((problem) => problem.place.path)])
  return {
    files: files.size,
    statements: steps.length + unread.length,
    analyzed: steps.length,
    rehearsed: steps.filter((step) => step.observation !== null).length,
    ...(trips.length > 0 ? { waysBack: trips.filter((trip) => trip.result === 'proven').length } : {}),
  }
}

/** Each note once; what is to be said of many places of a file stands at the first of them. */
function unique(notes: readonly Note[]): readonly Note[] {
  const places = new Map<string, Set<number>>()
  const idOf = ({ kind, path, message }: Note) => JSON.stringify([kind, path, message])
  for (const note of notes) places.set(idOf(note), (places.get(idOf(note)) ?? new Set()).add(note.line))
  const seen = new Set<string>()
  return notes.flatMap((note) => {
    const id = idOf(note)
    if (seen.has(id)) return []
    seen.add(id)
    const more = (places.get(id)?.size ?? 1) - 1
    const also = more === 0 ? '' : ` So it is in ${more} more place${more === 1 ? '' : 's'} of this file.`
    return { ...note, message: `${note.message}${also}` }
  })
}
