import { means } from '../../engine/approvals.ts'
import type { Decision } from '../../engine/approvals.ts'
import type { Config } from '../../config.ts'
import { planOf } from '../../planner/plan.ts'
import { planToComment } from '../../planner/show.ts'
import { codeSpan, sentence } from '../../report/markdown-escape.ts'
import type { Report } from '../../report/report.ts'
import { didYouMean } from '../../spelling.ts'
import type { Context } from '../context.ts'
import type { Core } from '../core.ts'
import type { PullState } from '../reading/pull-request.ts'
import { commandNames, openCommands, parseCommands } from './commands.ts'
import type { Command, CommandName } from './commands.ts'
import { readMarker } from '../markers.ts'
import type { Answer } from '../publishing/plan.ts'
import { commentsOf } from './decisions.ts'
import type { Said } from './decisions.ts'
import { refusal, refusalToAsk } from './permissions.ts'
import type { Permissions } from './permissions.ts'

/** What a command came to; words only where words are needed. */
export interface Outcome {
  readonly worked: boolean
  readonly text: string | null
}

/** Who gives a command, and where. */
export interface Speaker {
  readonly login: string
  /** Login of whoever opened the pull request. */
  readonly author: string
  readonly permissions: Permissions
  readonly core: Core
}

/** What a command can rest on once the pull request was reviewed with what the conversation decides. */
export interface Ground {
  readonly report: Report
  readonly config: Config
  readonly decisions: readonly Decision[]
  /** Day of the review. */
  readonly today: string
  /** Id of the comment. */
  readonly comment: number
  /** Finding of the thread that the comment stands in. */
  readonly fingerprint: string | null
}

/** A command that nobody answered for so long was given to another app, or before this one was installed. */
const oldest = 3 * 86_400_000

/** Comments whose commands have no answer yet. */
export function unanswered(
  pull: Pick<PullState, 'comments' | 'threads'>,
  slug: string | null,
  now: Date,
): readonly (Said & { readonly commands: readonly Command[] })[] {
  return commentsOf(pull)
    .filter(({ comment }) => !comment.isAnswered && now.getTime() - comment.at.getTime() < oldest)
    .map((said) => ({ ...said, commands: parseCommands(said.comment.body, slug).slice(0, mostCommands) }))
    .filter(({ commands }) => commands.length > 0)
}

/** So long a comment is left to its own delivery where that can answer it at once: two answers would be one too many. */
const ownTime = 2 * 60_000

export function isFresh(at: Date, now: Date): boolean {
  return now.getTime() - at.getTime() < ownTime
}

/** True where the words of an answer to a comment were written. */
export function isAnswerThere(
  { comments, threads }: Pick<PullState, 'comments' | 'threads'>,
  comment: number,
): boolean {
  return [...comments, ...threads.flatMap((t) => t.comments)].some(({ isOwn, body }) => {
    const marker = isOwn ? readMarker(body) : null
    return marker?.kind === 'answer' && marker.comment === comment
  })
}

/** So many commands of one comment are carried out. */
export const mostCommands = 10

/** What a comment with several commands gets. */
export function joined(outcomes: readonly Outcome[]): Outcome {
  const texts = outcomes.flatMap((o) => (o.text === null ? [] : [o.text]))
  return { worked: outcomes.every((o) => o.worked), text: texts.length === 0 ? null : texts.join('\n\n') }
}

const done: Outcome = { worked: true, text: null }
const said = (text: string): Outcome => ({ worked: true, text })
const failed = (text: string): Outcome => ({ worked: false, text })

/** Answers what needs no look at the pull request; null where a command needs one. */
export async function answerAtOnce(command: Command, speaker: Speaker): Promise<Outcome | null> {
  if (command.name === 'unknown')
    return failed(
      `There is no command ${codeSpan(command.written)}.${didYouMean(command.written, commandNames)} \`/schemagate help\` lists them.`,
    )
  if (command.name === 'wrong') return failed(`\`/schemagate ${command.command}\`: ${command.problem}.`)
  if (!isAnsweredAtOnce(command, speaker.core)) return null
  const { login, author, permissions, core } = speaker
  const refused = await refusalToAsk(login, author, permissions)
  if (refused !== null) return refuse(command.name, refused)
  if (command.name === 'help') return said(help())
  const text = core.explain(command.target ?? '')
  return text === null ? nothingNamed(command.target ?? '', core) : said(text)
}

/** True where `answerAtOnce` answers, whoever asks. */
export function isAnsweredAtOnce(command: Command, core: Core): boolean {
  return (
    command.name === 'unknown' ||
    command.name === 'wrong' ||
    command.name === 'help' ||
    (command.name === 'explain' &&
      command.target !== null &&
      (!/^[0-9a-f]+$/.test(command.target) || core.explain(command.target) !== null))
  )
}

/** Answers any command. What it decides was read from the conversation already; this says what came of it. */
export async function answerOf(command: Command, speaker: Speaker, ground: Ground): Promise<Outcome> {
  const atOnce = await answerAtOnce(command, speaker)
  if (atOnce !== null) return atOnce
  if (command.name === 'unknown' || command.name === 'wrong') return done
  const { login, author, permissions, core } = speaker
  const { report, config, decisions, today, comment } = ground
  const refused = await refusal(command.name, login, author, permissions, config.approvals)
  if (refused !== null) return refuse(command.name, refused)
  if (command.until !== null && command.until < today)
    return failed(`\`/schemagate ${command.name}\`: ${codeSpan(`until: ${command.until}`)} is over.`)
  const target = command.target ?? ground.fingerprint
  switch (command.name) {
    case 'explain':
      return explain(target, report, core)
    case 'plan':
      return plan(report)
    case 'ignore':
      return core.ruleIds.includes(target ?? '')
        ? done
        : failed(`There is no rule ${codeSpan(target ?? '')}.${didYouMean(target ?? '', core.ruleIds)}`)
    case 'approve':
    case 'unapprove':
      return decide(command.name, target, comment, report, decisions)
    default:
      return done
  }
}

function refuse(name: CommandName, why: string): Outcome {
  return failed(`\`/schemagate ${name}\`: ${why}.`)
}

function decide(
  name: 'approve' | 'unapprove',
  target: string | null,
  comment: number,
  report: Report,
  decisions: readonly Decision[],
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
  if (!meant.some((f) => f.approvable && f.approval !== null))
    return failed(
      `\`/schemagate ${name}\`: an approval does not lift ${meant.map((f) => codeSpan(f.rule)).join(', ')}; it has to be mended, or switched off in \`.github/schemagate.yml\`.`,
    )
  const isTooEarly = (d: Decision) =>
    d.kind === 'approve' &&
    d.key.startsWith(`${comment}.`) &&
    !d.isCurrent &&
    d.fingerprints === null &&
    d.target.length < 16
  if (decisions.some(isTooEarly))
    return failed(
      `\`/schemagate ${name}\`: the newest commit was not reviewed yet when you wrote this. Look at its findings, then approve again.`,
    )
  return done
}

function explain(target: string | null, report: Report, core: Core): Outcome {
  if (target === null) return failed('`/schemagate explain`: say which rule or finding.')
  const [finding] = report.findings.filter((f) => target.length >= 4 && f.fingerprint.startsWith(target))
  const text = finding === undefined ? null : core.explain(finding.rule)
  return finding === undefined || text === null
    ? nothingNamed(target, core)
    : said(`${sentence(finding.message)}\n\n${text}`)
}

function nothingNamed(target: string, core: Core): Outcome {
  return failed(`There is neither a rule nor a finding ${codeSpan(target)}.${didYouMean(target, core.ruleIds)}`)
}

function plan(report: Report): Outcome {
  const plans = report.projects
    .filter((project) => project.steps.length > 0)
    .map((project) => planOf(project, report.postgres))
  return said(
    plans.length === 0
      ? 'There is nothing to plan: the pull request makes no schema change.'
      : planToComment(plans, 60_000),
  )
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
  return `| Command | Does | Who |\n| --- | --- | --- |\n${table.join('\n')}\n\nA finding is named by the first four digits or more that stand beside it. One command a line, at its start; in a reply to an inline comment, \`approve\`, \`unapprove\` and \`explain\` mean that finding. \`approvals\` in \`.github/schemagate.yml\` says otherwise who may approve and ignore.`
}

/** The answers to commands that nobody answered yet. */
export async function answersTo(
  { pull, permissions }: { readonly pull: PullState; readonly permissions: Permissions },
  { report, config, decisions }: Pick<Ground, 'report' | 'config' | 'decisions'>,
  context: Pick<Context, 'core' | 'app' | 'now'>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const { comment, commands, fingerprint, thread } of unanswered(pull, context.app?.slug ?? null, context.now())) {
    if (isFresh(comment.at, context.now()) && commands.every((command) => isAnsweredAtOnce(command, context.core)))
      continue
    const speaker = { login: comment.author, author: pull.author, permissions, core: context.core }
    const today = context.now().toISOString().slice(0, 10)
    const ground = { report, config, decisions, today, comment: comment.id, fingerprint }
    const outcomes: Outcome[] = []
    for (const command of commands) outcomes.push(await answerOf(command, speaker, ground))
    const { worked, text } = joined(outcomes)
    const isThere = text !== null && isAnswerThere(pull, comment.id)
    answers.push({ comment: comment.id, node: comment.nodeId, thread, worked, text: isThere ? null : text })
  }
  return answers
}
