import type { Links } from '../../report/links.ts'
import type { Report } from '../../report/report.ts'
import type { ReviewJob } from '../../queue/jobs.ts'
import { isInstallationGone, placeIn, rateLimitEnd, statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { answersTo } from '../people/answers.ts'
import { previewConfig } from '../publishing/config-preview.ts'
import { planPublication } from '../publishing/plan.ts'
import type { Publication } from '../publishing/plan.ts'
import { failedRun, hasMoved, publish, supersede, writeRun } from '../publishing/publish.ts'
import { readCurrent } from './current.ts'
import type { Current } from './current.ts'
import type { PullState } from '../reading/pull-request.ts'
import { judge } from './judging.ts'
import { watchProgress } from './progress.ts'
import type { Progress, StartedRun } from './progress.ts'
import { sweepReason } from './sweep.ts'

/** After a review that took longer, the head is looked at again before anything is written. */
const stale = 30_000
/** A review that takes longer is given up. */
export const longestReview = 300_000

/** Reviews a pull request at its current head and publishes what is new about it. */
export async function runReview(job: ReviewJob, context: Context, isLast: boolean): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const started = Date.now()
  const abort = new AbortController()
  const giveUp = setTimeout(() => {
    abort.abort()
  }, longestReview)
  const progress = watchProgress(place, context, job.again)
  let { head } = job
  const isSwept = job.reason === sweepReason
  if (head !== null && !isSwept) progress.on(head, `v1:${job.pull}:${head}:`)
  try {
    const read = await readCurrent(place, job, context)
    const { pull } = read
    if (!pull.isOpen) {
      await supersede(place, unfinished(pull, await progress.end()), 'The pull request is closed.')
      return
    }
    head = pull.head
    // The review that the sweep did not see yet has ended.
    if (isSwept && pull.runs.some((r) => r.isCompleted && r.commit === head)) return
    progress.on(head, `v1:${job.pull}:${head}:`)
    const { report, publication } = await prepare(place, job, context, read, progress, abort.signal)
    const run = await progress.end()
    if (Date.now() - started > stale && (await hasMoved(place, job.pull, head))) {
      // The push that moved it has a job of its own.
      await supersede(
        place,
        unfinished(pull, run),
        'The pull request has a newer commit, which has a check run of its own.',
      )
      return
    }
    await publish(place, pull, withRun(publication, run, head), detailsUrl(context, place, job.pull))
    if (publication.isNews) await rejudgeOthers(pull, job, context)
    const wrote = isAnyWritten(publication)
    const conclusion = publication.check?.text.conclusion ?? 'unchanged'
    context.log.info(
      {
        repository: `${job.owner}/${job.repo}`,
        pull: job.pull,
        head,
        reason: job.reason,
        conclusion,
        ms: Date.now() - started,
        wrote,
      },
      'reviewed',
    )
    context.onReviewed?.({
      report,
      seconds: (Date.now() - started) / 1000,
      conclusion,
      rules: publication.comments.map((c) => c.finding.rule),
      wrote,
    })
  } catch (error) {
    await reportFailure(place, job, context, error, isLast, head, await progress.end())
  } finally {
    clearTimeout(giveUp)
    await progress.end()
  }
}

/** Ids of the runs of ours that were begun and not ended. */
function unfinished(pull: PullState, started: StartedRun | null): readonly number[] {
  return [
    ...new Set([
      ...pull.runs.filter((r) => !r.isCompleted).map((r) => r.id),
      ...(started === null ? [] : [started.id]),
    ]),
  ]
}

/** Completes the run that shows progress; one on a commit that is no longer the head is ended as superseded instead. */
function withRun(publication: Publication, started: StartedRun | null, head: string): Publication {
  if (started === null) return publication
  const { check, superseded } = publication
  if (started.head === head && check !== null) {
    const older = check.run === null || check.run === started.id ? [] : [check.run]
    return { ...publication, check: { ...check, run: started.id }, superseded: [...superseded, ...older] }
  }
  return { ...publication, superseded: [...superseded, started.id] }
}

/** Why a review runs that only has to wait for GitHub's merge for a try, and how long it waits. */
const laterReason = 'merged for a try'
const laterAfter = 60_000

async function prepare(
  place: Place,
  job: ReviewJob,
  context: Context,
  read: Current,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly report: Report; readonly publication: Publication }> {
  const { pull } = read
  const reviewed = await judge(place, context, read, signal)
  const { report, wanted, bindings, config, inherited, isPaused, isUnsure, changeSet } = reviewed
  const links: Links = {
    server: context.server,
    repository: `${context.web}/${place.owner}/${place.repo}`,
    head: pull.head,
  }
  const preview = await previewConfig(changeSet, context.core, report, inherited, signal)
  // Once: a pull request that GitHub never merges for a try is seen by the merge queue, or by the next push.
  if (isUnsure && job.reason !== laterReason && context.app !== null) {
    await context.enqueue(
      { ...job, quiet: true, again: false, reason: laterReason },
      { after: new Date(context.now().getTime() + laterAfter) },
    )
  }
  const started = await progress.end()
  const publication = planPublication({
    report,
    wanted,
    bindings,
    pull,
    answers: job.quiet ? [] : await answersTo(read, reviewed, context),
    files: changeSet.files,
    settings: config.comments,
    approvals: config.approvals,
    links,
    quiet: job.quiet,
    silent: isPaused
      ? 'Comments are paused: `/schemagate resume` starts them again.'
      : pull.isDraft && !config.drafts
        ? 'Drafts get no comments here.'
        : null,
    // The newest run on the head is the one that counts: a run in progress has to say again what an older one says.
    again: job.again || started?.head === pull.head,
    more: preview === null ? [] : [preview],
  })
  return { report, publication }
}

/** So many other pull requests hear at once of what is new about one. */
const mostOthers = 10

/** Why a review runs because another pull request has a new verdict. */
const otherReason = 'verdict of #'

/**
 * Reviews the open pull requests that carry the same commits, since an approval counts there too. One that was told so tells only those
 * with the same head, now or before a push: GitHub shows one check for all of them.
 */
async function rejudgeOthers(
  { related, othersOfHead, othersOfAsked }: PullState,
  job: ReviewJob,
  context: Context,
): Promise<void> {
  const carriers = job.reason.startsWith(otherReason) ? [] : related.filter((p) => p.isOpen)
  const others = new Set([...[...othersOfHead, ...carriers].map((p) => p.number), ...othersOfAsked])
  const { before: _, ...rest } = job
  for (const pull of [...others].slice(0, mostOthers))
    await context.enqueue({ ...rest, pull, head: null, base: null, reason: `${otherReason}${job.pull}`, again: false })
}

/** Where the check run leads to: the conversation of the pull request. */
function detailsUrl(context: Context, place: Place, pull: number): string {
  return `${context.web}/${place.owner}/${place.repo}/pull/${pull}`
}

function isAnyWritten(publication: Publication): boolean {
  const { check, sticky, isNews: _, ...lists } = publication
  return check !== null || sticky !== null || Object.values(lists).some((list) => list.length > 0)
}

/**
 * What becomes of an error: what only has to wait is left to the queue, a workflow's token that may not write to the workflow;
 * anything else is tried again, and shown as a failed check run once it was the last time. Always throws.
 */
async function reportFailure(
  place: Place,
  job: ReviewJob,
  context: Context,
  error: unknown,
  isLast: boolean,
  head: string | null,
  started: StartedRun | null,
): Promise<never> {
  const isReadOnly = context.app === null && statusOf(error) === 403
  if (rateLimitEnd(error, context.now()) !== null || isInstallationGone(error) || isReadOnly) throw error
  const where = { repository: `${job.owner}/${job.repo}`, pull: job.pull, reason: job.reason, err: error }
  context.log.error(where, 'review failed')
  const on = started?.head ?? head
  if (on !== null && (isLast || started !== null)) {
    await writeRun(
      place,
      on,
      { text: failedRun(error, isLast), externalId: `v1:${job.pull}:${on}:failed`, run: started?.id ?? null },
      detailsUrl(context, place, job.pull),
    ).catch((second: unknown) => {
      context.log.error({ ...where, err: second }, 'could not say that the review failed')
    })
  }
  throw error
}
