import type { Step } from '../engine/rule.ts'
import type { ProjectReview } from '../report/report.ts'
import type { Change } from '../schema/change.ts'
import { nameOf, type Key } from '../schema/model.ts'
import { targetTable } from './lossy.ts'
import { typeLoss } from '../schema/type-change.ts'

/**
 * When a statement may run: `expand` before the code that needs it is out, `contract` once no code that it breaks is running any
 * more, `data` between the two, `neutral` at any time.
 */
export type Phase = 'expand' | 'data' | 'contract' | 'neutral'

export interface ClassifiedStep {
  readonly step: Step
  readonly phase: Phase
  /** One clause that says why: `the running code still reads users.email`. */
  readonly because: string
}

interface Verdict {
  readonly phase: Phase
  readonly because: string
}

/** Each statement that the change adds with its phase; what stands in a function does not run and is left out. */
export function classifySteps(review: ProjectReview): readonly ClassifiedStep[] {
  const fresh = new Set<Key>()
  return review.steps.filter((s) => s.statement.inside !== 'function').map((step) => {
    const verdicts = step.changes.map((change) => {
      if (change.kind === 'createTable') fresh.add(change.table)
      if (change.kind === 'renameTable' && fresh.has(change.table)) fresh.add(change.to)
      return 'table' in change && fresh.has(change.table)
        ? { phase: 'expand' as const, because: `${nameOf(change.table)} is new, no running code knows it` }
        : verdictOf(change, fresh)
    })
    if (!verdicts.length) verdicts.push(verdictOfStatement(step, fresh))
    const order: readonly Phase[] = ['contract', 'data', 'expand', 'neutral']
    const worst = verdicts.toSorted((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase))[0]!
    return { step, ...worst }
  })
}

/** True where one pull request has statements that belong before and after the code. */
export function isMixed(steps: readonly ClassifiedStep[]): boolean {
  const phases = new Set(steps.map((s) => s.phase))
  return phases.has('contract') && (phases.has('expand') || phases.has('data'))
}

function verdictOfStatement(step: Step, fresh: ReadonlySet<Key>): Verdict {
  const target = targetTable(step)
  const { kind } = step.statement
  if (['UpdateStmt', 'DeleteStmt', 'InsertStmt', 'MergeStmt', 'TruncateStmt', 'CopyStmt'].includes(kind)) {
    return target && fresh.has(target)
      ? { phase: 'expand', because: `${nameOf(target)} is new, no running code knows it` }
      : { phase: 'data', because: 'it changes rows, not the schema' }
  }
  if (kind === 'DoStmt' || kind === 'CallStmt') return { phase: 'data', because: 'it runs code of its own' }
  return { phase: 'neutral', because: 'no running code depends on it' }
}

function verdictOf(change: Change, fresh: ReadonlySet<Key>): Verdict {
  const table = 'table' in change ? nameOf(change.table) : ''
  const expand = (because: string): Verdict => ({ phase: 'expand', because })
  const contract = (because: string): Verdict => ({ phase: 'contract', because })
  const neutral = (because: string): Verdict => ({ phase: 'neutral', because })
  switch (change.kind) {
    case 'createTable': case 'createView': case 'createEnum': case 'createType': case 'createDomain': case 'createSequence': case 'createSchema': case 'createExtension': case 'createFunction':
      return change.kind === 'createFunction' && change.from ? contract('running code calls the function as it was') : expand('it is new, no running code knows it')
    case 'addColumn':
      return change.to.nullable || change.to.default !== null || change.to.generated || change.to.identity
        ? expand(`running code does not name ${change.to.name} and may leave it out`)
        : contract(`inserts of running code leave ${change.to.name} out and would fail`)
    case 'addIndex':
      return change.index.unique && !fresh.has(change.table) ? contract(`rows that running code writes may repeat (${change.index.name})`) : expand('queries are only served faster')
    case 'addEnumValue': return expand('no running code writes the value yet')
    case 'dropNotNull': case 'setDefault': return expand('running code is not hindered')
    case 'alterColumnType':
      return typeLoss(change.from.type, change.to.type) === null && sameFamily(change.from.type, change.to.type)
        ? expand('the new type holds every value of the old one') : contract(`running code still reads and writes ${change.from.name} as ${change.from.type ?? 'it was'}`)
    case 'setNotNull': case 'addNotNull': return contract(`running code may still write NULL to ${change.kind === 'setNotNull' ? change.to.name : change.column}`)
    case 'addPrimaryKey': case 'addUnique': case 'addExclusion': return contract(`rows that running code writes may collide (${change.to.name})`)
    case 'addForeignKey': case 'addCheck':
      return change.inline ? expand('it comes with a new column') : contract(`rows that running code writes may break ${change.to.name}`)
    case 'dropColumn': return contract(`running code still reads ${table}.${change.from.name}`)
    case 'dropTable': return contract(`running code still reads ${table}`)
    case 'renameColumn': return contract(`running code still says ${table}.${change.from}`)
    case 'renameTable': case 'setTableSchema': return contract(`running code still says ${table}`)
    case 'dropDefault': return contract(`running code may rely on the default of ${change.from.name}`)
    case 'setIdentity': case 'setGenerated': return change.from.identity || change.from.generated ? contract(`running code may rely on ${change.from.name} being filled in`) : contract(`running code may still write ${change.from.name}`)
    case 'dropEnumValue': case 'renameEnumValue': return contract('running code may still write the value')
    case 'dropView': case 'dropFunction': case 'dropType': case 'dropSequence': case 'dropSchema': case 'dropExtension': return contract('running code may still use it')
    case 'renameType': case 'renameSchema': case 'alterDomain': return contract('running code may still use it as it was')
    case 'addTrigger': return expand('it runs beside the code')
    case 'dropTrigger': return contract('running code may rely on what it does')
    case 'addPolicy': case 'alterPolicy': return contract('running code may lose sight of rows')
    case 'setRowSecurity': return change.to.enabled && !change.from.enabled ? contract('running code may lose sight of rows') : neutral('running code sees the same rows or more')
    case 'dropConstraint': return expand('what running code writes is only less restricted')
    case 'dropIndex': return contract('queries of running code may still need it')
    default: return neutral('no running code depends on it')
  }
}

function sameFamily(from: string | null, to: string | null): boolean {
  const family = (t: string | null) => t === null ? '' : /^(text|character varying)/.test(t) ? 'text' : t.startsWith('numeric') ? 'numeric' : t.startsWith('timestamp') ? t.replace(/\(\d\)/, '') : t
  return family(from) === family(to)
}
