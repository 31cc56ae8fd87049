import type { Config } from '../config.ts'
import type { Report } from '../report/report.ts'
import { conclude } from './conclusion.ts'
import type { Finding } from './finding.ts'

/** What somebody who may said about findings of a pull request, `at` newest last. */
export type Decision =
  /** `target` is a fingerprint or the beginning of one, or `destructive` for all findings of data loss. */
  | { readonly kind: 'approve'; readonly target: string; readonly by: string; readonly reason: string; readonly at: Date; readonly until: string | null }
  | { readonly kind: 'unapprove'; readonly target: string; readonly by: string; readonly at: Date }
  /** Suppresses a rule, in one file (a path or its end) or everywhere. */
  | { readonly kind: 'ignore'; readonly rule: string; readonly path: string | null; readonly by: string; readonly reason: string; readonly at: Date; readonly until: string | null }

/** Whether what a gate wants is there. */
export interface Gates {
  /** Labels of the pull request. */
  readonly labels: readonly string[]
  /** True where the head commit was deployed to the configured environment; null where no environment is configured. */
  readonly staged: boolean | null
}

/** A report with its approvals, and what is still missing besides them: one sentence each. */
export interface Gated {
  readonly report: Report
  readonly wanted: readonly string[]
}

/**
 * Applies decisions to a report: approves and suppresses findings, asks the gates, concludes anew. An approval holds for the
 * fingerprint alone, so it falls with any change of the statement.
 */
export function gate(report: Report, decisions: readonly Decision[], gates: Gates, config: Config, now: Date): Gated {
  const today = now.toISOString().slice(0, 10)
  // The beginning of a fingerprint decides only while it means one finding.
  const clear = decisions.filter((d) => d.kind === 'ignore' || d.target === 'destructive' || report.findings.filter((f) => means(d.target, f)).length === 1)
  const findings = report.findings.map((finding) => decide(finding, clear, gates, config, today))
  const isDestructive = findings.some((f) => f.group === 'data-loss' && f.severity === 'error' && f.suppressed === null)
  const wanted = isDestructive && gates.staged === false && config.staging !== null
    ? [`a successful deployment of this commit to \`${config.staging.environment}\`, because the change is destructive.`]
    : []
  const concluded = conclude(findings, report.notes, config.failOn)
  const conclusion = wanted.length > 0 && concluded !== 'failure' && config.failOn !== 'never' ? 'action_required' : concluded
  return { report: { ...report, findings, conclusion }, wanted }
}

function decide(finding: Finding, decisions: readonly Decision[], gates: Gates, config: Config, today: string): Finding {
  const ignored = decisions.findLast((d) => d.kind === 'ignore' && d.rule === finding.rule && (d.path === null || finding.place.path === d.path || finding.place.path.endsWith(`/${d.path}`)))
  if (ignored?.kind === 'ignore' && finding.suppressed === null && isCurrent(ignored.until, today)) {
    return { ...finding, suppressed: { reason: `${ignored.reason} (${ignored.by})`, until: ignored.until, line: 0 }, approval: null }
  }
  if (finding.approval === null || !finding.approvable) return finding
  const { require: backup } = config.backup
  if (typeof backup === 'object' && finding.group === 'data-loss' && gates.labels.includes(backup.label)) {
    return { ...finding, approval: { state: 'given', by: `label ${backup.label}`, reason: 'the label says that there is a backup', until: null } }
  }
  const last = decisions.findLast((d) => d.kind !== 'ignore' && means(d.target, finding))
  if (last?.kind !== 'approve' || !isCurrent(last.until, today)) return finding
  return { ...finding, approval: { state: 'given', by: last.by, reason: last.reason, until: last.until } }
}

/** True where a command's target means a finding. */
export function means(target: string, finding: Pick<Finding, 'fingerprint' | 'group'>): boolean {
  return target === 'destructive' ? finding.group === 'data-loss' : target.length >= 4 && finding.fingerprint.startsWith(target)
}

function isCurrent(until: string | null, today: string): boolean {
  return until === null || until >= today
}
