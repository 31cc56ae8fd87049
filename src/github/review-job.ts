import type { ChangeSet } from '../changeset/tree.ts'
import type { Config } from '../config.ts'
import type { Decision, Gates } from '../engine/approvals.ts'
import { gate } from '../engine/approvals.ts'
import type { Links } from '../report/links.ts'
import type { Report } from '../report/report.ts'
import type { ReviewJob } from '../queue/jobs.ts'
import type { Settings } from '../settings.ts'
import { blobLoader, pagesOf, selectBlobs } from './blobs.ts'
import { carriedDecisions } from './carried.ts'
import { placeIn, rateLimitEnd, statusOf } from './client.ts'
import type { Place } from './client.ts'
import { inheritedConfig } from './config.ts'
import type { Context } from './context.ts'
import { previewConfig } from './config-preview.ts'
import { readConversation } from './decisions.ts'
import { isStaged } from './deployments.ts'
import { permissionsIn } from './permissions.ts'
import { planPublication } from './plan.ts'
import type { Publication } from './plan.ts'
import { worthReading } from './prefetch.ts'
import { failedRun, publish, startRun, supersede, writeRun } from './publish.ts'
import { readPull } from './pull-request.ts'
import type { PullState } from './pull-request.ts'
import { readChange } from './tree.ts'
import type { RemoteChange } from './tree.ts'

/** After a review that took longer, the head is looked at again before anything is written. */
const stale = 30_000
/** A review that takes longer is given up. */
const longest = 300_000

interface Read {
  readonly pull: PullState
  readonly change: RemoteChange
}

/** Reviews a pull request at its current head and publishes what is new about it. */
export async function runReview(job: ReviewJob, context: Context, isLast: boolean): Promise<void> {
  const client = await context.client(job.installation)
  const place = placeIn(client, job)
  const started = Date.now()
  const abort = new AbortController()
  const giveUp = setTimeout(() => { abort.abort() }, longest)
  const progress: { head: string | null; run: Promise<number | null> | null } = { head: job.head, run: null }
  const showProgress = setTimeout(() => {
    if (progress.head !== null) progress.run = startRun(place, progress.head, `v1:${job.pull}:${progress.head}:`).catch(() => null)
  }, context.patience)
  try {
    const read = await readCurrent(place, job, context)
    if (!read.pull.isOpen) return
    progress.head = read.pull.head
    const publication = await prepare(place, job, context, read, abort.signal)
    clearTimeout(showProgress)
    const run = await progress.run
    const { head } = read.pull
    if (Date.now() - started > stale && await hasMoved(place, job.pull, head)) {
      // The push that moved it has a job of its own.
      if (run !== null) await supersede(place, [run], 'a newer commit')
      return
    }
    const check = publication.check ?? null
    await publish(place, job.pull, head, check === null || run === null ? publication : { ...publication, check: { ...check, run } }, detailsUrl(context, place, job.pull))
    const wrote = isAnyWritten(publication)
    context.log.info({ repository: `${job.owner}/${job.repo}`, pull: job.pull, head, reason: job.reason, conclusion: check?.text.conclusion ?? 'unchanged', ms: Date.now() - started, wrote }, 'reviewed')
    context.onReviewed?.({ seconds: (Date.now() - started) / 1000, conclusion: check?.text.conclusion ?? 'unchanged', rules: publication.comments.map((c) => c.finding.rule), wrote })
  } catch (error) {
    clearTimeout(showProgress)
    await reportFailure(place, job, context, error, isLast, progress.head, await progress.run)
  } finally {
    clearTimeout(showProgress)
    clearTimeout(giveUp)
  }
}

/** Reads pull request and changes: at once where the event told head and base, and again while the head has moved. */
async function readCurrent(place: Place, job: Pick<ReviewJob, 'pull' | 'head' | 'base'>, context: Context): Promise<Read> {
  let { head, base } = job
  for (let tries = 0; ; tries++) {
    const known = head === null || base === null ? (await readPull(place, job.pull, context.app?.id ?? null, null)).pull : null
    const at = { head: known?.head ?? head ?? '', base: known?.base ?? base ?? '' }
    const loader = blobLoader(place, context.cache)
    const change = await readChange(place, at.base, at.head, loader, job.pull)
    const missing = await loader.missing(worthReading(change, await change.changeSet.head.list()))
    if (known !== null) {
      await loader.load(missing)
      return { pull: known, change }
    }
    const [first = [], ...others] = pagesOf(missing)
    const selection = selectBlobs(first)
    const [{ pull, blobs }] = await Promise.all([
      readPull(place, job.pull, context.app?.id ?? null, first.length === 0 ? null : selection),
      loader.load(others.flat()),
    ])
    await loader.put(blobs, selection)
    if ((pull.head === at.head && pull.base === at.base) || !pull.isOpen || tries === 3) return { pull, change }
    head = pull.head
    base = pull.base
  }
}

/** A pull request reviewed and gated, and what that rests on. */
export interface Reviewed {
  readonly report: Report
  readonly wanted: readonly string[]
  readonly bindings: ReadonlyMap<string, readonly string[]>
  readonly config: Config
  readonly inherited: Config | undefined
  readonly decisions: readonly Decision[]
  readonly isPaused: boolean
  readonly changeSet: ChangeSet
}

/** Reviews a pull request at its head without publishing anything. */
export async function reviewPull(place: Place, pull: number, context: Context): Promise<Reviewed> {
  const read = await readCurrent(place, { pull, head: null, base: null }, context)
  return judge(place, context, read, new AbortController().signal)
}

async function judge(place: Place, context: Context, { pull, change }: Read, signal: AbortSignal): Promise<Reviewed> {
  const { changeSet } = change
  const inherited = await inheritedConfig(place, changeSet, pull.organisationConfig, context.core.parseConfig)
  const settings = await context.core.readSettings(changeSet, inherited)
  const { config } = settings
  const alone = await context.core.review(changeSet, { settings, signal })
  const report = await withTip(place, context, pull, change, alone, { settings, signal })
  const permissions = permissionsIn(place)
  const { decisions: own, isPaused } = await readConversation(pull, permissions, config, context.app?.slug)
  const isDestructive = report.findings.some((f) => f.group === 'data-loss' && f.severity === 'error')
  const gates: Gates = { labels: pull.labels, staged: config.staging === null || !isDestructive ? null : await isStaged(place, pull.head, config.staging.environment) }
  const gated = gate(report, own, gates, config, context.now())
  if (pull.related.length === 0 || !gated.report.findings.some((f) => f.approval?.state === 'needed')) return { ...gated, config, inherited, decisions: own, isPaused, changeSet }
  const carried = await carriedDecisions(place, pull.related, permissions, config, context)
  if (carried.length === 0) return { ...gated, config, inherited, decisions: own, isPaused, changeSet }
  // What was said here comes after what was said elsewhere, and is what goes on record here.
  const all = gate(report, [...carried, ...own], gates, config, context.now())
  return { ...all, bindings: gated.bindings, config, inherited, decisions: own, isPaused, changeSet }
}

/**
 * Adds what goes wrong only once the base branch as it is now is merged in: colliding or reordered migrations, schemas that
 * disagree together. Looks at the merge that GitHub made for a try, where the branch has moved on and the change touches a schema.
 */
async function withTip(place: Place, context: Context, pull: PullState, change: RemoteChange, alone: Report, options: { readonly settings: Settings; readonly signal: AbortSignal }): Promise<Report> {
  const hasSchema = alone.coverage.statements > 0 || alone.projects.some((p) => p.changes.length > 0)
  if (!hasSchema || change.tip === change.changeSet.base.commit) return alone
  const merge = await mergeOnto(place, pull, change.tip)
  if (merge === null) return alone
  const together = await readChange(place, change.tip, merge, blobLoader(place, context.cache), pull.number)
  const report = await context.core.review(together.changeSet, options)
  const known = new Set(alone.findings.map((f) => f.fingerprint))
  const changed = new Set(change.changeSet.files.map((f) => f.path))
  const more = report.findings.filter((f) => !known.has(f.fingerprint) && f.severity !== 'info')
    .map((f) => ({ ...f, message: `Merged into ${pull.base} as it is now: ${f.message}` }))
  const notes = report.notes.filter((n) => n.blocking && changed.has(n.path) && !alone.notes.some((m) => m.path === n.path && m.message === n.message))
  return more.length + notes.length === 0 ? alone : { ...alone, findings: [...more, ...alone.findings], notes: [...alone.notes, ...notes] }
}

/** GitHub merges for a try when somebody asks, not when the base moves. */
const tryPause = 2_000

/** The commit that merges a pull request into `tip`; null where it conflicts, or GitHub has not made it after being asked twice. */
async function mergeOnto(place: Place, pull: PullState, tip: string): Promise<string | null> {
  let { merge } = pull
  for (let tries = 0; ; tries++) {
    if (merge === null) return null
    if (merge.parents[0] === tip && merge.parents[1] === pull.head) return merge.commit
    if (tries === 2) return null
    await place.client.rest.pulls.get({ owner: place.owner, repo: place.repo, pull_number: pull.number })
    await new Promise((resolve) => { setTimeout(resolve, tryPause) })
    merge = (await readPull(place, pull.number, null, null)).pull.merge
  }
}

async function prepare(place: Place, job: ReviewJob, context: Context, read: Read, signal: AbortSignal): Promise<Publication> {
  const { pull } = read
  const { report, wanted, bindings, config, inherited, isPaused, changeSet } = await judge(place, context, read, signal)
  const links: Links = { server: context.server, repository: `${context.web}/${place.owner}/${place.repo}`, head: pull.head }
  const preview = await previewConfig(changeSet, context.core, report, inherited, signal)
  return planPublication({
    report, wanted, bindings, pull, files: changeSet.files, settings: config.comments, links, quiet: job.quiet || isPaused || (pull.isDraft && !config.drafts), again: job.again,
    more: preview === null ? [] : [preview], picture: context.core.picture(report),
  })
}

/** True where the head moved while a slow review ran. */
async function hasMoved({ client, owner, repo }: Place, pull: number, head: string): Promise<boolean> {
  return (await client.rest.pulls.get({ owner, repo, pull_number: pull })).data.head.sha !== head
}

/** Where the check run leads to: the conversation of the pull request. */
function detailsUrl(context: Context, place: Place, pull: number): string {
  return `${context.web}/${place.owner}/${place.repo}/pull/${pull}`
}

function isAnyWritten(publication: Publication): boolean {
  const { check, comments, sticky, remove, edit, superseded } = publication
  return check !== null || sticky !== null || comments.length + remove.length + edit.length + superseded.length > 0
}

/**
 * What becomes of an error: a rate limit is waited for in the queue, a pull request that is gone is forgotten, anything else is
 * tried again, and shown as a failed check run once it was the last time.
 */
async function reportFailure(place: Place, job: ReviewJob, context: Context, error: unknown, isLast: boolean, head: string | null, run: number | null): Promise<void> {
  const where = { repository: `${job.owner}/${job.repo}`, pull: job.pull, reason: job.reason, err: error }
  const until = rateLimitEnd(error, context.now())
  if (until !== null) {
    context.log.warn({ ...where, until }, 'rate limited')
    await context.enqueue({ ...job, head: null, base: null }, { after: until })
    return
  }
  const status = statusOf(error)
  const isGone = status === 404 || status === 410 || status === 451 || (status === 403 && head === null)
  if (isGone && head === null) {
    context.log.warn(where, 'gone')
    return
  }
  context.log.error(where, 'review failed')
  if (head !== null && (isLast || run !== null)) {
    await writeRun(place, head, { text: failedRun(error, isLast), externalId: `v1:${job.pull}:${head}:failed`, run }, detailsUrl(context, place, job.pull)).catch((second: unknown) => {
      context.log.error({ ...where, err: second }, 'could not say that the review failed')
    })
  }
  throw error
}
