import type { Step } from '../step.ts'
import type { Note } from '../finding.ts'
import { sourceFile } from '../location.ts'
import type { Query } from '../queries/query.ts'
import { hostOf } from '../project/host.ts'
import type { ProjectReading } from '../reading.ts'
import { rehearsedWayBack, tripsApart, withWaysBack } from '../planner/rollback/ways-back.ts'
import { printSchema } from '../schema/sql/schema.ts'
import type { Settings } from '../settings.ts'
import { readSql } from '../sql/read.ts'
import type { PlanRequest, Platform, Rehearsal } from './types.ts'

export interface RehearsedProjects {
  /** The readings with what was observed in their steps. */
  readonly projects: readonly ProjectReading[]
  /** By the project's name; those that had something to rehearse. */
  readonly rehearsals: ReadonlyMap<string, Rehearsal>
  /** The queries that were given, with their plans where they were planned. */
  readonly queries: readonly ProjectQuery[]
  readonly notes: readonly Note[]
}

type ProjectQuery = Query & { readonly project: string }

function platformOf({ project }: ProjectReading): Platform | null {
  const host = hostOf(project)
  return host && { searchPath: host.searchPath, schemas: host.schemas }
}

/** More queries than these are not planned: EXPLAIN takes a millisecond or two for each. */
const mostQueries = 400

/**
 * Rehearses the new statements of every PostgreSQL project, one project after the other, and plans its queries where sizes are
 * declared. The embedded Postgres is loaded where there is something to do. `SCHEMAGATE_REHEARSAL_URL` names a real server instead.
 */
export async function rehearseProjects(
  projects: readonly ProjectReading[],
  settings: Settings,
  options: { readonly rehearse?: boolean; readonly progress?: (doing: string) => void; readonly signal?: AbortSignal },
  queries: readonly ProjectQuery[] = [],
  /** `CREATE INDEX` statements to try, by the query that they are advised for. */
  suggested: ReadonlyMap<Query, string> = new Map(),
): Promise<RehearsedProjects> {
  const { enabled, timeout } = settings.config.rehearsal
  const plannable = new Map(
    projects.map((reading) => [reading.project.name, plannableQueries(reading, queries, settings)]),
  )
  const due = projects.filter(
    (reading) =>
      reading.project.dialect === 'postgresql' &&
      (reading.steps.length > 0 || (plannable.get(reading.project.name)?.length ?? 0) > 0),
  )
  if (options.rehearse === false || !enabled || due.length === 0)
    return { projects, rehearsals: new Map(), queries, notes: [] }
  const { rehearse } = await import('./rehearse.ts')
  const { rehearsalRequest } = await import('./request.ts')
  const rehearsals = new Map<string, Rehearsal>()
  const notes: Note[] = []
  for (const reading of due) {
    const migrations = withWaysBack(reading)
    const request = rehearsalRequest({
      base: baseOf(reading),
      complete: (reading.migrations?.scripts.length ?? 0) === 0,
      steps: reading.steps,
      platform: platformOf(reading),
      migrations,
      queries: (plannable.get(reading.project.name) ?? []).map((index) =>
        planRequest(index, queries[index], suggested),
      ),
      rows: Object.fromEntries(Object.entries(settings.config.tables).map(([table, { rows }]) => [table, rows])),
    })
    const rehearsal = await rehearse(request, {
      timeout,
      ...(process.env.SCHEMAGATE_REHEARSAL_URL ? { server: process.env.SCHEMAGATE_REHEARSAL_URL } : {}),
      ...(options.progress ? { progress: options.progress } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    })
    rehearsals.set(reading.project.name, rehearsal)
    if (reading.steps.length > 0) notes.push(...rehearsal.notes)
  }
  const observed = projects.map((reading) => {
    const rehearsal = rehearsals.get(reading.project.name)
    if (rehearsal === undefined) return reading
    const steps = reading.steps.map((step, i): Step => ({ ...step, observation: rehearsal.observations[i] ?? null }))
    const trips = tripsApart(rehearsal.roundTrips, withWaysBack(reading))
    return {
      ...reading,
      steps,
      roundTrips: trips.own,
      wayBack: rehearsedWayBack(trips.generated, rehearsal.postgres),
      reruns: rehearsal.reruns,
      notes: settledNotes(reading.notes, steps, rehearsal.notes),
    }
  })
  const plans = new Map([...rehearsals.values()].flatMap((rehearsal) => rehearsal.plans).map((plan) => [plan.id, plan]))
  const planned = queries.map((query, index): ProjectQuery => {
    const plan = plans.get(index)
    return plan === undefined ? query : { ...query, plan }
  })
  return { projects: observed, rehearsals, queries: planned, notes }
}

function planRequest(id: number, query: ProjectQuery | undefined, suggested: ReadonlyMap<Query, string>): PlanRequest {
  const index = query === undefined ? undefined : suggested.get(query)
  return {
    id,
    sql: query?.sql ?? '',
    ...(query?.was === undefined ? {} : { was: query.was }),
    ...(index === undefined ? {} : { index }),
  }
}

/**
 * Indexes of the queries that are worth a plan: those that the pull request changes, and where it takes an index or a column
 * away, all of the project's; where it adds an index, those of the index's table. Without declared sizes a plan says nothing.
 */
function plannableQueries(
  reading: ProjectReading,
  queries: readonly ProjectQuery[],
  settings: Settings,
): readonly number[] {
  if (Object.keys(settings.config.tables).length === 0) return []
  const takesAway = reading.steps.some((step) =>
    step.changes.some(
      ({ kind }) =>
        kind === 'dropIndex' || kind === 'dropConstraint' || kind === 'dropColumn' || kind === 'alterColumnType',
    ),
  )
  const indexed = new Set(
    reading.steps.flatMap((step) =>
      step.changes.flatMap((change) => (change.kind === 'addIndex' ? [change.table] : [])),
    ),
  )
  return queries
    .flatMap((query, index) =>
      query.project === reading.project.name &&
      query.sql !== null &&
      (query.changed || takesAway || query.tables.some(({ table }) => indexed.has(table)))
        ? [index]
        : [],
    )
    .slice(0, mostQueries)
}

/** Notes without those that a statement cannot succeed where a rehearsal has the last word: its error is a finding or a note, and what ran was misjudged. */
function settledNotes(notes: readonly Note[], steps: readonly Step[], rehearsed: readonly Note[]): readonly Note[] {
  const settled = new Map<Note, Note | null>()
  for (const {
    statement: { place },
    refused,
    observation,
  } of steps) {
    const told = rehearsed.some(({ path, line }) => path === place.path && line === place.line)
    if (refused === undefined || (!observation && !told)) continue
    const note = notes.find(
      ({ kind, path, line, message }) =>
        kind === 'unresolved' && path === place.path && line === place.line && message.endsWith(refused),
    )
    const ran =
      observation?.error === null
        ? `This statement was expected to fail (${refused}), and it ran in the rehearsal on PostgreSQL ${observation.postgres}: what it changes is not known to the rules.`
        : null
    if (note !== undefined) settled.set(note, ran === null ? null : { ...note, message: ran })
  }
  return notes.flatMap((note) => settled.get(note) ?? (settled.has(note) ? [] : [note]))
}

/** The history, or where there is none, a script that makes the schema before. */
function baseOf(reading: ProjectReading) {
  const history = reading.migrations?.before ?? []
  if (history.length > 0 && !reading.generated) return history
  const file = sourceFile('schema before', printSchema(reading.before))
  return [{ path: file.path, statements: readSql(file, { dialect: 'postgresql' }).statements }]
}
