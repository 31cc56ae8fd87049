import { createHash } from 'node:crypto'
import type { Probot } from 'probot'
import type { Job, PullRef, RepositoryRef, ReviewJob } from './queue/jobs.ts'
import type { Store } from './queue/store.ts'
import { parseCommands } from './github/people/commands.ts'
import { groupOf, pullOfGroup } from './github/jobs/group.ts'
import { recheckAction } from './github/publishing/publish.ts'
import { checkName, pullOfRun } from './github/reading/pull-request.ts'
import { mayTouchSchema } from './github/reading/schema-paths.ts'

/** The parts of webhook payloads that decide what is to be done. */
interface Payload {
  readonly action?: string
  readonly installation?: { readonly id: number }
  readonly repository?: {
    readonly name: string
    readonly default_branch?: string
    readonly owner: { readonly login: string }
  }
  readonly sender?: { readonly type: string; readonly login: string }
  readonly pull_request?: {
    readonly number: number
    readonly state: string
    readonly head: { readonly sha: string }
    readonly node_id: string
    readonly base: { readonly ref: string }
    readonly user: { readonly login: string } | null
  }
  readonly changes?: { readonly base?: unknown; readonly body?: { readonly from?: string } }
  readonly issue?: {
    readonly number: number
    readonly state: string
    readonly node_id: string
    readonly pull_request?: unknown
    readonly user: { readonly login: string } | null
  }
  readonly comment?: {
    readonly id: number
    readonly node_id: string
    readonly body: string
    readonly created_at: string
    readonly in_reply_to_id?: number
    readonly user: { readonly login: string; readonly type: string } | null
  }
  readonly check_run?: {
    readonly name: string
    readonly external_id: string | null
    readonly head_sha: string
    readonly app: { readonly id: number } | null
    readonly pull_requests: readonly { readonly number: number }[]
  }
  readonly check_suite?: {
    readonly head_sha: string
    readonly app: { readonly id: number } | null
    readonly pull_requests: readonly { readonly number: number }[]
  }
  readonly requested_action?: { readonly identifier: string }
  readonly merge_group?: { readonly head_sha: string; readonly head_ref: string; readonly base_sha: string }
  readonly ref?: string
  readonly before?: string
  readonly after?: string
  readonly deleted?: boolean
  readonly forced?: boolean
  readonly commits?: readonly {
    readonly added?: readonly string[]
    readonly modified?: readonly string[]
    readonly removed?: readonly string[]
  }[]
  readonly deployment?: { readonly sha: string }
  readonly deployment_status?: { readonly state: string }
  readonly repositories?: readonly { readonly full_name: string }[]
  readonly repositories_added?: readonly { readonly full_name: string }[]
}

const reviewed = new Set([
  'opened',
  'synchronize',
  'reopened',
  'ready_for_review',
  'converted_to_draft',
  'labeled',
  'unlabeled',
])

/** The jobs that an event asks for; none for most events. */
export function jobsOf(event: string, payload: unknown): readonly Job[] {
  const p = payload as Payload
  const installation = p.installation?.id
  if (installation === undefined) return []
  if (event === 'installation' || event === 'installation_repositories') return installationJobs(p, installation)
  if (p.repository === undefined) return []
  const where: RepositoryRef = { installation, owner: p.repository.owner.login, repo: p.repository.name }
  const reason = p.action === undefined ? event : `${event}.${p.action}`
  switch (event) {
    case 'pull_request':
      return pullJobs(p, where, reason)
    case 'issue_comment':
      return p.issue?.pull_request === undefined || p.issue.state !== 'open'
        ? []
        : commentJobs(p, { ...where, pull: p.issue.number }, p.issue, false, reason)
    case 'pull_request_review_comment':
      return p.pull_request?.state === 'open'
        ? commentJobs(p, { ...where, pull: p.pull_request.number }, p.pull_request, true, reason)
        : []
    case 'check_run':
      return runJobs(p, where, reason)
    case 'check_suite':
      return p.action === 'rerequested' && p.check_suite !== undefined
        ? [{ kind: 'commit', ...where, sha: p.check_suite.head_sha, reason, again: true }]
        : []
    case 'merge_group':
      return p.action === 'checks_requested' && p.merge_group !== undefined
        ? [
            {
              kind: 'group',
              ...where,
              head: p.merge_group.head_sha,
              base: p.merge_group.base_sha,
              pull: pullOfGroup(p.merge_group.head_ref),
            },
          ]
        : []
    case 'push':
      return p.ref?.startsWith('refs/heads/') === true &&
        p.deleted !== true &&
        !p.ref.startsWith('refs/heads/gh-readonly-queue/') &&
        hasSchemaPush(p)
        ? [{ kind: 'branch', ...where, branch: p.ref.slice('refs/heads/'.length), after: p.after ?? '' }]
        : []
    case 'deployment_status':
      return p.deployment_status?.state === 'success' && p.deployment !== undefined
        ? [{ kind: 'commit', ...where, sha: p.deployment.sha, reason: 'deployment', again: false }]
        : []
    default:
      return []
  }
}

function review(
  pull: PullRef,
  reason: string,
  more: Partial<Pick<ReviewJob, 'head' | 'base' | 'before' | 'quiet' | 'again'>> = {},
): Job {
  return {
    kind: 'review',
    ...pull,
    head: more.head ?? null,
    base: more.base ?? null,
    reason,
    quiet: more.quiet ?? false,
    again: more.again ?? false,
    ...(more.before === undefined ? {} : { before: more.before }),
  }
}

function pullJobs(
  { action = '', pull_request: pull, changes, before }: Payload,
  where: RepositoryRef,
  reason: string,
): readonly Job[] {
  if (pull === undefined) return []
  // What stopped a closed pull request stops others with its head no longer.
  if (action === 'closed') return [{ kind: 'commit', ...where, sha: pull.head.sha, reason, again: false }]
  if (pull.state !== 'open') return []
  if (!reviewed.has(action) && !(action === 'edited' && changes?.base !== undefined)) return []
  return [
    review({ ...where, pull: pull.number }, reason, {
      head: pull.head.sha,
      base: pull.base.ref,
      ...(action === 'synchronize' && before !== undefined ? { before } : {}),
    }),
  ]
}

/** Commands of a new comment; a recheck where one that held commands was edited or deleted, since what it decided is void. */
function commentJobs(
  { action, comment, changes, sender }: Payload,
  pull: PullRef,
  { node_id: pullNode, user: author }: { readonly node_id: string; readonly user: { readonly login: string } | null },
  inline: boolean,
  reason: string,
): readonly Job[] {
  if (comment === undefined || comment.user === null || comment.user.type === 'Bot' || sender?.type === 'Bot') return []
  if (action === 'created') {
    if (!mayHoldCommand(comment.body)) return []
    return [
      {
        kind: 'command',
        ...pull,
        comment: comment.id,
        node: comment.node_id,
        pullNode,
        inline,
        repliesTo: comment.in_reply_to_id ?? null,
        login: comment.user.login,
        author: author?.login ?? 'ghost',
        body: comment.body,
        at: comment.created_at,
        begun: false,
      },
    ]
  }
  return mayHoldCommand(changes?.body?.from ?? comment.body) ? [review(pull, reason)] : []
}

function mayHoldCommand(body: string): boolean {
  return parseCommands(body, /^@([A-Za-z0-9-]{1,60})/m.exec(body)?.[1] ?? null).length > 0
}

function runJobs(
  { action, check_run: run, requested_action: requested }: Payload,
  where: RepositoryRef,
  reason: string,
): readonly Job[] {
  if (run === undefined || run.name !== checkName) return []
  if (action !== 'rerequested' && !(action === 'requested_action' && requested?.identifier === recheckAction)) return []
  // GitHub names no pull requests for the heads of forks and for merge groups, so the run itself says what it is of.
  const group = groupOf(run.external_id ?? '')
  if (group !== null) return [{ kind: 'group', ...where, ...group }]
  const number = pullOfRun(run.external_id ?? '') ?? run.pull_requests[0]?.number
  return number === undefined
    ? []
    : [review({ ...where, pull: Number(number) }, reason, { again: action === 'rerequested' })]
}

function installationJobs(p: Payload, installation: number): readonly Job[] {
  if (
    p.action !== 'created' &&
    p.action !== 'added' &&
    p.action !== 'unsuspend' &&
    p.action !== 'new_permissions_accepted'
  )
    return []
  const added = p.repositories_added ?? p.repositories ?? []
  if (added.length === 0 || added.length > 20) return [{ kind: 'sweep', installation, repository: null }]
  return added.map(({ full_name: name }) => {
    const [owner = '', repo = ''] = name.split('/')
    return { kind: 'sweep', installation, repository: { owner, repo } }
  })
}

/** False where a push says of every file that it is none of a schema; GitHub leaves commits out of long pushes. */
function hasSchemaPush({ commits = [], forced }: Payload): boolean {
  if (forced === true || commits.length === 0 || commits.length >= 20) return true
  return commits.some((c) => [...(c.added ?? []), ...(c.modified ?? []), ...(c.removed ?? [])].some(mayTouchSchema))
}

/** Jobs that must happen once for each delivery; the others may be repeated without harm. */
function idOf(job: Job, delivery: string): string | undefined {
  if (job.kind !== 'command') return undefined
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(delivery)) return delivery
  return createHash('sha256')
    .update(delivery)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')
}

/** Lets Probot hand every verified event to the queue; nothing else happens before GitHub has its answer. */
export function enqueueEvents(
  probot: Probot,
  store: Pick<Store, 'enqueue' | 'hasSeen' | 'markSeen'>,
  onEvent: (event: string, outcome: 'queued' | 'nothing' | 'repeated') => void = () => undefined,
): void {
  probot.onAny(async (event) => {
    const jobs = jobsOf(event.name, event.payload)
    if (jobs.length === 0) {
      onEvent(event.name, 'nothing')
      return
    }
    if (await store.hasSeen(event.id)) {
      onEvent(event.name, 'repeated')
      return
    }
    for (const job of jobs) {
      const id = idOf(job, event.id)
      await store.enqueue(job, id === undefined ? {} : { id })
    }
    await store.markSeen(event.id)
    onEvent(event.name, 'queued')
  })
}
