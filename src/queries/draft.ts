import type { Query } from './query.ts'

/** A query without what the code around it adds. */
export type Draft = Omit<Query, 'context' | 'changed' | 'place'> & { readonly start: number; readonly end: number }
