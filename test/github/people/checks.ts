import { appShape, repositoryShape, runShape, userShape } from '../shapes.ts'
import type { StandIn } from '../stand-in.ts'
import { latestRun, userOf } from '../world.ts'
import type { Pull, Repository } from '../world.ts'

/** Presses `Re-run` on the newest run of a commit (the head where left out), or one of its buttons where `action` is given. */
export async function press(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  login: string,
  action?: string,
  sha = pull.headSha,
): Promise<void> {
  const run = latestRun(repository, 'schemagate', sha)
  if (run === undefined) throw new Error('there is no check run to press')
  await github.deliver('check_run', action === undefined ? 'check-run-rerequested' : 'check-run-requested-action', {
    action: action === undefined ? 'rerequested' : 'requested_action',
    check_run: {
      ...runShape(github.world, run, repository),
      check_suite: {
        id: 7,
        head_branch: pull.headRef,
        head_sha: pull.headSha,
        status: 'queued',
        conclusion: null,
        url: 'https://github.test/',
        before: null,
        after: null,
        pull_requests: [],
        app: null,
        created_at: '2026-11-01T12:00:00Z',
        updated_at: '2026-11-01T12:00:00Z',
      },
    },
    ...(action === undefined ? {} : { requested_action: { identifier: action } }),
    repository: repositoryShape(github.world, repository),
    sender: userShape(userOf(github.world, login)),
  })
}

/** Presses `Re-run all checks` of a commit: GitHub names the pull requests of the repository's own branches only. */
export async function rerunSuite(github: StandIn, repository: Repository, sha: string): Promise<void> {
  const { world } = github
  const link = 'https://github.test/'
  await github.deliver('check_suite', 'check-suite-rerequested', {
    action: 'rerequested',
    repository: repositoryShape(world, repository),
    sender: userShape(userOf(world, 'writer')),
    check_suite: {
      id: 7,
      node_id: 'CS_7',
      head_branch: null,
      head_sha: sha,
      status: 'queued',
      conclusion: null,
      url: link,
      before: null,
      after: null,
      pull_requests: [],
      created_at: world.now(),
      updated_at: world.now(),
      app: appShape(world),
      latest_check_runs_count: 1,
      check_runs_url: link,
      head_commit: {
        id: sha,
        tree_id: sha,
        message: '',
        timestamp: world.now(),
        author: { name: 'a', email: null },
        committer: { name: 'a', email: null },
      },
    },
  })
}

/** A deployment of a commit ends. */
export async function deploy(
  github: StandIn,
  repository: Repository,
  sha: string,
  environment: string,
  state: 'success' | 'failure',
): Promise<void> {
  const { world } = github
  const deployment = { id: world.nextId(), sha, environment, statuses: [{ id: world.nextId(), state }] }
  repository.deployments.push(deployment)
  const user = userShape(userOf(world, 'writer'))
  await github.deliver('deployment_status', 'deployment-status-created', {
    action: 'created',
    deployment: { id: deployment.id, sha, ref: sha, environment, task: 'deploy' },
    deployment_status: { id: deployment.statuses[0]?.id ?? 0, state, environment },
    repository: repositoryShape(world, repository),
    sender: user,
  })
}
