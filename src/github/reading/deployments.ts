import type { Place } from '../client.ts'

/** True where the newest deployment of a commit to an environment succeeded. */
export async function isStaged({ client, owner, repo }: Place, sha: string, environment: string): Promise<boolean> {
  const { data: deployments } = await client.rest.repos.listDeployments({ owner, repo, sha, environment, per_page: 1 })
  const [newest] = deployments
  if (newest === undefined) return false
  const { data: statuses } = await client.rest.repos.listDeploymentStatuses({
    owner,
    repo,
    deployment_id: newest.id,
    per_page: 1,
  })
  return statuses[0]?.state === 'success'
}
