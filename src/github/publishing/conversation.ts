import { truncate } from '../../report/markdown-escape.ts'
import { graphql, statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import { writeMarker } from '../markers.ts'
import type { Answer, Publication } from './plan.ts'

/** One change of a conversation, by the names of GitHub's GraphQL API. */
interface Mutation {
  readonly name:
    | 'addComment'
    | 'updateIssueComment'
    | 'addReaction'
    | 'updatePullRequestReviewComment'
    | 'deletePullRequestReviewComment'
    | 'minimizeComment'
    | 'unminimizeComment'
  readonly input: Readonly<Record<string, string>>
  /** True where nothing is lost if GitHub has no such comment any more. */
  readonly optional: boolean
}

/** So many changes are sent at once: GitHub makes them one after another and gives up after ten seconds. */
const atOnce = 10

/** Everything that a publication changes in a conversation; what GitHub makes in one go costs one request. */
export async function writeConversation(
  place: Place,
  pull: { readonly number: number; readonly nodeId: string },
  {
    sticky,
    answers,
    edit,
    remove,
    minimize,
    restore,
  }: Pick<Publication, 'sticky' | 'answers' | 'edit' | 'remove' | 'minimize' | 'restore'>,
): Promise<void> {
  for (const answer of answers) await replyInThread(place, pull.number, answer)
  await mutate(place, [
    ...(sticky === null
      ? []
      : [
          sticky.comment === null
            ? mutation('addComment', { subjectId: pull.nodeId, body: sticky.body })
            : mutation('updateIssueComment', { id: sticky.comment, body: sticky.body }),
        ]),
    ...answers.flatMap((answer) => answered(answer, pull.nodeId)),
    ...edit.map(({ comment, body }) =>
      mutation('updatePullRequestReviewComment', { pullRequestReviewCommentId: comment, body }, true),
    ),
    ...remove.map((id) => mutation('deletePullRequestReviewComment', { id }, true)),
    ...minimize.map((subjectId) => mutation('minimizeComment', { subjectId, classifier: 'RESOLVED' }, true)),
    ...restore.map((subjectId) => mutation('unminimizeComment', { subjectId }, true)),
  ])
}

/** Writes the answer to one comment alone. */
export async function writeAnswer(
  place: Place,
  pull: { readonly number: number; readonly nodeId: string },
  answer: Answer,
): Promise<void> {
  await replyInThread(place, pull.number, answer)
  await mutate(place, answered(answer, pull.nodeId))
}

/** The reaction comes last: it says that the answer is whole. */
function answered({ comment, node, thread, text, worked }: Answer, pull: string): readonly Mutation[] {
  return [
    ...(text === null || thread !== null
      ? []
      : [mutation('addComment', { subjectId: pull, body: answerBody(text, comment) }, true)]),
    mutation('addReaction', { subjectId: node, content: worked ? 'THUMBS_UP' : 'CONFUSED' }, true),
  ]
}

async function replyInThread({ client, owner, repo }: Place, pull: number, answer: Answer): Promise<void> {
  const { thread, text, comment } = answer
  if (thread === null || text === null) return
  try {
    await client.rest.pulls.createReplyForReviewComment({
      owner,
      repo,
      pull_number: pull,
      comment_id: thread,
      body: answerBody(text, comment),
      request: { retries: 0 },
    })
  } catch (error) {
    // The thread was deleted meanwhile, or takes no more comments.
    if (statusOf(error) !== 404 && !isLocked(error)) throw error
  }
}

/** True where GitHub refuses a comment because the conversation takes none any more; the check run goes on without it. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && /\b(?:is|been) locked\b/i.test(error.message)
}

function answerBody(text: string, comment: number): string {
  return `${truncate(text, 60_000, "_The rest was cut at GitHub's limit._")}\n\n${writeMarker({ kind: 'answer', comment })}`
}

function mutation(name: Mutation['name'], input: Mutation['input'], optional = false): Mutation {
  return { name, input, optional }
}

async function mutate(place: Place, mutations: readonly Mutation[]): Promise<void> {
  for (let at = 0; at < mutations.length; at += atOnce) {
    const some = mutations.slice(at, at + atOnce)
    const parameters = some.map(({ name }, i) => `$m${i}: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`)
    const fields = some.map(({ name }, i) => `m${i}: ${name}(input: $m${i}) { clientMutationId }`)
    try {
      await graphql(
        place,
        `mutation(${parameters.join(', ')}) { ${fields.join(' ')} }`,
        Object.fromEntries(some.map(({ input }, i) => [`m${i}`, input])),
        some.flatMap(({ optional }, i) => (optional ? [`m${i}`] : [])),
      )
    } catch (error) {
      if (!isLocked(error)) throw error
    }
  }
}
