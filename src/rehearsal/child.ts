import { Worker } from 'node:worker_threads'
import { startEmbedded } from './embedded.ts'
import type { Embedded } from './embedded.ts'
import { definitions } from './fingerprint.ts'
import type { Job, Told } from './messages.ts'
import { planQueries, planWithIndex } from './plans.ts'
import type { Planned } from './plans.ts'
import { baseComplete, runBase, runSteps } from './run.ts'
import { roundTrips } from './round-trip.ts'
import { openSession } from './server.ts'
import type { QueryPlan, RehearsalRequest } from './types.ts'

/**
 * Entry of the child process that holds the embedded Postgres. It takes one job by IPC, tells what happens as it happens,
 * so that a parent that kills it knows how far it came, and ends.
 */
function tell(told: Told): void {
  process.send?.(told)
}

/** Tells the last thing, and waits until it and all that was told before is out: a busy parent takes it in late. */
async function tellLast(told: Told): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send) process.send(told, () => resolve())
    else resolve()
  })
}

/** Ends this process when its parent is gone or the deadline has passed: SQL that never returns blocks the main thread. */
function watch(deadline: number): void {
  const code = `
    const started = Date.now(), parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent || Date.now() - started > ${deadline}) process.kill(process.pid, 'SIGKILL')
    }, 500)`
  new Worker(code, { eval: true, stdout: false, stderr: false }).unref()
}

async function work(job: Job): Promise<void> {
  watch(job.deadline)
  if (job.kind === 'template') {
    const made = await startEmbedded(null, [])
    await made.save(job.save, 9)
    return
  }
  const { request } = job
  const embedded =
    'archive' in job.start
      ? await startEmbedded(job.start.archive, request.extensions, request.platform?.searchPath)
      : null
  const session = embedded ?? (await openSession('url' in job.start ? job.start.url : '', true))
  tell({ kind: 'booted', postgres: session.version })
  const failed = job.atBase?.failed ?? (await runBase(session, request.base))
  if (job.save !== null) await embedded?.save(job.save, 1)
  tell({ kind: 'base', failed, saved: job.save !== null && embedded !== null })
  const before =
    embedded === null
      ? []
      : await planQueries(
          embedded,
          request.queries.map(({ id, sql, was }) => ({ id, sql: was ?? sql })),
          request.rows,
        )
  const definedBefore = new Map<string, Awaited<ReturnType<typeof definitions>>>()
  let clean = baseComplete(failed) && request.complete
  const left = await runSteps(
    session,
    request.steps,
    {
      complete: clean,
      texts: request.base.flatMap((file) => file.statements.map(({ text }) => text)),
      platform: request.platform?.schemas ?? [],
    },
    (outcome) => {
      clean &&= outcome.code === null && outcome.unrehearsed === null
      tell({ kind: 'outcome', outcome })
    },
    (step) => tell({ kind: 'starting', step }),
    async (step) => {
      if (request.downs.some((down) => down.upPath === step.path) && !definedBefore.has(step.path))
        definedBefore.set(step.path, await definitions(session))
    },
  )
  tell({ kind: 'created', ...left })
  if (embedded !== null && request.queries.length > 0)
    tell({ kind: 'plans', plans: await plansAfter(embedded, request, before) })
  if (clean && request.downs.length > 0)
    tell({ kind: 'roundTrips', roundTrips: await roundTrips(session, request.downs, definedBefore) })
}

async function plansAfter(
  session: Embedded,
  request: RehearsalRequest,
  before: readonly Planned[],
): Promise<readonly QueryPlan[]> {
  const after = await planQueries(session, request.queries, request.rows)
  const plans: QueryPlan[] = []
  for (const [index, query] of request.queries.entries()) {
    const tried = await planWithIndex(session, query, request.rows)
    plans.push({
      id: query.id,
      before: before[index]?.plan ?? null,
      after: after[index]?.plan ?? null,
      error: after[index]?.error ?? null,
      withIndex: tried?.plan ?? null,
      usesIndex: tried?.index ?? null,
    })
  }
  return plans
}

process.once('message', (job: Job) => {
  work(job)
    .then(
      () => {
        const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
        return tellLast({ kind: 'done', peak: maxRSS * 1024, cpu: Math.round((userCPUTime + systemCPUTime) / 1000) })
      },
      (error: unknown) => tellLast({ kind: 'broken', message: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => {
      process.disconnect()
      setImmediate(() => process.exit(0))
    })
})
