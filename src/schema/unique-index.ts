import type { Index, Unique } from './model.ts'

/** The index that a unique constraint rests on, under its name. */
export function indexOf({ name, columns, include, nullsNotDistinct, declared }: Unique): Index {
  return {
    name,
    keys: plainKeys(columns),
    include,
    unique: true,
    nullsNotDistinct,
    method: 'btree',
    where: null,
    valid: true,
    declared,
  }
}

/** Columns as an index has them where nothing is said of their order. */
export function plainKeys(columns: readonly string[]): Index['keys'] {
  return columns.map((column) => ({
    column,
    expression: null,
    descending: false,
    nullsFirst: false,
    opclass: null,
    collation: null,
  }))
}
