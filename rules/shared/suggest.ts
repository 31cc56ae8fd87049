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
  if (!step) return {}
  const { file, start, end, place } = step.statement
  const from = file.lineStarts[place.line - 1] ?? 0
  const to = file.lineStarts[place.endLine] ?? file.text.length
  const before = file.text.slice(from, start)
  const after = file.text.slice(end, to)
  if (before.trim() !== '' || !/^\s*;?\s*$/.test(after)) return {}
  const lines = text
    .split('\n')
    .map((line) => (line === '' ? line : before + line))
    .join('\n')
  return { suggestion: { path: file.path, line: place.line, endLine: place.endLine, text: lines } }
}
