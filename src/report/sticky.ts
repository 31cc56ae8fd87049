import type { Config } from '../config.ts'
import type { Wanted } from '../engine/approvals.ts'
import type { Finding } from '../finding.ts'
import { schemaChanges } from './changes.ts'
import { approvedParts, coverageWords, howToApprove, messageCell, missingLine, notLookedAt } from './check-run.ts'
import { checklistDetails } from './checklist.ts'
import { lockPictures } from './locks.ts'
import { code, codeSpan, details, fenced, sentence, truncate } from './markdown-escape.ts'
import { placeLink } from './links.ts'
import type { Links } from './links.ts'
import { picturesMarkdown } from './picture.ts'
import type { Report } from './report.ts'
import { count, sortFindings } from './verdict.ts'

export interface StickyOptions {
  readonly links: Links
  /** Login of the pull request's author. */
  readonly author: string
  /** Branch that the pull request goes into. */
  readonly base: string
  /** What is missing besides approvals of findings. */
  readonly wanted: readonly Wanted[]
  /** Who may approve. */
  readonly approvals: Config['approvals']
  /** Characters that it may have. */
  readonly room: number
}

/** True where a report has something that a comment should say; a clean one is told by its check run alone. */
export function hasSomethingToSay(report: Report, wanted: readonly Wanted[]): boolean {
  const { errors, needed, warnings, blocking } = sortFindings(report)
  return errors.length + needed.length + warnings.length + blocking.length + wanted.length > 0
}

/** The one comment that sums a pull request up and is edited in place. */
export function stickyComment(report: Report, options: StickyOptions): string {
  const { links } = options
  const sorted = sortFindings(report)
  const rows = [
    ...sorted.errors.map((f) => row('error', f, links)),
    ...sorted.needed.map((f) => row('approval', f, links)),
    ...sorted.warnings.map((f) => row('warning', f, links)),
  ]
  const sections = [
    `### Schemagate: ${headline(report, options.wanted.length)}`,
    ...notLookedAt(sorted.blocking, links),
    ...(rows.length > 0
      ? [
          '| | Where | What |\n| --- | --- | --- |\n' +
            rows.slice(0, 40).join('\n') +
            (rows.length > 40 ? `\n\n${rows.length - 40} more are in the check run.` : ''),
        ]
      : []),
    ...options.wanted.map(missingLine),
    ...(sorted.needed.length > 0 ? [howToApprove(sorted.needed, options.approvals)] : []),
    ...schemaChanges(report),
    ...approvedParts(sorted.approved, links),
    ...picturesMarkdown(report),
    ...lockPictures(report, (place) => placeLink(place, links)),
    ...checklistDetails(report, links),
    ...rollback(report),
    `<sub>Reviewed ${codeSpan(report.head.slice(0, 7))} against ${codeSpan(options.base)} ${codeSpan(report.base.slice(0, 7))}: ${coverageWords(report).join(', ')}. \`/schemagate recheck\` · \`/schemagate help\`</sub>`,
  ]
  return truncate(sections.join('\n\n'), options.room, '_The rest is in the check run._')
}

function headline(report: Report, wanted: number): string {
  const { errors, needed, blocking, warnings } = sortFindings(report)
  const atLevel = { error: [errors, needed], warning: [errors, needed, warnings], never: [] }[report.failOn]
  const stopping = atLevel.flat().length + blocking.length + (report.failOn === 'never' ? 0 : wanted)
  const looks = errors.length + needed.length + blocking.length + warnings.length + wanted - stopping
  if (stopping > 0)
    return `${count(stopping, 'thing')} ${stopping === 1 ? 'stops' : 'stop'} this merge${looks > 0 ? `, ${looks} to look at` : ''}`
  return looks > 0 ? `${count(looks, 'thing')} to look at, nothing stops this merge` : 'nothing stops this merge'
}

function row(what: string, finding: Finding, links: Links): string {
  const how = what === 'approval' ? ` ${code(finding.fingerprint.slice(0, 4))}` : ''
  return `| ${what}${how} | ${placeLink(finding.place, links)} | ${messageCell(finding)} |`
}

function rollback(report: Report): readonly string[] {
  const parts = report.rollback.filter((r) => r.sql.trim() !== '' || r.lossy.length > 0)
  if (parts.length === 0) return []
  return [
    details(
      'Rollback',
      parts
        .map((r) =>
          [
            ...(parts.length > 1 ? [`**${codeSpan(r.project)}**`] : []),
            ...(r.sql.trim() === '' ? [] : [fenced(r.sql, 'sql')]),
            ...(r.rehearsed && r.rehearsed.result !== 'unknown' ? [sentence(wayBackSentence(r.rehearsed))] : []),
            ...(r.lossy.length > 0
              ? ['Cannot be undone:\n' + r.lossy.map((line) => `- ${sentence(line)}`).join('\n')]
              : []),
          ].join('\n\n'),
        )
        .join('\n\n'),
    ),
  ]
}

function wayBackSentence({ result, postgres, detail }: NonNullable<Report['rollback'][number]['rehearsed']>): string {
  if (result === 'proven') return `Rehearsed on PostgreSQL ${postgres}: up, this, and the schema is what it was before.`
  return `In a rehearsal on PostgreSQL ${postgres} this ${result === 'fails' ? 'fails' : 'leaves a difference'}: ${detail ?? 'no more is known'}.`
}
