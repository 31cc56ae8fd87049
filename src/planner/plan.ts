import type { Runner } from '../project/project.ts'
import type { ProjectReview, Rollback } from '../report/report.ts'
import { backfillsOf, noKey, type BackfillJob } from './backfill/backfill.ts'
import { backfillScript, type BackfillScript } from './backfill/script.ts'
import { aftercareOf, preflightOf, type CheckQuery } from './checks.ts'
import { classifySteps, isMixed, type ClassifiedStep, type Phase } from './classify.ts'
import { checkDowns, type DownCheck } from './rollback/downs.ts'
import type { Orm } from './recipes/orm-code.ts'
import { loosenings, partsOf, type Part } from './parts.ts'
import type { Recipe } from './recipes/recipe.ts'
import { obstacleOf } from './trial.ts'
import { recognise } from './recipes/recognise.ts'
import { rollbackOf } from './rollback/rollback.ts'

/** A backfill with its scripts; null scripts where the table has no key to walk by. */
export interface PlannedBackfill {
  readonly job: BackfillJob
  readonly script: BackfillScript | null
}

/** How to bring one project's change to production, and back. */
export interface Plan {
  readonly project: string
  readonly orm: Orm
  readonly runner: Runner
  readonly rollback: Rollback
  readonly downs: readonly DownCheck[]
  readonly backfills: readonly PlannedBackfill[]
  readonly steps: readonly ClassifiedStep[]
  /** True where statements that belong before the code and after it stand in one pull request. */
  readonly mixed: boolean
  /** True where one pull request is not enough: it mixes, or a pattern takes several deploys. */
  readonly needsSplit: boolean
  /** What to do, in order, each part once the one before is deployed everywhere; one part where nothing has to be split. */
  readonly parts: readonly Part[]
  /** Why no parts are given where a split is needed: what the patterns ask for does not go together. */
  readonly obstacle: string | null
  readonly recipes: readonly Recipe[]
  readonly preflight: readonly CheckQuery[]
  readonly aftercare: readonly CheckQuery[]
}

/**
 * Plans one project's change: rollback, backfills, deploy order, what to check before and after. Recipes, scripts and checks are for
 * PostgreSQL's locks, procedures and catalogs: for CockroachDB there are the order and the way back alone.
 */
export function planOf(review: ProjectReview, postgres = 15): Plan {
  const steps = classifySteps(review)
  const written = backfillsOf(review)
  const isPostgres = review.project.dialect === 'postgresql'
  const recognised = isPostgres ? recognise(review, steps, written) : []
  const recipes = recognised.map((r) => r.recipe)
  const mixed = isMixed(steps, written.filter((j) => !j.obstacle).length)
  const needsSplit =
    mixed || recipes.length > 0 || loosenings(review, steps, (c) => recognised.some((r) => r.covers.has(c))).length > 0
  const split = partsOf(review, steps, recognised, written, postgres)
  // What fails as it is written leads nowhere to compare with, and some recipes end with another name, which the ORM maps.
  const obstacle =
    !needsSplit || steps.some((s) => s.step.refused !== undefined)
      ? null
      : obstacleOf(
          review.before,
          split.flatMap((p) => p.statements),
          review.after,
          postgres,
          recipes.some((r) => mapped.has(r.kind)),
        )
  const parts = obstacle === null ? split : []
  const known = [
    ...(isPostgres ? written : []),
    ...(obstacle === null ? recipes : []).flatMap((r) => r.steps.flatMap((s) => s.backfill ?? [])),
  ]
  const jobs = known.filter((j, i) => known.findIndex((o) => o.name === j.name && o.table === j.table) === i)
  return {
    project: review.project.name,
    orm: review.project.orm,
    runner: review.project.runner,
    rollback: rollbackOf(review),
    downs: checkDowns(review, postgres),
    backfills: jobs.map((job) => ({
      job: { ...job, obstacle: job.obstacle ?? (job.key.length ? null : noKey({ key: job.table })) },
      script: backfillScript(job, review.after.defaultSchema),
    })),
    steps,
    mixed,
    needsSplit,
    parts: needsSplit ? parts : asItIs(steps, parts),
    obstacle,
    recipes,
    preflight: isPostgres ? preflightOf(review, postgres) : [],
    aftercare: isPostgres ? aftercareOf(review) : [],
  }
}

/** Recipes that leave a column or type under another name, for the ORM to map. */
const mapped: ReadonlySet<Recipe['kind']> = new Set(['change-type', 'change-key-type', 'remove-enum-value'])

/** A change that needs no split stays as it is written. */
function asItIs(steps: readonly ClassifiedStep[], parts: readonly Part[]): readonly Part[] {
  if (!steps.length) return []
  const phase = steps.some((s) => s.phase === 'contract')
    ? 'contract'
    : steps.some((s) => s.phase === 'expand')
      ? 'expand'
      : steps.some((s) => s.phase === 'data')
        ? 'data'
        : 'neutral'
  return [
    {
      title: titles[phase],
      phase,
      statements: steps.map((s) => s.step.statement.text),
      items: parts.flatMap((p) => p.items.filter((i) => i.step.code !== null)),
    },
  ]
}

const titles: Readonly<Record<Phase, string>> = {
  expand: 'Run the migration before the code that needs it; there is nothing to split.',
  contract: 'Run the migration once no code that it breaks is running any more; there is nothing to split.',
  data: 'It changes rows only; there is nothing to split.',
  neutral: 'It can run at any time.',
}
