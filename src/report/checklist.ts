import type { ChecklistEntry } from '../engine/checklist.ts'
import { codeSpan, details, escapeMarkdown } from './markdown-escape.ts'
import { placesInWords } from '../location.ts'
import { lineLink } from './links.ts'
import type { Links } from './links.ts'
import type { Report } from './report.ts'

/** Entries that this change gives something to say on, what fails first, and the names of the others. */
export function applicable({ checklist }: Pick<Report, 'checklist'>): {
  readonly entries: readonly ChecklistEntry[]
  readonly others: readonly string[]
} {
  const rank = { fail: 0, unknown: 1, pass: 2, 'not-applicable': 3 }
  return {
    entries: checklist.filter((e) => e.status !== 'not-applicable').sort((a, b) => rank[a.status] - rank[b.status]),
    others: checklist.filter((e) => e.status === 'not-applicable').map((e) => e.item),
  }
}

/** `Checklist: 1 fails, 2 pass, 8 not applicable`. */
export function checklistTitle({ entries, others }: ReturnType<typeof applicable>): string {
  const number = (status: ChecklistEntry['status'], one: string, many: string) => {
    const n = entries.filter((e) => e.status === status).length
    return n === 0 ? [] : [`${n} ${n === 1 ? one : many}`]
  }
  return `Checklist: ${[
    ...number('fail', 'fails', 'fail'),
    ...number('unknown', 'unknown', 'unknown'),
    ...number('pass', 'passes', 'pass'),
    ...(others.length === 0 ? [] : [`${others.length} not applicable`]),
  ].join(', ')}`
}

/** The checklist as a folded part of a comment, its places as links where `links` are given; none where no item of it applies. */
export function checklistDetails(
  report: Pick<Report, 'checklist' | 'projects'>,
  links: Links | null,
): readonly string[] {
  const { entries, others } = applicable(report)
  if (entries.length === 0 || report.projects.length === 0) return []
  const table =
    '| Item | | Evidence |\n| --- | --- | --- |\n' +
    entries.map((e) => `| ${codeSpan(e.item)} | ${e.status} | ${evidenceWithLinks(e.evidence, links)} |`).join('\n')
  return [
    details(
      checklistTitle({ entries, others }),
      others.length === 0 ? table : `${table}\n\nNot applicable: ${others.map(codeSpan).join(', ')}.`,
    ),
  ]
}

/** Evidence for a table cell: `src/db.ts:12` in it leads to the line, everything else is text. */
function evidenceWithLinks(evidence: string, links: Links | null): string {
  if (links === null) return escapeMarkdown(evidence)
  let [out, from] = ['', 0]
  for (const found of evidence.matchAll(placesInWords)) {
    const path = found.groups?.['path'] ?? found.groups?.['quoted'] ?? ''
    const line = Number(found.groups?.['line'])
    out += escapeMarkdown(evidence.slice(from, found.index)) + lineLink(`${path}:${line}`, { path, line }, links)
    from = found.index + found[0].length
  }
  return out + escapeMarkdown(evidence.slice(from))
}
