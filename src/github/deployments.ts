import type { DeployedJob } from '../queue/jobs.ts'
import { placeIn } from './client.ts'
import type { Place } from './client.ts'
import type { Context } from './context.ts'

/** True where the newest deployment of a commit to an environment succeeded. */
export async function isStaged({ client, owner, repo }: Place, sha: string, environment: string): Promise<boolean> {
  const { data: deployments } = await client.rest.repos.listDeployments({ owner, repo, sha, environment, per_page: 1 })
  const [newest] = deployments
  if (newest === undefined) return false
  const { data: statuses } = await client.rest.repos.listDeploymentStatuses({ owner, repo, deployment_id: newest.id, per_page: 1 })
  return statuses[0]?.state === 'success'
}

/** Reviews the open pull requests whose head is the commit that was deployed. */
export async function runDeployed(job: DeployedJob, context: Context): Promise<void> {
  const client = placeIn(await context.client(job.installation), job).client
  const { data } = await client.rest.repos.listPullRequestsAssociatedWithCommit({ owner: job.owner, repo: job.repo, commit_sha: job.sha })
  for (const pull of data.filter((p) => p.state === 'open' && p.head.sha === job.sha)) {
    await context.enqueue({ kind: 'review', installation: job.installation, owner: job.owner, repo: job.repo, pull: pull.number, head: job.sha, base: pull.base.ref, reason: 'deployment', quiet: false, again: false })
  }
}
