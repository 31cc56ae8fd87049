import type { Node } from 'libpg-query'
import type { Place } from '../location.ts'
import type { Dialect } from './dialect.ts'
import { defaultSchemaOf } from './dialect.ts'

/** Where an object of the schema is declared. */
export interface Declaration extends Place {
  readonly source: 'prisma' | 'drizzle' | 'migrations'
}

/**
 * Names between objects are keys: `schema.name`, both as Postgres stores them (`public.users`, `public.Order`). Build one
 * with `key`, take it apart with `schemaOf` and `nameOf`.
 */
export type Key = string

/** Everything Schemagate knows of a database at one moment. Plain data; a change makes a new value that shares what did not change. */
export interface Schema {
  readonly dialect: Dialect
  /** The schema that unqualified names resolve to: `public` unless `search_path` says otherwise. */
  readonly defaultSchema: string
  /** Schemas in which unqualified names are looked for, as the session has set them; `defaultSchema` alone where left out. */
  readonly searchPath?: readonly string[]
  readonly schemas: ReadonlySet<string>
  readonly tables: ReadonlyMap<Key, Table>
  readonly enums: ReadonlyMap<Key, EnumType>
  readonly domains: ReadonlyMap<Key, DomainType>
  /** Composite, range and base types. */
  readonly types: ReadonlyMap<Key, OtherType>
  readonly views: ReadonlyMap<Key, View>
  readonly sequences: ReadonlyMap<Key, Sequence>
  /** By key; overloads stand side by side in the list. */
  readonly functions: ReadonlyMap<Key, readonly SqlFunction[]>
  readonly extensions: ReadonlyMap<
    string,
    { readonly name: string; readonly schema: string | null; readonly declared: readonly Declaration[] }
  >
  /** Who may use a schema, by its name; left out where no statement says so. */
  readonly schemaGrants?: ReadonlyMap<string, readonly Grant[]>
  /** What is granted on new objects, by schema and kind (`public table`, ` function` for all schemas); left out where no statement says so. */
  readonly defaultGrants?: ReadonlyMap<string, readonly Grant[]>
  /** False where not everything that exists is known: a file linted on its own, a history with a part that could not be read. */
  readonly complete: boolean
}

/** What one role may do with an object, as `GRANT` has it; what the owner may do is not told. */
export interface Grant {
  /** `public` for everybody. */
  readonly role: string
  /** Lower-case words, sorted: `insert`, `select (email)`. */
  readonly privileges: readonly string[]
  /** Those of them that the role may pass on. */
  readonly grantable: readonly string[]
}

export interface Table {
  readonly key: Key
  readonly schema: string
  readonly name: string
  readonly columns: readonly Column[]
  readonly primaryKey: PrimaryKey | null
  readonly uniques: readonly Unique[]
  readonly indexes: readonly Index[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly checks: readonly Check[]
  readonly exclusions: readonly Exclusion[]
  readonly triggers: readonly Trigger[]
  readonly policies: readonly Policy[]
  readonly rowSecurity: { readonly enabled: boolean; readonly forced: boolean }
  readonly partition: {
    /** `RANGE (created_at)` of a partitioned table, null for any other. */
    readonly by: string | null
    /** Parent of a partition with its bound as Postgres prints it. */
    readonly of: { readonly parent: Key; readonly bound: string } | null
  }
  readonly inherits: readonly Key[]
  readonly persistence: 'permanent' | 'unlogged' | 'temporary'
  /** Storage parameters, sorted: `fillfactor=70`, `toast.autovacuum_enabled=false`; left out for none. */
  readonly with?: readonly string[]
  readonly grants?: readonly Grant[]
  readonly comment: string | null
  readonly declared: readonly Declaration[]
  /** False where something of the table is unknown, so that what is not listed may exist all the same. */
  readonly complete: boolean
  /** True where the ORM schema says that its client does not touch the table (Prisma's `@@ignore`). */
  readonly ignored?: boolean
  /** Name of the Prisma model, where it differs from the table's. */
  readonly model?: string
  /** What stands above it in the ORM's schema, `///` or a doc comment; the database does not know it. */
  readonly documentation?: string
}

export interface Column {
  readonly name: string
  /** As `format_type` spells it, `character varying(255)`; null where unknown. */
  readonly type: string | null
  readonly nullable: boolean
  /** As `pg_get_expr` prints it, null for none. */
  readonly default: string | null
  readonly generated: { readonly expression: string; readonly stored: boolean } | null
  readonly identity: 'always' | 'by default' | null
  /** What the sequence behind an identity is told that differs from the defaults, `START WITH 1000`. */
  readonly identityOptions?: readonly string[]
  /** Name and state of a named NOT NULL constraint (PostgreSQL 18); null where there is none of its own. */
  readonly notNull?: { readonly name: string; readonly validated: boolean } | null
  readonly collation?: string | null
  readonly comment?: string | null
  readonly declared: readonly Declaration[]
  /** What the client library fills in and the database does not know: `uuid()`, `cuid()`, `@updatedAt`, `$defaultFn`. */
  readonly clientDefault?: string | null
  /** True where the default or generation expression may be spelled otherwise by Postgres. */
  readonly approximate?: boolean
  /** Name of the field in the ORM, where it differs from the column's. */
  readonly property?: string
  /** True where the ORM schema hides the column from its client (Prisma's `@ignore`). */
  readonly ignored?: boolean
  /** What stands above it in the ORM's schema, `///` or a doc comment; the database does not know it. */
  readonly documentation?: string
  /** True for a column that a table has from its parents alone: it goes with theirs. */
  readonly inherited?: boolean
}

interface Constraint {
  /** As Postgres names it, where no name is given (`users_org_id_fkey`). */
  readonly name: string
  readonly declared: readonly Declaration[]
  readonly comment?: string | null
}

export interface PrimaryKey extends Constraint {
  readonly columns: readonly string[]
  readonly include: readonly string[]
  readonly deferrable: boolean
  readonly initiallyDeferred?: boolean
}

export interface Unique extends Constraint {
  readonly columns: readonly string[]
  readonly include: readonly string[]
  readonly nullsNotDistinct: boolean
  readonly deferrable: boolean
  readonly initiallyDeferred?: boolean
}

export interface IndexKey {
  /** Column name; null for an expression. */
  readonly column: string | null
  /** Expression as `pg_get_indexdef` prints it; null for a plain column. */
  readonly expression: string | null
  readonly descending: boolean
  readonly nullsFirst: boolean
  readonly opclass: string | null
  readonly collation: string | null
}

export interface Index {
  readonly name: string
  readonly keys: readonly IndexKey[]
  readonly include: readonly string[]
  readonly unique: boolean
  readonly nullsNotDistinct: boolean
  /** `btree`, `hash`, `gin`, `gist`, `brin`, `spgist` or an extension's. */
  readonly method: string
  /** Predicate as Postgres prints it, null for none. */
  readonly where: string | null
  /** False after a failed concurrent build and for an index on a partitioned parent that is not attached everywhere. */
  readonly valid: boolean
  /** Storage parameters as written, `fillfactor=70`. */
  readonly with?: readonly string[]
  /** True where Postgres may spell an expression or the predicate otherwise. */
  readonly approximate?: boolean
  readonly comment?: string | null
  readonly declared: readonly Declaration[]
}

export type ReferentialAction = 'NO ACTION' | 'RESTRICT' | 'CASCADE' | 'SET NULL' | 'SET DEFAULT'

/** By the letters of `pg_constraint.confdeltype`, which the parser uses too. */
export const referentialActions: Readonly<Record<string, ReferentialAction>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
}

export interface ForeignKey extends Constraint {
  readonly columns: readonly string[]
  readonly references: { readonly schema: string; readonly table: string; readonly columns: readonly string[] }
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
  readonly match: 'simple' | 'full' | 'partial'
  readonly validated: boolean
  readonly enforced: boolean
  readonly deferrable: boolean
  readonly initiallyDeferred?: boolean
  /** True where only the client library knows the relation (Prisma's `relationMode = "prisma"`, Drizzle's `relations`). */
  readonly clientOnly?: boolean
  /** Name of the key or unique index of the referenced table that it was made on; left out where that is not known. */
  readonly rests?: string
}

export interface Check extends Constraint {
  /** As `pg_get_expr` prints it, without the word CHECK. */
  readonly expression: string
  /** Parse tree of the expression, where it comes from SQL. */
  readonly node?: Node
  readonly validated: boolean
  readonly enforced: boolean
  readonly noInherit: boolean
  /** True for a check that a table has from its parents alone: it goes with theirs. */
  readonly inherited?: boolean
  /** True where Postgres may spell the expression otherwise. */
  readonly approximate?: boolean
}

export interface Exclusion extends Constraint {
  /** What follows `CONSTRAINT name`: `EXCLUDE USING gist (room WITH =, during WITH &&)`. */
  readonly definition: string
  readonly columns: readonly string[]
}

export interface Trigger {
  readonly name: string
  readonly timing: 'before' | 'after' | 'instead of'
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[]
  readonly forEach: 'row' | 'statement'
  readonly function: Key
  /** Columns of `UPDATE OF` and of the `WHEN` condition. */
  readonly columns: readonly string[]
  /** Columns of `UPDATE OF` alone. */
  readonly updateOf?: readonly string[]
  /** Condition of `WHEN`, without its parentheses. */
  readonly when?: string | null
  /** Arguments that the function gets, as plain text. */
  readonly arguments?: readonly string[]
  /** Set for a constraint trigger. */
  readonly constraint?: { readonly deferrable: boolean; readonly initiallyDeferred: boolean } | null
  /** Names of `REFERENCING OLD TABLE` and `NEW TABLE`. */
  readonly transition?: { readonly old: string | null; readonly new: string | null } | null
  readonly enabled: boolean
  readonly declared: readonly Declaration[]
}

export interface Policy {
  readonly name: string
  readonly command: 'all' | 'select' | 'insert' | 'update' | 'delete'
  readonly permissive: boolean
  readonly roles: readonly string[]
  /** Conditions as Postgres prints them, `…` for a subquery in them: what is compared. */
  readonly using: string | null
  readonly check: string | null
  /** The same as written, where it holds a subquery: what is written as SQL. */
  readonly usingText?: string
  readonly checkText?: string
  readonly usingNode?: Node
  readonly checkNode?: Node
  readonly declared: readonly Declaration[]
}

export interface EnumType {
  readonly schema: string
  readonly name: string
  readonly values: readonly string[]
  readonly declared: readonly Declaration[]
  /** Where each value is declared, where it has a place of its own. */
  readonly valuesDeclared?: ReadonlyMap<string, Declaration>
  readonly comment?: string | null
}

export interface DomainType {
  readonly schema: string
  readonly name: string
  readonly base: string | null
  readonly nullable: boolean
  readonly default: string | null
  readonly checks: readonly { readonly name: string; readonly expression: string; readonly validated: boolean }[]
  readonly declared: readonly Declaration[]
}

export interface OtherType {
  readonly schema: string
  readonly name: string
  readonly form: 'composite' | 'range' | 'base' | 'shell'
  /** Attributes of a composite type, in their order. */
  readonly attributes?: readonly { readonly name: string; readonly type: string | null }[]
  /** What follows `CREATE TYPE name`, `AS (street text, zip text)`; null where unknown. */
  readonly definition?: string | null
  readonly declared: readonly Declaration[]
}

export interface View {
  readonly schema: string
  readonly name: string
  readonly materialized: boolean
  /** Query as written, without `CREATE VIEW … AS`; null where unknown. */
  readonly definition: string | null
  /** The query with every `*` written out, as Postgres keeps it: left out where there is none, null where it cannot be told what one takes. */
  readonly expanded?: string | null
  readonly columns: readonly string[] | null
  /** Tables and views that it reads, and the columns of them where they can be told. */
  readonly reads: readonly { readonly table: Key; readonly columns: readonly string[] | null }[]
  readonly indexes: readonly Index[]
  readonly securityInvoker: boolean
  readonly grants?: readonly Grant[]
  readonly declared: readonly Declaration[]
}

export interface Sequence {
  readonly schema: string
  readonly name: string
  readonly type: string
  readonly ownedBy: { readonly table: Key; readonly column: string } | null
  /** What differs from the defaults, `INCREMENT BY 2`, `START WITH 1000`. */
  readonly options?: readonly string[]
  readonly grants?: readonly Grant[]
  readonly declared: readonly Declaration[]
}

export interface SqlFunction {
  readonly schema: string
  readonly name: string
  readonly kind: 'function' | 'procedure'
  /** Input types as `format_type` spells them. */
  readonly arguments: readonly (string | null)[]
  readonly returns: string | null
  readonly language: string
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  readonly securityDefiner: boolean
  /** Settings of `SET … TO …`, `search_path=`. */
  readonly settings: readonly string[]
  readonly body: string | null
  /** The whole `CREATE FUNCTION` or `CREATE PROCEDURE` statement, as written or as Postgres prints it, without semicolon. */
  readonly definition?: string | null
  /** Left out where nothing was granted or revoked: everybody may run it then. */
  readonly grants?: readonly Grant[]
  readonly declared: readonly Declaration[]
}

/** `schema.name`. */
export function key(schema: string, name: string): Key {
  return `${schema}.${name}`
}

/** The schema part of a key. A schema name with a dot in it is not supported. */
export function schemaOf(of: Key): string {
  return of.slice(0, of.indexOf('.'))
}

/** The name part of a key. */
export function nameOf(of: Key): string {
  return of.slice(of.indexOf('.') + 1)
}

/** A key as others read it: its name alone where the database has no schemas within. */
export function plainKey(of: Key): string {
  return of.startsWith('.') ? of.slice(1) : of
}

/** A schema that holds nothing. */
export function emptySchema(dialect: Dialect = 'postgresql', complete = true): Schema {
  return {
    dialect,
    defaultSchema: defaultSchemaOf(dialect),
    schemas: new Set(),
    tables: new Map(),
    enums: new Map(),
    domains: new Map(),
    types: new Map(),
    views: new Map(),
    sequences: new Map(),
    functions: new Map(),
    extensions: new Map(),
    complete,
  }
}

/** A table with nothing in it, to spread others from. */
export function emptyTable(
  schema: string,
  name: string,
  declared: readonly Declaration[] = [],
  complete = true,
): Table {
  return {
    key: key(schema, name),
    schema,
    name,
    columns: [],
    primaryKey: null,
    uniques: [],
    indexes: [],
    foreignKeys: [],
    checks: [],
    exclusions: [],
    triggers: [],
    policies: [],
    rowSecurity: { enabled: false, forced: false },
    partition: { by: null, of: null },
    inherits: [],
    persistence: 'permanent',
    comment: null,
    declared,
    complete,
  }
}

/** The columns of an index in key order; expressions as Postgres prints them. */
export function indexColumns(index: Index): readonly string[] {
  return index.keys.map((k) => k.column ?? k.expression ?? '')
}
