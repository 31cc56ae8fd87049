import type { RuleContext } from '../../src/engine/rule.ts'
import { runnerTitle } from '../../src/project/runners.ts'

/** With a capital at the beginning. */
export function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** The runner as it spells itself: `Flyway`, `goose`. */
export function runnerWord({ runner }: RuleContext): string {
  return runnerTitle({ ...runner, version: null })
}
