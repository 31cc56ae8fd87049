import { hunkLines } from '../anchors.ts'
import type { Files } from '../git.ts'
import type { JsonObject } from '../openapi.ts'
import { pullDiff } from '../rest/pulls.ts'
import { pullShape, repositoryShape, userShape } from '../shapes.ts'
import type { StandIn } from '../stand-in.ts'
import { userOf } from '../world.ts'
import type { Pull, Repository, Thread } from '../world.ts'

interface Sending {
  /** Changes the state, but the webhook is lost. */
  readonly lost?: boolean
}

export async function pullPayload(github: StandIn, repository: Repository, pull: Pull): Promise<JsonObject> {
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

export async function pullEvent(
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
    converted_to_draft: 'pull-request-converted-to-draft',
    labeled: 'pull-request-labeled',
    unlabeled: 'pull-request-unlabeled',
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
