/** The items of the checklist that ends every review, in their order. */
export const checklistItems = [
  'queries-use-indexes',
  'no-full-scans',
  'joins-vs-subqueries',
  'connection-pooling',
  'read-replicas',
  'caching',
  'n-plus-one',
  'backup',
  'staging',
  'decisions-documented',
  'query-patterns-before-indexes',
] as const

export type ChecklistItem = (typeof checklistItems)[number]

export interface ChecklistEntry {
  readonly item: ChecklistItem
  readonly status: 'pass' | 'fail' | 'not-applicable' | 'unknown'
  /** One line with the places that decide, `src/db.ts:12`. */
  readonly evidence: string
}
