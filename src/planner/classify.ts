import type { Step } from '../step.ts'
import type { Change } from '../schema/change.ts'
import { nameOf, type Key } from '../schema/model.ts'
import { targetTable } from './rollback/lossy.ts'
import { verdictOf, type Fresh, type Phase, type Reviewed, type Verdict } from './verdict.ts'

export type { Phase } from './verdict.ts'

export interface ClassifiedStep {
  readonly step: Step
  readonly phase: Phase
  /** One clause that says why: `the running code still reads users.email`. */
  readonly because: string
  /** The same for each change that the statement makes; empty for one that changes rows. */
  readonly changes: readonly ClassifiedChange[]
}

export interface ClassifiedChange {
  readonly change: Change
  readonly phase: Phase
  readonly because: string
}

/** Each statement that the change adds with its phase; what stands in a function does not run, what is rolled back stays undone, and both are left out. */
export function classifySteps(review: Reviewed): readonly ClassifiedStep[] {
  const fresh: Fresh = { tables: new Set(), columns: new Map() }
  return review.steps
    .filter((s) => s.statement.inside !== 'function' && s.undone === undefined)
    .map((step) => {
      const changes = step.changes.map((change): ClassifiedChange => {
        remember(change, fresh)
        return { change, ...(ofNew(change, fresh) ?? verdictOf(change, step, review, fresh)) }
      })
      const order: readonly Phase[] = ['contract', 'data', 'expand', 'neutral']
      const worst: Verdict =
        changes.toSorted((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase))[0] ??
        verdictOfStatement(step, fresh.tables)
      return { step, phase: worst.phase, because: worst.because, changes }
    })
}

function remember(change: Change, { tables, columns }: Fresh): void {
  if (change.kind === 'createTable') tables.add(change.table)
  if ((change.kind === 'renameTable' || change.kind === 'setTableSchema') && tables.has(change.table))
    tables.add(change.to)
  if (change.kind === 'addColumn' && !tables.has(change.table))
    columns.set(`${change.table}.${change.to.name}`, change.to)
}

/** What is done to a new table or to a new column alone is seen by no running code. */
function ofNew(change: Change, { tables, columns }: Fresh): Verdict | null {
  if (!('table' in change)) return null
  if (tables.has(change.table))
    return { phase: 'expand', because: `\`${nameOf(change.table)}\` is new, no running code knows it` }
  const fresh = (name: string) => columns.get(`${change.table}.${name}`)
  const isOptional = (name: string) => fresh(name)?.nullable === true && fresh(name)?.default === null
  const expand = (because: string): Verdict => ({ phase: 'expand', because })
  switch (change.kind) {
    case 'addIndex':
      return change.index.unique &&
        change.index.keys.some((k) => k.column !== null && isOptional(k.column)) &&
        !change.index.nullsNotDistinct
        ? expand('running code leaves the new column NULL, and NULL does not collide')
        : null
    case 'addUnique':
      return !change.to.nullsNotDistinct && change.to.columns.some(isOptional)
        ? expand('running code leaves the new column NULL, and NULL does not collide')
        : null
    case 'addForeignKey':
      return change.to.match === 'simple' && change.to.columns.some(isOptional)
        ? expand('running code leaves the new column NULL, which points nowhere')
        : null
    case 'setNotNull':
      return (fresh(change.to.name)?.default ?? null) !== null
        ? expand(`running code leaves \`${change.to.name}\` to its default`)
        : null
    case 'dropColumn':
    case 'alterColumnType':
    case 'dropNotNull':
    case 'setDefault':
    case 'dropDefault':
    case 'setIdentity':
    case 'setGenerated':
      return fresh(change.from.name) && change.kind !== 'dropDefault'
        ? expand(`\`${change.from.name}\` is new, no running code knows it`)
        : null
    case 'renameColumn':
      return fresh(change.from) ? expand(`\`${change.from}\` is new, no running code knows it`) : null
    default:
      return null
  }
}

/**
 * True where a single deploy of all of it breaks running code or holds locks over a whole table: statements that belong before the
 * code stand beside those that belong after it, or either stands beside an UPDATE over a table (`backfills`).
 */
export function isMixed(steps: readonly ClassifiedStep[], backfills: number): boolean {
  const phases = new Set(steps.map((s) => s.phase))
  for (const { phase } of steps.flatMap((s) => s.changes)) phases.add(phase)
  return phases.has('contract') ? phases.has('expand') || backfills > 0 : phases.has('expand') && backfills > 0
}

function verdictOfStatement(step: Step, fresh: ReadonlySet<Key>): Verdict {
  const target = targetTable(step)
  const { kind } = step.statement
  if (['UpdateStmt', 'DeleteStmt', 'InsertStmt', 'MergeStmt', 'TruncateStmt', 'CopyStmt'].includes(kind)) {
    return target && fresh.has(target)
      ? { phase: 'expand', because: `\`${nameOf(target)}\` is new, no running code knows it` }
      : { phase: 'data', because: 'it changes rows, not the schema' }
  }
  if (/^(Alter|Create|Drop|Rename|Index)/.test(kind))
    return { phase: 'neutral', because: 'what it changes is not known here' }
  if (kind === 'DoStmt' || kind === 'CallStmt') return { phase: 'data', because: 'it runs code of its own' }
  return { phase: 'neutral', because: 'no running code depends on it' }
}
