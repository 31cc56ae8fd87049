import type { ProjectReview } from '../report/report.ts'
import { indexOf } from '../schema/unique-index.ts'
import type { Change } from '../schema/change.ts'
import { nameOf } from '../schema/model.ts'
import { changeStatements } from '../schema/sql/changes.ts'
import { createIndex } from '../schema/sql/ddl.ts'
import { quoteIdent } from '../schema/sql/quote.ts'
import { mentions } from '../schema/sql/schema.ts'
import type { Step } from '../step.ts'
import type { BackfillJob } from './backfill/backfill.ts'
import type { ClassifiedStep, Phase } from './classify.ts'
import { takeOver } from './recipes/constraints.ts'
import { renameIn } from './recipes/recipe.ts'
import type { Recognised } from './recipes/recognise.ts'
import { targetTable } from './rollback/lossy.ts'

/** A statement of the change that no recipe takes the place of, or a part of one, and when it may run. */
export interface Piece {
  readonly phase: Phase
  readonly sql: string
  readonly job: BackfillJob | null
  /** Name of the table whose rows it changes; null for a statement on the schema. */
  readonly rows?: string | null
  /** Columns and tables that are not there as before once it ran. */
  readonly gone?: readonly string[]
  /** Tables that it drops. */
  readonly tables?: readonly string[]
  /** True where it has to wait for a recipe. */
  readonly late?: boolean
  /** True where it stands behind the renaming of a table by a recipe. */
  readonly behind?: boolean
}

/** What cannot run before the recipes of its part, or not even behind them, by its text. */
export type Waits = ReadonlyMap<string, 'behind' | 'late'>

/** What no recipe takes the place of, in the order of the change, each piece with its phase. */
export function plainPieces(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  recognised: readonly Recognised[],
  jobs: readonly BackfillJob[],
  waits: Waits,
): readonly Piece[] {
  const covered = (of: Change | Step) => recognised.some((r) => r.covers.has(of))
  const renames = renamesIn(steps, covered)
  const once = saidOnce(steps, covered)
  return behindRows(
    steps.flatMap((given, i) => {
      const s = once(given)
      if (s === null) return []
      const own = piecesOf(s, review, covered, jobs)
        .map((p) => ({
          ...p,
          rows: rowsOf(s),
          gone: goneBy(s).filter((name) => mentions(p.sql, quoteIdent(name))),
          tables: s.changes.flatMap(({ change }) => (change.kind === 'dropTable' ? [nameOf(change.table)] : [])),
        }))
        .map((p) => onRenamed(onReplaced(p, s, recognised), i, renames))
        .map((p) => waiting(p, waits))
      // One change that takes several statements stays in one place.
      return s.changes.length === 1 && own.some((p) => p.late) ? own.map((p) => ({ ...p, late: true })) : own
    }),
  )
}

/**
 * A block and the statements in it are the same work. Where it only puts them together, they stand by themselves; where all of them belong
 * to one phase, it stands there as it is. Where neither holds, both are left, and the plan ends with the statement that is refused.
 */
function saidOnce(
  steps: readonly ClassifiedStep[],
  covered: (of: Change | Step) => boolean,
): (step: ClassifiedStep) => ClassifiedStep | null {
  const instead = new Map<ClassifiedStep, ClassifiedStep | null>()
  for (const [i, block] of steps.entries()) {
    if (block.step.statement.inside !== null) continue
    const end = steps.findIndex((s, at) => at > i && s.step.statement.inside === null)
    const inner = steps.slice(i + 1, end < 0 ? undefined : end)
    const [first] = inner
    if (first === undefined) continue
    const { kind, text } = block.step.statement
    const isPlain = kind === 'DoStmt' && !/\bdeclare\b/i.test(text) && inner.every((s) => !s.step.statement.conditional)
    const isWhole =
      inner.every((s) => s.phase === first.phase && s.changes.every((c) => c.phase === first.phase)) &&
      !inner.some((s) => covered(s.step) || s.changes.some((c) => covered(c.change)))
    if (isPlain) instead.set(block, null)
    else if (isWhole) {
      instead.set(block, { ...block, phase: first.phase })
      for (const s of inner) instead.set(s, null)
    }
  }
  return (step) => (instead.has(step) ? (instead.get(step) ?? null) : step)
}

/** A statement whose rows an earlier one changes or reads, whose table an earlier one drops, or that takes away what an earlier one says, runs no earlier than that one. */
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
  if ((earlier.tables ?? []).some((name) => says(piece, name))) return true
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
