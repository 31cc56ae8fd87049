import type { FallenApproval, Finding } from '../finding.ts'
import { lockName } from '../rehearsal/observation.ts'
import type { Evidence } from '../rehearsal/observation.ts'
import { nameOf, plainKey, schemaOf } from '../schema/model.ts'
import { escapeText, fenced, codeSpan, helpMarkdown, sentence, truncate } from './markdown-escape.ts'
import { ruleLink } from './links.ts'
import type { Links } from './links.ts'

/** GitHub takes 65,536 characters; the marker needs some. */
const limit = 60_000

/** The text of an inline comment. `suggest` makes its suggestion one that is applied with a click. */
export function inlineComment(finding: Finding, links: Links, suggest: boolean): string {
  const evidence = evidenceLine(finding)
  const parts = [
    `**${sentence(finding.message).replaceAll('**', '')}** · ${finding.severity} · ${ruleLink(finding.rule, links)}`,
    ...(suggest && finding.suggestion !== null && finding.suggestion.path !== finding.place.path
      ? [`It is about ${codeSpan(finding.place.path)}, line ${finding.place.line}.`]
      : []),
    ...(evidence === null ? [] : [evidence]),
    ...helpWith(finding, suggest),
    ...(finding.approval?.state === 'needed' ? [approvalLine(finding)] : []),
    ...(finding.approval?.state === 'given' ? [approvedLine(finding)] : []),
  ]
  return truncate(parts.join('\n\n'), limit, '_The rest is in the check run._')
}

/** The help and the suggestion; where the help shows just what the suggestion writes, that is shown once. */
function helpWith({ help, suggestion }: Finding, suggest: boolean): readonly string[] {
  const text = help === '' ? [] : [helpMarkdown(help)]
  if (!suggest || suggestion === null) return text
  const click = fenced(suggestion.text, 'suggestion')
  const same = fenced(suggestion.text, 'sql')
  return text[0]?.includes(same) === true ? [text[0].replace(same, () => click)] : [...text, click]
}

/** What became of an approval, a Markdown sentence. */
export function fallenSentence({ by, why, until }: FallenApproval): string {
  const who = codeSpan(by)
  switch (why) {
    case 'statement changed':
      return `${who} had approved it before the statement changed.`
    case 'comment edited':
      return `${who} had approved it; that comment was edited since, so it counts no more.`
    case 'expired':
      return `The approval by ${who} ended on ${until ?? 'its day'}.`
  }
}

/** Who approved a finding, until when and why, a line of Markdown. */
export function approvedLine({ approval }: Pick<Finding, 'approval'>): string {
  const { by, reason, until = null } = approval ?? {}
  return `**Approved** by ${codeSpan(by ?? '')}${until === null ? '' : ` until ${escapeText(until)}`}: ${escapeText(reason ?? '')}`
}

/** How to approve a finding, in one line. */
export function approvalLine(finding: Finding): string {
  const { reason = null, fallen } = finding.approval ?? {}
  const asked = [
    ...(reason === null ? [] : [`The pull request silences it: ${escapeText(reason)}`]),
    ...(fallen === undefined ? [] : [fallenSentence(fallen)]),
  ]
    .map((line) => `${line}\n\n`)
    .join('')
  return `${asked}If this is meant: \`/schemagate approve ${finding.fingerprint.slice(0, 4)} reason: …\`${finding.approval?.wantsBackup === true ? ' (say where the backup is)' : ''}.`
}

/** What an embedded Postgres did and what Prisma's header says, in one line; null where neither says something. */
export function evidenceLine(finding: Finding): string | null {
  return evidenceIn(finding, codeSpan, sentence)
}

/** The same without Markdown. */
export function evidenceText(finding: Finding): string | null {
  return evidenceIn(
    finding,
    (name) => name,
    (text) => text.replaceAll('`', ''),
  )
}

function evidenceIn(
  { evidence, warned = null }: Finding,
  show: (name: string) => string,
  prose: (text: string) => string,
): string | null {
  const header = warned === null ? [] : [`Prisma warns of it in line ${warned.line} of the file.`]
  const seen =
    evidence === null
      ? []
      : [
          ...locksIn(evidence, show, prose),
          ...evidence.rewrites.slice(0, 3).map((table) => `rewrote ${show(short(table))}`),
          ...evidence.scans.slice(0, 3).map((table) => `scanned ${show(short(table))} from end to end`),
        ]
  const major = evidence?.postgres.split('.')[0] ?? ''
  const rehearsed = [
    ...(seen.length === 0 ? [] : [`Rehearsed on PostgreSQL ${major}: ${seen.join(', ')}.`]),
    ...(evidence === null || evidence.plan === null ? [] : [`Planned on PostgreSQL ${major}: ${show(evidence.plan)}.`]),
  ]
  return rehearsed.length + header.length === 0 ? null : [...rehearsed, ...header].join(' ')
}

function locksIn(
  { locks, held = null }: Evidence,
  show: (name: string) => string,
  prose: (text: string) => string,
): readonly string[] {
  const words = locks.slice(0, 3).map((lock) => `${show(lockName(lock.mode))} lock on ${show(short(lock.relation))}`)
  const more = locks.length > 3 ? [`${locks.length - 3} more`] : []
  return held === null || words.length === 0
    ? [...words, ...more]
    : [`${[...words, ...more].join(', ')} until commit (${prose(held)})`]
}

/** A key as messages show it: without `public.`. */
export function short(key: string): string {
  return schemaOf(key) === 'public' ? nameOf(key) : plainKey(key)
}
