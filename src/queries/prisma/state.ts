import type { Draft } from '../draft.ts'
import type { ColumnUse, NestedRead, Query, QueryTable } from '../query.ts'
import { textsOf } from '../typescript/objects.ts'
import type { Evaluate, Located } from '../typescript/objects.ts'
import type { Model, ModelField, Models } from './models.ts'

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

/** What Postgres calls the enum values that an expression names; none where the field has another type. */
export function enumValues(
  { enum: values }: Extract<ModelField, { is: 'column' }>,
  given: Located,
  evaluate: Evaluate,
): readonly string[] {
  return values === null ? [] : textsOf(given, evaluate).map((text) => values.get(text) ?? text)
}
