import type { Finding } from '../../finding.ts'
import type { Decision } from '../../engine/approvals.ts'
import { means } from '../../engine/approvals.ts'
import type { CommandJob } from '../../queue/jobs.ts'
import { codeSpan, sentence, truncate } from '../../report/markdown-escape.ts'
import type { Config } from '../../config.ts'
import { planOf } from '../../planner/plan.ts'
import { planToComment } from '../../planner/show.ts'
import type { Report } from '../../report/report.ts'
import { didYouMean } from '../../spelling.ts'
import { placeIn, statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import { commandNames, openCommands, parseCommands } from '../people/commands.ts'
import type { Command, CommandName } from '../people/commands.ts'
import type { Context } from '../context.ts'
import { readMarker, writeMarker } from '../publishing/markers.ts'
import { permissionsIn, refusal } from '../people/permissions.ts'
import type { Permissions } from '../people/permissions.ts'
import { readPull } from '../reading/pull-request.ts'
import type { PullComment } from '../reading/pull-request.ts'
import { reviewPull } from './review.ts'

type Reaction = '+1' | 'confused' | 'eyes'

/** What came of one command: words where words are needed. */
interface Outcome {
  readonly worked: boolean
  readonly answer: string | null
  /** True where the pull request has to be reviewed again. */
  readonly rechecks: boolean
}

/** Carries out the commands of a comment: answers with reactions, and with words where they are needed. */
export async function runCommands(job: CommandJob, context: Context): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const commands = parseCommands(job.body, context.app?.slug)
  if (commands.length === 0) return
  try {
    const permissions = permissionsIn(place)
    const review = once(() => reviewPull(place, job.pull, context))
    const running = { place, job, context, permissions, review }
    const [outcomes] = await Promise.all([runAll(commands.slice(0, 10), running), react(place, job, 'eyes')])
    if (outcomes.some((o) => o.rechecks))
      await context.enqueue({
        kind: 'review',
        installation: job.installation,
        owner: job.owner,
        repo: job.repo,
        pull: job.pull,
        head: null,
        base: null,
        reason: `comment by ${job.login}`,
        quiet: false,
        again: false,
      })
    const answers = outcomes.flatMap((o) => (o.answer === null ? [] : [o.answer]))
    if (answers.length > 0) await answer(place, job, context, answers.join('\n\n'))
    await react(place, job, outcomes.every((o) => o.worked) ? '+1' : 'confused')
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 410) return
    throw error
  }
}

interface Running {
  readonly place: Place
  readonly job: CommandJob
  readonly context: Context
  readonly permissions: Permissions
  readonly review: () => Promise<{
    readonly report: Report
    readonly config: Config
    readonly decisions: readonly Decision[]
  }>
}

const done: Outcome = { worked: true, answer: null, rechecks: false }
const failed = (answer: string): Outcome => ({ worked: false, answer, rechecks: false })

async function runAll(commands: readonly Command[], running: Running): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const command of commands) outcomes.push(await runCommand(command, running))
  return outcomes
}

async function runCommand(command: Command, running: Running): Promise<Outcome> {
  const { job, context, permissions, review } = running
  if (command.name === 'unknown') {
    return failed(
      `There is no command ${codeSpan(command.written)}.${didYouMean(command.written, commandNames)} \`/schemagate help\` lists them.`,
    )
  }
  if (command.name === 'wrong') return failed(`\`/schemagate ${command.command}\`: ${command.problem}.`)
  const settings = openCommands.has(command.name) ? defaultApprovals : (await review()).config.approvals
  const refused = await refusal(command.name, job.login, job.author, permissions, settings)
  if (refused !== null) return failed(`\`/schemagate ${command.name}\`: ${refused}.`)
  const today = context.now().toISOString().slice(0, 10)
  if (command.until !== null && command.until < today)
    return failed(`\`/schemagate ${command.name}\`: ${codeSpan(`until: ${command.until}`)} is over.`)
  switch (command.name) {
    case 'help':
      return { ...done, answer: help() }
    case 'recheck':
      return { ...done, rechecks: true }
    case 'pause':
    case 'resume':
      return { ...done, rechecks: command.name === 'resume' }
    case 'explain':
      return explain(command.target ?? (await threadFinding(running)), running)
    case 'plan':
      return plan((await review()).report)
    case 'ignore': {
      if (!context.core.ruleIds.includes(command.target ?? ''))
        return failed(
          `There is no rule ${codeSpan(command.target ?? '')}.${didYouMean(command.target ?? '', context.core.ruleIds)}`,
        )
      return { ...done, rechecks: true }
    }
    case 'approve':
    case 'unapprove':
      return decide(command.name, command.target ?? (await threadFinding(running)), job.comment, await review())
  }
}

const defaultApprovals: Config['approvals'] = { author: false, permission: 'write', teams: [], expiresDays: 14 }

function decide(
  name: 'approve' | 'unapprove',
  target: string | null,
  comment: number,
  { report, decisions }: { readonly report: Report; readonly decisions: readonly Decision[] },
): Outcome {
  const state = name === 'approve' ? 'needed' : 'given'
  const can = report.findings.filter((f) => f.approvable && f.approval?.state === state)
  const list =
    can.length === 0
      ? `Nothing here ${name === 'approve' ? 'waits for an approval' : 'is approved'}.`
      : `What ${name === 'approve' ? 'waits for one' : 'is approved'}:\n${can.map((f) => `- ${codeSpan(f.fingerprint.slice(0, 4))} ${sentence(f.message)}`).join('\n')}`
  if (target === null) return failed(`\`/schemagate ${name}\`: say which finding. ${list}`)
  const meant = report.findings.filter((f) => means(target, f))
  if (/^[0-9a-f]{1,3}$/.test(target))
    return failed(`\`/schemagate ${name}\`: ${codeSpan(target)} is too short; write four digits or more. ${list}`)
  if (meant.length === 0) return failed(`\`/schemagate ${name}\`: no finding here is ${codeSpan(target)}. ${list}`)
  if (target !== 'destructive' && meant.length > 1)
    return failed(
      `\`/schemagate ${name}\`: ${codeSpan(target)} means ${meant.length} findings; write more of it:\n${meant.map((f) => `- ${codeSpan(f.fingerprint)} ${sentence(f.message)}`).join('\n')}`,
    )
  const lifted = meant.filter((f) => f.approvable && f.approval !== null)
  if (lifted.length === 0)
    return failed(
      `\`/schemagate ${name}\`: an approval does not lift ${meant.map((f) => codeSpan(f.rule)).join(', ')}; it has to be mended, or switched off in \`.github/schemagate.yml\`.`,
    )
  const said = decisions.filter((d) => d.kind === 'approve' && d.key.startsWith(`${comment}.`))
  if (said.some((d) => d.kind === 'approve' && !d.isCurrent && d.fingerprints === null && d.target.length < 16)) {
    return failed(
      `\`/schemagate ${name}\`: the newest commit was not reviewed yet when you wrote this. Look at its findings, then approve again.`,
    )
  }
  return { ...done, rechecks: true }
}

async function explain(target: string | null, { context, review }: Running): Promise<Outcome> {
  if (target === null) return failed('`/schemagate explain`: say which rule or finding.')
  const page = context.core.explain(target)
  if (page !== null) return { ...done, answer: page }
  const { report } = await review()
  const [finding] = report.findings.filter((f) => target.length >= 4 && f.fingerprint.startsWith(target))
  const text = finding === undefined ? null : context.core.explain(finding.rule)
  return finding === undefined || text === null
    ? failed(`There is neither a rule nor a finding ${codeSpan(target)}.${didYouMean(target, context.core.ruleIds)}`)
    : { ...done, answer: `${sentence(finding.message)}\n\n${text}` }
}

function plan(report: Report): Outcome {
  const plans = report.projects
    .filter((project) => project.steps.length > 0)
    .map((project) => planOf(project, report.postgres))
  if (plans.length === 0)
    return { ...done, answer: 'There is nothing to plan: the pull request makes no schema change.' }
  return { ...done, answer: planToComment(plans, 60_000) }
}

/** The finding of the thread that a reply stands in. */
async function threadFinding({ place, job }: Running): Promise<Finding['fingerprint'] | null> {
  if (job.repliesTo === null) return null
  const { data } = await place.client.rest.pulls.getReviewComment({
    owner: place.owner,
    repo: place.repo,
    comment_id: job.repliesTo,
  })
  const marker = readMarker(data.body)
  return marker?.kind === 'finding' || marker?.kind === 'fixed' ? marker.fingerprint : null
}

function help(): string {
  const rows: readonly (readonly [CommandName, string, string])[] = [
    ['recheck', '', 'review the head commit again'],
    ['explain', 'RULE or FINDING', 'the page of a rule'],
    ['plan', '', 'deploy order, backfills, the way back, as SQL'],
    ['approve', 'FINDING or destructive, reason: …', 'lifts a finding until its statement changes'],
    ['unapprove', 'FINDING', 'takes an approval back'],
    ['ignore', 'RULE [PATH] reason: … [until: 2026-12-31]', 'silences a rule in this pull request'],
    ['pause', '', 'no more comments; the check goes on'],
    ['resume', '', 'comments again'],
    ['help', '', 'this'],
  ]
  const table = rows.map(
    ([name, more, what]) =>
      `| \`/schemagate ${name}${more === '' ? '' : ` ${more}`}\` | ${what} | ${openCommands.has(name) ? 'the author, triage' : 'write, not the author'} |`,
  )
  return `| Command | Does | Who |\n| --- | --- | --- |\n${table.join('\n')}\n\nA finding is named by the first four digits or more that stand beside it. One command a line, at its start; in a reply to an inline comment, \`approve\`, \`unapprove\` and \`explain\` mean that finding.`
}

async function react({ client, owner, repo }: Place, job: CommandJob, content: Reaction): Promise<void> {
  const where = { owner, repo, comment_id: job.comment, content }
  if (job.inline) await client.rest.reactions.createForPullRequestReviewComment(where)
  else await client.rest.reactions.createForIssueComment(where)
}

/** Answers a comment, once: a job that failed after its answer runs again. */
async function answer(place: Place, job: CommandJob, context: Context, text: string): Promise<void> {
  const { client, owner, repo } = place
  const { pull } = await readPull(place, job.pull, context.app?.id ?? null, null)
  const isAnswer = ({ isOwn, body }: PullComment) => {
    const marker = isOwn ? readMarker(body) : null
    return marker?.kind === 'answer' && marker.comment === job.comment
  }
  if ([...pull.comments, ...pull.threads.flatMap((t) => t.comments)].some(isAnswer)) return
  const body = `${truncate(text, 60_000, "_The rest was cut at GitHub's limit._")}\n\n${writeMarker({ kind: 'answer', comment: job.comment })}`
  if (job.inline)
    await client.rest.pulls.createReplyForReviewComment({
      owner,
      repo,
      pull_number: job.pull,
      comment_id: job.repliesTo ?? job.comment,
      body,
    })
  else await client.rest.issues.createComment({ owner, repo, issue_number: job.pull, body })
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make()
    return made
  }
}
