import type { Conclusion, Finding, Note, Severity } from '../finding.ts'
import type { Config } from '../config.ts'

const rank: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 }

/** Negative where `a` is worse than `b`. */
export function compareSeverities(a: Severity, b: Severity): number {
  return rank[b] - rank[a]
}

/** The milder of two severities. */
export function milder(a: Severity, b: Severity): Severity {
  return rank[a] <= rank[b] ? a : b
}

/** True for what stops a merge: at the fail level, not suppressed, not approved. */
export function stops(finding: Finding, failOn: Config['failOn']): boolean {
  if (failOn === 'never' || finding.suppressed || finding.approval?.state === 'given') return false
  return finding.severity === 'error' || (failOn === 'warning' && finding.severity === 'warning')
}

/** The verdict: the first of failure, action_required, neutral and success that holds. */
export function conclude(findings: readonly Finding[], notes: readonly Note[], failOn: Config['failOn']): Conclusion {
  const stopping = findings.filter((finding) => stops(finding, failOn))
  if (notes.some((note) => note.blocking) || stopping.some((finding) => finding.approval?.state !== 'needed'))
    return 'failure'
  if (stopping.length > 0) return 'action_required'
  const open = findings.filter((finding) => !finding.suppressed && finding.approval?.state !== 'given')
  return notes.length > 0 || open.some((finding) => finding.severity !== 'info') ? 'neutral' : 'success'
}
