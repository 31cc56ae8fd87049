import { checklistItems } from '../engine/checklist.ts'
import type { ChecklistEntry, ChecklistItem } from '../engine/checklist.ts'
import { decided, none } from '../engine/decided.ts'
import type { ChecklistAnswer } from '../engine/decided.ts'
import { changeAnswers } from './answers/change.ts'
import { queryAnswers } from './answers/queries.ts'
import type { Answers, ChecklistRequest, Seen } from './answers/seen.ts'

const answers: Answers<ChecklistItem> = { ...queryAnswers, ...decided, ...changeAnswers }

/**
 * Answers each item of the checklist with the lines that decide. `unknown` says that code is there which could not be judged,
 * `not-applicable` that there is nothing to judge; only what was looked at passes.
 */
export function checklistOf(request: ChecklistRequest): readonly ChecklistEntry[] {
  if (request.projects.length === 0) return checklistItems.map((item) => ({ item, ...withoutProject(item, request) }))
  const items = new Map(request.rules.map((rule) => [rule.id, rule.checklist]))
  const seen: Seen = {
    ...request,
    projects: request.projects.map(withDeclared),
    changed: request.queries.filter((q) => q.changed && q.context.file === 'source' && q.tables.length > 0),
    of: (item) => request.findings.filter((f) => items.get(f.rule) === item && f.suppressed === null),
  }
  return checklistItems.map((item) => ({ item, ...answers[item](seen) }))
}

function withoutProject(item: ChecklistItem, request: ChecklistRequest): ChecklistAnswer {
  return item === 'backup' || item === 'staging' || item === 'decisions-documented'
    ? answers[item]({ ...request, changed: [], of: () => [] })
    : none('neither SQL migrations nor a schema of Prisma or Drizzle were found, without which queries are not read')
}

/** A table that no migration made, but the schema declares, is there all the same: it was pushed. */
function withDeclared(one: ChecklistRequest['projects'][number]): ChecklistRequest['projects'][number] {
  const { declared, after } = one
  return declared == null
    ? one
    : { ...one, after: { ...after, tables: new Map([...declared.tables, ...after.tables]) } }
}
