import type { Conclusion, Finding, Note, Severity } from '../finding.ts'
import { checklistDetails } from './checklist.ts'
import { lockTables } from './locks.ts'
import {
  code,
  codeSpan,
  details,
  escapeMarkdown,
  escapeText,
  plainText,
  sentence,
  truncate,
} from './markdown-escape.ts'
import { placeLink, ruleLink } from './links.ts'
import type { Links } from './links.ts'
import type { Report } from './report.ts'
import { count, sortFindings, summarizeChanges, verdict } from './verdict.ts'

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
  /** What is missing besides approvals of findings, one Markdown sentence each: a deployment to staging, a label. */
  readonly wanted: readonly string[]
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
    ...sorted.blocking.map((note) => `**Could not look:** ${noteLine(note, links)}`),
    ...table,
    ...options.wanted.map((line) => `**Missing:** ${line}`),
    ...(sorted.needed.length > 0
      ? [
          `${howToApprove(sorted.needed)} Where nobody else may write, \`approvals: { author: true }\` in \`.github/schemagate.yml\` lets the author do it.`,
        ]
      : []),
    ...(changes.length > 0
      ? [`**Schema:** ${summarizeChanges(changes)}.`]
      : rows.length > 0 || sorted.blocking.length > 0
        ? []
        : [`${verdict(report)}.`]),
    ...options.more,
    ...(sorted.approved.length > 0
      ? ['**Approved**\n' + sorted.approved.map((f) => approvedLine(f, links)).join('\n')]
      : []),
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
                  `- ${placeLink(f.place, links)}: ${ruleLink(f.rule, links)}, ${escapeText(f.suppressed?.reason ?? '')}${f.suppressed?.until == null ? '' : ` (until ${escapeText(f.suppressed.until)})`}`,
              )
              .join('\n'),
          ),
        ]
      : []),
    ...lockTables(report, (place) => placeLink(place, links)),
    ...checklistDetails(report),
    `<sub>${lookedAt(report)}</sub>`,
  ]
  return {
    conclusion: report.conclusion,
    title: truncateTitle(verdict(report, options.wanted.length)),
    summary: truncate(
      sections.join('\n\n'),
      summaryLimit,
      "The rest was cut at GitHub's limit; every finding is among the annotations.",
    ),
    annotations: annotationsOf(report, options.inline),
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
    `judged for PostgreSQL ${report.postgres}`,
  ]
}

export function noteLine(note: Note, links: Links): string {
  return `${note.path === '' ? '' : `${placeLink({ path: note.path, line: note.line }, links, true)}: `}${sentence(note.message)}`
}

export function approvedLine(finding: Finding, links: Links): string {
  const { by, reason, until } = finding.approval ?? {}
  return `- ${placeLink(finding.place, links)}: ${sentence(finding.message)} Approved by ${codeSpan(by ?? '')}: ${escapeText(reason ?? '')}${until === null || until === undefined ? '' : ` (until ${escapeText(until)})`}`
}

function row(what: string, finding: Finding, links: Links): string {
  return `| ${what} | ${placeLink(finding.place, links)} | ${escapeMarkdown(finding.message)} | ${ruleLink(finding.rule, links)} ${code(finding.fingerprint.slice(0, 4))} |`
}

/** How the findings that wait for an approval get it. */
export function howToApprove(needed: readonly Finding[]): string {
  const [first] = needed
  const target =
    needed.length > 1 && needed.every((f) => f.group === 'data-loss')
      ? 'destructive'
      : (first?.fingerprint.slice(0, 4) ?? '')
  return `To approve: comment \`/schemagate approve ${target} reason: …\`${needed.some((f) => f.group === 'data-loss') ? ' and say where the backup is' : ''}. Somebody else than the author who may write here can.`
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
