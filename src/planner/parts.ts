import type { ProjectReview } from '../report/report.ts'
import type { Change } from '../schema/change.ts'
import type { Column, Table } from '../schema/model.ts'
import { quoteIdent, quoteKey } from '../schema/sql/quote.ts'
import { mentions } from '../schema/sql/schema.ts'
import type { Step } from '../step.ts'
import type { BackfillJob } from './backfill/backfill.ts'
import type { ClassifiedStep, Phase } from './classify.ts'
import { plainPieces, type Piece, type Waits } from './pieces.ts'
import { fill, type Recipe, type RecipeStep } from './recipes/recipe.ts'
import type { Recognised } from './recipes/recognise.ts'
import { addedCode, goneCode, hiddenCode } from './schema-code.ts'
import { refusedAmong } from './trial.ts'

/** One thing to do before the next begins: a pull request with migrations or code, or a run of backfills. */
export interface Part {
  readonly title: string
  readonly phase: Phase | 'code'
  /** All statements of it that belong into migrations, without semicolons. */
  readonly statements: readonly string[]
  /** What it consists of, each with the recipe that it belongs to; null for what stands in the change as it is. */
  readonly items: readonly { readonly recipe: Recipe | null; readonly step: RecipeStep }[]
}

type StagePhase = RecipeStep['phase']

const titles: Readonly<Record<StagePhase, readonly [first: string, later: string]>> = {
  expand: ['before the code, what running code does not notice', 'constraints and indexes of what is filled now'],
  data: ['what changes rows', 'what changes rows'],
  code: ['the code', 'more code'],
  contract: [
    'what running code would have broken on, once the code is out everywhere',
    'what is left, once no old code runs any more',
  ],
}

const order: readonly StagePhase[] = ['expand', 'data', 'code', 'contract']

/**
 * The change in the order in which it is safe: recipes take the place of what they cover, the rest is taken apart by phase. Each part waits
 * for the one before. Recipes run side by side, so that none waits longer than it must.
 * What Postgres would refuse before a recipe, the index of a column that the recipe adds, is put behind it.
 */
export function partsOf(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  recognised: readonly Recognised[],
  jobs: readonly BackfillJob[],
  postgres: number,
): readonly Part[] {
  let waits: Waits = new Map()
  for (;;) {
    const parts = arranged(review, steps, recognised, jobs, waits)
    const refused = refusedAmong(
      review.before,
      parts.flatMap((p) => p.statements),
      postgres,
    )
    const more = waitingMore(waits, refused)
    if (more.size === 0) return parts
    waits = new Map([...waits, ...more])
  }
}

/** Refused statements, each one place further back; none of those that are at the end. */
function waitingMore(waits: Waits, refused: ReadonlySet<string>): Waits {
  return new Map(
    [...refused].flatMap((sql) => {
      const now = waits.get(sql)
      return now === 'late' ? [] : [[sql, now === undefined ? 'behind' : 'late'] as const]
    }),
  )
}

function arranged(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  recognised: readonly Recognised[],
  jobs: readonly BackfillJob[],
  waits: Waits,
): readonly Part[] {
  const plain = plainSteps(review, steps, recognised, jobs, waits)
  const queues = [
    { recipe: null, steps: [...plain.steps] },
    ...recognised.map(({ recipe }) => ({ recipe, steps: [...recipe.steps] })),
    { recipe: null, steps: [...plain.behind] },
    { recipe: null, steps: [...plain.last] },
  ]
  const parts: Part[] = []
  while (queues.some((q) => q.steps.length)) {
    const phase = order.find((p) => queues.some((q) => q.steps[0]?.phase === p))!
    const items = queues.flatMap((q): Part['items'] => {
      const taken: { recipe: Recipe | null; step: RecipeStep }[] = []
      while (q.steps[0]?.phase === phase) taken.push({ recipe: q.recipe, step: q.steps.shift()! })
      return taken
    })
    const title = titles[phase][parts.some((p) => p.phase === phase) ? 1 : 0]
    parts.push({ title, phase, items, statements: items.flatMap((i) => (i.step.look ? [] : i.step.sql)) })
  }
  return parts
}

/** True where old code and new code need what no recipe of a pattern says: a column that is dropped while new code no longer writes it. */
export function loosenings(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (change: Change) => boolean,
): readonly { readonly table: Table; readonly column: Column }[] {
  return steps
    .flatMap((s) => s.changes)
    .flatMap(({ change, phase }) => {
      if (change.kind !== 'dropColumn' || phase !== 'contract' || covered(change)) return []
      const table = review.before.tables.get(change.table)
      const column = table?.columns.find((c) => c.name === change.from.name)
      const isRequired =
        column &&
        !column.nullable &&
        column.default === null &&
        !column.generated &&
        !column.identity &&
        !column.clientDefault &&
        !table?.primaryKey?.columns.includes(column.name)
      return table && column && isRequired ? [{ table, column }] : []
    })
}

/**
 * What no recipe takes the place of: `steps` run before the recipes of their part, `behind` after them, because they stand behind a table's
 * new name, `last` once all recipes are done.
 */
function plainSteps(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  recognised: readonly Recognised[],
  jobs: readonly BackfillJob[],
  waits: Waits,
): Readonly<Record<'steps' | 'behind' | 'last', readonly RecipeStep[]>> {
  const d = review.before.defaultSchema
  const covered = (of: Change | Step) => recognised.some((r) => r.covers.has(of))
  const settings = steps.filter((s) => s.step.statement.kind === 'VariableSetStmt').map((s) => s.step.statement.text)
  const all = plainPieces(review, steps, recognised, jobs, waits)
  const pieces = all.filter((p) => !p.late)
  const late = all.filter((p) => p.late).map((p) => p.sql)
  const loosened = loosenings(review, steps, covered).map(
    ({ table, column }) =>
      `ALTER TABLE ${quoteKey(table.key, d)} ALTER COLUMN ${quoteIdent(column.name)} DROP NOT NULL`,
  )
  const step = (title: string, phase: StagePhase, sql: readonly string[], code: string | null): RecipeStep => ({
    title,
    phase,
    sql: [...settings, ...sql],
    together: false,
    code,
    backfill: null,
  })
  const sqlOf = (of: readonly Piece[], phase: Phase) => of.filter((p) => p.phase === phase).map((p) => p.sql)
  // What code has to do is said once, where its statements begin.
  const said = new Set<StagePhase>()
  const once = (phase: StagePhase, code: () => string | null) => (said.has(phase) ? null : (said.add(phase), code()))
  const inOrder = (of: readonly Piece[], before: readonly string[]): readonly RecipeStep[] => {
    const expand = [...before, ...sqlOf(of, 'expand')]
    const contract = sqlOf(of, 'contract')
    const code = contract.length
      ? once('code', () => hiddenCode(review, steps, covered) ?? 'The code that this change is for.')
      : null
    return [
      ...(expand.length
        ? [
            step(
              '',
              'expand',
              expand,
              once('expand', () => addedCode(review, steps, covered)),
            ),
          ]
        : []),
      ...of
        .filter((p) => p.phase === 'data')
        .map((p) => ({
          ...(p.job && !p.job.obstacle ? fill('', p.job) : step('', 'data', [p.sql], null)),
          code: p.job ? derived(p.job, steps) : null,
        })),
      ...(code === null ? [] : [{ ...step('', 'code', [], code), sql: [] }]),
      ...(contract.length
        ? [
            step(
              '',
              'contract',
              contract,
              once('contract', () => goneCode(review, steps, covered)),
            ),
          ]
        : []),
    ]
  }
  return {
    steps: inOrder(
      pieces.filter((p) => !p.behind),
      loosened,
    ),
    behind: inOrder(
      pieces.filter((p) => p.behind),
      [],
    ),
    last: late.length ? [step('What could not run before', 'contract', late, null)] : [],
  }
}

/** What old code goes on writing while rows are worked out from it; null where nothing of that kind goes. */
function derived(job: BackfillJob, steps: readonly ClassifiedStep[]): string | null {
  const read = steps
    .flatMap((s) => s.changes)
    .flatMap(({ change }) =>
      change.kind === 'dropColumn' &&
      [job.set, job.where, job.select, job.from].some((text) => text && mentions(text, quoteIdent(change.from.name)))
        ? [change.from.name]
        : [],
    )
  return read.length
    ? `Old code goes on writing \`${[...new Set(read)].join('`, `')}\` until it is gone: let the new code write both, or run this again once the new code is out.`
    : null
}
