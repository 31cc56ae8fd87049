import type { Config } from '../../config.ts'
import type { Bound, Decision } from '../../engine/approvals.ts'
import { parseCommands } from './commands.ts'
import type { Command, CommandName } from './commands.ts'
import { readBindings, readMarker } from '../markers.ts'
import { refusal } from './permissions.ts'
import type { Permissions } from './permissions.ts'
import type { PullComment, PullState } from '../reading/pull-request.ts'

/** What a conversation decides: read from its comments each time, so that nothing is lost with the store. */
export interface Conversation {
  readonly decisions: readonly Decision[]
  readonly isPaused: boolean
}

/** Commands whose comments are read with every review. */
const deciding: ReadonlySet<string> = new Set<CommandName>(['approve', 'unapprove', 'ignore', 'pause', 'resume'])

type Talk = Pick<PullState, 'author' | 'comments' | 'threads' | 'runs' | 'head'>

/** Reads the decisions of a conversation. Comments that were edited, and those of bots, decide nothing. */
export async function readConversation(
  pull: Talk,
  permissions: Permissions,
  config: Config,
  slug: string | null = null,
): Promise<Conversation> {
  const decisions: Decision[] = []
  let isPaused = false
  const sticky = pull.comments.find((c) => c.isOwn && readMarker(c.body)?.kind === 'sticky')
  const bindings = readBindings(sticky === undefined || sticky.isForeign ? '' : sticky.body)
  const shown = shownSince(pull)
  for (const { comment, fingerprint } of commentsOf(pull)) {
    for (const [i, command] of parseCommands(comment.body, slug).entries()) {
      if (command.name === 'unknown' || command.name === 'wrong' || !deciding.has(command.name)) continue
      if ((await refusal(command.name, comment.author, pull.author, permissions, config.approvals)) !== null) continue
      if (command.name === 'pause' || command.name === 'resume') isPaused = command.name === 'pause'
      else {
        const key = `${comment.id}.${i}`
        decisions.push(
          ...decisionOf(command, comment, fingerprint, config, {
            key,
            fingerprints: bindings.get(key) ?? null,
            isCurrent: shown !== null && comment.at >= shown,
          }),
        )
      }
    }
  }
  decisions.push(...editedApprovals(pull, bindings))
  return { decisions: decisions.sort((a, b) => a.at.getTime() - b.at.getTime()), isPaused }
}

/** Approvals on record whose comments were edited since: what they say now counts for nothing, that they fell is told. */
function editedApprovals(
  { comments, threads }: Talk,
  bindings: ReadonlyMap<string, readonly Bound[]>,
): readonly Decision[] {
  return [...comments, ...threads.flatMap((t) => t.comments)]
    .filter((comment) => comment.wasEdited && !comment.isOwn && !comment.isBot)
    .flatMap(({ id, author, at }) =>
      [...bindings]
        .filter(([key]) => key.startsWith(`${id}.`))
        .map(([key, fingerprints]) => ({ kind: 'edited' as const, key, fingerprints, by: author, at })),
    )
}

/** Asks at once for the permissions that reading the decisions of a conversation is going to want. */
export function expectDecisions(
  pull: Pick<PullState, 'author' | 'comments' | 'threads'>,
  permissions: Permissions,
  slug: string | null = null,
): void {
  for (const { comment } of commentsOf(pull)) {
    if (comment.author.toLowerCase() === pull.author.toLowerCase()) continue
    const commands = parseCommands(comment.body, slug)
    if (commands.some((c) => deciding.has(c.name) || !comment.isAnswered))
      // Whoever needs the answer hears of what goes wrong.
      permissions.roleOf(comment.author).catch(() => undefined)
  }
}

/** When the first review of the head was there to be read; null while there is none. Who spoke before it cannot have meant its findings. */
export function shownSince({ runs, head }: Pick<PullState, 'runs' | 'head'>): Date | null {
  const times = runs
    .filter((r) => r.commit === head && r.isCompleted && r.completedAt !== null)
    .map((r) => r.completedAt?.getTime() ?? 0)
  return times.length === 0 ? null : new Date(Math.min(...times))
}

/** What a person said, and where. */
export interface Said {
  readonly comment: PullComment
  /** The finding of the thread that it stands in. */
  readonly fingerprint: string | null
  /** First comment of that thread; null in the conversation. */
  readonly thread: number | null
}

/** Comments that may hold commands, oldest first: those of people, as they wrote them first. */
export function commentsOf(pull: Pick<PullState, 'comments' | 'threads'>): readonly Said[] {
  const plain = pull.comments.map((comment) => ({ comment, fingerprint: null, thread: null }))
  const inline = pull.threads.flatMap((thread) => {
    const first = thread.comments[0]
    const marker = first?.isOwn === true && !first.isForeign ? readMarker(first.body) : null
    const fingerprint = marker?.kind === 'finding' || marker?.kind === 'fixed' ? marker.fingerprint : null
    return thread.comments.map((comment) => ({ comment, fingerprint, thread: first?.id ?? null }))
  })
  return [...plain, ...inline]
    .filter(({ comment }) => !comment.isOwn && !comment.isBot && !comment.wasEdited)
    .sort((a, b) => a.comment.at.getTime() - b.comment.at.getTime() || a.comment.id - b.comment.id)
}

function decisionOf(
  command: Command,
  comment: PullComment,
  fingerprint: string | null,
  config: Config,
  bound: { readonly key: string; readonly fingerprints: readonly Bound[] | null; readonly isCurrent: boolean },
): readonly Decision[] {
  if (command.name === 'unknown' || command.name === 'wrong') return []
  // Who writes a day that is over is told so, and changes nothing.
  if (command.until !== null && command.until < comment.at.toISOString().slice(0, 10)) return []
  const common = { by: comment.author, at: comment.at }
  if (command.name === 'ignore') {
    return command.target === null
      ? []
      : [
          {
            kind: 'ignore',
            ...common,
            rule: command.target,
            path: command.path,
            reason: command.reason ?? '',
            until: command.until,
          },
        ]
  }
  const target = command.target ?? fingerprint
  if (target === null) return []
  if (command.name === 'unapprove') return [{ kind: 'unapprove', ...common, target }]
  const expiry = new Date(comment.at.getTime() + config.approvals.expiresDays * 86_400_000).toISOString().slice(0, 10)
  return [
    {
      kind: 'approve',
      ...common,
      ...bound,
      target,
      reason: command.reason ?? '',
      until: command.until !== null && command.until < expiry ? command.until : expiry,
    },
  ]
}
