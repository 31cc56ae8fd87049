import type { Job } from '../queue/jobs.ts'
import { runCommands } from './command-job.ts'
import type { Context } from './context.ts'
import { runDeployed } from './deployments.ts'
import { runGroup } from './group-job.ts'
import { runReview } from './review-job.ts'
import { runBranch, runReconcile, runSweep } from './sweep-job.ts'

/** Does a job; throws where it should be tried again. */
export async function runJob(job: Job, context: Context, isLast: boolean): Promise<void> {
  switch (job.kind) {
    case 'review': return runReview(job, context, isLast)
    case 'command': return runCommands(job, context)
    case 'group': return runGroup(job, context, isLast)
    case 'branch': return runBranch(job, context)
    case 'deployed': return runDeployed(job, context)
    case 'sweep': return runSweep(job, context)
    case 'reconcile': return runReconcile(job, context)
  }
}
