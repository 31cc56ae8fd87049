import type { Finding } from '../../finding.ts'
import { createHash } from 'node:crypto'
import type { ChangedFile } from '../../changeset/tree.ts'
import type { Config } from '../../config.ts'
import type { Bound, Wanted } from '../../engine/approvals.ts'
import { checkRunText } from '../../report/check-run.ts'
import type { CheckRunText } from '../../report/check-run.ts'
import { inlineComment } from '../../report/comment.ts'
import type { Links } from '../../report/links.ts'
import type { Report } from '../../report/report.ts'
import { hasSomethingToSay, stickyComment } from '../../report/sticky.ts'
import { sortFindings } from '../../report/verdict.ts'
import { anchorOf } from './anchors.ts'
import type { Anchor } from './anchors.ts'
import { readMarker, writeBindings, writeMarker } from '../markers.ts'
import type { PullComment, PullState, PullThread } from '../reading/pull-request.ts'
import { withOthersOfHead } from './shared-head.ts'

export interface InlineComment extends Anchor {
  readonly body: string
  readonly finding: Finding
}

/** The answer to the commands of one comment: a reaction, after words where there are any. */
export interface Answer {
  readonly comment: number
  readonly node: string
  /** First comment of the review thread that it stands in; null in the conversation. */
  readonly thread: number | null
  /** Null where there are none, or where they were written before. */
  readonly text: string | null
  readonly worked: boolean
}

/** All that has to be written for GitHub to show a report; nothing in it where it shows it already. */
export interface Publication {
  /** Null where the newest run on the head says the same. `run` is an unfinished run to finish. */
  readonly check: { readonly text: CheckRunText; readonly externalId: string; readonly run: number | null } | null
  /** True where what is said of the head differs from what was said before, or nothing was. */
  readonly isNews: boolean
  readonly comments: readonly InlineComment[]
  /** `comment` is the node id of the one to edit; null for a new one. */
  readonly sticky: { readonly comment: string | null; readonly body: string } | null
  /** Node ids of inline comments whose finding is gone and that nobody answered. */
  readonly remove: readonly string[]
  /** Inline comments to edit, by node id. */
  readonly edit: readonly { readonly comment: string; readonly body: string }[]
  /** Node ids of comments to fold away as resolved. */
  readonly minimize: readonly string[]
  /** Node ids of comments that were folded away and are needed again. */
  readonly restore: readonly string[]
  /** Answers to commands. */
  readonly answers: readonly Answer[]
  /** Unfinished runs of ours on older commits, and older ones on the head. */
  readonly superseded: readonly number[]
}

export interface PlanInput {
  readonly report: Report
  readonly pull: PullState
  readonly files: readonly ChangedFile[]
  readonly settings: Config['comments']
  readonly links: Links
  /** What is missing besides approvals of findings. */
  readonly wanted: readonly Wanted[]
  /** Who may approve. */
  readonly approvals: Config['approvals']
  /** Paragraphs for the check run. */
  readonly more: readonly string[]
  /** What approvals mean, for the record in the sticky comment. */
  readonly bindings: ReadonlyMap<string, readonly Bound[]>
  readonly answers: readonly Answer[]
  /** Check run only. */
  readonly quiet: boolean
  /** Why there is nothing new in the conversation, a Markdown sentence; what is there already is kept up to date. Null where there may be. */
  readonly silent: string | null
  /** Write the check run also where nothing changed. */
  readonly again: boolean
}

interface OwnThread {
  readonly thread: PullThread
  readonly first: PullComment
  readonly fingerprint: string
  readonly isFixed: boolean
}

/** Compares a report with what a pull request shows and plans the least that makes it show the report. */
export function planPublication(input: PlanInput): Publication {
  const { report, pull, quiet } = input
  const threads = pull.threads.flatMap(ownThread)
  const shown = new Map(threads.filter((t) => !t.isFixed).map((t) => [t.fingerprint, t]))
  const sorted = sortFindings(report)
  const open = [...sorted.errors, ...sorted.needed, ...sorted.warnings]
  const comments = quiet || input.silent !== null || !input.settings.inline ? [] : newComments(input, open, threads)
  const inline = new Set([
    ...comments.map((c) => c.finding.fingerprint),
    ...[...shown.values()].filter((t) => !t.thread.isOutdated).map((t) => t.fingerprint),
  ])
  const alone = checkRunText(report, {
    links: input.links,
    inline,
    wanted: input.wanted,
    approvals: input.approvals,
    more: [...input.more, ...(input.silent === null ? [] : [input.silent])],
  })
  const text = withOthersOfHead(alone, pull.othersOfHead)
  const externalId = `v1:${pull.number}:${pull.head}:${digest(text)}:${alone.conclusion}`
  const current = pull.runs.find((r) => r.commit === pull.head)
  const isSame =
    current?.isCompleted === true && current.externalId === externalId && pull.shown === text.conclusion && !input.again
  return {
    isNews: current?.externalId !== externalId,
    check: isSame ? null : { text, externalId, run: current?.isCompleted === false ? current.id : null },
    comments,
    sticky: quiet ? null : stickyChange(input),
    answers: input.answers,
    superseded: pull.runs.filter((r) => r !== current && !r.isCompleted).map((r) => r.id),
    ...(quiet ? { remove: [], edit: [], minimize: [], restore: [] } : cleanUp(input, threads)),
  }
}

function ownThread(thread: PullThread): readonly OwnThread[] {
  const [first] = thread.comments
  if (first === undefined || !first.isOwn) return []
  const marker = readMarker(first.body)
  return marker?.kind === 'finding' || marker?.kind === 'fixed'
    ? [{ thread, first, fingerprint: marker.fingerprint, isFixed: marker.kind === 'fixed' }]
    : []
}

/** Findings that no thread has shown yet, the worst first, as many as there is room for. A resolved thread is an answer. */
function newComments(
  { report, files, settings, links }: PlanInput,
  open: readonly Finding[],
  threads: readonly OwnThread[],
): readonly InlineComment[] {
  const known = new Set(threads.map((t) => t.fingerprint))
  const live = threads.filter(
    (t) => !t.isFixed && !t.thread.isResolved && report.findings.some((f) => f.fingerprint === t.fingerprint),
  ).length
  const byPath = new Map(files.map((f) => [f.path, f]))
  const comments: InlineComment[] = []
  for (const finding of open) {
    if (comments.length + live >= settings.max) break
    if (known.has(finding.fingerprint)) continue
    const anchor = anchorOf(finding, byPath)
    if (anchor === null) continue
    comments.push({ ...anchor, finding, body: bodyOf(finding, links, anchor.suggests) })
  }
  return comments
}

function bodyOf(finding: Finding, links: Links, suggests: boolean): string {
  return `${inlineComment(finding, links, suggests)}\n\n${writeMarker({ kind: 'finding', fingerprint: finding.fingerprint })}`
}

/** What becomes of threads whose finding is gone, came back, or says something else by now: that it was approved, by whom. */
function cleanUp(
  { report, pull, links }: PlanInput,
  threads: readonly OwnThread[],
): Pick<Publication, 'remove' | 'edit' | 'minimize' | 'restore'> {
  const present = new Map(
    report.findings
      .filter((f) => f.suppressed === null || f.approval?.state === 'needed')
      .map((f) => [f.fingerprint, f]),
  )
  const remove: string[] = []
  const edit: { comment: string; body: string }[] = []
  const minimize: string[] = []
  const restore: string[] = []
  for (const { thread, first, fingerprint, isFixed } of threads) {
    const finding = present.get(fingerprint)
    if (finding !== undefined) {
      const body = bodyOf(finding, links, !isFixed && /^`{3,}suggestion$/m.test(first.body))
      const isOld = !thread.isResolved && !first.isForeign && !isSameText(first.body, body)
      if (isFixed || isOld) edit.push({ comment: first.nodeId, body })
      if (isFixed && first.isMinimized) restore.push(first.nodeId)
    } else if (!isFixed && !thread.isResolved) {
      if (thread.comments.length === 1) remove.push(first.nodeId)
      else {
        const body = first.body.replace(/\n*<!-- schemagate:finding [0-9a-f]+ -->\s*$/, '')
        const isSaidAnew = [...present.values()].some((f) => firstLine(bodyOf(f, links, false)) === firstLine(body))
        const end = isSaidAnew
          ? `The statement changed in ${pull.head.slice(0, 7)}; what it is now has a comment of its own.`
          : `Fixed in ${pull.head.slice(0, 7)}.`
        edit.push({
          comment: first.nodeId,
          body: `${end}\n\n<details><summary>What it said</summary>\n\n${body}\n</details>\n\n${writeMarker({ kind: 'fixed', fingerprint })}`,
        })
        if (!first.isMinimized) minimize.push(first.nodeId)
      }
    }
  }
  return { remove, edit, minimize, restore }
}

function firstLine(text: string): string {
  return text.slice(0, text.indexOf('\n'))
}

/** True where GitHub shows two texts alike. */
function isSameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n').trim() === b.trim()
}

/** GitHub takes 65,536 characters. */
const longestComment = 65_000

/** The sticky comment where it has to be written: created when there is something to say, then edited whenever its text differs. */
function stickyChange({
  report,
  pull,
  settings,
  links,
  wanted,
  approvals,
  bindings,
  silent,
}: PlanInput): Publication['sticky'] {
  const existing = pull.comments.find((c) => c.isOwn && readMarker(c.body)?.kind === 'sticky')
  if (
    settings.sticky === 'never' ||
    (existing === undefined && (silent !== null || (settings.sticky === 'auto' && !hasSomethingToSay(report, wanted))))
  )
    return null
  const end = `\n\n${writeMarker({ kind: 'sticky' })}${writeBindings(bindings)}`
  const body =
    stickyComment(report, {
      links,
      author: pull.author,
      base: pull.base,
      wanted,
      approvals,
      room: longestComment - end.length,
    }) + end
  if (existing !== undefined && isSameText(existing.body, body)) return null
  return { comment: existing?.nodeId ?? null, body }
}

function digest(text: CheckRunText): string {
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 16)
}
