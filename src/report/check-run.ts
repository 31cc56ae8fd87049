import type { Config } from '../config.ts'
import type { Wanted } from '../engine/approvals.ts'
import type { Conclusion, Finding, Note, Severity } from '../finding.ts'
import { checklistDetails } from './checklist.ts'
import { approvedLine, fallenSentence } from './comment.ts'
import { lockTables } from './locks.ts'
import {
  code,
  codeSpan,
  details,
  escapeMarkdown,
  escapeText,
  plainText,
  sentence,
  sentenceHtml,
  truncate,
} from './markdown-escape.ts'
import { placeLink, ruleLink } from './links.ts'
import type { Links } from './links.ts'
import type { Report } from './report.ts'
import { count, sortFindings, summarizeChanges, verdict } from './verdict.ts'
import { serverWords } from './words.ts'

/** One annotation of a check run; it shows plain text. */
export interface Annotation {
  readonly path: string
  readonly start_line: number
  readonly end_line: number
  readonly start_column?: number
  readonly end_column?: number
  readonly annotation_level: 'notice' | 'warning' | 'failure'
  readonly title: string
  readonly message: string
}

/** What a check run says, within GitHub's limits. */
export interface CheckRunText {
  readonly conclusion: Conclusion
  readonly title: string
  readonly summary: string
  /** Worst first. */
  readonly annotations: readonly Annotation[]
}

export interface CheckRunOptions {
  readonly links: Links
  /** Fingerprints that an inline comment on this head shows, which annotations need not repeat. */
  readonly inline: ReadonlySet<string>
  /** What is missing besides approvals of findings: a deployment to staging, a label. */
  readonly wanted: readonly Wanted[]
  /** Who may approve. */
  readonly approvals: Config['approvals']
  /** Markdown paragraphs that stand below the table: a preview of a changed configuration. */
  readonly more: readonly string[]
}

const summaryLimit = 65_000
const annotationLimit = 500
const level: Readonly<Record<Severity, Annotation['annotation_level']>> = {
  error: 'failure',
  warning: 'warning',
  info: 'notice',
}

/** Renders a report as a check run that can be decided on without opening anything else. */
export function checkRunText(report: Report, options: CheckRunOptions): CheckRunText {
  const { links } = options
  const sorted = sortFindings(report)
  const rows = [
    ...sorted.errors.map((f) => row('error', f, links)),
    ...sorted.needed.map((f) => row('approval', f, links)),
    ...sorted.warnings.map((f) => row('warning', f, links)),
  ]
  const changes = report.projects.flatMap((p) => p.changes)
  const table =
    rows.length === 0
      ? []
      : [
          '| | Where | What | Rule |\n| --- | --- | --- | --- |\n' +
            rows.slice(0, 200).join('\n') +
            (rows.length > 200 ? `\n\n${rows.length - 200} more are in the annotations.` : ''),
        ]
  const sections = [
    ...notLookedAt(sorted.blocking, links),
    ...table,
    ...options.wanted.map(missingLine),
    ...(sorted.needed.length > 0
      ? [
          `${howToApprove(sorted.needed, options.approvals)}${
            options.approvals.author || options.approvals.teams.length > 0
              ? ''
              : ' Nobody else has access? `approvals: { author: true }` in `.github/schemagate.yml` lets the author do it.'
          }`,
        ]
      : []),
    ...(changes.length > 0
      ? [`**Schema:** ${summarizeChanges(changes)}.`]
      : rows.length > 0 || sorted.blocking.length > 0
        ? []
        : [`${verdict(report)}.`]),
    ...options.more,
    ...approvedParts(sorted.approved, links),
    ...(sorted.notes.length > 0
      ? [
          '**Notes**\n' +
            sorted.notes
              .slice(0, 50)
              .map((n) => `- ${noteLine(n, links)}`)
              .join('\n') +
            (sorted.notes.length > 50 ? `\n- and ${sorted.notes.length - 50} more` : ''),
        ]
      : []),
    ...(sorted.infos.length > 0
      ? [
          details(
            `${count(sorted.infos.length, 'thing')} for the record`,
            sorted.infos
              .slice(0, 50)
              .map((f) => `- ${placeLink(f.place, links)}: ${sentence(f.message)} ${ruleLink(f.rule, links)}`)
              .join('\n'),
          ),
        ]
      : []),
    ...(sorted.suppressed.length > 0
      ? [
          details(
            `${sorted.suppressed.length} suppressed`,
            sorted.suppressed
              .slice(0, 50)
              .map(
                (f) =>
                  `- ${placeLink(f.place, links)}: ${ruleLink(f.rule, links)}${f.suppressed?.until == null ? '' : ` until ${escapeText(f.suppressed.until)}`}: ${escapeText(f.suppressed?.reason ?? '')}`,
              )
              .join('\n'),
          ),
        ]
      : []),
    ...lockTables(report, (place) => placeLink(place, links)),
    ...checklistDetails(report, links),
    `<sub>${lookedAt(report)}</sub>`,
  ]
  const annotations = annotationsOf(report, options.inline)
  const annotated =
    annotations.length < annotationLimit
      ? 'every finding without a comment is among the annotations'
      : `the worst ${annotationLimit} findings without a comment are among the annotations`
  return {
    conclusion: report.conclusion,
    title: truncateTitle(verdict(report, options.wanted)),
    summary: truncate(sections.join('\n\n'), summaryLimit, `The rest was cut at GitHub's limit; ${annotated}.`),
    annotations,
  }
}

/** `3 files, 12 statements, 12 rehearsed, judged for PostgreSQL 16, 1a2b3c4 against 5d6e7f8`. */
export function lookedAt(report: Report): string {
  return [
    ...coverageWords(report),
    `${codeSpan(report.head.slice(0, 7))} against ${codeSpan(report.base.slice(0, 7))}`,
  ].join(', ')
}

/** What was looked at, and for which server: `3 files`, `12 statements`, `judged for PostgreSQL 16`. */
export function coverageWords(report: Report): readonly string[] {
  const { files, statements, analyzed, rehearsed, waysBack = 0 } = report.coverage
  return [
    ...(statements > 0 || report.queries === 0 ? [count(files, 'file'), count(statements, 'statement')] : []),
    ...(analyzed < statements ? [`${analyzed} of them read`] : []),
    ...(rehearsed > 0 ? [`${rehearsed} rehearsed`] : []),
    ...(waysBack > 0 ? [`${count(waysBack, 'way', 'ways')} back proven`] : []),
    ...(report.queries > 0 ? [`${count(report.queries, 'query', 'queries')} read`] : []),
    `judged for ${serverWords(report, codeSpan)}`,
  ]
}

export function noteLine(note: Note, links: Links): string {
  return `${note.path === '' ? '' : `${placeLink({ path: note.path, line: note.line }, links, true)}: `}${sentence(note.message)}`
}

/** What could not be looked at, the first of it where there is much. */
export function notLookedAt(blocking: readonly Note[], links: Links): readonly string[] {
  const lines = blocking.slice(0, 20).map((note) => noteLine(note, links))
  const rest = blocking.length - lines.length
  if (lines.length < 2) return lines.map((line) => `**Could not look:** ${line}`)
  return [
    `**Could not look:**\n${lines.map((line) => `- ${line}`).join('\n')}${rest > 0 ? `\n- and ${rest} more, which are among the annotations` : ''}`,
  ]
}

/** More findings of one decision, and more decisions, are folded away. */
const mostShown = 5
const mostListed = 100

/** What was approved, by who said so: one paragraph for each decision. */
export function approvedParts(approved: readonly Finding[], links: Links): readonly string[] {
  const byDecision = new Map<string, Finding[]>()
  for (const finding of approved) {
    const who = approvedLine(finding)
    byDecision.set(who, [...(byDecision.get(who) ?? []), finding])
  }
  const parts = [...byDecision].map(([who, findings]) => {
    const lines = findings.slice(0, mostListed).map((f) => `- ${placeLink(f.place, links)}: ${sentence(f.message)}`)
    const list = [...lines, ...(findings.length > mostListed ? [`- and ${findings.length - mostListed} more`] : [])]
    return findings.length <= mostShown
      ? `${who}\n${list.join('\n')}`
      : `${who}\n\n${details(count(findings.length, 'finding'), list.join('\n'))}`
  })
  if (parts.length <= mostShown) return parts
  const people = [...new Set(approved.map((f) => codeSpan(f.approval?.by ?? '')))].join(', ')
  return [details(sentenceHtml(`${count(approved.length, 'approval')} by ${people}`), parts.join('\n\n'))]
}

function row(what: string, finding: Finding, links: Links): string {
  return `| ${what} | ${placeLink(finding.place, links)} | ${messageCell(finding)} | ${ruleLink(finding.rule, links)} ${code(finding.fingerprint.slice(0, 4))} |`
}

/** What a merge waits for besides approvals. */
export function missingLine({ environment, label }: Wanted): string {
  const ways = [
    ...(environment === null ? [] : [`a successful deployment of this commit to ${codeSpan(environment)}`]),
    ...(label === null ? [] : [`the label ${codeSpan(label)}`]),
  ]
  return `**Missing:** ${ways.join(', or ')}, because the change is destructive.`
}

/** How the findings that wait for an approval get it. */
export function howToApprove(needed: readonly Finding[], approvals: Config['approvals']): string {
  const label = needed.map((f) => f.approval?.label).find((name) => name !== undefined)
  const wantsBackup = needed.some((f) => f.approval?.wantsBackup === true)
  const targets =
    needed.length > 1 && needed.every((f) => f.group === 'data-loss')
      ? ['destructive']
      : needed.slice(0, 3).map((f) => f.fingerprint.slice(0, 4))
  const commands = targets.map((target) => `\`/schemagate approve ${target} reason: …\``).join(', ')
  const lines = targets.length === 1 ? '' : needed.length > targets.length ? ' and so on, a line each' : ', a line each'
  return `To approve: comment ${commands}${lines}${wantsBackup ? '; the reason says where the backup is' : ''}${
    label === undefined ? '' : `, or set the label ${codeSpan(label)}`
  }. ${whoApproves(approvals)} may.`
}

/** What a finding says, for a table cell: with the reason why the pull request wants to silence it, where that takes an approval. */
export function messageCell({ message, approval }: Finding): string {
  const waiting = approval?.state === 'needed' ? approval : null
  return [
    escapeMarkdown(message),
    ...(waiting === null || waiting.reason === null
      ? []
      : [`The pull request silences it: ${escapeText(waiting.reason)}`]),
    ...(waiting?.fallen === undefined ? [] : [fallenSentence(waiting.fallen)]),
  ].join(' ')
}

function whoApproves({ author, teams, permission }: Config['approvals']): string {
  return teams.length > 0
    ? `A member of ${teams.map(codeSpan).join(' or ')}${author ? '' : ' other than the author'}`
    : `Anyone${author ? '' : ' but the author'} with ${permission} access here`
}

function annotationsOf(report: Report, inline: ReadonlySet<string>): readonly Annotation[] {
  const sorted = sortFindings(report)
  const shown = [...sorted.errors, ...sorted.needed, ...sorted.warnings, ...sorted.infos].filter(
    (f) => !inline.has(f.fingerprint),
  )
  const notes = sorted.blocking
    .filter((n) => n.path !== '')
    .map((n): Annotation => ({
      path: n.path,
      start_line: n.line,
      end_line: n.line,
      annotation_level: 'failure',
      title: 'Could not look',
      message: clip(plainText(n.message)),
    }))
  return [...notes, ...shown.map(annotation)].slice(0, annotationLimit)
}

function annotation(finding: Finding): Annotation {
  const { place } = finding
  const one = place.line === place.endLine
  return {
    path: place.path,
    start_line: place.line,
    end_line: place.endLine,
    ...(one ? { start_column: place.column, end_column: place.endColumn } : {}),
    annotation_level: level[finding.severity],
    title: truncateTitle(finding.rule),
    message: clip(plainText(finding.help === '' ? finding.message : `${finding.message}\n\n${finding.help}`)),
  }
}

/** Annotations take 64 KB. */
function clip(text: string): string {
  return text.length <= 15_000 ? text : `${text.slice(0, 15_000).replace(/[\ud800-\udbff]$/, '')} …`
}

function truncateTitle(text: string): string {
  return text.length <= 250 ? text : `${text.slice(0, 249).replace(/[\ud800-\udbff]$/, '')}…`
}
