import { comparePlaces } from '../location.ts'
import type { ProjectReview, Rollback } from '../report/report.ts'
import { backfillsOf, type BackfillJob } from './backfill.ts'
import { backfillScript, type BackfillScript } from './backfill-script.ts'
import { aftercareOf, preflightOf, type CheckQuery } from './checks.ts'
import { classifySteps, isMixed, type ClassifiedStep, type Phase } from './classify.ts'
import { checkDowns, type DownCheck } from './downs.ts'
import type { Recipe } from './recipe.ts'
import { recipesOf } from './recognise.ts'
import { rollbackOf } from './rollback.ts'

/** One of the pull requests that a mixed one is to be split into. */
export interface Part {
  readonly title: string
  readonly phase: Phase
  readonly statements: readonly string[]
}

/** A backfill with its scripts; null scripts where the table has no key to walk by. */
export interface PlannedBackfill {
  readonly job: BackfillJob
  readonly script: BackfillScript | null
}

/** How to bring one project's change to production, and back. */
export interface Plan {
  readonly project: string
  readonly rollback: Rollback
  readonly downs: readonly DownCheck[]
  readonly backfills: readonly PlannedBackfill[]
  readonly steps: readonly ClassifiedStep[]
  /** True where statements that belong before the code and after it stand in one pull request. */
  readonly mixed: boolean
  /** The split of a mixed pull request, in order; one part where nothing has to be split. */
  readonly parts: readonly Part[]
  readonly recipes: readonly Recipe[]
  readonly preflight: readonly CheckQuery[]
  readonly aftercare: readonly CheckQuery[]
}

/** Plans one project's change: rollback, backfills, deploy order, what to check before and after. */
export function planOf(review: ProjectReview, postgres = 15): Plan {
  const steps = classifySteps(review)
  const mixed = isMixed(steps)
  const recipes = recipesOf(review)
  const jobs = [...backfillsOf(review), ...recipes.flatMap((r) => r.steps.flatMap((s) => s.backfill ?? []))]
  return {
    project: review.project.name,
    rollback: rollbackOf(review),
    downs: checkDowns(review, postgres),
    backfills: jobs.filter((j, i) => jobs.findIndex((o) => o.name === j.name) === i).map((job) => ({ job, script: backfillScript(job, review.after.defaultSchema) })),
    steps,
    mixed,
    parts: partsOf(steps, mixed, recipes),
    recipes,
    preflight: preflightOf(review),
    aftercare: aftercareOf(review),
  }
}

const titles: Readonly<Record<Phase, string>> = {
  expand: 'Before the code: what running code does not notice',
  data: 'Then: what changes rows, in batches',
  contract: 'After the code is out everywhere: what running code would have broken on',
  neutral: 'At any time',
}

/** The recipe that takes the place of a statement, where there is one. */
function recipeFor({ step }: ClassifiedStep, recipes: readonly Recipe[]): Recipe | undefined {
  const replaced = step.changes.filter((c) => ['renameColumn', 'renameTable', 'alterColumnType', 'setNotNull', 'addColumn'].includes(c.kind))
  const single = recipes.filter((r) => ['rename-column', 'rename-table', 'change-type', 'not-null'].includes(r.kind))
  return single.find((r) => replaced.some((c) => comparePlaces(c.place, r.place) === 0))
}

function partsOf(steps: readonly ClassifiedStep[], mixed: boolean, recipes: readonly Recipe[]): readonly Part[] {
  if (!steps.length) return []
  const order: readonly Phase[] = mixed ? ['expand', 'data', 'contract'] : [...new Set(steps.map((s) => s.phase))].filter((p) => p !== 'neutral')
  const first = order[0] ?? 'neutral'
  if (!mixed) return [{ title: titles[first], phase: first, statements: steps.map((s) => s.step.statement.text) }]
  // A neutral statement (a SET, a comment) stays with the one that it stands before.
  const phases = steps.map((s, i) => s.phase === 'neutral' ? steps.slice(i).find((n) => n.phase !== 'neutral')?.phase ?? steps.findLast((n) => n.phase !== 'neutral')!.phase : s.phase)
  return order.flatMap((phase): Part[] => {
    const statements = steps.filter((_, i) => phases[i] === phase).map((s) => {
      const recipe = recipeFor(s, recipes)
      return recipe ? `-- ${recipe.title.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}: see there` : s.step.statement.text
    })
    return statements.length ? [{ title: titles[phase], phase, statements }] : []
  })
}
