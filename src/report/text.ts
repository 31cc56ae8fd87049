import type { Finding, Note, Severity } from '../finding.ts'
import { styleText } from 'node:util'
import { applicable, checklistTitle } from './checklist.ts'
import { evidenceText } from './comment.ts'
import { timelines } from './locks.ts'
import type { Report } from './report.ts'
import { count, sortFindings } from './verdict.ts'
import { lookedAtShort, serverWords, tally } from './words.ts'

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

const colours: Readonly<Record<Severity, Parameters<typeof styleText>[0]>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
}

/** The report for a terminal: each finding with its lines, then one line that sums up. Control characters of the pull request are shown, not sent. */
export function reportToText(report: Report, options: { readonly colour: boolean }): string {
  const paint: Paint = options.colour ? (style, text) => styleText(style, text) : (_style, text) => text
  const blocks = report.findings
    .filter((finding) => !finding.suppressed)
    .map((finding) => findingBlock(finding, report, paint))
  const suppressed = report.findings.filter((finding) => finding.suppressed)
  const answered = suppressed.map((finding) =>
    paint('dim', printable(`${at(finding)}  suppressed ${finding.rule}: ${finding.suppressed?.reason ?? ''}`)),
  )
  const notes = report.notes.map((note) => noteLine(note, paint))
  const locks = timelines(report).map(({ worst }) => printable(`Locks: ${worst.replaceAll('`', '')}.`))
  const marks = [
    ...blocks,
    ...(answered.length > 0 ? [answered.join('\n')] : []),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
    ...locks,
    ...checklist(report, paint),
  ]
  return [...marks, summary(report, paint)].join('\n\n') + '\n'
}

function findingBlock(finding: Finding, report: Report, paint: Paint): string {
  const head = `${printable(at(finding))}  ${paint(colours[finding.severity], finding.severity)}  ${paint('bold', printable(finding.message.replaceAll('`', '')))}   ${paint('dim', finding.rule)}`
  const approval =
    finding.approval?.state === 'needed'
      ? '  needs an approval'
      : finding.approval?.state === 'given'
        ? `  approved by ${finding.approval.by ?? ''}: ${finding.approval.reason ?? ''}`
        : ''
  const evidence = evidenceText(finding)
  const seen = evidence === null ? [] : [`  ${evidence}`]
  return [
    head,
    ...excerpt(finding, report, paint),
    ...[approval].filter(Boolean),
    ...seen.map(printable),
    help(finding.help),
  ].join('\n')
}

function at(finding: Finding): string {
  return `${finding.place.path}:${finding.place.line}:${finding.place.column}`
}

function excerpt(finding: Finding, report: Report, paint: Paint): readonly string[] {
  const text = report.texts.get(finding.place.path)
  if (
    text === undefined ||
    (finding.place.endColumn < finding.place.column && finding.place.endLine === finding.place.line)
  )
    return []
  const lines = text.split(/\r\n|\r|\n/)
  const { line, column, endLine, endColumn } = finding.place
  const first = lines[line - 1]
  if (first === undefined) return []
  const width = String(Math.min(endLine, line + 3)).length
  const bar = (number: string) => `  ${number.padStart(width)} │ `
  const shown = lines.slice(Math.max(0, line - 2), Math.min(endLine, line + 2))
  const start = Math.max(1, line - 1)
  const rows = shown.map((content, i) => paint('dim', bar(String(start + i))) + printable(clip(content)))
  const last = endLine === line ? endColumn : first.length
  const marks = paint(colours[finding.severity], '━'.repeat(Math.max(1, Math.min(last, 160) - column + 1)))
  const underlined = line - start + 1
  return column > 160
    ? rows
    : [
        ...rows.slice(0, underlined),
        paint('dim', bar('')) + printable(first.slice(0, column - 1)).replace(/[^\t]/g, ' ') + marks,
        ...rows.slice(underlined),
      ]
}

function clip(line: string): string {
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}

function help(text: string): string {
  // Fenced code stands as it is, where a backtick can be part of it.
  const plain = text
    .split(/^```.*\n?/m)
    .map((part, i) => (i % 2 === 0 ? part.replaceAll('`', '') : part))
    .join('')
    .trimEnd()
  return plain
    .split('\n')
    .map((line, i) => (i === 0 ? `  help: ${line}` : `        ${line}`.trimEnd()))
    .map(printable)
    .join('\n')
}

function noteLine(note: Note, paint: Paint): string {
  return `${printable(`${note.path}:${note.line}`)}  ${paint(note.blocking ? 'red' : 'dim', 'note')}  ${printable(note.message)}`
}

/** The items of the checklist that this change gives something to say on; nothing where there are none. */
function checklist(report: Report, paint: Paint): readonly string[] {
  const found = applicable(report)
  if (found.entries.length === 0 || report.projects.length === 0) return []
  const colour = { fail: 'red', unknown: 'yellow', pass: 'green', 'not-applicable': 'dim' } as const
  const lines = found.entries.map(
    ({ item, status, evidence }) =>
      `  ${paint(colour[status], status.padEnd(7))}  ${item}: ${printable(evidence.replaceAll('`', ''))}`,
  )
  return [[checklistTitle(found), ...lines].join('\n')]
}

function summary(report: Report, paint: Paint): string {
  const seconds = (report.milliseconds / 1000).toFixed(2)
  const { errors, needed, warnings, infos } = sortFindings(report)
  const open = [...errors, ...needed, ...warnings, ...infos]
  const [first] = open
  const files = new Set(open.map((finding) => finding.place.path)).size
  const where = files > 0 ? ` in ${count(files, 'file')}` : ''
  return `${paint('bold', `${tally(report)}${where}`)} (${lookedAtShort(report)}, ${serverWords(report, printable)}, ${seconds} s).${first ? `  schemagate explain ${first.rule}` : ''}`
}

/** Shows control characters, which a terminal would obey, as their code. */
export function printable(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
