import type { Finding } from '../finding.ts'
import { schemaChanges } from './changes.ts'
import { checklistDetails } from './checklist.ts'
import { evidenceLine } from './comment.ts'
import { lockPictures } from './locks.ts'
import { picturesMarkdown } from './picture.ts'
import type { Report } from './report.ts'
import { code, escapeMarkdown, helpMarkdown } from './markdown-escape.ts'
import { sortFindings } from './verdict.ts'
import { lookedAtShort, serverWords, tally } from './words.ts'

/** The report as Markdown, for a job summary or a file. All text of the pull request is escaped. */
export function reportToMarkdown(report: Report): string {
  const { errors, needed, warnings, infos } = sortFindings(report)
  const findings = [...errors, ...needed, ...warnings, ...infos]
  const answered = report.findings.filter((finding) => !findings.includes(finding))
  return (
    [
      `### Schemagate: ${tally(report)}`,
      ...(findings.length > 0 ? [['| | Where | What |', '| --- | --- | --- |', ...findings.map(row)].join('\n')] : []),
      ...schemaChanges(report),
      ...picturesMarkdown(report),
      ...findings.filter((finding) => finding.severity !== 'info').map(details),
      ...(answered.length > 0 ? [`**Answered**\n\n${answered.map(answer).join('\n')}`] : []),
      ...(report.notes.length > 0
        ? [
            `**Notes**\n\n${report.notes.map((note) => `- ${note.path === '' ? '' : `${code(note.path)} line ${note.line}: `}${escapeMarkdown(note.message)}`).join('\n')}`,
          ]
        : []),
      ...lockPictures(report, (place) => `${code(place.path)} line ${place.line}`),
      ...checklistDetails(report, null),
      `<sub>${lookedAtShort(report)}, ${serverWords(report, code)}.</sub>`,
    ].join('\n\n') + '\n'
  )
}

function row(finding: Finding): string {
  const { place } = finding
  return `| ${finding.approval?.state === 'needed' ? 'approval' : finding.severity} | ${code(place.path)} line ${place.line} | ${escapeMarkdown(finding.message)} ${code(finding.rule)} |`
}

function details(finding: Finding): string {
  const evidence = evidenceLine(finding)
  return `**${escapeMarkdown(finding.message)}** · ${finding.severity} · ${code(finding.rule)}\n\n${evidence === null ? '' : `${evidence}\n\n`}${helpMarkdown(finding.help)}`
}

function answer(finding: Finding): string {
  const why = finding.suppressed
    ? `suppressed: ${finding.suppressed.reason}`
    : `approved by ${finding.approval?.by ?? 'nobody'}: ${finding.approval?.reason ?? ''}`
  return `- ${code(finding.rule)} ${code(finding.place.path)} line ${finding.place.line}, ${escapeMarkdown(why)}`
}
