import { createHash } from 'node:crypto'
import type { FallenApproval, Finding } from '../finding.ts'
import type { Config } from '../config.ts'
import type { Report } from '../report/report.ts'
import { conclude } from './conclusion.ts'
import { withDecisions } from './decided.ts'

/** What somebody who may said about findings of a pull request, `at` newest last. */
export type Decision =
  /**
   * `target` is a fingerprint or the beginning of one, or `destructive` for all findings of data loss. It means those findings
   * that were there when it was said: `fingerprints` where that is on record, else what is there now if `isCurrent`.
   */
  | {
      readonly kind: 'approve'
      readonly key: string
      readonly target: string
      readonly fingerprints: readonly Bound[] | null
      readonly isCurrent: boolean
      readonly by: string
      readonly reason: string
      readonly at: Date
      readonly until: string | null
    }
  | { readonly kind: 'unapprove'; readonly target: string; readonly by: string; readonly at: Date }
  /** An approval whose comment was edited: it counts no more, and is told. */
  | {
      readonly kind: 'edited'
      readonly key: string
      readonly fingerprints: readonly Bound[]
      readonly by: string
      readonly at: Date
    }
  /** Suppresses a rule, in one file (a path or its end) or everywhere. */
  | {
      readonly kind: 'ignore'
      readonly rule: string
      readonly path: string | null
      readonly by: string
      readonly reason: string
      readonly at: Date
      readonly until: string | null
    }

/** A finding that an approval means. `subject` stays where its statement changes; null where it is not known. */
export interface Bound {
  readonly fingerprint: string
  readonly subject: string | null
}

/** Whether what a gate wants is there. */
export interface Gates {
  /** Labels of the pull request. */
  readonly labels: readonly string[]
  /** True where the head commit was deployed to the configured environment; null where no environment is configured. */
  readonly staged: boolean | null
}

/** A test on staging that a merge waits for: a deployment to an environment, or a label. */
export type Wanted = NonNullable<Config['staging']>

/** A report with its approvals, and what is still missing besides them. */
export interface Gated {
  readonly report: Report
  readonly wanted: readonly Wanted[]
  /** What each approval was found to mean, by its key, to be put on record. */
  readonly bindings: ReadonlyMap<string, readonly Bound[]>
}

/**
 * Applies decisions to a report: approves and suppresses findings, asks the gates, concludes anew. An approval holds for the
 * fingerprint alone, so it falls with any change of the statement.
 */
export function gate(report: Report, decisions: readonly Decision[], gates: Gates, config: Config, now: Date): Gated {
  const today = now.toISOString().slice(0, 10)
  const bindings = new Map<string, readonly Bound[]>()
  for (const decision of decisions) {
    if (decision.kind === 'approve') bindings.set(decision.key, fingerprintsOf(decision, report.findings))
    if (decision.kind === 'edited') bindings.set(decision.key, decision.fingerprints)
  }
  const present = new Set(report.findings.map((f) => f.fingerprint))
  const findings = report.findings.map((finding) => {
    const decided = decide(finding, decisions, bindings, gates, config, today)
    if (decided.approval?.state !== 'needed') return decided
    const fallen = fallenOf(decided, decisions, bindings, present)
    return fallen === null ? decided : { ...decided, approval: { ...decided.approval, fallen } }
  })
  const isDestructive = findings.some((f) => f.group === 'data-loss' && f.severity === 'error' && f.suppressed === null)
  const wanted = isDestructive && config.staging !== null && !isTested(gates, config.staging) ? [config.staging] : []
  const concluded = conclude(findings, report.notes, config.failOn)
  const conclusion =
    wanted.length > 0 && concluded !== 'failure' && config.failOn !== 'never' ? 'action_required' : concluded
  return {
    report: {
      ...report,
      findings,
      conclusion,
      checklist: withDecisions(report.checklist, {
        findings,
        config,
        labels: gates.labels,
        ...(gates.staged === null ? {} : { staging: gates.staged ? 'deployed' : 'missing' }),
      }),
    },
    wanted,
    bindings: new Map([...bindings].filter(([, fingerprints]) => fingerprints.length > 0)),
  }
}

function isTested({ labels, staged }: Gates, { label }: NonNullable<Config['staging']>): boolean {
  return staged === true || (label !== null && labels.includes(label))
}

/** Full fingerprints of what an approval means; the beginning of one is short enough to be forged, so it means nothing by itself. */
function fingerprintsOf(
  decision: Decision & { readonly kind: 'approve' },
  findings: readonly Finding[],
): readonly Bound[] {
  const { target } = decision
  if (decision.fingerprints !== null) return decision.fingerprints
  if (target.length === fingerprintLength) {
    const found = findings.find((f) => f.fingerprint === target)
    return [found === undefined ? { fingerprint: target, subject: null } : boundTo(found)]
  }
  const meant = decision.isCurrent
    ? findings.filter((f) => f.approvable && f.approval !== null && means(target, f)).map(boundTo)
    : []
  return target === 'destructive' || meant.length === 1 ? meant : []
}

const fingerprintLength = 16

function boundTo(finding: Finding): Bound {
  return { fingerprint: finding.fingerprint, subject: subjectOf(finding) }
}

function subjectOf({ project, rule, object }: Finding): string {
  return createHash('sha256')
    .update(JSON.stringify([project, rule, object]))
    .digest('hex')
    .slice(0, 8)
}

/** The approval that a waiting finding had last, and why it does not count any more; null where it never had one, or where it was taken back. */
function fallenOf(
  finding: Finding,
  decisions: readonly Decision[],
  bindings: ReadonlyMap<string, readonly Bound[]>,
  present: ReadonlySet<string>,
): FallenApproval | null {
  const subject = subjectOf(finding)
  for (const [i, decision] of [...decisions.entries()].toReversed()) {
    if (decision.kind !== 'approve' && decision.kind !== 'edited') continue
    const meant = bindings.get(decision.key) ?? []
    const bound =
      meant.find((b) => b.fingerprint === finding.fingerprint) ??
      meant.find((b) => b.subject === subject && !present.has(b.fingerprint))
    const isTakenBack = decisions
      .slice(i + 1)
      .some(
        (d) =>
          d.kind === 'unapprove' && (d.target === 'destructive' || bound?.fingerprint.startsWith(d.target) === true),
      )
    if (bound === undefined || isTakenBack) continue
    const { by } = decision
    if (bound.fingerprint !== finding.fingerprint) return { by, why: 'statement changed', until: null }
    return decision.kind === 'edited'
      ? { by, why: 'comment edited', until: null }
      : { by, why: 'expired', until: decision.until }
  }
  return null
}

function decide(
  finding: Finding,
  decisions: readonly Decision[],
  bindings: ReadonlyMap<string, readonly Bound[]>,
  gates: Gates,
  config: Config,
  today: string,
): Finding {
  const ignored = decisions.findLast(
    (d) =>
      d.kind === 'ignore' &&
      d.rule === finding.rule &&
      (d.path === null || finding.place.path === d.path || finding.place.path.endsWith(`/${d.path}`)),
  )
  if (ignored?.kind === 'ignore' && finding.suppressed === null && isCurrent(ignored.until, today)) {
    return {
      ...finding,
      suppressed: { reason: `${ignored.reason} (${ignored.by})`, until: ignored.until, line: 0 },
      approval: null,
    }
  }
  if (finding.approval === null || !finding.approvable) return finding
  const { require: backup } = config.backup
  if (typeof backup === 'object' && finding.group === 'data-loss' && gates.labels.includes(backup.label)) {
    return {
      ...finding,
      approval: {
        state: 'given',
        by: `label ${backup.label}`,
        reason: 'the label says that there is a backup',
        until: null,
      },
    }
  }
  const wanted = typeof backup === 'object' ? { label: backup.label, wantsBackup: true } : { wantsBackup: true }
  const waiting: Finding =
    backup === 'off' || finding.group !== 'data-loss'
      ? finding
      : { ...finding, approval: { ...finding.approval, ...wanted } }
  const last = decisions.findLast((d) =>
    d.kind === 'approve'
      ? bindings.get(d.key)?.some((b) => b.fingerprint === finding.fingerprint) === true
      : d.kind === 'unapprove' && means(d.target, finding),
  )
  if (last?.kind !== 'approve' || !isCurrent(last.until, today)) return waiting
  return { ...finding, approval: { state: 'given', by: last.by, reason: last.reason, until: last.until } }
}

/** True where a command's target means a finding. */
export function means(target: string, finding: Pick<Finding, 'fingerprint' | 'group'>): boolean {
  return target === 'destructive'
    ? finding.group === 'data-loss'
    : target.length >= 4 && finding.fingerprint.startsWith(target)
}

function isCurrent(until: string | null, today: string): boolean {
  return until === null || until >= today
}
