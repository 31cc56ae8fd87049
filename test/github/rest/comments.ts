import { anchorProblem } from '../anchors.ts'
import type { Anchor } from '../anchors.ts'
import { commentShape, userShape } from '../shapes.ts'
import { Refusal, botOf, pullOf } from '../world.ts'
import type { Comment, Pull, Repository, Thread, World } from '../world.ts'
import { pullDiff } from './pulls.ts'
import { bodyOf, pullIn, repositoryIn } from './request.ts'
import type { Answer, Handlers, Needs, Request } from './request.ts'

export const commentsNeeds = {
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
} satisfies Needs

/** Reviews, comments and reactions. */
export const comments = {
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
} satisfies Handlers

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
