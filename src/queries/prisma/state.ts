import type { Draft } from '../draft.ts'
import type { ColumnUse, NestedRead, Query, QueryTable } from '../query.ts'
import type { Evaluate } from '../typescript/objects.ts'
import type { Model, Models } from './models.ts'

/** What reading one call gathers on the way. */
export interface State {
  readonly models: Models
  readonly evaluate: Evaluate
  readonly tables: QueryTable[]
  readonly joins: Query['joins'][number][]
  readonly nested: NestedRead[]
  readonly columns: ColumnUse[]
  readonly drafts: Draft[]
  dynamic: boolean
}

/** A model by the name that the schema gives it. */
export function modelNamed(models: Models, name: string): Model | undefined {
  return models.get(name.slice(0, 1).toLowerCase() + name.slice(1))
}
