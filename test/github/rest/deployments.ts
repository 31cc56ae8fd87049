import { Refusal } from '../world.ts'
import { page, repositoryIn } from './request.ts'
import type { Handlers, Needs } from './request.ts'

export const deploymentsNeeds = {
  'GET /repos/{owner}/{repo}/deployments': 'deployments:read',
  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': 'deployments:read',
} satisfies Needs

/** What was deployed where. */
export const deployments = {
  'GET /repos/{owner}/{repo}/deployments': (world, request) => {
    const { sha, environment } = request.query
    const found = repositoryIn(world, request)
      .deployments.filter(
        (d) => (sha === undefined || d.sha === sha) && (environment === undefined || d.environment === environment),
      )
      .toReversed()
    return {
      status: 200,
      body: page(found, request.query).map((d) => ({
        id: d.id,
        node_id: `D_${d.id}`,
        sha: d.sha,
        environment: d.environment,
        ref: d.sha,
        task: 'deploy',
        payload: {},
      })),
    }
  },
  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': (world, request) => {
    const deployment = repositoryIn(world, request).deployments.find(
      (d) => d.id === Number(request.parameters['deployment_id']),
    )
    if (deployment === undefined) throw new Refusal(404, 'Not Found')
    return {
      status: 200,
      body: page(deployment.statuses.toReversed(), request.query).map((s) => ({
        id: s.id,
        node_id: `DS_${s.id}`,
        state: s.state,
        description: '',
      })),
    }
  },
} satisfies Handlers
