import type { Step } from '../../src/step.ts'
import type { Problem, RuleContext } from '../../src/engine/rule.ts'
import type { Statement } from '../../src/sql/statement.ts'
import { strongLock } from './locks.ts'
import { wholeLines } from './suggest.ts'

/** A setting that a statement makes, `SET lock_timeout = '3s'`; `value` is as written, null for RESET and DEFAULT. */
export function settingIn(
  statement: Statement,
): { readonly name: string; readonly value: string | null; readonly local: boolean } | null {
  const { node } = statement
  if (!('VariableSetStmt' in node) || !node.VariableSetStmt.name) return null
  const [argument] = node.VariableSetStmt.args ?? []
  const constant = argument && 'A_Const' in argument ? argument.A_Const : null
  const value =
    constant?.sval?.sval ?? (constant?.ival ? String(constant.ival.ival ?? 0) : (constant?.fval?.fval ?? null))
  return {
    name: node.VariableSetStmt.name.toLowerCase(),
    value: node.VariableSetStmt.kind === 'VAR_SET_VALUE' ? value : null,
    local: node.VariableSetStmt.is_local === true,
  }
}

/** What a setting is by the statements before the step at hand, in the same file; null where they do not set it. */
export function settingBefore(setting: string, ctx: RuleContext): string | null {
  let value: string | null = null
  for (const step of ctx.steps) {
    if (step === ctx.step) return value
    if (step.migration.path !== ctx.step?.migration.path || step.statement.inside !== null) continue
    const made = settingIn(step.statement)
    if (made?.name === setting && (!made.local || step.transaction.id === ctx.step.transaction.id)) value = made.value
  }
  return null
}

/** Milliseconds of a value of a timeout: `3s`, `5 min`, `500`; null where it is none. */
export function timeoutOf(value: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(value)
  if (!match) return null
  const unit = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? 'ms'] ?? 1
  return Number(match[1]) * unit
}

/** The first statement of each new file that changes the schema or locks a table before `setting` was set in it. */
export function* withoutSetting(steps: readonly Step[], setting: string): Iterable<Step> {
  let file = ''
  let [set, done] = [false, false]
  for (const step of steps) {
    if (step.migration.path !== file) {
      file = step.migration.path
      set = done = false
    }
    if (done || step.statement.inside === 'function') continue
    const made = settingIn(step.statement)
    if (made?.name === setting) set = made.value !== null
    else if (!set && changesSchema(step.statement)) {
      done = true
      yield step
    }
  }
}

function changesSchema(statement: Statement): boolean {
  return (
    /^(Alter|Create|Drop|Rename|Index|Truncate|View|Comment|Composite|Define|Grant|Refresh|Cluster|Reindex|Vacuum|Lock)/.test(
      statement.kind,
    ) && !/^(CreatedbStmt|DropdbStmt|AlterSystemStmt)$/.test(statement.kind)
  )
}

/** True where the project has ten migrations or more and none of them sets a timeout. */
export function doesWithoutLockTimeout(ctx: RuleContext): boolean {
  const old = ctx.history.filter((migration) => !migration.isNew)
  return (
    !ctx.alone &&
    old.length >= 10 &&
    !old.some((migration) => migration.statements.some((statement) => setsLockTimeout({ statement })))
  )
}

/** True for a statement that sets it, for a session or a transaction. */
export function setsLockTimeout(step: Pick<Step, 'statement'>): boolean {
  const { node } = step.statement
  if ('VariableSetStmt' in node) return node.VariableSetStmt.name === 'lock_timeout'
  return 'SelectStmt' in node && /set_config\s*\(\s*'lock_timeout'/i.test(step.statement.text)
}

/** The statement that sets the timeout before a step, and the suggestion that puts it there; none where it would come too late. */
export function lockTimeoutBefore(
  step: Step,
  ctx: RuleContext,
): { readonly timeout: string; readonly offer: Pick<Problem, 'suggestion'> } {
  const timeout = `SET ${step.transaction.block === true ? 'LOCAL ' : ''}lock_timeout = '3s';`
  const offered = step.statement.inside === null && locksFirst(step, ctx)
  const lines = [timeout, ...breakpoint(ctx), `${step.statement.text};`]
  return { timeout, offer: offered ? wholeLines(step, lines.join('\n')) : {} }
}

/** What Drizzle wants between two statements: each piece of a file is one of them. */
function breakpoint({ runner }: RuleContext): readonly string[] {
  return runner.name === 'drizzle' ? ['--> statement-breakpoint'] : []
}

/** True for the first statement of its file that locks a table: set before a later one, the timeout would come too late for that. */
function locksFirst(step: Step, ctx: RuleContext): boolean {
  const earlier = ctx.steps.slice(0, ctx.steps.indexOf(step))
  return earlier.every((each) => each.migration.path !== step.migration.path || strongLock(each, ctx) === null)
}
