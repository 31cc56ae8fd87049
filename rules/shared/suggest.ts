import type { Step } from '../../src/step.ts'
import type { Problem } from '../../src/engine/rule.ts'

/** A suggestion that adds NOT VALID to a statement which adds one constraint and does nothing else. */
export function addNotValid(step: Step | null): Pick<Problem, 'suggestion'> {
  return step?.changes.length === 1 && step.statement.inside === null
    ? wholeLines(step, `${step.statement.text} NOT VALID;`)
    : {}
}

/**
 * A suggestion that replaces the statement by other text, `;` included; nothing where the statement shares its lines with
 * something else, since whole lines are all that can be replaced.
 */
export function wholeLines(step: Step | null, text: string): Pick<Problem, 'suggestion'> {
  return step ? linesOf([step], text) : {}
}

/** The same for steps of a file between which nothing stands. */
export function linesOf(steps: readonly Step[], text: string): Pick<Problem, 'suggestion'> {
  const [first] = steps
  const last = steps.at(-1)
  if (first === undefined || last === undefined) return {}
  const { file, start, place } = first.statement
  const { endLine } = last.statement.place
  const before = file.text.slice(file.lineStarts[place.line - 1] ?? 0, start)
  const between = steps.slice(1).map((step, i) => file.text.slice(steps[i]?.statement.end ?? 0, step.statement.start))
  const after = file.text.slice(last.statement.end, file.lineStarts[endLine] ?? file.text.length)
  const isBare = between.every((each) => /^(?:\s|;|--> statement-breakpoint)*$/.test(each))
  if (before.trim() !== '' || !isBare || !/^\s*;?\s*$/.test(after)) return {}
  const lines = text
    .split('\n')
    .map((line) => (line === '' ? line : before + line))
    .join('\n')
  return { suggestion: { path: file.path, line: place.line, endLine, text: lines } }
}
