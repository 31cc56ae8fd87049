import type { ChangeSet } from '../../changeset/tree.ts'
import type { Config } from '../../config.ts'
import type { Links } from '../../report/links.ts'
import { codeSpan } from '../../report/markdown-escape.ts'
import type { Report } from '../../report/report.ts'
import type { ReviewJob } from '../../queue/jobs.ts'
import type { Settings } from '../../settings.ts'
import { blobLoader, selectBlobs } from '../reading/blobs.ts'
import { isInstallationGone, placeIn, rateLimitEnd, statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { previewConfig } from '../publishing/config-preview.ts'
import { decide, settingsOf } from './judging.ts'
import type { Decided } from './judging.ts'
import { answerOf, isAnswerThere, joined, unanswered } from '../people/answers.ts'
import type { Outcome } from '../people/answers.ts'
import { expectDecisions } from '../people/decisions.ts'
import { permissionsIn } from '../people/permissions.ts'
import type { Permissions } from '../people/permissions.ts'
import { planPublication } from '../publishing/plan.ts'
import type { Answer, Publication } from '../publishing/plan.ts'
import { prefetch } from '../reading/prefetch.ts'
import { sweepReason } from './sweep.ts'
import { watchProgress } from './progress.ts'
import type { Progress, StartedRun } from './progress.ts'
import { failedRun, hasMoved, publish, supersede, writeRun } from '../publishing/publish.ts'
import { readPull } from '../reading/pull-request.ts'
import type { PullState } from '../reading/pull-request.ts'
import { readChange } from '../reading/tree.ts'
import type { RemoteChange } from '../reading/tree.ts'

/** After a review that took longer, the head is looked at again before anything is written. */
const stale = 30_000
/** A review that takes longer is given up. */
export const longestReview = 300_000

interface Read {
  readonly pull: PullState
  /** Of those who speak in it. */
  readonly permissions: Permissions
  readonly change: RemoteChange
}

/** Reviews a pull request at its current head and publishes what is new about it. */
export async function runReview(job: ReviewJob, context: Context, isLast: boolean): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const started = Date.now()
  const abort = new AbortController()
  const giveUp = setTimeout(() => {
    abort.abort()
  }, longestReview)
  const progress = watchProgress(place, context)
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

/** Reads pull request and changes: at once where the event told head and base, and again while the head has moved. */
async function readCurrent(
  place: Place,
  job: Pick<ReviewJob, 'pull' | 'head' | 'base'>,
  context: Context,
): Promise<Read> {
  let { head, base } = job
  const permissions = permissionsIn(place)
  for (let tries = 0; ; tries++) {
    const known =
      head === null || base === null
        ? (await readPull(place, job.pull, context.app?.id ?? null, null, job.head)).pull
        : null
    if (known !== null) expectDecisions(known, permissions, context.app?.slug)
    const at = { head: known?.head ?? head ?? '', base: known?.base ?? base ?? '' }
    const loader = blobLoader(place, context.cache)
    const change = await readChange(place, at.base, at.head, loader, job.pull)
    const ahead = await prefetch(place, change, loader, context.log)
    if (known !== null) {
      await Promise.all([loader.load(ahead.page), ahead.rest()])
      return { pull: known, change, permissions }
    }
    const selection = selectBlobs(ahead.page)
    const [{ pull, blobs }] = await Promise.all([
      readPull(place, job.pull, context.app?.id ?? null, ahead.page.length === 0 ? null : selection, job.head),
      ahead.rest(),
    ])
    await loader.put(blobs, selection)
    if ((pull.head === at.head && pull.base === at.base) || !pull.isOpen || tries === 3)
      return { pull, change, permissions }
    head = pull.head
    base = pull.base
  }
}

/** A pull request reviewed and gated, and what that rests on. */
export interface Reviewed extends Decided {
  readonly config: Config
  readonly inherited: Config | undefined
  readonly changeSet: ChangeSet
  /** True where the base has moved on and GitHub has not merged the change into it for a try yet. */
  readonly isUnsure: boolean
}

/** Reviews a pull request at its head without publishing anything. */
export async function reviewPull(place: Place, pull: number, context: Context): Promise<Reviewed> {
  const read = await readCurrent(place, { pull, head: null, base: null }, context)
  return judge(place, context, read, new AbortController().signal)
}

async function judge(
  place: Place,
  context: Context,
  { pull, change, permissions }: Read,
  signal: AbortSignal,
): Promise<Reviewed> {
  const { changeSet } = change
  const { settings, inherited } = await settingsOf(place, context, changeSet, pull.organisationConfig)
  const alone = await context.core.review(changeSet, { settings, signal })
  const { report, isUnsure } = await withTip(place, context, pull, change, alone, { settings, signal })
  return {
    ...(await decide(place, context, pull, report, settings.config, permissions)),
    config: settings.config,
    inherited,
    changeSet,
    isUnsure,
  }
}

/**
 * Adds what goes wrong only once the base branch as it is now is merged in: colliding or reordered migrations, schemas that
 * disagree together. Looks at the merge that GitHub made for a try, where the branch has moved on and the change touches a schema.
 */
async function withTip(
  place: Place,
  context: Context,
  pull: PullState,
  change: RemoteChange,
  alone: Report,
  options: { readonly settings: Settings; readonly signal: AbortSignal },
): Promise<{ readonly report: Report; readonly isUnsure: boolean }> {
  const hasSchema = alone.coverage.statements > 0 || alone.projects.some((p) => p.changes.length > 0)
  if (!hasSchema || change.tip === change.changeSet.base.commit) return { report: alone, isUnsure: false }
  const merge = await mergeOnto(place, pull, change.tip)
  if (merge === 'conflict' || merge === 'not tried') return { report: alone, isUnsure: merge === 'not tried' }
  const together = await readChange(place, change.tip, merge, blobLoader(place, context.cache), pull.number)
  const report = await context.core.review(together.changeSet, options)
  const known = new Set(alone.findings.map((f) => f.fingerprint))
  const changed = new Set(change.changeSet.files.map((f) => f.path))
  const merged = <T extends { readonly message: string }>(said: T): T => ({
    ...said,
    message: `Merged into ${codeSpan(pull.base)} as it is now: ${said.message.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())}`,
  })
  const more = report.findings.filter((f) => !known.has(f.fingerprint) && f.severity !== 'info').map(merged)
  const notes = report.notes
    .filter(
      (n) =>
        n.blocking && changed.has(n.path) && !alone.notes.some((m) => m.path === n.path && m.message === n.message),
    )
    .map(merged)
  if (more.length + notes.length === 0) return { report: alone, isUnsure: false }
  return {
    report: { ...alone, findings: [...more, ...alone.findings], notes: [...alone.notes, ...notes] },
    isUnsure: false,
  }
}

/** GitHub merges for a try when somebody asks, not when the base moves. */
const tryPause = 2_000

/** The commit that merges a pull request into `tip`, where GitHub has made it after being asked twice. */
async function mergeOnto(place: Place, pull: PullState, tip: string): Promise<string> {
  let { merge } = pull
  for (let tries = 0; ; tries++) {
    if (merge === 'conflict') return merge
    if (merge !== null && merge.parents[0] === tip && merge.parents[1] === pull.head) return merge.commit
    if (tries === 2) return 'not tried'
    await place.client.rest.pulls.get({ owner: place.owner, repo: place.repo, pull_number: pull.number })
    await new Promise((resolve) => {
      setTimeout(resolve, tryPause)
    })
    merge = (await readPull(place, pull.number, null, null)).pull.merge
  }
}

/** Why a review runs that only has to wait for GitHub's merge for a try, and how long it waits. */
const laterReason = 'merged for a try'
const laterAfter = 60_000

async function prepare(
  place: Place,
  job: ReviewJob,
  context: Context,
  read: Read,
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

/** The answers to commands that nobody answered yet. */
async function answersTo(
  { pull, permissions }: Read,
  reviewed: Reviewed,
  context: Context,
): Promise<readonly Answer[]> {
  const { report, config, decisions } = reviewed
  const answers: Answer[] = []
  for (const { comment, commands, fingerprint, thread } of unanswered(pull, context.app?.slug ?? null, context.now())) {
    const speaker = { login: comment.author, author: pull.author, permissions, core: context.core }
    const today = context.now().toISOString().slice(0, 10)
    const ground = { report, config, decisions, today, comment: comment.id, fingerprint }
    const outcomes: Outcome[] = []
    for (const command of commands) outcomes.push(await answerOf(command, speaker, ground))
    const { worked, text } = joined(outcomes)
    const isThere = text !== null && isAnswerThere(pull, comment.id)
    answers.push({ comment: comment.id, node: comment.nodeId, thread, worked, text: isThere ? null : text })
  }
  return answers
}

/** Where the check run leads to: the conversation of the pull request. */
function detailsUrl(context: Context, place: Place, pull: number): string {
  return `${context.web}/${place.owner}/${place.repo}/pull/${pull}`
}

function isAnyWritten(publication: Publication): boolean {
  const { check, sticky, ...lists } = publication
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
