import type { Finding } from '../finding.ts'
import { evidenceLine } from './comment.ts'
import { lookedAt } from './check-run.ts'
import { applicable } from './checklist.ts'
import { escapeHtml, htmlPage, markdownToHtml } from './markdown-html.ts'
import { lockHtml } from './locks.ts'
import { picturesHtml } from './picture.ts'
import type { Report } from './report.ts'
import { sortFindings, summarizeChanges, verdict } from './verdict.ts'

/** The report as one HTML page that needs nothing beside it. */
export function reportToHtml(report: Report): string {
  const sorted = sortFindings(report)
  const changes = report.projects.flatMap((p) => p.changes)
  const section = (title: string, findings: readonly Finding[]) =>
    findings.length === 0 ? [] : [`<h2>${title}</h2>`, ...findings.map((f) => findingHtml(f, report))]
  const body = [
    `<h1>Schemagate: ${escapeHtml(verdict(report))}</h1>`,
    ...(changes.length > 0 ? [`<p>Schema: ${escapeHtml(summarizeChanges(changes))}.</p>`] : []),
    ...picturesHtml(report),
    ...(report.notes.length > 0
      ? [
          '<h2>Notes</h2>',
          `<ul>${report.notes.map((n) => `<li>${n.blocking ? '<strong>Could not look:</strong> ' : ''}${n.path === '' ? '' : `<code>${escapeHtml(n.path)}</code> line ${n.line}: `}${prose(n.message)}</li>`).join('\n')}</ul>`,
        ]
      : []),
    ...section('Errors', sorted.errors),
    ...section('Waiting for an approval', sorted.needed),
    ...section('Warnings', sorted.warnings),
    ...section('For the record', sorted.infos),
    ...section('Approved', sorted.approved),
    ...section('Suppressed', sorted.suppressed),
    ...lockHtml(report),
    ...checklistHtml(report),
    ...report.rollback
      .filter((r) => r.sql.trim() !== '')
      .flatMap((r) => [
        `<h2>Rollback${report.rollback.length > 1 ? ` of ${escapeHtml(r.project)}` : ''}</h2>`,
        `<pre><code>${escapeHtml(r.sql)}</code></pre>`,
        ...(r.lossy.length > 0 ? [`<ul>${r.lossy.map((l) => `<li>${prose(l)}</li>`).join('')}</ul>`] : []),
      ]),
    `<p><small>${prose(lookedAt(report))}</small></p>`,
  ]
  return htmlPage(`Schemagate: ${verdict(report)}`, body.join('\n'))
}

function findingHtml(finding: Finding, report: Report): string {
  const { place, suppressed, approval } = finding
  const evidence = evidenceLine(finding)
  const excerpt = linesOf(finding, report)
  return [
    `<section><h3>${prose(finding.message)}</h3>`,
    `<p><code>${escapeHtml(place.path)}:${place.line}:${place.column}</code> · ${finding.severity} · <code>${escapeHtml(finding.rule)}</code> · <code>${finding.fingerprint.slice(0, 4)}</code></p>`,
    ...(excerpt === '' ? [] : [`<pre><code>${excerpt}</code></pre>`]),
    ...(suppressed === null ? [] : [`<p>Suppressed: ${escapeHtml(suppressed.reason)}</p>`]),
    ...(approval?.state === 'given'
      ? [`<p>Approved by ${escapeHtml(approval.by ?? '')}: ${escapeHtml(approval.reason ?? '')}</p>`]
      : []),
    ...(evidence === null ? [] : [`<p>${prose(evidence)}</p>`]),
    markdownToHtml(finding.help),
    '</section>',
  ].join('\n')
}

function checklistHtml(report: Report): readonly string[] {
  const { entries, others } = applicable(report)
  if (entries.length === 0) return []
  const rows = entries.map(
    (e) => `<tr><td><code>${e.item}</code></td><td>${e.status}</td><td>${prose(e.evidence)}</td></tr>`,
  )
  return [
    '<h2>Checklist</h2>',
    `<table><tbody>${rows.join('\n')}</tbody></table>`,
    ...(others.length === 0
      ? []
      : [`<p>Not applicable: ${others.map((item) => `<code>${item}</code>`).join(', ')}.</p>`]),
  ]
}

function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

function linesOf({ place }: Finding, report: Report): string {
  const lines = report.texts.get(place.path)?.split(/\r\n|\r|\n/)
  if (lines === undefined) return ''
  const from = Math.max(1, place.line - 1)
  return lines
    .slice(from - 1, Math.min(place.endLine, place.line + 15))
    .map((line, i) => `${String(from + i).padStart(5)}  ${escapeHtml(line.slice(0, 500))}`)
    .join('\n')
}
