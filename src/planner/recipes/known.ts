import type { Step } from '../../step.ts'
import { comparePlaces, type Place } from '../../location.ts'
import type { ProjectReview } from '../../report/report.ts'
import type { Change } from '../../schema/change.ts'
import type { Key } from '../../schema/model.ts'
import type { BackfillJob } from '../backfill/backfill.ts'
import type { ClassifiedStep } from '../classify.ts'
import type { Recipe, RecipeContext } from './recipe.ts'

/** A recipe and what it takes the place of: changes, and statements that change rows. */
export interface Recognised {
  readonly recipe: Recipe
  readonly covers: ReadonlySet<Change | Step>
  /** Columns in whose place the recipe puts others; the name is the same where the new one takes it over. */
  readonly replaced: readonly { readonly table: Key; readonly was: string; readonly is: string }[]
}

/** What a recogniser gets to know. */
export interface Known {
  readonly review: ProjectReview
  readonly steps: readonly ClassifiedStep[]
  readonly jobs: readonly BackfillJob[]
  /** Changes that running code would break on, with their statement; without steps those of the schemas. */
  readonly breaks: readonly Change[]
  readonly all: readonly Change[]
  context(place: Place): RecipeContext
}

/** The statements that change rows at these places. */
export function stepsAt({ steps }: Known, places: readonly Place[]): readonly Step[] {
  return steps
    .filter((s) => s.changes.length === 0 && places.some((p) => comparePlaces(p, s.step.statement.place) === 0))
    .map((s) => s.step)
}
