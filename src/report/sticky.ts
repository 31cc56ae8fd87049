import type { Finding } from '../engine/finding.ts'
import { subjectOf, tableOf } from '../schema/change.ts'
import type { Change } from '../schema/change.ts'
import { approvedLine, checklistTable, checklistTitle, howToApprove, lookedAt, noteLine } from './check-run.ts'
import { short } from './comment.ts'
import { lockPictures } from './locks.ts'
import { code, codeSpan, details, escapeMarkdown, fenced, sentence, truncate } from './markdown-escape.ts'
import { placeLink } from './links.ts'
import type { Links } from './links.ts'
import type { Report } from './report.ts'
import { count, sortFindings, summarizeChanges } from './verdict.ts'

export interface StickyOptions {
  readonly links: Links
  /** Login of the pull request's author. */
  readonly author: string
  /** Branch that the pull request goes into. */
  readonly base: string
  /** What is missing besides approvals of findings, one Markdown sentence each. */
  readonly wanted: readonly string[]
  /** Mermaid diagram of what changes; '' for none. */
  readonly picture: string
  /** Characters that it may have. */
  readonly room: number
}

/** True where a report has something that a comment should say; a clean one is told by its check run alone. */
export function hasSomethingToSay(report: Report, wanted: readonly string[]): boolean {
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
    ...sorted.blocking.map((note) => `**Could not look:** ${noteLine(note, links)}`),
    ...(rows.length > 0 ? ['| | Where | What |\n| --- | --- | --- |\n' + rows.slice(0, 40).join('\n') + (rows.length > 40 ? `\n\n${rows.length - 40} more are in the check run.` : '')] : []),
    ...options.wanted.map((line) => `**Missing:** ${line}`),
    ...(sorted.needed.length > 0 ? [howToApprove(sorted.needed)] : []),
    ...schemaLines(report),
    ...(sorted.approved.length > 0 ? ['**Approved**\n' + sorted.approved.map((f) => approvedLine(f, links)).join('\n')] : []),
    ...(options.picture === '' ? [] : [details('Picture', fenced(options.picture, 'mermaid'))]),
    ...lockPictures(report, (place) => placeLink(place, links)),
    ...(report.checklist.length > 0 && report.projects.length > 0 ? [details(checklistTitle(report), checklistTable(report))] : []),
    ...rollback(report),
    `<sub>Reviewed against ${codeSpan(options.base)}: ${lookedAt(report)}. \`/schemagate recheck\` · \`/schemagate help\`</sub>`,
  ]
  return truncate(sections.join('\n\n'), options.room, '_The rest is in the check run._')
}

function headline(report: Report, wanted: number): string {
  const { errors, needed, blocking, warnings } = sortFindings(report)
  const stopping = errors.length + needed.length + blocking.length + wanted
  const looks = warnings.length
  if (stopping > 0) return `${count(stopping, 'thing')} ${stopping === 1 ? 'stops' : 'stop'} this merge${looks > 0 ? `, ${looks} to look at` : ''}`
  return looks > 0 ? `${count(looks, 'thing')} to look at, nothing stops this merge` : 'nothing stops this merge'
}

function row(what: string, finding: Finding, links: Links): string {
  const how = what === 'approval' ? ` ${code(finding.fingerprint.slice(0, 4))}` : ''
  return `| ${what}${how} | ${placeLink(finding.place, links)} | ${escapeMarkdown(finding.message)} |`
}

/** The schema's changes, one line a table. */
function schemaLines(report: Report): readonly string[] {
  const changes = report.projects.flatMap((p) => p.changes)
  if (changes.length === 0) return []
  const byTable = new Map<string, string[]>()
  for (const change of changes) {
    const words = changeWords(change)
    if (words === null) continue
    const table = tableOf(change)
    const name = table === undefined || table === '' ? '' : short(table)
    byTable.set(name, [...byTable.get(name) ?? [], words])
  }
  const lines = [...byTable].slice(0, 20).map(([table, words]) => {
    const shown = words.slice(0, 8).join(', ') + (words.length > 8 ? `, ${words.length - 8} more` : '')
    return table === '' ? `- ${shown}` : `- ${codeSpan(table)}: ${shown}`
  })
  return [`**Schema**: ${summarizeChanges(changes)}`, lines.join('\n') + (byTable.size > 20 ? `\n- and ${byTable.size - 20} more tables` : '')]
}

function changeWords(change: Change): string | null {
  if ('inline' in change && change.inline) return null
  const subject = codeSpan(short(subjectOf(change)))
  switch (change.kind) {
    case 'createTable': return `new, ${count(change.to.columns.length, 'column')}`
    case 'dropTable': return 'dropped'
    case 'renameTable': case 'setTableSchema': return `becomes ${codeSpan(short(change.to))}`
    case 'addColumn': return `+ ${subject} ${change.to.type === null ? '' : escapeMarkdown(change.to.type)}${change.to.nullable ? '' : ' not null'}`
    case 'dropColumn': return `− ${subject}`
    case 'renameColumn': return `${subject} becomes ${codeSpan(change.to)}`
    case 'alterColumnType': return `${subject} ${escapeMarkdown(change.from.type ?? 'unknown')} becomes ${escapeMarkdown(change.to.type ?? 'unknown')}`
    case 'setNotNull': return `${subject} not null`
    case 'dropNotNull': return `${subject} nullable`
    case 'addIndex': return `+ index ${subject}`
    case 'dropIndex': return `− index ${subject}`
    case 'addForeignKey': return `+ foreign key ${subject}`
    case 'addUnique': case 'addCheck': case 'addPrimaryKey': case 'addExclusion': return `+ constraint ${subject}`
    case 'dropConstraint': return `− constraint ${subject}`
    default: return `${change.kind.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)} ${subject}`
  }
}

function rollback(report: Report): readonly string[] {
  const parts = report.rollback.filter((r) => r.sql.trim() !== '' || r.lossy.length > 0)
  if (parts.length === 0) return []
  return [details('Rollback', parts.map((r) => [
    ...(parts.length > 1 ? [`**${codeSpan(r.project)}**`] : []),
    ...(r.sql.trim() === '' ? [] : [fenced(r.sql, 'sql')]),
    ...(r.rehearsed && r.rehearsed.result !== 'unknown' ? [sentence(wayBackSentence(r.rehearsed))] : []),
    ...(r.lossy.length > 0 ? ['Cannot be undone:\n' + r.lossy.map((line) => `- ${sentence(line)}`).join('\n')] : []),
  ].join('\n\n')).join('\n\n'))]
}

function wayBackSentence({ result, postgres, detail }: NonNullable<Report['rollback'][number]['rehearsed']>): string {
  if (result === 'proven') return `Rehearsed on PostgreSQL ${postgres}: up, this, and the schema is what it was before.`
  return `In a rehearsal on PostgreSQL ${postgres} this ${result === 'fails' ? 'fails' : 'leaves a difference'}: ${detail ?? 'no more is known'}.`
}
