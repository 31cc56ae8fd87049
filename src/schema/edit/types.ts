import type { SourceFile } from '../../location.ts'
import type { Index, Key, ReferentialAction, Schema, Table } from '../model.ts'

/**
 * A change of the schema that an ORM declares, the same for Prisma and Drizzle. Names are those of the database: `columns` are columns,
 * an index goes by the name that it has there.
 */
export type SchemaEdit =
  /** `more` are further indexes of the same table. */
  | ({ readonly kind: 'addIndex'; readonly table: Key; readonly more?: readonly NewIndex[] } & NewIndex)
  | { readonly kind: 'addUnique'; readonly table: Key; readonly columns: readonly string[] }
  | { readonly kind: 'dropIndex'; readonly table: Key; readonly name: string }
  | {
      readonly kind: 'setOnDelete'
      readonly table: Key
      readonly columns: readonly string[]
      readonly action: ReferentialAction
    }
  | { readonly kind: 'setType'; readonly table: Key; readonly column: string; readonly type: 'timestamptz' | 'uuid' }

/** An index to be declared. */
export interface NewIndex {
  readonly columns: readonly string[]
  readonly name: string
  readonly method?: 'btree' | 'gin'
}

/** Replaces the half-open range of UTF-16 offsets by a text. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** What an edit is made of: the table as the ORM declares it, and the text of the file in which a part of it stands. */
export interface EditContext {
  readonly table: Table
  readonly declared: Schema
  readonly text: (path: string) => SourceFile | undefined
}

/** The replacements of one file; null where the edit cannot be written exactly. */
export type Splices = { readonly file: SourceFile; readonly splices: readonly Splice[] } | null

/** What stands between several declarations where they are spelled one after the other, in code marks. */
export const spelledApart = '` and `'

/** The index of a table by its name, a unique constraint aside. */
export function indexNamed(table: Table, name: string): Index | undefined {
  return table.indexes.find((index) => index.name === name)
}

/** The field or property that declares a column. */
export function propertyOf(table: Table, column: string): string | null {
  const found = table.columns.find((c) => c.name === column)
  return found ? (found.property ?? found.name) : null
}
