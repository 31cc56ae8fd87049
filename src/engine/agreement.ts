import type { Step } from '../step.ts'
import type { Note } from '../finding.ts'
import { lockModes, lockName } from '../rehearsal/observation.ts'
import type { LockMode, Observation } from '../rehearsal/observation.ts'
import type { Key } from '../schema/model.ts'
import type { CatalogRule, Claims } from './rule.ts'
import type { Draft } from './draft.ts'

/** What a rule's claims and the observation of its statement have to say to each other. */
export interface Comparison {
  readonly draft: Draft
  readonly step: Step
  /** How they disagree, as one clause with both sides; null where they agree. */
  readonly disagreement: string | null
}

/** Errors that do not hang on rows: transaction state, names and syntax, features, objects in use. */
const decidedWithoutRows: ReadonlySet<string> = new Set(['25', '42', '0A', '2B', '55'])

/** Holds what rules claim of new statements against what a rehearsal saw; left out is what it could not see. */
export function compareClaims(
  drafts: readonly Draft[],
  steps: readonly Step[],
  judgedFor: number,
): readonly Comparison[] {
  const outer = outermost(steps)
  const held = strongestHeld(steps)
  const comparisons: Comparison[] = []
  for (const draft of drafts) {
    const step = draft.step === null || draft.problem.uncertain === true ? undefined : outer.get(draft.step)
    if (!step?.observation) continue
    const claims = claimsOf(draft.rule, [judgedFor, Number(step.observation.postgres.split('.')[0])])
    if (claims.length === 0 || !claims.every((claim) => isComparable(claim, step))) continue
    // What one statement of a transaction makes fail may be another.
    const fails = (code: string): boolean =>
      steps.some((other) => other.transaction.id === step.transaction.id && other.observation?.error?.code === code)
    const found = claims.map((claim) =>
      claim.fails !== undefined && fails(claim.fails) ? null : disagreement(claim, step, held.get(step) ?? null),
    )
    comparisons.push({ draft, step, disagreement: found.includes(null) ? null : (found[0] ?? null) })
  }
  return comparisons
}

/** One note for each statement and rule that disagree. */
export function disagreementNotes(
  drafts: readonly Draft[],
  steps: readonly Step[],
  judgedFor: number,
): readonly Note[] {
  const notes = new Map<string, Note>()
  for (const { draft, step, disagreement: found } of compareClaims(drafts, steps, judgedFor)) {
    if (found === null) continue
    const { path, line } = draft.place
    notes.set(`${draft.rule.id} ${path} ${line}`, {
      kind: 'unresolved',
      blocking: false,
      path,
      line,
      message: `\`${draft.rule.id}\` expects ${found} in the rehearsal on PostgreSQL ${step.observation?.postgres ?? ''}. One of the two is wrong.`,
    })
  }
  return [...notes.values()]
}

function claimsOf(rule: CatalogRule, versions: readonly number[]): readonly Claims[] {
  const claims: readonly Claims[] =
    rule.claims === undefined
      ? []
      : Array.isArray(rule.claims)
        ? (rule.claims as readonly Claims[])
        : [rule.claims as Claims]
  return claims.filter((claim) =>
    versions.every((version) => version >= (claim.from ?? 0) && version <= (claim.to ?? 99)),
  )
}

/** For each step, the one at the top of its file: what stands in a `DO` block shares the observation of the block. */
function outermost(steps: readonly Step[]): ReadonlyMap<Step, Step> {
  const outer = new Map<Step, Step>()
  let top: Step | null = null
  for (const step of steps) {
    if (step.statement.inside === null) top = step
    if (top !== null && step.statement.inside !== 'function') outer.set(step, top)
  }
  return outer
}

function isComparable(claim: Claims, step: Step): boolean {
  const { observation } = step
  if (!observation) return false
  if (claim.fails !== undefined)
    return (
      decidedWithoutRows.has(claim.fails.slice(0, 2)) &&
      (observation.error === null || observation.error.code === claim.fails)
    )
  return (
    observation.error === null &&
    (claim.lock !== undefined || claim.rewrites !== undefined || claim.scans !== undefined)
  )
}

/** For each step, the strongest lock that its transaction holds on an existing relation once the step has run. */
function strongestHeld(steps: readonly Step[]): ReadonlyMap<Step, LockMode> {
  const byTransaction = new Map<number, LockMode>()
  const held = new Map<Step, LockMode>()
  for (const step of steps) {
    const { id } = step.transaction
    for (const { mode } of step.observation?.locks ?? [])
      if (strength(mode) > strength(byTransaction.get(id) ?? null)) byTransaction.set(id, mode)
    const strongest = byTransaction.get(id)
    if (strongest !== undefined) held.set(step, strongest)
  }
  return held
}

function strength(mode: LockMode | null): number {
  return mode === null ? -1 : lockModes.indexOf(mode)
}

/** Null where what was seen is what is claimed; other parts of the same statement may add to it. */
function disagreement(claim: Claims, step: Step, held: LockMode | null): string | null {
  const seen = step.observation
  if (!seen) return null
  if (claim.fails !== undefined)
    return seen.error === null ? `this statement to fail (SQLSTATE ${claim.fails}), and it ran` : null
  const mixed = step.changes.length > 1
  const { lock } = claim
  if (lock !== undefined && seen.locksUnseen !== true && strength(held) < strength(lock))
    return `the lock ${lockName(lock)}, and ${held === null ? 'none' : lockName(held)} was taken`
  if (claim.rewrites === true && seen.rewrites.length === 0) return 'a table to be rewritten, and none was'
  if (claim.rewrites === false && seen.rewrites.length > 0 && !mixed)
    return `no table to be rewritten, and ${named(seen.rewrites)} was`
  if (claim.scans === true && readFromEndToEnd(seen).length === 0)
    return 'a table to be read from end to end, and none was'
  if (claim.scans === false && seen.scans.length > 0 && !mixed)
    return `no table to be read from end to end, and ${named(seen.scans)} was`
  return null
}

function readFromEndToEnd(seen: Observation): readonly Key[] {
  return [...seen.scans, ...seen.builds, ...seen.rewrites]
}

function named(keys: readonly Key[]): string {
  return keys
    .slice(0, 3)
    .map((key) => `\`${key.replaceAll('`', '')}\``)
    .join(', ')
}
