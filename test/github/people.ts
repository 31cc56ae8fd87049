import type { Files } from './git.ts'
import type { JsonObject } from './openapi.ts'
import { newComment, removeComment } from './rest/comments.ts'
import { mergeBaseOf, pullDiff } from './rest/pulls.ts'
import { hunkLines } from './anchors.ts'
import { appShape, commentShape, pullNodeId, pullShape, repositoryShape, runShape, userShape } from './shapes.ts'
import type { StandIn } from './stand-in.ts'
import { latestRun, userOf } from './world.ts'
import type { Comment, Pull, Repository, Thread } from './world.ts'

interface Sending {
  /** Changes the state, but the webhook is lost. */
  readonly lost?: boolean
}

async function pullPayload(github: StandIn, repository: Repository, pull: Pull): Promise<JsonObject> {
  const base = (await repository.git.resolve(`refs/heads/${pull.baseRef}`)) ?? ''
  return {
    ...pullShape(github.world, repository, pull, base),
    additions: 1,
    deletions: 0,
    changed_files: 1,
    comments: 0,
    commits: 1,
    review_comments: 0,
    maintainer_can_modify: false,
    mergeable: null,
    mergeable_state: 'unknown',
    merged_by: null,
    rebaseable: null,
  }
}

async function pullEvent(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  action: string,
  sender: string,
  more: JsonObject = {},
  sending: Sending = {},
): Promise<void> {
  const names: Readonly<Record<string, string>> = {
    opened: 'pull-request-opened',
    synchronize: 'pull-request-synchronize',
    reopened: 'pull-request-reopened',
    ready_for_review: 'pull-request-ready-for-review',
    edited: 'pull-request-edited',
    closed: 'pull-request-closed',
  }
  await github.deliver(
    'pull_request',
    names[action] ?? null,
    {
      action,
      number: pull.number,
      pull_request: await pullPayload(github, repository, pull),
      repository: repositoryShape(github.world, repository),
      sender: userShape(userOf(github.world, sender)),
      ...more,
    },
    sending,
  )
}

/** Opens a pull request of a branch (`fork`: of another repository, whose commits only `refs/pull/N/head` names) and sends its webhook. */
export async function openPull(
  github: StandIn,
  repository: Repository,
  given: {
    readonly title: string
    readonly head: string
    readonly branch?: string
    readonly base?: string
    readonly author?: string
    readonly fork?: boolean
    readonly draft?: boolean
  } & Sending,
): Promise<Pull> {
  const number = repository.pulls.size + 1
  const baseRef = given.base ?? repository.defaultBranch
  const pull: Pull = {
    openedOn: (await repository.git.resolve(`refs/heads/${baseRef}`)) ?? '',
    number,
    title: given.title,
    author: userOf(github.world, given.author ?? 'author'),
    baseRef,
    headRef: given.branch ?? `change-${number}`,
    headSha: given.head,
    fork: given.fork === true,
    state: 'open',
    merged: false,
    draft: given.draft === true,
    labels: [],
    comments: [],
    threads: [],
    reviews: [],
    tried: null,
  }
  repository.pulls.set(number, pull)
  if (!pull.fork) await repository.git.update(`refs/heads/${pull.headRef}`, given.head)
  await repository.git.update(`refs/pull/${number}/head`, given.head)
  await pullEvent(github, repository, pull, 'opened', pull.author.login, {}, given)
  return pull
}

/** Moves the head of a pull request; threads follow their line, or are outdated where it left the diff. */
export async function push(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  head: string,
  sending: Sending = {},
): Promise<void> {
  const before = pull.headSha
  if (!pull.fork) await repository.git.update(`refs/heads/${pull.headRef}`, head)
  await repository.git.update(`refs/pull/${pull.number}/head`, head)
  const threads: [Thread, string | undefined][] = []
  for (const thread of pull.threads)
    threads.push([
      thread,
      thread.line === null ? undefined : (await textAt(repository, before, thread.path))[thread.line - 1],
    ])
  pull.headSha = head
  const files = await pullDiff(repository, pull)
  for (const [thread, text] of threads) {
    const lines = await textAt(repository, head, thread.path)
    const shown = hunkLines(files.find((f) => f.path === thread.path)?.patch ?? '').flatMap((h) => [...h.right])
    const line =
      text === undefined
        ? undefined
        : shown
            .filter((n) => lines[n - 1] === text)
            .sort((a, b) => Math.abs(a - (thread.line ?? 0)) - Math.abs(b - (thread.line ?? 0)))[0]
    if (line !== undefined && thread.startLine !== null && thread.line !== null) thread.startLine += line - thread.line
    thread.line = line ?? null
    if (line === undefined) thread.startLine = null
  }
  await pullEvent(github, repository, pull, 'synchronize', pull.author.login, { before, after: head }, sending)
}

async function textAt(repository: Repository, commit: string, path: string): Promise<readonly string[]> {
  return (await repository.git.run(['show', `${commit}:${path}`]).catch(() => '')).split('\n')
}

/** A commit over the head of a pull request, pushed. */
export async function pushFiles(github: StandIn, repository: Repository, pull: Pull, files: Files): Promise<string> {
  const head = await repository.git.commit(pull.headSha, files)
  await push(github, repository, pull, head)
  return head
}

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

async function sendPush(
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

/** Another event of a pull request: `ready_for_review`, `closed`, `edited` with a new base. */
export async function changePull(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  action: 'reopened' | 'ready_for_review' | 'converted_to_draft' | 'closed' | 'edited',
  base?: string,
): Promise<void> {
  const from = pull.baseRef
  if (base !== undefined) pull.baseRef = base
  if (action === 'ready_for_review') pull.draft = false
  if (action === 'converted_to_draft') pull.draft = true
  if (action === 'closed' || action === 'reopened') pull.state = action === 'closed' ? 'closed' : 'open'
  await pullEvent(
    github,
    repository,
    pull,
    action,
    pull.author.login,
    base === undefined
      ? action === 'edited'
        ? { changes: { title: { from: '' } } }
        : {}
      : { changes: { base: { ref: { from }, sha: { from: pull.headSha } } } },
  )
}

/** A comment by a person; in a review thread where `thread` is given. */
export async function say(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  login: string,
  body: string,
  thread?: Thread,
): Promise<Comment> {
  const comment = newComment(github.world, pull.number, body, thread ?? null, userOf(github.world, login))
  if (thread === undefined) pull.comments.push(comment)
  else thread.comments.push(comment)
  await commentEvent(github, repository, pull, comment, 'created', login)
  return comment
}

/** Edits a comment; whoever may write may edit those of others, those of the app among them. */
export async function editComment(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  comment: Comment,
  body: string,
  login = comment.author.login,
): Promise<void> {
  const before = comment.body
  comment.body = body
  comment.editedAt = github.world.now()
  comment.editor = userOf(github.world, login)
  await commentEvent(github, repository, pull, comment, 'edited', login, { changes: { body: { from: before } } })
}

export async function deleteComment(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  comment: Comment,
): Promise<void> {
  removeComment(pull, comment)
  await commentEvent(github, repository, pull, comment, 'deleted', comment.author.login)
}

async function commentEvent(
  github: StandIn,
  repository: Repository,
  pull: Pull,
  comment: Comment,
  action: string,
  sender: string,
  more: JsonObject = {},
): Promise<void> {
  const { world } = github
  const common = {
    action,
    repository: repositoryShape(world, repository),
    sender: userShape(userOf(world, sender)),
    ...more,
  }
  const shape = commentShape(world, comment)
  if (comment.thread !== null) {
    await github.deliver(
      'pull_request_review_comment',
      action === 'created' ? 'pull-request-review-comment-created' : null,
      {
        ...common,
        comment: { ...shape, position: null, original_position: 1 },
        pull_request: await pullPayload(github, repository, pull),
      },
    )
    return
  }
  const link = 'https://github.test/'
  await github.deliver('issue_comment', action === 'created' ? 'issue-comment-created' : null, {
    ...common,
    comment: { ...shape },
    issue: {
      id: pull.number,
      node_id: pullNodeId(repository, pull),
      number: pull.number,
      title: pull.title,
      state: pull.state,
      user: userShape(pull.author),
      labels: [],
      assignee: null,
      assignees: [],
      locked: false,
      comments: pull.comments.length,
      pull_request: { url: link, html_url: link, diff_url: link, patch_url: link },
    },
  })
}

/** A person resolves a thread. GitHub tells no subscriber of that which the app listens to. */
export function resolveThread(github: StandIn, thread: Thread, login: string): void {
  thread.resolvedBy = userOf(github.world, login)
}

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
  await github.deliver('deployment_status', null, {
    action: 'created',
    deployment: { id: deployment.id, sha, ref: sha, environment, task: 'deploy' },
    deployment_status: { id: deployment.statuses[0]?.id ?? 0, state, environment },
    repository: repositoryShape(world, repository),
    sender: user,
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
