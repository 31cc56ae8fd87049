import type { Report } from './report.ts'
import { dialectNames } from '../schema/dialect.ts'
import { count, sortFindings, unreadable } from './verdict.ts'

/** What a report says in numbers, for a terminal: `2 errors, 1 approval missing, 1 for information`. */
export function tally(report: Report): string {
  const { errors, needed, warnings, infos, blocking } = sortFindings(report)
  const parts = [
    errors.length > 0 ? count(errors.length, 'error') : '',
    needed.length > 0 ? `${count(needed.length, 'approval')} missing` : '',
    blocking.length > 0 ? `${count(unreadable(blocking), 'file')} not readable` : '',
    warnings.length > 0 ? count(warnings.length, 'warning') : '',
    infos.length > 0 ? `${infos.length} for information` : '',
  ].filter((part) => part !== '')
  return parts.length > 0
    ? parts.join(', ')
    : report.notes.length > 0
      ? 'Nothing found, but not all was looked at'
      : 'Nothing to say'
}

/** The server that the review is for, and who says so: `PostgreSQL 16 (compose.yml:3)`, `PostgreSQL 15 (assumed)`; `MySQL` where no project is for Postgres. */
export function serverWords(
  { postgres, postgresFrom, postgresAssumed, projects }: Report,
  shown: (place: string) => string,
): string {
  const dialects = [...new Set(projects.map(({ project }) => project.dialect))]
  if (dialects.length > 0 && !dialects.includes('postgresql'))
    return dialects.map((dialect) => dialectNames[dialect]).join(', ')
  const by = postgresFrom ? shown(`${postgresFrom.path}:${postgresFrom.line}`) : postgresAssumed ? 'assumed' : null
  return `PostgreSQL ${postgres}${by === null ? '' : ` (${by})`}`
}

/** What was looked at, for a terminal: `2 statements in 1 file, 2 rehearsed`. */
export function lookedAtShort(report: Report): string {
  const { coverage, queries, notes } = report
  const parts = [`${count(coverage.statements, 'statement')} in ${count(coverage.files, 'file')}`]
  if (coverage.analyzed < coverage.statements) parts.push(`${coverage.analyzed} analyzed`)
  if (coverage.rehearsed > 0) parts.push(`${coverage.rehearsed} rehearsed`)
  if (coverage.waysBack !== undefined && coverage.waysBack > 0)
    parts.push(`${count(coverage.waysBack, 'way', 'ways')} back proven`)
  if (queries > 0) parts.push(`${count(queries, 'query', 'queries')} read`)
  if (notes.length > 0) parts.push(count(notes.length, 'note'))
  return parts.join(', ')
}
