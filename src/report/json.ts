import type { Finding } from '../finding.ts'
import { subjectOf, tableOf, type Change } from '../schema/change.ts'
import { plainKey } from '../schema/model.ts'
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
      changes.map((change) => changeToJson(change, project.name)),
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

/** A change as `review` and `diff` give it. */
export function changeToJson(change: Change, project: string): object {
  const table = tableOf(change)
  return {
    project,
    kind: change.kind,
    table: table === undefined ? null : plainKey(table),
    name: plainKey(subjectOf(change)),
    path: change.place.path,
    line: change.place.line,
  }
}
