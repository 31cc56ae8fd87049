import type { GroupJob } from '../../queue/jobs.ts'
import { checkRunText } from '../../report/check-run.ts'
import { blobLoader } from '../reading/blobs.ts'
import { isInstallationGone, placeIn, rateLimitEnd, statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { decide, settingsOf } from './judging.ts'
import { worthReading } from '../reading/prefetch.ts'
import { watchProgress } from './progress.ts'
import { failedRun, writeRun } from '../publishing/publish.ts'
import { readPull } from '../reading/pull-request.ts'
import type { PullState } from '../reading/pull-request.ts'
import { longestReview } from './review.ts'
import { readChange } from '../reading/tree.ts'

/**
 * Reviews the tree of a merge group against the group before it, so that pull requests that are fine alone and collide together
 * stop here. Approvals are those of the pull request that the group adds.
 */
export async function runGroup(job: GroupJob, context: Context, isLast: boolean): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const { pull: number } = job
  const abort = new AbortController()
  const giveUp = setTimeout(() => {
    abort.abort()
  }, longestReview)
  const progress = watchProgress(place, context, true)
  const externalId = groupId(job)
  const detailsUrl = number === null ? null : `${context.web}/${job.owner}/${job.repo}/pull/${number}`
  progress.on(job.head, externalId)
  try {
    const loader = blobLoader(place, context.cache)
    // The files of the pull request are not those of the group, so that a group with very many is told from its trees.
    const [change, pull] = await Promise.all([
      readChange(place, job.base, job.head, loader, null),
      number === null ? null : pullOrNull(place, number, context),
    ])
    await loader.load(worthReading(change, await change.changeSet.head.list()))
    const { settings } = await settingsOf(place, context, change.changeSet, pull?.organisationConfig ?? null)
    const report = await context.core.review(change.changeSet, { settings, signal: abort.signal })
    const decided = await decide(place, context, pull, report, settings.config)
    const text = checkRunText(decided.report, {
      links: { server: context.server, repository: `${context.web}/${job.owner}/${job.repo}`, head: job.head },
      inline: new Set(),
      wanted: decided.wanted,
      approvals: settings.config.approvals,
      more: [
        `Reviewed as it will be merged${number === null ? '' : `, for #${number}`}, on top of what is ahead of it in the queue.`,
      ],
    })
    await writeRun(place, job.head, { text, externalId, run: (await progress.end())?.id ?? null }, detailsUrl)
    context.log.info(
      { repository: `${job.owner}/${job.repo}`, group: job.head, pull: number, conclusion: text.conclusion },
      'reviewed a merge group',
    )
  } catch (error) {
    const started = await progress.end()
    const isOurs = rateLimitEnd(error, context.now()) === null && !isInstallationGone(error)
    if (isOurs && (isLast || started !== null))
      await writeRun(
        place,
        job.head,
        { text: failedRun(error, isLast), externalId, run: started?.id ?? null },
        detailsUrl,
      ).catch(() => undefined)
    throw error
  } finally {
    clearTimeout(giveUp)
    await progress.end()
  }
}

async function pullOrNull(place: Place, number: number, context: Context): Promise<PullState | null> {
  try {
    return (await readPull(place, number, context.app?.id ?? null, null)).pull
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/** What names a merge group on its check run, so that it can be run again from there. */
function groupId({ pull, head, base }: GroupJob): string {
  return `v1:group:${pull ?? 0}:${head}:${base}`
}

/** Reads what `groupId` wrote; null for the run of a pull request. */
export function groupOf(externalId: string): Pick<GroupJob, 'pull' | 'head' | 'base'> | null {
  const [, pull = '0', head = '', base = ''] =
    /^v1:group:(\d{1,10}):([0-9a-f]{40,64}):([0-9a-f]{40,64})$/.exec(externalId) ?? []
  return head === '' ? null : { pull: pull === '0' ? null : Number(pull), head, base }
}

/** The pull request that a group's branch names: `refs/heads/gh-readonly-queue/main/pr-12-1a2b…`. */
export function pullOfGroup(ref: string): number | null {
  const number = /\/pr-(\d{1,10})-[0-9a-f]+$/.exec(ref)?.[1]
  return number === undefined ? null : Number(number)
}
