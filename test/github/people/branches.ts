import type { Files } from '../git.ts'
import { mergeBaseOf } from '../rest/pulls.ts'
import { repositoryShape, userShape } from '../shapes.ts'
import type { StandIn } from '../stand-in.ts'
import { latestRun, userOf } from '../world.ts'
import type { Pull, Repository } from '../world.ts'
import { pullEvent } from './pulls.ts'

/** A push to a branch that is not a pull request's: its commit and webhook. */
export async function pushBranch(
  github: StandIn,
  repository: Repository,
  branch: string,
  files: Files,
  sender = 'writer',
): Promise<string> {
  const before = await repository.git.resolve(`refs/heads/${branch}`)
  const after = await repository.git.commit(before, files)
  await repository.git.update(`refs/heads/${branch}`, after)
  await sendPush(github, repository, branch, before, after, sender)
  return after
}

export async function sendPush(
  github: StandIn,
  repository: Repository,
  branch: string,
  before: string | null,
  after: string,
  sender: string,
): Promise<void> {
  const changed = before === null ? [] : await repository.git.diff(before, after)
  const list = (status: string) => changed.filter((f) => f.status === status).map((f) => f.path)
  await github.deliver('push', 'push', {
    ref: `refs/heads/${branch}`,
    before: before ?? '0'.repeat(40),
    after,
    created: before === null,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: 'https://github.test/',
    pusher: { name: sender },
    head_commit: null,
    commits: [
      {
        id: after,
        tree_id: after,
        distinct: true,
        message: 'change',
        timestamp: '2026-11-01T12:00:00Z',
        url: 'https://github.test/',
        author: { name: sender, email: null },
        committer: { name: sender, email: null },
        added: list('added'),
        removed: list('removed'),
        modified: list('modified'),
      },
    ],
    repository: { ...repositoryShape(github.world, repository), created_at: 0, pushed_at: 0 },
    sender: userShape(userOf(github.world, sender)),
  })
}

/** What branch protection says that requires the check `schemagate` of this app. */
export function mergeable(repository: Repository, sha: string): { readonly allowed: boolean; readonly reason: string } {
  const run = latestRun(repository, 'schemagate', sha)
  if (run === undefined) return { allowed: false, reason: 'schemagate: expected, waiting for status' }
  if (run.status !== 'completed') return { allowed: false, reason: `schemagate: ${run.status}` }
  const allowed = ['success', 'neutral', 'skipped'].includes(run.conclusion ?? '')
  return { allowed, reason: `schemagate: ${run.conclusion ?? ''}` }
}

/** Puts a pull request into the merge queue: a group commit over `onto` (the tip of the base, or the group before it) and its webhook. */
export async function enqueue(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  onto?: string,
): Promise<{ readonly sha: string; readonly ref: string }> {
  const base = onto ?? (await repository.git.resolve(`refs/heads/${pull.baseRef}`)) ?? ''
  const sha = await repository.git.merge(base, pull.headSha, `Merge pull request #${pull.number}`)
  if (sha === null) throw new Error('the pull request conflicts with its base')
  const ref = `refs/heads/gh-readonly-queue/${pull.baseRef}/pr-${pull.number}-${base}`
  await repository.git.update(ref, sha)
  await github.deliver('merge_group', 'merge-group-checks-requested', {
    action: 'checks_requested',
    merge_group: {
      head_sha: sha,
      head_ref: ref,
      base_sha: base,
      base_ref: `refs/heads/${pull.baseRef}`,
      head_commit: {
        id: sha,
        tree_id: sha,
        message: '',
        timestamp: '2026-11-01T12:00:00Z',
        author: { name: 'a', email: 'a@example.com' },
        committer: { name: 'a', email: 'a@example.com' },
      },
    },
    repository: repositoryShape(github.world, repository),
    sender: userShape(pull.author),
  })
  return { sha, ref }
}

/** Merges a pull request if its protection allows, as the queue or a person would; `byAdmin` merges it in any case. */
export async function merge(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  sha: string = pull.headSha,
  byAdmin = false,
): Promise<boolean> {
  if (!byAdmin && !mergeable(repository, sha).allowed) return false
  const before = await repository.git.resolve(`refs/heads/${pull.baseRef}`)
  const after =
    sha === pull.headSha ? await repository.git.merge(before ?? '', sha, `Merge pull request #${pull.number}`) : sha
  if (after === null) return false
  await mergeBaseOf(repository, pull)
  await repository.git.update(`refs/heads/${pull.baseRef}`, after)
  pull.merged = true
  pull.state = 'closed'
  await pullEvent(github, repository, pull, 'closed', pull.author.login)
  await sendPush(github, repository, pull.baseRef, before, after, pull.author.login)
  return true
}
