import type { Query } from './query.ts'

/** A query without what the code around it adds. */
export type Draft = Omit<Query, 'context' | 'changed' | 'place'> & { readonly start: number; readonly end: number }

/** A statement of which nothing is known but where it stands and who sends it. */
export const unknownDraft: Draft = {
  start: 0,
  end: 0,
  client: 'sql',
  call: '',
  operation: 'other',
  tables: [],
  predicates: [],
  ordering: [],
  joins: [],
  writes: null,
  limit: null,
  offset: null,
  sql: null,
  dynamic: true,
}
