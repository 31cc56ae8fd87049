import type { Finding } from '../finding.ts'
import { subjectOf, tableOf } from '../schema/change.ts'
import { locksToJson } from './locks.ts'
import type { Report } from './report.ts'

/** The report as `--format json` prints it: version 1 of a shape that other programs hold on to. */
export function reportToJson(report: Report): Record<string, unknown> {
  return {
    version: 1,
    conclusion: report.conclusion,
    findings: report.findings.map(findingToJson),
    notes: report.notes.map(({ kind, blocking, path, line, message }) => ({ kind, blocking, path, line, message })),
    coverage: report.coverage,
    checklist: report.checklist,
    changes: report.projects.flatMap(({ project, changes }) =>
      changes.map((change) => ({
        project: project.name,
        kind: change.kind,
        table: tableOf(change) ?? null,
        name: subjectOf(change),
        path: change.place.path,
        line: change.place.line,
      })),
    ),
    rollback: report.rollback,
    locks: locksToJson(report),
    queries: report.queries,
    base: report.base,
    head: report.head,
    postgres: report.postgres,
    postgresFrom: report.postgresFrom ?? null,
    postgresAssumed: report.postgresAssumed ?? false,
  }
}

function findingToJson(finding: Finding): Record<string, unknown> {
  const {
    rule,
    group,
    severity,
    project,
    place,
    message,
    help,
    suggestion,
    sources,
    evidence,
    warned = null,
    fingerprint,
    approval,
    suppressed,
  } = finding
  return {
    rule,
    group,
    severity,
    project,
    path: place.path,
    line: place.line,
    column: place.column,
    endLine: place.endLine,
    endColumn: place.endColumn,
    message,
    help,
    suggestion,
    sources,
    evidence,
    warned,
    fingerprint,
    approval,
    suppressed,
  }
}
