import type { CommandJob } from '../../queue/jobs.ts'
import { placeIn, statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { answerAtOnce, isAnsweredAtOnce, isAnswerThere, isFresh, joined, mostCommands } from '../people/answers.ts'
import type { Outcome } from '../people/answers.ts'
import { parseCommands } from '../people/commands.ts'
import type { Command } from '../people/commands.ts'
import { permissionsIn } from '../people/permissions.ts'
import { writeAnswer } from '../publishing/conversation.ts'
import { readPull } from '../reading/pull-request.ts'

/**
 * Takes notice of the commands of a comment with a reaction. What needs no look at the pull request is answered here; everything
 * else by a review, which reads the comment with the rest of the conversation, so that both share one reading.
 */
export async function runCommands(job: CommandJob, context: Context): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const commands = parseCommands(job.body, context.app?.slug).slice(0, mostCommands)
  if (commands.length === 0) return
  const rests = commands.every((command) => isAnsweredAtOnce(command, context.core))
  try {
    await Promise.all([rests ? answer(place, job, commands, context) : review(job, context), notice(place, job)])
  } catch (error) {
    // The comment was deleted.
    if (statusOf(error) !== 404 && statusOf(error) !== 410) throw error
  }
}

function review({ installation, owner, repo, pull, login }: CommandJob, context: Context): Promise<void> {
  return context.enqueue({
    kind: 'review',
    installation,
    owner,
    repo,
    pull,
    head: null,
    base: null,
    reason: `comment by ${login}`,
    quiet: false,
    again: false,
  })
}

async function answer(
  place: Place,
  job: CommandJob,
  commands: readonly Command[],
  { core, app, now }: Context,
): Promise<void> {
  const { login, author, comment, node, pullNode, inline, repliesTo } = job
  const speaker = { login, author, permissions: permissionsIn(place), core }
  const outcomes: Outcome[] = []
  for (const command of commands) outcomes.push((await answerAtOnce(command, speaker)) ?? { worked: true, text: null })
  const { worked, text } = joined(outcomes)
  const mayBeThere = job.begun || !isFresh(new Date(job.at), now())
  const isThere = mayBeThere && isAnswerThere((await readPull(place, job.pull, app?.id ?? null, null)).pull, comment)
  await writeAnswer(
    place,
    { number: job.pull, nodeId: pullNode },
    { comment, node, thread: inline ? (repliesTo ?? comment) : null, text: isThere ? null : text, worked },
  )
}

async function notice({ client, owner, repo }: Place, job: CommandJob): Promise<void> {
  const where = { owner, repo, comment_id: job.comment, content: 'eyes' } as const
  if (job.inline) await client.rest.reactions.createForPullRequestReviewComment(where)
  else await client.rest.reactions.createForIssueComment(where)
}
