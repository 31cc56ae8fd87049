import type { Finding, Suppressed, Warned } from '../finding.ts'
import type { Config } from '../config.ts'
import { embeddedPostgres, type Evidence, type Observation } from '../rehearsal/observation.ts'
import { didYouMean } from '../spelling.ts'
import { comparePlaces } from '../location.ts'
import { compareSeverities } from './conclusion.ts'
import { gathered } from './gather.ts'
import { fingerprint } from './fingerprint.ts'
import { schemaGroups, type Draft } from './draft.ts'
import { holds, speaksOf, type Suppression } from './suppressions.ts'

/** What settling needs to know besides the drafts. */
export interface Settling {
  readonly config: Config
  /** Suppressions of all changed files, by path. */
  readonly suppressions: ReadonlyMap<string, readonly Suppression[]>
  /** `YYYY-MM-DD`, for expiry. */
  readonly today: string
  readonly ruleIds: ReadonlySet<string>
  /** What Prisma's headers say of the drafts. */
  readonly warned?: ReadonlyMap<Draft, Warned>
  /** What rules that are switched off would say: others yield to it all the same. */
  readonly muted?: readonly Draft[]
}

/**
 * Makes findings of drafts: says once what is said once, numbers equals, applies suppressions. A suppression that the pull
 * request itself adds is a request for approval where it silences an error, unless authors may approve.
 */
export function settle(
  drafts: readonly Draft[],
  settling: Settling,
): { findings: readonly Finding[]; suppressions: readonly Suppression[] } {
  const suppressionOf = ({ rule, place, starts }: Draft): Suppression | undefined =>
    (settling.suppressions.get(place.path) ?? []).find((s) => speaksOf(s, rule.id, starts) && holds(s, settling.today))
  const heard = drafts.filter((draft) => suppressionOf(draft) === undefined)
  const isToldBetter = (draft: Draft) => yields(draft, [...drafts, ...(settling.muted ?? [])], heard)
  const sorted = gathered(
    drafts
      .filter((draft) => !isToldBetter(draft) && !isMissedBySchema(draft, drafts))
      .sort((a, b) => comparePlaces(a.place, b.place)),
    (draft) => suppressionOf(draft) !== undefined,
  )
  const seen = new Set<string>()
  const ordinals = new Map<string, number>()
  const said = new Set<string>()
  const used = new Map<Suppression, Set<string>>()
  const findings: Finding[] = []
  for (const draft of drafts) {
    const suppression = suppressionOf(draft)
    if (suppression) used.set(suppression, (used.get(suppression) ?? new Set()).add(draft.rule.id))
  }
  for (const draft of sorted) {
    const { rule, problem, place } = draft
    const same = JSON.stringify([rule.id, place, problem.message])
    const suppression = suppressionOf(draft)
    if (seen.has(same) || (rule.once && said.has(rule.id))) continue
    seen.add(same)
    const equals = JSON.stringify([draft.project, rule.id, draft.object, draft.tokens])
    const ordinal = ordinals.get(equals) ?? 0
    ordinals.set(equals, ordinal + 1)
    if (rule.once) said.add(rule.id)
    findings.push(findingOf(draft, ordinal, suppression ?? null, settling))
  }
  findings.sort(
    (a, b) =>
      compareSeverities(a.severity, b.severity) || comparePlaces(a.place, b.place) || (a.rule < b.rule ? -1 : 1),
  )
  const suppressions = [...settling.suppressions.values()]
    .flat()
    .map((s) => stateOf(s, used.get(s) ?? new Set(), settling))
  return { findings, suppressions }
}

/**
 * True where a rule that says it better, and at least as loud, speaks about the same statement or query, or a part of it. One that
 * claims the rewrite or the scan itself has weighed how loud to be; a rule that is named has to be heard.
 */
function yields(draft: Draft, drafts: readonly Draft[], heard: readonly Draft[]): boolean {
  const {
    rule: { yieldsTo },
    step,
  } = draft
  if (yieldsTo === undefined) return false
  const whole = step?.statement.place ?? draft.place
  return drafts.some((other) => {
    const better =
      yieldsTo === 'fails'
        ? other.problem.fails === true
        : (other.rule.yieldsTo === undefined && yieldsTo.includes(other.rule.group)) ||
          (yieldsTo.some((id) => id === other.rule.id) && heard.includes(other))
    const deliberate = [other.rule.claims ?? []]
      .flat()
      .some(({ rewrites, scans }) => rewrites === true || scans === true)
    if (!better || (other.severity === 'info' && draft.severity !== 'info' && !deliberate)) return false
    return (
      (step !== null && other.step === step) ||
      (other.place.path === whole.path &&
        comparePlaces(other.place, whole) >= 0 &&
        other.place.endLine <= whole.endLine)
    )
  })
}

/** True for a query that misses an index that a rule of the schema misses as well, and says so as loud. */
function isMissedBySchema(
  { rule, severity, project, problem: { unindexed } }: Draft,
  drafts: readonly Draft[],
): boolean {
  if (unindexed === undefined || rule.group !== 'queries') return false
  return drafts.some(
    (other) =>
      other.rule.group === 'indexes' &&
      other.project === project &&
      compareSeverities(other.severity, severity) <= 0 &&
      other.problem.unindexed?.some((column) => unindexed.includes(column)),
  )
}

function findingOf(
  draft: Draft,
  ordinal: number,
  suppression: Suppression | null,
  { config, warned }: Settling,
): Finding {
  const { rule, problem, severity } = draft
  const asks = suppression !== null && suppression.isNew && severity === 'error' && !config.approvals.author
  const suppressed: Suppressed | null =
    suppression && !asks
      ? { reason: suppression.reason ?? '', until: suppression.until, line: suppression.place.line }
      : null
  const approvable = rule.approvable === true || asks
  return {
    rule: rule.id,
    group: rule.group,
    severity,
    project: draft.project,
    place: draft.place,
    message: problem.message,
    help: problem.help ?? rule.fix,
    suggestion: problem.suggestion ?? null,
    sources: problem.notIn ? rule.sources.filter((source) => problem.notIn?.includes(source) !== true) : rule.sources,
    evidence: evidenceOf(draft),
    warned: warned?.get(draft) ?? null,
    fingerprint: fingerprint({
      project: draft.project,
      rule: rule.id,
      object: draft.object,
      tokens: draft.tokens,
      ordinal,
    }),
    approvable,
    approval:
      approvable && severity === 'error' && !suppressed
        ? {
            state: 'needed',
            by: null,
            reason: asks ? suppression.reason : null,
            until: asks ? suppression.until : null,
          }
        : null,
    suppressed,
    object: draft.object,
  }
}

/** What the rehearsal saw of the statement, for findings about how it runs, and the plan's decisive line. */
function evidenceOf({ rule, problem, step }: Draft): Evidence | null {
  const plan = problem.plan ?? null
  const observed = schemaGroups.has(rule.group) ? null : (step?.observation ?? null)
  if (step === null || observed === null)
    return plan === null ? null : { postgres: embeddedPostgres, locks: [], rewrites: [], scans: [], plan, held: null }
  const held = observed.locks.length > 0 && step.transaction.block === true ? step.transaction.because : null
  return {
    postgres: observed.postgres,
    locks: locksOf(observed),
    rewrites: observed.rewrites,
    scans: observed.scans,
    plan,
    held,
  }
}

/** A rewrite has the strongest lock also where an earlier statement of the transaction took it, so that it is not newly taken. */
function locksOf({ locks, rewrites }: Observation): Evidence['locks'] {
  return [
    ...rewrites.map((relation) => ({ relation, mode: 'AccessExclusiveLock' as const })),
    ...locks.filter(({ relation }) => !rewrites.includes(relation)),
  ].toSorted((a, b) => (a.relation < b.relation ? -1 : 1))
}

function stateOf(suppression: Suppression, used: ReadonlySet<string>, settling: Settling): Suppression {
  const idle = suppression.rules.filter((id) => !used.has(id))
  const unknown = suppression.rules.filter((id) => !settling.ruleIds.has(id))
  if (suppression.misspelt !== undefined) return { ...suppression, state: 'misspelt', idle }
  if (suppression.reason === null) return { ...suppression, state: 'without-reason', idle }
  if (suppression.noDay !== undefined) return { ...suppression, state: 'without-day', idle }
  if (unknown.length > 0 || suppression.rules.length === 0)
    return {
      ...suppression,
      state: 'unknown-rule',
      idle: unknown,
      meant: didYouMean(unknown[0] ?? '', [...settling.ruleIds]),
    }
  if (!holds(suppression, settling.today)) return { ...suppression, state: 'expired', idle }
  return { ...suppression, state: idle.length > 0 ? 'unused' : 'used', idle }
}
