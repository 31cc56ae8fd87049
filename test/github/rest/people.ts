import { permissionShape } from '../shapes.ts'
import { Refusal, userOf } from '../world.ts'
import { repositoryIn } from './request.ts'
import type { Handlers, Needs } from './request.ts'

export const peopleNeeds = {
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': 'members:read',
} satisfies Needs

/** Who may do what. */
export const people = {
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': (world, { parameters }) => {
    if (world.teams.get(`${parameters['org']}/${parameters['team_slug']}`)?.has(parameters['username'] ?? '') !== true)
      throw new Refusal(404, 'Not Found')
    return { status: 200, body: { role: 'member', state: 'active', url: 'https://github.test/' } }
  },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': (world, request) => {
    const repository = repositoryIn(world, request)
    return { status: 200, body: permissionShape(repository, userOf(world, request.parameters['username'] ?? '')) }
  },
} satisfies Handlers
