import type { JsonObject } from '../openapi.ts'
import { fileShape, pullShape } from '../shapes.ts'
import type { Pull, Repository, World } from '../world.ts'
import { page, pullIn, repositoryIn } from './request.ts'
import type { Handlers, Needs } from './request.ts'

export const pullsNeeds = {
  'GET /repos/{owner}/{repo}/pulls': 'pull_requests:read',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': 'pull_requests:read',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': 'pull_requests:read',
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': 'pull_requests:read',
} satisfies Needs

/** Pull requests and their files. */
export const pulls = {
  'GET /repos/{owner}/{repo}/pulls': async (world, request) => {
    const repository = repositoryIn(world, request)
    const { state = 'open', base } = request.query
    const pulls = [...repository.pulls.values()].filter(
      (p) => (state === 'all' || p.state === state) && (base === undefined || p.baseRef === base),
    )
    return {
      status: 200,
      body: await Promise.all(page(pulls, request.query).map((p) => pullAnswer(world, repository, p))),
    }
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': async (world, request) => {
    const repository = repositoryIn(world, request)
    const pull = pullIn(repository, request)
    if (world.merges !== 'never') await tryMerge(repository, pull)
    return {
      status: 200,
      body: {
        ...(await pullAnswer(world, repository, pull)),
        mergeable: null,
        merged_by: null,
        mergeable_state: 'unknown',
      },
    }
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': async (world, request) => {
    const repository = repositoryIn(world, request)
    const files = await pullDiff(repository, pullIn(repository, request))
    return {
      status: 200,
      body: page(files.slice(0, world.limits.pullFiles), request.query).map((f) => fileShape(world, f)),
    }
  },
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': async (world, request) => {
    const repository = repositoryIn(world, request)
    const sha = request.parameters['commit_sha'] ?? ''
    // Commits of a fork belong to no branch of the repository, so that no pull request is found for them.
    const holds = await Promise.all(
      [...repository.pulls.values()].map(async (p) =>
        !p.fork && (await repository.git.log(p.openedOn, p.headSha)).some((c) => c.sha === sha) ? p : null,
      ),
    )
    return {
      status: 200,
      body: await Promise.all(holds.filter((p) => p !== null).map((p) => pullAnswer(world, repository, p))),
    }
  },
} satisfies Handlers

async function pullAnswer(world: World, repository: Repository, pull: Pull): Promise<JsonObject> {
  return pullShape(world, repository, pull, (await repository.git.resolve(`refs/heads/${pull.baseRef}`)) ?? '')
}

/** Merges a pull request into its base for a try, as GitHub does before it knows whether that works. */
export async function tryMerge(repository: Repository, pull: Pull): Promise<void> {
  const tip = await repository.git.resolve(`refs/heads/${pull.baseRef}`)
  if (tip === null || pull.merged || (pull.tried?.tip === tip && pull.tried.head === pull.headSha)) return
  pull.tried = { tip, head: pull.headSha, commit: await repository.git.merge(tip, pull.headSha, 'try') }
}

/** The merge base of a pull request with the tip of its base branch. */
export async function mergeBaseOf(repository: Repository, pull: Pull): Promise<string> {
  return repository.git.mergeBase(`refs/heads/${pull.baseRef}`, pull.headSha)
}

export async function pullDiff(repository: Repository, pull: Pull) {
  return repository.git.diff(await mergeBaseOf(repository, pull), pull.headSha)
}
