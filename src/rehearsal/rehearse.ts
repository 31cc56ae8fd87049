import type { Note } from '../finding.ts'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Key } from '../schema/model.ts'
import {
  baseName,
  childEntry,
  forgetBase,
  keepBase,
  knownBase,
  scratchFolder,
  templateArchive,
  usableCache,
} from './files.ts'
import type { Job, Told } from './messages.ts'
import type { Observation } from './observation.ts'
import { oneAtATime, runJob } from './process.ts'
import type { Ended, Limits } from './process.ts'
import type { StepOutcome } from './run.ts'
import { makeScratchDatabase } from './scratch-database.ts'
import type { ScratchDatabase } from './scratch-database.ts'
import type {
  BaseFailure,
  QueryPlan,
  Rehearsal,
  RehearsalOptions,
  RehearsalRequest,
  RehearsalStatement,
  Rerun,
  RoundTrip,
  Stopped,
} from './types.ts'

const defaultTimeout = 30_000
const defaultMemory = 1e9
/** What PostGIS takes besides: its library is as large as the server's. */
const postgisMemory = 0.5e9
/** Statements that the embedded server does not survive or does not come back from are left out, and the rest is tried anew, so many times. */
const mostRestarts = 3
const survivable: ReadonlySet<Ended['reason']> = new Set(['broken', 'crash', 'slow', 'memory'])

/** What has been heard of the child process so far. */
interface Heard {
  postgres: string | null
  base: readonly BaseFailure[]
  baseDone: boolean
  step: number | null
  readonly outcomes: Map<number, StepOutcome>
  created: readonly Key[]
  /** What the steps leave invalid in the end; null where that is not known. */
  invalid: readonly Key[] | null
  roundTrips: readonly RoundTrip[]
  plans: readonly QueryPlan[]
}

function nothingHeard(): Heard {
  return {
    postgres: null,
    base: [],
    baseDone: false,
    step: null,
    outcomes: new Map(),
    created: [],
    invalid: null,
    roundTrips: [],
    plans: [],
  }
}

/**
 * Runs the base and then the steps on a Postgres of its own, in a child process that is killed at its limits, and tells what
 * each step did. One at a time in this process. Never throws for what the request contains: what cannot be rehearsed is a note.
 */
export function rehearse(request: RehearsalRequest, options: RehearsalOptions = {}): Promise<Rehearsal> {
  return oneAtATime(() => rehearsed(request, options))
}

async function rehearsed(given: RehearsalRequest, options: RehearsalOptions): Promise<Rehearsal> {
  const started = performance.now()
  let request = given
  let heard = nothingHeard()
  options.progress?.(
    request.steps.length === 0
      ? `planning ${request.queries.length} queries`
      : `rehearsing ${request.steps.length} ${request.steps.length === 1 ? 'statement' : 'statements'}`,
  )
  let run: Run
  let serverNote: string | null = null
  try {
    const cache = options.cache ?? (await usableCache())
    const scratch = await scratchFolder(cache)
    try {
      const timeout = options.timeout ?? defaultTimeout
      const limits: Limits = {
        timeout,
        statement: options.statement ?? timeout / 3,
        memory: options.memory ?? defaultMemory + (request.extensions.includes('postgis') ? postgisMemory : 0),
        folder: scratch.path,
        signal: options.signal,
      }
      const onServer =
        options.server === undefined
          ? null
          : await runOnServer(request, options.server, options.sharedServer === true, cache, limits, heard)
      if (typeof onServer === 'string') serverNote = onServer
      run =
        onServer === null || typeof onServer === 'string' ? await runEmbedded(request, cache, limits, heard) : onServer
      const restarts = onServer === null ? mostRestarts : 0
      for (
        let tries = 0;
        tries < restarts && survivable.has(run.ended.reason) && heard.baseDone && heard.step !== null;
        tries++
      ) {
        request = { ...request, steps: without(request.steps, heard.step, run.ended) }
        heard = nothingHeard()
        run = await runEmbedded(
          request,
          cache,
          { ...limits, timeout: Math.max(1000, limits.timeout - (performance.now() - started)) },
          heard,
        )
      }
    } finally {
      await scratch.remove()
    }
  } catch (error) {
    run = {
      cached: false,
      ended: { reason: 'broken', message: `starting the embedded Postgres: ${messageOf(error)}`, peak: 0, cpu: 0 },
    }
  }
  const stopped = stoppedBy(run.ended, heard)
  return {
    postgres: heard.postgres,
    observations: observationsOf(request.steps, heard),
    created: heard.created,
    notes: notesOf(request, heard, stopped, serverNote),
    base: {
      statements: request.base.reduce(
        (sum, file) => sum + file.statements.filter((statement) => statement.partOf === null).length,
        0,
      ),
      failed: heard.base,
      cached: run.cached,
    },
    roundTrips: heard.roundTrips,
    reruns: [...heard.outcomes.values()].flatMap(({ step, again }): Rerun[] =>
      again === undefined ? [] : [{ step, message: again }],
    ),
    plans: heard.plans,
    milliseconds: Math.round(performance.now() - started),
    processorMilliseconds: run.ended.cpu,
    peakMemory: run.ended.peak,
    stopped,
  }
}

function without(
  steps: readonly RehearsalStatement[],
  dropped: number,
  { reason, message }: Ended,
): readonly RehearsalStatement[] {
  const why = reason === 'slow' || reason === 'memory' ? message : 'the embedded Postgres does not survive it'
  return steps.map((step, index) => (index === dropped ? { ...step, action: 'refuse', reason: why } : step))
}

interface Run {
  readonly ended: Ended
  /** True where the base came from an archive. */
  readonly cached: boolean
}

async function runEmbedded(request: RehearsalRequest, cache: string, limits: Limits, heard: Heard): Promise<Run> {
  const name = baseName(request)
  const known = request.base.length === 0 ? null : await knownBase(cache, name)
  const archive = known?.archive ?? (await templateArchive(cache))
  const save = known === null && request.base.length > 0 ? join(limits.folder, 'base.tar.gz') : null
  let keeping: Promise<void> = Promise.resolve()
  const hear = (told: Told): void => {
    listen(heard, told)
    if (told.kind !== 'base' || !told.saved || save === null) return
    const kept = join(cache, 'scratch', `${name}-${process.pid}.tar.gz`)
    keeping = rename(save, kept)
      .then(() => keepBase(cache, name, kept, told.failed))
      .catch(() => undefined)
  }
  const job: Job = {
    kind: 'rehearse',
    request,
    start: { archive },
    atBase: known === null ? null : { failed: known.failed },
    save,
    deadline: 0,
  }
  const ended = await runJob(await childEntry(), job, limits, hear)
  await keeping
  if (known !== null && ended.reason === 'broken' && !heard.baseDone) {
    await forgetBase(cache, name)
    return await runEmbedded(request, cache, limits, heard)
  }
  return { ended, cached: known !== null }
}

/** Rehearses on a real server; gives one sentence where that cannot be used. */
async function runOnServer(
  request: RehearsalRequest,
  server: string,
  shared: boolean,
  cache: string,
  limits: Limits,
  heard: Heard,
): Promise<Run | string> {
  let database: ScratchDatabase
  try {
    database = await makeScratchDatabase(server, shared)
  } catch (error) {
    return `The rehearsal ran on the embedded Postgres and not on the given server: ${messageOf(error)}.`
  }
  try {
    const job: Job = { kind: 'rehearse', request, start: { url: database.url }, atBase: null, save: null, deadline: 0 }
    const ended = await runJob(await childEntry(), job, limits, (told) => listen(heard, told))
    if (request.queries.length > 0 && ended.reason === 'done') heard.plans = await embeddedPlans(request, cache, limits)
    return { ended, cached: false }
  } finally {
    await database.drop()
  }
}

/** Plans always come from the embedded server: a real one takes no pretended sizes from a role without superuser rights. */
async function embeddedPlans(request: RehearsalRequest, cache: string, limits: Limits): Promise<readonly QueryPlan[]> {
  const heard = nothingHeard()
  await runEmbedded(request, cache, limits, heard)
  return heard.plans
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function listen(heard: Heard, told: Told): void {
  if (told.kind === 'booted') heard.postgres = told.postgres
  else if (told.kind === 'base') {
    heard.base = told.failed
    heard.baseDone = true
  } else if (told.kind === 'starting') heard.step = told.step
  else if (told.kind === 'outcome') heard.outcomes.set(told.outcome.step, told.outcome)
  else if (told.kind === 'created') {
    heard.created = told.created
    heard.invalid = told.invalid
    heard.step = null
  } else if (told.kind === 'roundTrips') heard.roundTrips = told.roundTrips
  else if (told.kind === 'plans') heard.plans = told.plans
}

/** The observations of the steps; the only statement in the body of a `DO` block shares that of its block. */
function observationsOf(steps: readonly RehearsalStatement[], heard: Heard): readonly (Observation | null)[] {
  const inBody = new Map<number, number>()
  for (const { partOf } of steps) if (partOf !== null) inBody.set(partOf, (inBody.get(partOf) ?? 0) + 1)
  return steps.map(({ partOf }, index) => {
    const observation = heard.outcomes.get(partOf ?? index)?.observation ?? null
    if (observation === null || (partOf !== null && inBody.get(partOf) !== 1)) return null
    return heard.invalid === null || observation.invalid.length === 0
      ? observation
      : { ...observation, invalid: observation.invalid.filter((key) => heard.invalid?.includes(key) === true) }
  })
}

function stoppedBy(ended: Ended, heard: Heard): Stopped | null {
  if (ended.reason === 'done') return null
  const reason =
    ended.reason === 'broken'
      ? heard.baseDone
        ? 'crash'
        : 'unavailable'
      : ended.reason === 'slow'
        ? 'time'
        : ended.reason
  return { reason, message: ended.message, step: heard.step }
}

function notesOf(
  request: RehearsalRequest,
  heard: Heard,
  stopped: Stopped | null,
  serverNote: string | null,
): readonly Note[] {
  const notes: Note[] = []
  const note = (path: string, line: number, message: string): void =>
    void notes.push({ kind: 'unrehearsed', blocking: false, path, line, message })
  const [step] = request.steps
  if (serverNote !== null && step !== undefined) note(step.path, step.line, serverNote)
  const [first] = heard.base
  // What is missing from the history matters where something new was not rehearsed.
  if (
    first !== undefined &&
    (stopped !== null || [...heard.outcomes.values()].some(({ unrehearsed }) => unrehearsed))
  ) {
    const rest = heard.base.length - 1
    note(
      first.path,
      first.line,
      `This statement of the history could not be replayed for the rehearsal${rest > 0 ? `, nor could ${rest} more` : ''}: ${first.message}.`,
    )
  }
  const consequences: number[] = []
  for (const [index, outcome] of [...heard.outcomes].sort(([a], [b]) => a - b)) {
    const step = request.steps[index]
    if (step === undefined || outcome.unrehearsed === null) continue
    if (outcome.unrehearsed.startsWith('something before it') && consequences.push(index) > 1) continue
    note(step.path, step.line, `This statement was not rehearsed: ${outcome.unrehearsed}.`)
  }
  if (consequences.length > 1) {
    const step = request.steps[consequences[1] ?? 0]
    if (step !== undefined)
      note(
        step.path,
        step.line,
        `${consequences.length - 1} more could not be rehearsed because something before was not.`,
      )
  }
  if (stopped !== null) {
    const step = request.steps[stopped.step ?? 0]
    const where =
      stopped.step === null
        ? heard.baseDone
          ? 'after the last statement'
          : 'before the first statement'
        : 'in this statement'
    if (step !== undefined) note(step.path, step.line, `The rehearsal was stopped ${where}: ${stopped.message}.`)
  }
  return notes
}
