import { anchorProblem } from './anchors.ts'
import type { Anchor } from './anchors.ts'
import type { Operation } from './operations.ts'
import type { Json, JsonObject } from './openapi.ts'
import {
  appShape,
  commentShape,
  fileShape,
  permissionShape,
  pullShape,
  repositoryShape,
  runShape,
  userShape,
} from './shapes.ts'
import { Refusal, botOf, pullOf, repositoryOf, userOf } from './world.ts'
import type { CheckRun, Comment, Pull, Repository, Thread, World } from './world.ts'

export interface Request {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: JsonObject
  readonly body: JsonObject
  readonly redeliver: (id: number) => Promise<void>
}

export interface Answer {
  readonly status: number
  readonly body?: Json
  /** Headers of the answer to a request for `location`. */
  readonly headers?: (location: URL) => Readonly<Record<string, string>>
}

type Handler = (world: World, request: Request) => Promise<Answer> | Answer

/** The permission that an operation needs; operations of the app itself need its own token instead. */
export const needs: Readonly<Partial<Record<Operation, string>>> = {
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': 'members:read',
  'GET /repos/{owner}/{repo}/compare/{basehead}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': 'contents:read',
  'GET /repos/{owner}/{repo}/pulls': 'pull_requests:read',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': 'pull_requests:read',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': 'pull_requests:read',
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews': 'pull_requests:write',
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies': 'pull_requests:write',
  'GET /repos/{owner}/{repo}/pulls/comments/{comment_id}': 'pull_requests:read',
  'PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}': 'pull_requests:write',
  'DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}': 'pull_requests:write',
  'POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions': 'pull_requests:write',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': 'pull_requests:write',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': 'pull_requests:write',
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}': 'pull_requests:write',
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': 'pull_requests:write',
  'POST /repos/{owner}/{repo}/check-runs': 'checks:write',
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': 'checks:write',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': 'checks:read',
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': 'pull_requests:read',
  'GET /repos/{owner}/{repo}/deployments': 'deployments:read',
  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': 'deployments:read',
}

/** Operations that are asked as the app, with its JWT. */
export const asApp: ReadonlySet<Operation> = new Set<Operation>([
  'GET /app',
  'GET /app/installations',
  'POST /app/installations/{installation_id}/access_tokens',
  'GET /app/hook/deliveries',
  'POST /app/hook/deliveries/{delivery_id}/attempts',
])

export const handlers: Readonly<Record<Operation, Handler>> = {
  'GET /app': (world) => ({ status: 200, body: appShape(world) }),
  'GET /app/installations': (world) => ({ status: 200, body: [installationShape(world)] }),
  'POST /app/installations/{installation_id}/access_tokens': (world, { parameters }) => {
    if (Number(parameters['installation_id']) !== world.installation.id) throw new Refusal(404, 'Not Found')
    if (world.installation.suspended) throw new Refusal(403, 'This installation has been suspended')
    const token = `ghs_${world.nextId()}`
    world.tokens.add(token)
    return {
      status: 201,
      body: {
        token,
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
        permissions: world.app.permissions,
        repository_selection: 'all',
      },
    }
  },
  'GET /app/hook/deliveries': (world, { query }) => {
    // Newest first, in pages that a cursor names.
    const wanted = world.deliveries
      .filter((d) => query['status'] !== 'failure' || d.status < 200 || d.status >= 300)
      .toReversed()
    const from = query['cursor'] === undefined ? 0 : wanted.findIndex((d) => d.id === Number(query['cursor']))
    const size = Math.min(100, Number(query['per_page'] ?? 30))
    const next = wanted[from + size]
    return {
      status: 200,
      headers(location) {
        if (next === undefined) return {}
        location.searchParams.set('cursor', String(next.id))
        return { link: `<${location.href}>; rel="next"` }
      },
      body: wanted.slice(from, from + size).map((d) => ({
        id: d.id,
        guid: d.guid,
        delivered_at: d.at,
        redelivery: d.redelivery,
        duration: 0.1,
        status: d.status < 300 ? 'OK' : 'failed',
        status_code: d.status,
        event: d.event,
        action: (d.payload['action'] as string | undefined) ?? null,
        installation_id: world.installation.id,
        repository_id: null,
      })),
    }
  },
  'POST /app/hook/deliveries/{delivery_id}/attempts': async (_world, { parameters, redeliver }) => {
    await redeliver(Number(parameters['delivery_id']))
    return { status: 202, body: {} }
  },
  'GET /installation/repositories': (world, { query }) => {
    const all = [...world.repositories.values()].map((r) => repositoryShape(world, r))
    return { status: 200, body: { total_count: all.length, repositories: page(all, query) } }
  },
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': (world, { parameters }) => {
    if (world.teams.get(`${parameters['org']}/${parameters['team_slug']}`)?.has(parameters['username'] ?? '') !== true)
      throw new Refusal(404, 'Not Found')
    return { status: 200, body: { role: 'member', state: 'active', url: 'https://github.test/' } }
  },
  'GET /repos/{owner}/{repo}/compare/{basehead}': async (world, request) => {
    const repository = repositoryIn(world, request)
    const [from = '', to = ''] = (request.parameters['basehead'] ?? '').split('...')
    const { git } = repository
    const base = await git.resolve(from)
    const head = await git.resolve(to)
    if (base === null || head === null) throw new Refusal(404, 'Not Found')
    const mergeBase = await git.mergeBase(base, head)
    const first = Number(request.query['page'] ?? 1) === 1
    const commits = await git.log(mergeBase, head)
    const files = first ? (await git.diff(mergeBase, head)).slice(0, world.limits.compareFiles) : []
    const commit = async (sha: string) => ({
      sha,
      commit: { message: '', tree: { sha: await git.treeOf(sha), url: 'https://github.test/' } },
      parents: [],
    })
    return {
      status: 200,
      body: {
        base_commit: await commit(base),
        merge_base_commit: await commit(mergeBase),
        status: commits.length === 0 ? 'identical' : 'ahead',
        ahead_by: commits.length,
        behind_by: 0,
        total_commits: commits.length,
        commits: await Promise.all(page(commits, request.query).map((c) => commit(c.sha))),
        files: files.map((f) => fileShape(world, f)),
      },
    }
  },
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': async (world, request) => {
    const { git } = repositoryIn(world, request)
    const sha = request.parameters['tree_sha'] ?? ''
    const recursive = request.query['recursive'] !== undefined
    const entries = await git.entries(sha, recursive).catch(() => {
      throw new Refusal(404, 'Not Found')
    })
    const shown = entries.slice(0, world.limits.treeEntries)
    return {
      status: 200,
      body: {
        sha: await git.treeOf(sha).catch(() => sha),
        url: 'https://github.test/',
        truncated: shown.length < entries.length,
        tree: shown.map((e) => ({
          path: e.path,
          mode: e.mode,
          type: e.type,
          sha: e.sha,
          ...(e.size === null ? {} : { size: e.size }),
          url: 'https://github.test/',
        })),
      },
    }
  },
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': async (world, request) => {
    const sha = request.parameters['file_sha'] ?? ''
    const bytes = await repositoryIn(world, request)
      .git.blob(sha)
      .catch(() => {
        throw new Refusal(404, 'Not Found')
      })
    return {
      status: 200,
      body: {
        sha,
        node_id: `B_${sha}`,
        size: bytes.length,
        encoding: 'base64',
        content: bytes.toString('base64'),
        url: 'https://github.test/',
      },
    }
  },
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
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews': createReview,
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies': (world, request) => {
    const repository = repositoryIn(world, request)
    const { comment } = commentIn(repository, request)
    if (comment.thread === null) throw new Refusal(404, 'Not Found')
    const reply = newComment(world, comment.pull, bodyOf(request), comment.thread)
    comment.thread.comments.push(reply)
    return { status: 201, body: commentShape(world, reply) }
  },
  'GET /repos/{owner}/{repo}/pulls/comments/{comment_id}': (world, request) => ({
    status: 200,
    body: commentShape(world, commentIn(repositoryIn(world, request), request).comment),
  }),
  'PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}': editComment,
  'DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}': deleteComment,
  'POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions': react,
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': (world, request) => {
    const repository = repositoryIn(world, request)
    const pull = pullOf(repository, Number(request.parameters['issue_number']))
    const comment = newComment(world, pull.number, bodyOf(request), null)
    pull.comments.push(comment)
    return { status: 201, body: commentShape(world, comment) }
  },
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': editComment,
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}': deleteComment,
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': react,
  'POST /repos/{owner}/{repo}/check-runs': async (world, request) => {
    const repository = repositoryIn(world, request)
    const { body } = request
    if ((await repository.git.resolve(String(body['head_sha']))) !== body['head_sha'])
      throw new Refusal(422, `No commit found for SHA: ${String(body['head_sha'])}`)
    const run: CheckRun = {
      id: world.nextId(),
      app: world.app.slug,
      name: String(body['name']),
      headSha: String(body['head_sha']),
      externalId: '',
      detailsUrl: null,
      status: 'queued',
      conclusion: null,
      startedAt: world.now(),
      completedAt: null,
      output: { title: null, summary: null, text: null },
      annotations: [],
      actions: [],
    }
    applyToRun(world, run, body)
    repository.checkRuns.push(run)
    return { status: 201, body: runShape(world, run, repository) }
  },
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': (world, request) => {
    const repository = repositoryIn(world, request)
    const run = repository.checkRuns.find((r) => r.id === Number(request.parameters['check_run_id']))
    if (run === undefined) throw new Refusal(404, 'Not Found')
    applyToRun(world, run, request.body)
    return { status: 200, body: runShape(world, run, repository) }
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': (world, request) => {
    const repository = repositoryIn(world, request)
    const { check_name: name, app_id: app } = request.query
    const runs = repository.checkRuns
      .filter(
        (r) =>
          r.headSha === request.parameters['ref'] &&
          (name === undefined || r.name === name) &&
          (app === undefined || Number(app) === world.app.id),
      )
      .toReversed()
    const shown =
      request.query['filter'] === 'all' ? runs : runs.filter((r, i) => runs.findIndex((o) => o.name === r.name) === i)
    return {
      status: 200,
      body: {
        total_count: shown.length,
        check_runs: page(shown, request.query).map((r) => runShape(world, r, repository)),
      },
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
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': (world, request) => {
    const repository = repositoryIn(world, request)
    return { status: 200, body: permissionShape(repository, userOf(world, request.parameters['username'] ?? '')) }
  },
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
}

function repositoryIn(world: World, request: Request): Repository {
  return repositoryOf(world, request.parameters['owner'] ?? '', request.parameters['repo'] ?? '')
}

function pullIn(repository: Repository, request: Request): Pull {
  return pullOf(repository, Number(request.parameters['pull_number']))
}

/** The number of the last page, by queries whose answer is not it. */
export const unfinished = new WeakMap<JsonObject, number>()

function page<T>(all: readonly T[], query: JsonObject): T[] {
  const size = Math.min(100, Number(query['per_page'] ?? 30))
  const at = (Number(query['page'] ?? 1) - 1) * size
  if (at + size < all.length) unfinished.set(query, Math.ceil(all.length / size))
  return all.slice(at, at + size)
}

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

function installationShape(world: World): JsonObject {
  return {
    id: world.installation.id,
    account: { ...userShape({ login: 'octo-org', id: 1, type: 'Organization' }), name: 'octo-org' },
    app_id: world.app.id,
    app_slug: world.app.slug,
    permissions: world.app.permissions,
    target_type: 'Organization',
    repository_selection: 'all',
    suspended_at: world.installation.suspended ? world.now() : null,
  }
}

function bodyOf(request: Request): string {
  const body = String(request.body['body'] ?? '')
  if (body.trim() === '') throw new Refusal(422, 'Validation Failed', ['body cannot be blank'])
  if (body.length > 65_536)
    throw new Refusal(422, 'Validation Failed', ['body is too long (maximum is 65536 characters)'])
  return body
}

export function newComment(
  world: World,
  pull: number,
  body: string,
  thread: Thread | null,
  author = botOf(world),
): Comment {
  return {
    id: world.nextId(),
    pull,
    author,
    body,
    createdAt: world.now(),
    editedAt: null,
    editor: null,
    minimized: null,
    reactions: [],
    thread,
  }
}

function commentIn(repository: Repository, request: Request): { readonly comment: Comment; readonly pull: Pull } {
  const id = Number(request.parameters['comment_id'])
  for (const pull of repository.pulls.values()) {
    const comment = [...pull.comments, ...pull.threads.flatMap((t) => t.comments)].find((c) => c.id === id)
    if (comment !== undefined) return { comment, pull }
  }
  throw new Refusal(404, 'Not Found')
}

function editComment(world: World, request: Request): Answer {
  const { comment } = commentIn(repositoryIn(world, request), request)
  if (comment.author.id !== botOf(world).id) throw new Refusal(403, 'Resource not accessible by integration')
  comment.body = bodyOf(request)
  comment.editedAt = world.now()
  comment.editor = botOf(world)
  return { status: 200, body: commentShape(world, comment) }
}

function deleteComment(world: World, request: Request): Answer {
  const { comment, pull } = commentIn(repositoryIn(world, request), request)
  if (comment.author.id !== botOf(world).id) throw new Refusal(403, 'Resource not accessible by integration')
  removeComment(pull, comment)
  return { status: 204 }
}

export function removeComment(pull: Pull, comment: Comment): void {
  const list = comment.thread === null ? pull.comments : comment.thread.comments
  list.splice(list.indexOf(comment), 1)
  pull.threads = pull.threads.filter((t) => t.comments.length > 0)
}

function react(world: World, request: Request): Answer {
  const { comment } = commentIn(repositoryIn(world, request), request)
  const content = String(request.body['content'])
  const user = botOf(world)
  const known = comment.reactions.some((r) => r.user === user.login && r.content === content)
  if (!known) comment.reactions.push({ user: user.login, content })
  return {
    status: known ? 200 : 201,
    body: { id: world.nextId(), node_id: 'RE_1', user: userShape(user), content, created_at: world.now() },
  }
}

async function createReview(world: World, request: Request): Promise<Answer> {
  const repository = repositoryIn(world, request)
  const pull = pullIn(repository, request)
  const { body, commit_id: commit = pull.headSha, event, comments = [] } = request.body
  const given = comments as unknown as readonly (Anchor & { readonly body: string })[]
  const text = typeof body === 'string' ? body : ''
  if (event === undefined) throw new Refusal(422, 'Validation Failed', ['a pending review that nobody submits'])
  if (text === '' && given.length === 0) throw new Refusal(422, 'Validation Failed', ["body can't be blank"])
  if (text.length > 65_536 || given.some((c) => c.body.length > 65_536))
    throw new Refusal(422, 'Validation Failed', ['body is too long (maximum is 65536 characters)'])
  if (commit !== pull.headSha)
    throw new Refusal(422, 'Validation Failed', ['commit_id is not part of the pull request'])
  const files = await pullDiff(repository, pull)
  for (const comment of given) {
    const problem = anchorProblem(files, comment, world.limits.patchBytes)
    if (problem !== null) throw new Refusal(422, 'Unprocessable Entity', [problem])
    if (comment.body.trim() === '') throw new Refusal(422, 'Validation Failed', ['body cannot be blank'])
  }
  if (pull.locked === true) throw new Refusal(403, 'This conversation has been locked and limited to collaborators.')
  const review = { id: world.nextId(), author: botOf(world), body: text, comments: given.length }
  pull.reviews.push(review)
  for (const comment of given) {
    const thread: Thread = {
      id: world.nextId(),
      pull: pull.number,
      path: comment.path,
      side: comment.side === 'LEFT' ? 'LEFT' : 'RIGHT',
      line: comment.line ?? null,
      startLine: comment.start_line ?? null,
      originalLine: comment.line ?? 1,
      commit: pull.headSha,
      resolvedBy: null,
      comments: [],
    }
    thread.comments.push(newComment(world, pull.number, comment.body, thread))
    pull.threads.push(thread)
  }
  return {
    status: 200,
    body: {
      id: review.id,
      node_id: `PRR_${review.id}`,
      user: userShape(review.author),
      body: text,
      state: 'COMMENTED',
      html_url: 'https://github.test/',
      commit_id: pull.headSha,
      author_association: 'NONE',
      _links: { html: { href: '' }, pull_request: { href: '' } },
    },
  }
}

function applyToRun(world: World, run: CheckRun, body: JsonObject): void {
  const output = body['output'] as
    | { title?: string; summary?: string; text?: string; annotations?: JsonObject[] }
    | undefined
  if (body['status'] === 'completed' && body['conclusion'] === undefined)
    throw new Refusal(422, 'Invalid request.', ['conclusion is required when status is completed'])
  for (const annotation of output?.annotations ?? []) {
    const { start_line: from, end_line: to, start_column: column, end_column: endColumn, title, message } = annotation
    if (Number(from) < 1 || Number(to) < Number(from))
      throw new Refusal(422, 'Invalid request.', ['annotation lines are not a range'])
    if ((column !== undefined || endColumn !== undefined) && from !== to)
      throw new Refusal(422, 'Invalid request.', ['columns need one line'])
    if (typeof title === 'string' && title.length > 255)
      throw new Refusal(422, 'Invalid request.', ['annotation title is longer than 255 characters'])
    if (Buffer.byteLength(String(message)) > 65_536)
      throw new Refusal(422, 'Invalid request.', ['annotation message is larger than 64 KB'])
  }
  if (typeof body['external_id'] === 'string') run.externalId = body['external_id']
  if (typeof body['details_url'] === 'string') run.detailsUrl = body['details_url']
  if (Array.isArray(body['actions'])) run.actions = body['actions'] as JsonObject[]
  if (output !== undefined) {
    run.output = { title: output.title ?? null, summary: output.summary ?? null, text: output.text ?? run.output.text }
    run.annotations.push(...(output.annotations ?? []))
  }
  if (typeof body['conclusion'] === 'string') {
    run.status = 'completed'
    run.conclusion = body['conclusion']
    run.completedAt = world.now()
  } else if (typeof body['status'] === 'string') {
    run.status = body['status'] as CheckRun['status']
    run.conclusion = null
  }
}
