import { lockName } from '../rehearsal/observation.ts'
import { lockTimeline } from '../rehearsal/timeline.ts'
import type { LockTimeline, TimelineLock, TimelineMoment } from '../rehearsal/timeline.ts'
import { code, details, fenced, sentenceHtml } from './markdown-escape.ts'
import { escapeHtml } from './markdown-html.ts'
import type { ProjectReview, Report } from './report.ts'

/** The timelines of a report that are worth seeing, each with its project. */
export function timelines(
  report: Report,
): readonly { readonly project: ProjectReview; readonly timeline: LockTimeline; readonly worst: string }[] {
  return report.projects.flatMap((project) => {
    const timeline = lockTimeline(project.steps)
    return timeline.worst === null ? [] : [{ project, timeline, worst: timeline.worst }]
  })
}

const maxRows = 40
/** Days of the year 2000, which stand for statements in the chart. */
const maxStatements = 366

/** The locks as folded parts of a comment: a picture where one can be drawn, else a table. `where` shows a place. */
export function lockPictures(report: Report, where: (place: TimelineMoment) => string): readonly string[] {
  return timelines(report).map(({ timeline, worst }) => {
    const chart = lockChart(timeline)
    return details(lockTitle(worst), chart === '' ? lockTable(timeline, where) : fenced(chart, 'mermaid'))
  })
}

/** The locks as folded tables. */
export function lockTables(report: Report, where: (place: TimelineMoment) => string): readonly string[] {
  return timelines(report).map(({ timeline, worst }) => details(lockTitle(worst), lockTable(timeline, where)))
}

/** The worst moment as the title of a folded part. */
function lockTitle(worst: string): string {
  return `Locks: ${sentenceHtml(worst)}`
}

/** A Markdown table, one row a lock. */
export function lockTable(timeline: LockTimeline, where: (place: TimelineMoment) => string): string {
  const rows = timeline.locks
    .slice(0, maxRows)
    .map(
      (lock) =>
        `| ${lock.from.number} | ${where(lock.from)} | ${code(lock.name)} | ${lockName(lock.mode)} | ${lock.blocks} | ${untilWords(lock)} | ${workWords(lock, code)} |`,
    )
  const rest = timeline.locks.length > maxRows ? `\n\n${timeline.locks.length - maxRows} more locks are not shown.` : ''
  return `| Statement | Where | Table | Lock | Blocks | Until | Work meanwhile |\n| ---: | --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}${rest}`
}

/** The same for a page of HTML, with the picture above it. */
export function lockHtml(report: Report): readonly string[] {
  const all = timelines(report)
  return all.flatMap(({ project, timeline, worst }) => [
    `<h2>Locks${all.length > 1 ? ` of ${escapeHtml(project.project.name)}` : ''}</h2>`,
    `<p>${escapeHtml(worst).replace(/`([^`]+)`/g, '<code>$1</code>')}.</p>`,
    lockSvg(timeline),
    `<table><thead><tr>${['Statement', 'Where', 'Table', 'Lock', 'Blocks', 'Until', 'Work meanwhile'].map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>`,
    ...timeline.locks.slice(0, maxRows).map((lock) => {
      const cells = [
        String(lock.from.number),
        `<code>${escapeHtml(lock.from.path)}</code> line ${lock.from.line}`,
        `<code>${escapeHtml(lock.name)}</code>`,
        lockName(lock.mode),
        lock.blocks,
        untilWords(lock),
        workWords(lock, (name) => `<code>${escapeHtml(name)}</code>`),
      ]
      return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
    }),
    '</tbody></table>',
    ...(timeline.locks.length > maxRows ? [`<p>${timeline.locks.length - maxRows} more locks are not shown.</p>`] : []),
  ])
}

/** The locks as data for `--format json`. */
export function locksToJson(report: Report): readonly object[] {
  return timelines(report).map(({ project, timeline, worst }) => ({
    project: project.project.name,
    postgres: timeline.postgres,
    worst,
    locks: timeline.locks.map(lockToJson),
  }))
}

function lockToJson({ table, mode, blocks, from, until, work, meanwhile }: TimelineLock): object {
  return { table, mode, blocks, from, until, work, meanwhile }
}

function untilWords({ from, until }: TimelineLock): string {
  return until.number > from.number ? `commit, after statement ${until.number}` : 'it ends'
}

function workWords({ work, meanwhile }: TimelineLock, show: (name: string) => string): string {
  return [...work, ...(meanwhile === null ? [] : [`work on ${show(meanwhile)}`])].join(', ') || 'none'
}

function byTable(timeline: LockTimeline): ReadonlyMap<string, readonly TimelineLock[]> {
  const tables = new Map<string, TimelineLock[]>()
  for (const lock of timeline.locks.slice(0, maxRows)) tables.set(lock.name, [...(tables.get(lock.name) ?? []), lock])
  return tables
}

/**
 * The locks as a mermaid gantt, without its fence: a section for each table, a bar for each lock, red where nobody can read or write.
 * The axis counts statements; mermaid's axis knows only times, so that statement n is day n of the year 2000. Empty where there are too many.
 */
export function lockChart(timeline: LockTimeline): string {
  const last = Math.max(0, ...timeline.locks.map((lock) => lock.until.number))
  if (timeline.locks.length === 0 || last > maxStatements) return ''
  const lines = [
    'gantt',
    '  title Locks by statement',
    '  dateFormat YYYY-MM-DD',
    '  axisFormat %-j',
    ...(last <= 30 ? ['  tickInterval 1day'] : []),
    '  todayMarker off',
  ]
  for (const [name, locks] of byTable(timeline)) {
    lines.push(`  section ${chartName(name)}`)
    for (const lock of locks) {
      const state = lock.blocks === 'reads and writes' ? 'crit, ' : lock.blocks === 'writes' ? 'active, ' : ''
      lines.push(
        `  ${lockName(lock.mode)}${lock.work.length === 0 ? '' : `, ${lock.work.join(', ')}`} :${state}${day(lock.from.number)}, ${lock.until.number - lock.from.number + 1}d`,
      )
    }
  }
  return lines.join('\n')
}

/** A name without what mermaid reads: `;`, `#`, `%%`, `:` and line breaks end or change a line. */
function chartName(name: string): string {
  const plain = name.replaceAll(/[^\p{L}\p{N}_. -]/gu, '_').trim()
  return plain === '' ? '_' : plain.slice(0, 60)
}

function day(number: number): string {
  return new Date(Date.UTC(2000, 0, number)).toISOString().slice(0, 10)
}

const colours: Readonly<Record<TimelineLock['blocks'], string>> = {
  'reads and writes': '#cf222e',
  writes: '#bf8700',
  'schema changes': '#57606a',
}
const row = 26
const left = 220
const width = 820

/** The picture for a page that has no scripts. */
function lockSvg(timeline: LockTimeline): string {
  const locks = [...byTable(timeline).values()].flat()
  const first = Math.min(...locks.map((lock) => lock.from.number))
  const last = Math.max(...locks.map((lock) => lock.until.number))
  const unit = (width - left) / (last - first + 1)
  const every = Math.ceil((last - first + 1) / 20)
  const height = (locks.length + 1) * row + 4
  const parts: string[] = []
  for (let number = first; number <= last; number += every) {
    const x = left + (number - first) * unit
    parts.push(
      `<line x1="${x.toFixed(1)}" y1="${row - 6}" x2="${x.toFixed(1)}" y2="${height}" stroke="currentColor" stroke-opacity=".2"/>`,
      `<text x="${(x + 3).toFixed(1)}" y="16">${number}</text>`,
    )
  }
  let named = ''
  for (const [index, lock] of locks.entries()) {
    const y = (index + 1) * row
    const x = left + (lock.from.number - first) * unit
    const label = `${lockName(lock.mode)}${lock.work.length === 0 ? '' : `, ${lock.work.join(', ')}`}`
    if (lock.name !== named)
      parts.push(
        `<text x="0" y="${y + 15}">${escapeHtml(lock.name.length > 28 ? `${lock.name.slice(0, 27)}…` : lock.name)}</text>`,
      )
    named = lock.name
    parts.push(
      `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(4, (lock.until.number - lock.from.number + 1) * unit - 2).toFixed(1)}" height="${row - 6}" rx="3" fill="${colours[lock.blocks]}" fill-opacity=".35" stroke="${colours[lock.blocks]}"><title>${escapeHtml(`${lock.name}: ${label}`)}</title></rect>`,
      `<text x="${Math.min(x + 6, width - label.length * 7).toFixed(1)}" y="${y + 15}">${label}</text>`,
    )
  }
  return `<svg viewBox="0 0 ${width} ${height}" width="100%" role="img" aria-label="Locks by statement" font-size="12" fill="currentColor">${parts.join('')}</svg>`
}
