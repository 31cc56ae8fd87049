import { begunBefore } from '../../queue/jobs.ts'
import type { Job } from '../../queue/jobs.ts'
import { isInstallationGone, rateLimitEnd } from '../client.ts'
import { runCommands } from './command.ts'
import { runCommit } from './commit.ts'
import type { Context } from '../context.ts'
import { runGroup } from './group.ts'
import { runReconcile } from './reconcile.ts'
import { runReview } from './review.ts'
import { runBranch, runSweep } from './sweep.ts'

/**
 * Does a job; throws where it should be tried again. What a rate limit refuses waits in the queue until the limit ends, as does all
 * else of the same installation without asking, and what belongs to an installation that is suspended or gone is dropped.
 */
export async function runJob(job: Job, context: Context, isLast: boolean): Promise<void> {
  const installation = 'installation' in job ? job.installation : null
  const limit = context.limits.get(installation)
  if (limit !== undefined && limit > context.now()) return context.enqueue(job, { after: limit })
  try {
    await run(job, context, isLast)
  } catch (err) {
    const until = rateLimitEnd(err, context.now())
    if (until !== null) {
      context.log.warn({ job: job.kind, until, err }, 'rate limited')
      context.limits.set(installation, until)
      await context.enqueue(begunBefore(job), { after: until })
    } else if (isInstallationGone(err))
      context.log.warn({ job: job.kind, err }, 'the installation is suspended or gone')
    else throw err
  }
}

function run(job: Job, context: Context, isLast: boolean): Promise<void> {
  switch (job.kind) {
    case 'review':
      return runReview(job, context, isLast)
    case 'command':
      return runCommands(job, context)
    case 'group':
      return runGroup(job, context, isLast)
    case 'branch':
      return runBranch(job, context)
    case 'commit':
      return runCommit(job, context)
    case 'sweep':
      return runSweep(job, context)
    case 'reconcile':
      return runReconcile(job, context)
  }
}
