import { newComment, removeComment } from './rest/comments.ts'
import { pullNodeId } from './shapes.ts'
import { botOf } from './world.ts'
import type { Comment, Pull, World } from './world.ts'

const reactions: Readonly<Record<string, string>> = {
  THUMBS_UP: '+1',
  THUMBS_DOWN: '-1',
  EYES: 'eyes',
  CONFUSED: 'confused',
  ROCKET: 'rocket',
}

/** An error of a mutation with the type that GitHub gives it. */
export class MutationError extends Error {
  readonly type: 'NOT_FOUND' | 'FORBIDDEN' | 'UNPROCESSABLE'
  constructor(type: MutationError['type'], message: string) {
    super(message)
    this.type = type
  }
}

/** What GitHub's GraphQL API changes, by the names of its mutations; `mayWrite` is false for a token that only reads. */
export function mutations(world: World, mayWrite: boolean) {
  const mayComment = () => {
    if (!mayWrite || world.app.permissions['pull_requests'] !== 'write')
      throw new MutationError('FORBIDDEN', 'Resource not accessible by integration')
  }
  const found = (id: string): { readonly pull: Pull; readonly comment: Comment } => {
    mayComment()
    for (const repository of world.repositories.values())
      for (const pull of repository.pulls.values())
        for (const comment of [...pull.comments, ...pull.threads.flatMap((t) => t.comments)])
          if (nodeId(comment) === id) return { pull, comment }
    throw new MutationError('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`)
  }
  const own = (id: string) => {
    const { pull, comment } = found(id)
    if (comment.author.id !== botOf(world).id)
      throw new MutationError('FORBIDDEN', 'Resource not accessible by integration')
    return { pull, comment }
  }
  const write = (comment: Comment, body: string) => {
    comment.body = checked(body)
    comment.editedAt = world.now()
    comment.editor = botOf(world)
    return {}
  }
  return {
    addComment({ input }: { input: { subjectId: string; body: string } }) {
      mayComment()
      const pull = [...world.repositories.values()]
        .flatMap((repository) => [...repository.pulls.values()].map((p) => ({ p, id: pullNodeId(repository, p) })))
        .find(({ id }) => id === input.subjectId)?.p
      if (pull === undefined)
        throw new MutationError('NOT_FOUND', `Could not resolve to a node with the global id of '${input.subjectId}'`)
      if (pull.locked === true)
        throw new MutationError('UNPROCESSABLE', 'Unable to create comment because issue is locked.')
      pull.comments.push(newComment(world, pull.number, checked(input.body), null))
      return {}
    },
    updateIssueComment: ({ input }: { input: { id: string; body: string } }) =>
      write(own(input.id).comment, input.body),
    updatePullRequestReviewComment: ({ input }: { input: { pullRequestReviewCommentId: string; body: string } }) =>
      write(own(input.pullRequestReviewCommentId).comment, input.body),
    deletePullRequestReviewComment({ input }: { input: { id: string } }) {
      const { pull, comment } = own(input.id)
      removeComment(pull, comment)
      return {}
    },
    addReaction({ input }: { input: { subjectId: string; content: string } }) {
      const { comment } = found(input.subjectId)
      const [user, content] = [botOf(world).login, reactions[input.content] ?? '']
      if (!comment.reactions.some((r) => r.user === user && r.content === content))
        comment.reactions.push({ user, content })
      return {}
    },
    minimizeComment({ input }: { input: { subjectId: string; classifier: string } }) {
      found(input.subjectId).comment.minimized = input.classifier.toLowerCase()
      return {}
    },
    unminimizeComment({ input }: { input: { subjectId: string } }) {
      found(input.subjectId).comment.minimized = null
      return {}
    },
    resolveReviewThread({ input }: { input: { threadId: string } }) {
      if (world.app.permissions['contents'] !== 'write')
        throw new MutationError('FORBIDDEN', 'Resource not accessible by integration')
      const thread = [...world.repositories.values()]
        .flatMap((r) => [...r.pulls.values()])
        .flatMap((p) => p.threads)
        .find((t) => `PRRT_${t.id}` === input.threadId)
      if (thread === undefined)
        throw new MutationError('NOT_FOUND', `Could not resolve to a node with the global id of '${input.threadId}'`)
      thread.resolvedBy = thread.comments[0]?.author ?? null
      return {}
    },
  }
}

function checked(body: string): string {
  if (body.length > 65_536) throw new MutationError('UNPROCESSABLE', 'Body is too long (maximum is 65536 characters)')
  if (body.trim() === '') throw new MutationError('UNPROCESSABLE', 'Body cannot be blank')
  return body
}

export function nodeId(comment: Comment): string {
  return `${comment.thread === null ? 'IC' : 'PRRC'}_${comment.id}`
}
