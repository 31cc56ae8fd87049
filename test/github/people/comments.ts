import type { JsonObject } from '../openapi.ts'
import { newComment, removeComment } from '../rest/comments.ts'
import { commentShape, pullNodeId, repositoryShape, userShape } from '../shapes.ts'
import type { StandIn } from '../stand-in.ts'
import { userOf } from '../world.ts'
import type { Comment, Pull, Repository, Thread } from '../world.ts'
import { pullPayload } from './pulls.ts'

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
    await github.deliver('pull_request_review_comment', `pull-request-review-comment-${action}`, {
      ...common,
      comment: { ...shape, position: null, original_position: 1 },
      pull_request: await pullPayload(github, repository, pull),
    })
    return
  }
  const link = 'https://github.test/'
  await github.deliver('issue_comment', `issue-comment-${action}`, {
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
