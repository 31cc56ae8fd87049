/**
 * A schema as drizzle-kit writes it into its snapshots, in one form for all formats and dialects. It is what the sandbox hands out, so
 * it is plain JSON, and text in it is SQL as Drizzle writes it.
 */
export interface Kit {
  readonly dialect: 'postgresql' | 'mysql' | 'sqlite'
  readonly tables: readonly KitTable[]
  readonly enums: readonly {
    readonly schema: string
    readonly name: string
    readonly values: readonly string[]
    readonly site: Site
  }[]
  readonly views: readonly KitView[]
  readonly sequences: readonly KitSequence[]
  /** Named Postgres schemas, without `public`. */
  readonly schemas: readonly string[]
}

/** Line and column of the call in the bundled text, `12:7`; null where it is not known. */
export type Site = string | null

export interface KitTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly KitColumn[]
  readonly indexes: readonly KitIndex[]
  readonly foreignKeys: readonly KitForeignKey[]
  /** Primary keys that are not written with a column. */
  readonly primaryKeys: readonly KitKey[]
  readonly uniques: readonly (KitKey & { readonly nullsNotDistinct: boolean })[]
  readonly checks: readonly { readonly name: string; readonly value: string; readonly site: Site }[]
  readonly policies: readonly KitPolicy[]
  readonly rowSecurity: boolean
  /** What `relations` and `defineRelations` say of the columns of this table; a snapshot does not tell. */
  readonly relations?: readonly KitRelation[] | undefined
  readonly site: Site
}

/** Columns that refer to others for the client's queries, whether or not the database knows. */
export interface KitRelation {
  readonly columns: readonly string[]
  readonly schemaTo: string
  readonly tableTo: string
  readonly columnsTo: readonly string[]
  readonly site: Site
}

export interface KitKey {
  /** Null where the server names it. */
  readonly name: string | null
  readonly columns: readonly string[]
  readonly site: Site
}

export interface KitColumn {
  readonly name: string
  /** Name of the field in TypeScript. */
  readonly property: string | null
  readonly type: string
  /** Schema of an enum type; null for any other type. */
  readonly typeSchema: string | null
  readonly primaryKey: boolean
  readonly notNull: boolean
  readonly default: string | null
  readonly generated: { readonly as: string; readonly stored: boolean } | null
  readonly identity: { readonly always: boolean; readonly sequence: string | null; readonly options: string } | null
  readonly autoincrement: boolean
  readonly clientDefault: string | null
  readonly site: Site
}

export interface KitIndex {
  /** Null where it has no name and cannot be given one: an expression. */
  readonly name: string | null
  readonly columns: readonly {
    readonly expression: string
    readonly isExpression: boolean
    readonly descending: boolean
    readonly nullsFirst: boolean
    readonly opclass: string | null
  }[]
  readonly unique: boolean
  readonly method: string
  readonly where: string | null
  readonly with: Readonly<Record<string, string>>
  readonly site: Site
}

export interface KitForeignKey {
  readonly name: string | null
  readonly columns: readonly string[]
  readonly schemaTo: string
  readonly tableTo: string
  readonly columnsTo: readonly string[]
  readonly onDelete: string | null
  readonly onUpdate: string | null
  readonly site: Site
}

export interface KitPolicy {
  readonly name: string
  readonly as: string
  readonly for: string
  readonly to: readonly string[]
  readonly using: string | null
  readonly withCheck: string | null
  readonly site: Site
}

export interface KitView {
  readonly schema: string
  readonly name: string
  readonly materialized: boolean
  /** Null for one that exists without Drizzle. */
  readonly definition: string | null
  readonly securityInvoker: boolean
  readonly site: Site
}

export interface KitSequence {
  readonly schema: string
  readonly name: string
  /** What follows the name in `CREATE SEQUENCE`. */
  readonly options: string
  readonly site: Site
}

/** Begins and ends the name of a value that the sandbox could not know, wherever it is turned into text. */
export const unknownMark = '\u0002'
