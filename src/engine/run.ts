import type { Step } from '../step.ts'
import type { Group, Note, Severity } from '../finding.ts'
import type { RuleSetting } from '../config.ts'
import { globMatcher } from '../changeset/globs.ts'
import { startOf } from '../location.ts'
import type { Project } from '../project/project.ts'
import type { Change } from '../schema/change.ts'
import { newnessOf, nothingNew, provenEmpty, type Newness } from './newness.ts'
import { draftOf, schemaGroups, type Draft, type Subject } from './draft.ts'
import { passingChanges } from './passing.ts'
import { judgedByPlan } from './plan-evidence.ts'
import { contextOf } from './rule-context.ts'
import type { RuleInput } from './rule-input.ts'
import type { CatalogRule, Problem, RuleContext, Visitor } from './rule.ts'
import type { Suppression } from './suppressions.ts'

/**
 * Runs the rules over one project. A rule that fails becomes a blocking note, never a lost review. `muted` is what rules that the
 * configuration switches off would say about locks, rewrites and scans: nobody wants to hear it by way of what a rehearsal saw.
 */
export function runRules(
  rules: readonly CatalogRule[],
  lasting: RuleInput,
): { drafts: readonly Draft[]; muted: readonly Draft[]; notes: readonly Note[] } {
  const spoken: Draft[] = []
  const muted: Draft[] = []
  const notes: Note[] = []
  const { undeployed = [] } = lasting
  // What is rolled back holds its locks until then, and is nothing to all who ask what a database becomes.
  const passingBy = {
    ...lasting,
    steps: lasting.steps.map((step) => (step.undone === undefined ? step : { ...step, changes: step.undone })),
  }
  const moments = newnessOf([...undeployed, ...passingBy.steps], undeployed[0]?.before ?? lasting.before).slice(
    undeployed.length,
  )
  const end = moments.at(-1) ?? nothingNew
  const empty = provenEmpty(lasting.steps, moments)
  const passing = passingChanges(lasting.steps, lasting.after)
  const ignored = globMatcher(lasting.config.paths.ignore)
  const heard = lasting.steps.find(({ statement }) => !ignored(statement.place.path)) ?? lasting.steps[0]
  const first = heard?.statement.place ?? startOf(lasting.files[0]?.path ?? lasting.project.evidence)

  const runRule = (rule: CatalogRule, setting: Setting, drafts: Draft[]): void => {
    const ofLocks = ofPostgresAlone.has(rule.group)
    const input = ofLocks ? passingBy : lasting
    const byTransaction = transactionsOf(input)
    const at = (step: Step | null, newness: Newness) =>
      contextOf(input, setting.options, step, newness, step ? (byTransaction.get(step.transaction.id) ?? [step]) : [])
    const collect = (subject: Subject, visit: () => ReturnType<NonNullable<Visitor['pullRequest']>>) => {
      try {
        for (const problem of problemsOf(visit()))
          drafts.push(draftOf(rule, problem, subject, setting.severity, input, empty))
      } catch (error) {
        notes.push({
          kind: 'unsupported',
          blocking: true,
          path: subject.place.path,
          line: subject.place.line,
          message: `The rule ${rule.id} failed here, which is an error of Schemagate's: ${error instanceof Error ? error.message : String(error)}`,
        })
      }
    }
    const { visit } = rule
    input.steps.forEach((step, i) => {
      if (step.undone !== undefined && !ofLocks) return
      if (
        !visit.statement &&
        !(visit.observation && step.observation) &&
        !step.changes.some((change) => visit[change.kind])
      )
        return
      const ctx = at(step, moments[i] ?? end)
      const withStep = { ...ctx, step }
      if (visit.statement)
        collect({ place: step.statement.place, step }, () => visit.statement?.(step.statement, withStep))
      if (visit.observation && step.observation) {
        const observation = step.observation
        collect({ place: step.statement.place, step }, () => visit.observation?.(observation, withStep))
      }
      for (const change of step.changes) {
        const visitor = visit[change.kind] as
          | ((change: Change, ctx: RuleContext) => ReturnType<NonNullable<Visitor['pullRequest']>>)
          | undefined
        // What a schema is, is told of what it is in the end.
        if (visitor && !(schemaGroups.has(rule.group) && passing.has(change)))
          collect({ place: change.place, step, change }, () => visitor(change, ctx))
      }
    })
    const whole = at(null, end)
    if (visit.schema)
      collect({ place: first, step: null }, () =>
        visit.schema?.(
          input.steps.flatMap((step) => step.changes),
          whole,
        ),
      )
    if (visit.pullRequest) collect({ place: first, step: null }, () => visit.pullRequest?.(whole))
    if (visit.sqlProblem)
      for (const problem of input.sqlProblems)
        collect({ place: problem.place, step: null }, () => visit.sqlProblem?.(problem, whole))
    if (visit.query)
      for (const query of input.queries)
        if (query.changed)
          collect({ place: query.place, step: null }, () =>
            isAboutReading(rule)
              ? judgedByPlan(problemsOf(visit.query?.(query, whole)), query)
              : problemsOf(visit.query?.(query, whole)),
          )
  }
  for (const rule of rules) {
    if (!speaks(rule, lasting.project)) continue
    const settings = settingsOf(rule, lasting)
    for (const setting of settings) runRule(rule, setting, spoken)
    if (settings.length === 0 && rule.claims !== undefined && lasting.config.rules[rule.id] !== undefined)
      runRule(rule, { severity: null, options: rule.options ?? {} }, muted)
  }
  return { drafts: spoken, muted, notes }
}

/** Runs the rules that speak of suppressions, which have to wait until it is known what each of them silenced. */
export function runSuppressionRules(
  rules: readonly CatalogRule[],
  suppressions: readonly Suppression[],
  input: RuleInput,
): readonly Draft[] {
  const drafts: Draft[] = []
  for (const rule of rules) {
    const [setting] = settingsOf(rule, input)
    if (!setting || !rule.visit.suppression) continue
    const ctx = contextOf(input, setting.options, null, nothingNew, [])
    for (const suppression of suppressions) {
      for (const problem of problemsOf(rule.visit.suppression(suppression, ctx))) {
        drafts.push(draftOf(rule, problem, { place: suppression.place, step: null }, setting.severity, input, []))
      }
    }
  }
  return drafts
}

const grouped = new WeakMap<RuleInput, ReadonlyMap<number, Step[]>>()

/** The steps of each transaction. */
function transactionsOf(input: RuleInput): ReadonlyMap<number, Step[]> {
  const known = grouped.get(input)
  if (known) return known
  const groups = groupSteps(input.steps)
  grouped.set(input, groups)
  return groups
}

function groupSteps(steps: readonly Step[]): Map<number, Step[]> {
  const groups = new Map<number, Step[]>()
  for (const step of steps) {
    const group = groups.get(step.transaction.id)
    if (group) group.push(step)
    else groups.set(step.transaction.id, [step])
  }
  return groups
}

function problemsOf(result: ReturnType<NonNullable<Visitor['pullRequest']>>): Iterable<Problem> {
  if (!result) return []
  return Symbol.iterator in result ? result : [result]
}

/** Groups that speak of how Postgres locks and commits; CockroachDB changes a schema while reads and writes go on. */
const ofPostgresAlone: ReadonlySet<Group> = new Set<Group>(['locking', 'transactions'])

function speaks(rule: CatalogRule, project: Project): boolean {
  const dialects = rule.dialects ?? (ofPostgresAlone.has(rule.group) ? ['postgresql'] : ['postgresql', 'cockroachdb'])
  return dialects === 'all' || dialects.includes(project.dialect)
}

/** How a rule runs: the severity that the configuration gives it, null for its own. */
interface Setting {
  readonly severity: Severity | null
  readonly options: Readonly<Record<string, unknown>>
}

/** A setting for each time that a rule runs: none where it is off, several where the configuration has a list. */
function settingsOf(rule: CatalogRule, input: RuleInput): readonly Setting[] {
  const configured = input.config.rules[rule.id]
  const all = configured ? [configured, ...(configured.also ?? [])] : [undefined]
  return all.flatMap((one) => settingOf(rule, one, input.allRules) ?? [])
}

function settingOf(rule: CatalogRule, setting: RuleSetting | undefined, allRules: boolean): Setting | null {
  const options = { ...rule.options, ...setting?.options }
  const severity = setting?.severity ?? 'default'
  const on = severity === 'default' ? rule.enabled !== false || setting !== undefined : severity !== 'off'
  if (!on) return allRules && setting?.severity !== 'off' ? { severity: 'info', options } : null
  return { severity: severity === 'default' || severity === 'off' ? null : severity, options }
}

/** True for a rule about how rows are found, to which the plan of a query is evidence. */
function isAboutReading({ checklist }: CatalogRule): boolean {
  return checklist === 'queries-use-indexes' || checklist === 'no-full-scans' || checklist === 'joins-vs-subqueries'
}
