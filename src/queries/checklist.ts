import { checklistItems } from '../engine/checklist.ts'
import type { ChecklistEntry, ChecklistItem } from '../engine/checklist.ts'
import { decided } from '../engine/decided.ts'
import { changeAnswers } from './answers/change.ts'
import { queryAnswers } from './answers/queries.ts'
import type { Answers, ChecklistRequest, Seen } from './answers/seen.ts'

const answers: Answers<ChecklistItem> = { ...queryAnswers, ...decided, ...changeAnswers }

/**
 * Answers each item of the checklist with the lines that decide. `unknown` says that code is there which could not be judged,
 * `not-applicable` that there is nothing to judge; only what was looked at passes.
 */
export function checklistOf(request: ChecklistRequest): readonly ChecklistEntry[] {
  const items = new Map(request.rules.map((rule) => [rule.id, rule.checklist]))
  const seen: Seen = {
    ...request,
    changed: request.queries.filter((q) => q.changed && q.context.file === 'source' && q.tables.length > 0),
    of: (item) => request.findings.filter((f) => items.get(f.rule) === item && f.suppressed === null),
  }
  return checklistItems.map((item) => ({ item, ...answers[item](seen) }))
}
