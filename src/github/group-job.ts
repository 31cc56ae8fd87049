import type { GroupJob } from '../queue/jobs.ts'
import { gate } from '../engine/approvals.ts'
import { checkRunText } from '../report/check-run.ts'
import { blobLoader } from './blobs.ts'
import { placeIn, rateLimitEnd, statusOf } from './client.ts'
import { inheritedConfig } from './config.ts'
import type { Context } from './context.ts'
import { readConversation } from './decisions.ts'
import { isStaged } from './deployments.ts'
import { permissionsIn } from './permissions.ts'
import { worthReading } from './prefetch.ts'
import { failedRun, writeRun } from './publish.ts'
import { readPull } from './pull-request.ts'
import { readChange } from './tree.ts'

/**
 * Reviews the tree of a merge group against the group before it, so that pull requests that are fine alone and collide together
 * stop here. Approvals are those of the pull request that the group adds.
 */
export async function runGroup(job: GroupJob, context: Context, isLast: boolean): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const number = pullOfGroup(job.ref)
  try {
    const loader = blobLoader(place, context.cache)
    const [change, read] = await Promise.all([
      readChange(place, job.base, job.head, loader, number),
      number === null ? null : readPull(place, number, context.app?.id ?? null, null).catch((error: unknown) => {
        if (statusOf(error) === 404) return null
        throw error
      }),
    ])
    await loader.load(worthReading(change, await change.changeSet.head.list()))
    const { changeSet } = change
    const settings = await context.core.readSettings(changeSet, await inheritedConfig(place, changeSet, read?.pull.organisationConfig ?? null, context.core.parseConfig))
    const { config } = settings
    const report = await context.core.review(changeSet, { settings, signal: new AbortController().signal })
    const pull = read?.pull ?? null
    const { decisions } = pull === null ? { decisions: [] } : await readConversation(pull, permissionsIn(place), config, context.app?.slug)
    const isDestructive = report.findings.some((f) => f.group === 'data-loss' && f.severity === 'error')
    // What was deployed for a look is the head of the pull request; the group's commit exists for the queue alone.
    const staged = config.staging === null || !isDestructive || pull === null ? null : await isStaged(place, pull.head, config.staging.environment)
    const gated = gate(report, decisions, { labels: pull?.labels ?? [], staged }, config, context.now())
    const text = checkRunText(gated.report, {
      links: { server: context.server, repository: `${context.web}/${job.owner}/${job.repo}`, head: job.head }, inline: new Set(), wanted: gated.wanted,
      more: [`Reviewed as it will be merged${number === null ? '' : `, for #${number}`}, on top of what is ahead of it in the queue.`],
    })
    await writeRun(place, job.head, { text, externalId: `v1:${number ?? 'group'}:${job.head}:`, run: null }, number === null ? null : `${context.web}/${job.owner}/${job.repo}/pull/${number}`)
    context.log.info({ repository: `${job.owner}/${job.repo}`, group: job.ref, conclusion: text.conclusion }, 'reviewed a merge group')
  } catch (error) {
    const until = rateLimitEnd(error, context.now())
    if (until !== null) {
      await context.enqueue(job, { after: until })
      return
    }
    if (isLast) await writeRun(place, job.head, { text: failedRun(error, true), externalId: `v1:group:${job.head}:failed`, run: null }, null).catch(() => undefined)
    throw error
  }
}

/** The pull request that a group's branch names: `refs/heads/gh-readonly-queue/main/pr-12-1a2b…`. */
export function pullOfGroup(ref: string): number | null {
  const number = /\/pr-(\d{1,10})-[0-9a-f]+$/.exec(ref)?.[1]
  return number === undefined ? null : Number(number)
}
