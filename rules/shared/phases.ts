import type { RuleContext } from '../../src/engine/rule.ts'
import { classifySteps, type ClassifiedChange } from '../../src/planner/classify.ts'

/** Each change of the pull request with when it may run: before the code that needs it, or after the code that it breaks. */
export function phasesOf({ steps, before, after }: RuleContext): readonly ClassifiedChange[] {
  return classifySteps({ steps, before, after }).flatMap(({ changes }) => changes)
}
