import type { Step } from '../step.ts'
import type { ProjectReview } from '../report/report.ts'
import type { Change, ChangeOf } from '../schema/change.ts'
import { createIndex } from '../schema/sql/ddl.ts'
import { nameOf, type Column, type Table } from '../schema/model.ts'
import { changeStatements } from '../schema/sql/changes.ts'
import { mentions } from '../schema/sql/schema.ts'
import { quoteIdent, quoteKey } from '../schema/sql/quote.ts'
import type { BackfillJob } from './backfill/backfill.ts'
import type { ClassifiedStep, Phase } from './classify.ts'
import { targetTable } from './rollback/lossy.ts'
import { fieldChange } from './recipes/orm-code.ts'
import { indexOf, takeOver } from './recipes/constraints.ts'
import { refusedAmong } from './trial.ts'
import { fill, renameIn, type Recipe, type RecipeStep } from './recipes/recipe.ts'
import type { Recognised } from './recipes/recognise.ts'

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

/** What cannot run before the recipes of its part, or not even behind them, by its text. */
type Waits = ReadonlyMap<string, 'behind' | 'late'>

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
  const renames = renamesIn(steps, covered)
  const all = behindRows(
    steps.flatMap((s, i) => {
      const own = piecesOf(s, review, covered, jobs)
        .map((p) => ({ ...p, rows: rowsOf(s), gone: goneBy(s).filter((name) => mentions(p.sql, quoteIdent(name))) }))
        .map((p) => onRenamed(onReplaced(p, s, recognised), i, renames))
        .map((p) => waiting(p, waits))
      // One change that takes several statements stays in one place.
      return s.changes.length === 1 && own.some((p) => p.late) ? own.map((p) => ({ ...p, late: true })) : own
    }),
  )
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

/** A table that gets another name at a step: by a recipe, before the code, or as it is written, after it. */
interface Renaming {
  readonly at: number
  readonly was: string
  readonly is: string
  readonly byRecipe: boolean
}

function renamesIn(steps: readonly ClassifiedStep[], covered: (of: Change) => boolean): readonly Renaming[] {
  const found: Renaming[] = []
  for (const [at, { step, changes }] of steps.entries()) {
    const waits = found.some((r) => !r.byRecipe && mentions(step.statement.text, quoteIdent(r.is)))
    for (const { change, phase } of changes) {
      if ((change.kind === 'renameTable' || change.kind === 'setTableSchema') && phase === 'contract')
        found.push({ at, was: nameOf(change.table), is: nameOf(change.to), byRecipe: covered(change) })
      // What is done to a new table that has to wait waits as well.
      if (change.kind === 'createTable' && waits)
        found.push({ at, was: nameOf(change.table), is: nameOf(change.table), byRecipe: false })
    }
  }
  return found
}

/** A statement behind a renaming runs behind it; one before it that runs later says the new name, and waits until the view of the old one is gone. */
function onRenamed(piece: Piece, i: number, renames: readonly Renaming[]): Piece {
  const behind = renames.some((r) => r.byRecipe && r.at < i)
  const waits = renames.some((r) => !r.byRecipe && r.at < i && mentions(piece.sql, quoteIdent(r.is)))
  const hasRun = renames.filter(
    (r) => r.byRecipe && r.at > i && (behind || piece.phase === 'contract') && mentions(piece.sql, quoteIdent(r.was)),
  )
  return {
    ...piece,
    phase: waits && piece.phase !== 'neutral' ? 'contract' : piece.phase,
    behind: behind || hasRun.length > 0,
    sql: hasRun.reduce((sql, r) => renameIn(sql, r.was, r.is), piece.sql),
  }
}

/** A statement on a column that a recipe puts another in place of waits until that one is there, and says its name. */
function onReplaced(piece: Piece, { step }: ClassifiedStep, recognised: readonly Recognised[]): Piece {
  const tables = new Set(step.changes.flatMap((c) => ('table' in c ? [c.table] : [targetTable(step) ?? ''])))
  const replaced = recognised
    .flatMap((r) => r.replaced)
    .filter((r) => tables.has(r.table) && [r.was, r.is].some((name) => mentions(piece.sql, quoteIdent(name))))
  return replaced.length
    ? { ...piece, late: true, sql: replaced.reduce((sql, r) => renameIn(sql, r.was, r.is), piece.sql) }
    : piece
}

function waiting(piece: Piece, waits: Waits): Piece {
  const place = waits.get(piece.sql)
  return place === undefined ? piece : { ...piece, [place]: true }
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

interface Piece {
  readonly phase: Phase
  readonly sql: string
  readonly job: BackfillJob | null
  /** Name of the table whose rows it changes; null for a statement on the schema. */
  readonly rows?: string | null
  /** Columns and tables that are not there as before once it ran. */
  readonly gone?: readonly string[]
  /** True where it has to wait for a recipe. */
  readonly late?: boolean
  /** True where it stands behind the renaming of a table by a recipe. */
  readonly behind?: boolean
}

/** A statement whose rows an earlier one changes or reads, or that takes away what an earlier one says, runs no earlier than that one. */
function behindRows(given: readonly Piece[]): readonly Piece[] {
  const pieces: Piece[] = []
  for (const piece of settled(given)) {
    const needed = pieces.filter((earlier) => isLater(earlier.phase, piece.phase) && follows(piece, earlier))
    pieces.push({ ...piece, phase: needed.reduce((p, n) => (isLater(n.phase, p) ? n.phase : p), piece.phase) })
  }
  return pieces
}

function follows(piece: Piece, earlier: Piece): boolean {
  const says = (of: Piece, name: string) => mentions(of.sql, quoteIdent(name)) || mentions(of.sql, `"${name}"`)
  if (earlier.rows && piece.rows) return says(piece, earlier.rows) || says(earlier, piece.rows)
  return earlier.rows ? (piece.gone ?? []).some((name) => says(earlier, name)) : false
}

function isLater(a: Phase, b: Phase): boolean {
  const order: readonly Phase[] = ['neutral', 'expand', 'data', 'contract']
  return order.indexOf(a) > order.indexOf(b)
}

function rowsOf({ step, changes }: ClassifiedStep): string | null {
  const table = changes.length === 0 ? targetTable(step) : null
  return table === null ? null : nameOf(table)
}

function goneBy({ changes }: ClassifiedStep): readonly string[] {
  return changes.flatMap(({ change }) => {
    switch (change.kind) {
      case 'dropColumn':
        return [change.from.name]
      case 'renameColumn':
        return [change.from]
      case 'dropTable':
      case 'renameTable':
        return [nameOf(change.table)]
      default:
        return []
    }
  })
}

/** What nothing depends on stays with what it stands before, else with what it stands behind. */
function settled(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.map((p, i) =>
    p.phase !== 'neutral'
      ? p
      : {
          ...p,
          phase:
            pieces.slice(i).find((o) => o.phase !== 'neutral' && o.phase !== 'data')?.phase ??
            pieces.slice(0, i).findLast((o) => o.phase !== 'neutral' && o.phase !== 'data')?.phase ??
            'expand',
        },
  )
}

/** A statement as it is, or, where its changes belong to several parts or to recipes, one statement for each change that is left. */
function piecesOf(
  classified: ClassifiedStep,
  review: ProjectReview,
  covered: (of: Change | Step) => boolean,
  jobs: readonly BackfillJob[],
): readonly Piece[] {
  const { step, changes } = classified
  const { statement } = step
  if (['VariableSetStmt', 'TransactionStmt', 'LockStmt'].includes(statement.kind) && changes.length === 0) return []
  // What Postgres refuses makes nothing: the plan says so, and takes apart what is left.
  if (covered(step) || step.refused !== undefined) return []
  const job = jobs.find((j) => j.place === statement.place && changes.length === 0) ?? null
  if (changes.length === 0) return [{ phase: classified.phase, sql: statement.text, job }]
  const left = changes.filter((c) => !covered(c.change))
  const phases = new Set(left.map((c) => c.phase))
  const [only] = left
  const concurrent = only && left.length === 1 && changes.length === 1 ? concurrently(only.change, step, review) : null
  if (only && concurrent) return concurrent.map((sql) => ({ phase: only.phase, sql, job: null }))
  if (left.length === changes.length && phases.size === 1)
    return [{ phase: [...phases][0]!, sql: statement.text, job: null }]
  return left.flatMap((c) =>
    changeStatements([c.change], step.before, step.after).map((s) => ({ phase: c.phase, sql: s.sql, job: null })),
  )
}

/** The build of an index of a table that was there, be it that of a unique constraint, so that it blocks no writes. */
function concurrently(change: Change, step: Step, review: ProjectReview): readonly string[] | null {
  const { defaultSchema } = step.before
  const table = 'table' in change ? review.before.tables.get(change.table) : undefined
  if (!table || table.partition.by) return null
  if (review.project.dialect !== 'postgresql') return null
  if (change.kind === 'addIndex' && !change.concurrently && !change.only)
    return [createIndex(table.key, change.index, defaultSchema, { concurrently: true })]
  if (change.kind !== 'addUnique' || change.usingIndex !== null || change.to.deferrable) return null
  return [
    createIndex(table.key, indexOf(change.to), defaultSchema, { concurrently: true }),
    takeOver(table.key, change.to, defaultSchema),
  ]
}

function ofColumns(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
  kind: 'addColumn' | 'dropColumn',
): readonly { readonly table: string; readonly column: Column }[] {
  return steps
    .flatMap((s) => s.changes)
    .filter(
      (c) =>
        c.change.kind === kind && !covered(c.change) && 'table' in c.change && review.before.tables.has(c.change.table),
    )
    .map(({ change }) => {
      const of = change as ChangeOf<'addColumn'> | ChangeOf<'dropColumn'>
      const table = review.before.tables.get(of.table)!
      return {
        table: table.name,
        column: of.kind === 'addColumn' ? of.to : (table.columns.find((c) => c.name === of.from.name) ?? of.from),
      }
    })
}

function byTable(
  orm: ProjectReview['project']['orm'],
  columns: readonly { readonly table: string; readonly column: Column }[],
  lines: (columns: readonly Column[]) => string,
): string | null {
  const tables = [...new Set(columns.map((c) => c.table))]
  const head = (table: string) => (orm === 'prisma' ? `  model ${table}` : `  ${table}`)
  return tables.length
    ? tables.map((t) => `${head(t)}\n${lines(columns.filter((c) => c.table === t).map((c) => c.column))}`).join('\n')
    : null
}

function addedCode(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
): string | null {
  const { orm } = review.project
  return byTable(orm, orm ? ofColumns(review, steps, covered, 'addColumn') : [], (columns) =>
    fieldChange(orm, columns, []),
  )
}

function hiddenCode(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
): string | null {
  const { orm } = review.project
  const dropped = ofColumns(review, steps, covered, 'dropColumn').map((c) => ({
    ...c,
    column: { ...c.column, nullable: c.column.nullable || c.column.default === null },
  }))
  const tables = steps
    .flatMap((s) => s.changes)
    .flatMap(({ change }) =>
      change.kind === 'dropTable' && !covered(change) && review.before.tables.has(change.table)
        ? [change.from.name]
        : [],
    )
  const lines = [
    byTable(orm, dropped, (columns) => fieldChange(orm, [], columns)),
    ...tables.map((t) =>
      orm === 'prisma' ? `  model ${t}\n+   @@ignore   // no code uses it any more` : `  ${t}: not used any more`,
    ),
  ]
  return lines.filter((l) => l !== null).join('\n') || null
}

function goneCode(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
): string | null {
  const { orm } = review.project
  return byTable(orm, orm ? ofColumns(review, steps, covered, 'dropColumn') : [], (columns) =>
    fieldChange(orm, [], [], columns),
  )
}
