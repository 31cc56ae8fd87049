import type { Step } from '../../step.ts'
import type { Change } from '../change.ts'
import { diffSchemas } from './diff.ts'
import type { Schema } from '../model.ts'

/** Some of the steps of a change, with the schema before and after them. */
export interface Segment {
  readonly before: Schema
  readonly after: Schema
  readonly steps: readonly Step[]
  /** Set where the segment is one rename, which a diff would take for a drop and an addition. */
  readonly rename: Change | null
}

/** Changes between two schemas. */
export interface ChangesOfSteps {
  readonly before: Schema
  readonly after: Schema
  readonly changes: readonly Change[]
}

/** The steps cut at renames: between two of them the difference of the schemas says it all. One segment where there is no rename. */
export function cutAtRenames(before: Schema, after: Schema, steps: readonly Step[]): readonly Segment[] {
  const segments: Segment[] = []
  let open: Step[] = []
  let from = before
  const close = (to: Schema) => {
    if (open.length) segments.push({ before: from, after: to, steps: open, rename: null })
    open = []
  }
  for (const step of steps) {
    const rename = step.changes.find(isRename)
    if (!rename) {
      open.push(step)
      continue
    }
    close(step.before)
    segments.push({ before: step.before, after: step.after, steps: [step], rename })
    from = step.after
  }
  // Without a rename the two ends count, also where there are no steps at all (a project that keeps no migrations).
  if (segments.length === 0) return [{ before, after, steps: open, rename: null }]
  close(steps.at(-1)!.after)
  return segments
}

/** True for a change that gives something another name. */
function isRename(change: Change): boolean {
  return change.kind.startsWith('rename') || change.kind === 'setTableSchema'
}

/** The changes that steps make, net between renames and with the renames themselves where the migration says them. */
export function renamesFirst(before: Schema, after: Schema, steps: readonly Step[]): readonly ChangesOfSteps[] {
  return cutAtRenames(before, after, steps).map((s) => ({
    before: s.before,
    after: s.after,
    changes: s.rename ? [s.rename] : diffSchemas(s.before, s.after),
  }))
}
