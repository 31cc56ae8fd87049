import type { Column, EnumType, Index, Key, Schema, Table } from '../model.ts'
import { indexOf } from '../unique-index.ts'

/**
 * What a Prisma schema cannot declare, or does not: a database that has it agrees with the schema all the same
 * (https://www.prisma.io/docs/orm/prisma-schema/data-model/unsupported-database-features).
 */
export const prismaUnmanaged = {
  /** Tables that Prisma keeps for itself. */
  tables: ['_prisma_migrations'],
  schemaParts: ['domains', 'types', 'views', 'sequences', 'functions', 'extensions'],
  tableParts: [
    'checks',
    'exclusions',
    'triggers',
    'policies',
    'rowSecurity',
    'partition',
    'inherits',
    'persistence',
    'comment',
    'with',
    'grants',
  ],
  columnParts: ['generated', 'identity', 'identityOptions', 'collation', 'comment', 'notNull'],
  indexes: ['partial', 'expression', 'include', 'invalid'],
  indexParts: ['nullsNotDistinct', 'nullsFirst', 'collation', 'with', 'comment'],
  foreignKeyParts: ['match', 'deferrable', 'validated', 'enforced'],
} as const

/**
 * The part of a database that a Prisma schema speaks about, so that what remains can be compared with what the schema
 * declares: everything in `prismaUnmanaged` is left out, and where Prisma sees one thing in two (a unique constraint and
 * a unique index, a serial and an identity column, the two keys that join tables have had) it is told as in `declared`.
 */
export function comparableWithPrisma(database: Schema, declared: Schema): Schema {
  const managed = new Set([
    declared.defaultSchema,
    ...declared.schemas,
    ...[...declared.tables.values()].map((table) => table.schema),
  ])
  const tables = new Map<Key, Table>()
  for (const [at, table] of database.tables) {
    if (!managed.has(table.schema) || table.partition.of !== null || isOwn(table.name)) continue
    tables.set(at, comparableTable(table, declared.tables.get(at)))
  }
  return {
    ...database,
    schemas: declared.schemas,
    tables,
    enums: new Map(
      [...database.enums]
        .filter(([, type]) => managed.has(type.schema))
        .map(([at, type]) => [at, inDeclaredOrder(type, declared.enums.get(at))]),
    ),
    domains: new Map(),
    types: new Map(),
    functions: new Map(),
    views: declared.views,
    sequences: declared.sequences,
    extensions: declared.extensions,
  }
}

/** True for an index that Prisma's schema can declare and its engine compares. */
export function isManagedIndex(index: Index): boolean {
  return (
    index.valid && index.where === null && index.include.length === 0 && index.keys.every((k) => k.expression === null)
  )
}

/** The order of an enum's values is how they sort, and nothing that Prisma compares. */
function inDeclaredOrder(type: EnumType, declared: EnumType | undefined): EnumType {
  const isSame =
    declared !== undefined &&
    declared.values.length === type.values.length &&
    declared.values.every((value) => type.values.includes(value))
  return isSame ? { ...type, values: declared.values } : type
}

function isOwn(name: string): boolean {
  return (prismaUnmanaged.tables as readonly string[]).includes(name)
}

function comparableTable(table: Table, declared: Table | undefined): Table {
  const indexes = [...table.indexes, ...table.uniques.map(indexOf)].filter(
    (index) => isManagedIndex(index) || isDeclared(index, declared),
  )
  const { with: _with, grants: _grants, ...bare } = table
  const plain: Table = {
    ...bare,
    columns: table.columns.map((column) =>
      comparableColumn(
        column,
        declared?.columns.find((c) => c.name === column.name),
      ),
    ),
    primaryKey: table.primaryKey === null ? null : { ...table.primaryKey, include: [], deferrable: false },
    uniques: [],
    indexes: indexes.map((index) => comparableIndex(index)),
    foreignKeys: [
      ...table.foreignKeys.map((fk) => ({
        ...fk,
        match: 'simple' as const,
        deferrable: false,
        validated: true,
        enforced: true,
      })),
      ...(declared?.foreignKeys ?? []).filter((fk) => fk.clientOnly === true),
    ],
    checks: [],
    exclusions: [],
    triggers: [],
    policies: [],
    rowSecurity: { enabled: false, forced: false },
    partition: { by: null, of: null },
    inherits: [],
    persistence: 'permanent',
    comment: null,
  }
  return declared === undefined ? plain : withJoinKey(plain, declared)
}

/** A partial index counts where the schema declares it, which needs a preview feature. */
function isDeclared(index: Index, declared: Table | undefined): boolean {
  return index.where !== null && declared?.indexes.some((i) => i.name === index.name && i.where !== null) === true
}

function comparableColumn(column: Column, declared: Column | undefined): Column {
  const { collation: _collation, comment: _comment, notNull: _notNull, identityOptions: _options, ...rest } = column
  const plain: Column = { ...rest, generated: null }
  if (declared === undefined) return plain
  const counts = column.identity !== null || isCounter(column.default)
  return {
    ...plain,
    type: column.type ?? declared.type,
    // Prisma declares every list as required and writes its column without NOT NULL; it compares neither.
    nullable: column.type?.endsWith('[]') === true ? declared.nullable : column.nullable,
    default:
      (counts && (isCounter(declared.default) || declared.identity !== null)) || column.generated !== null
        ? declared.default
        : column.default,
    identity:
      counts && (isCounter(declared.default) || declared.identity !== null) ? declared.identity : column.identity,
  }
}

function isCounter(expression: string | null): boolean {
  return expression !== null && expression.startsWith('nextval(')
}

function comparableIndex(index: Index): Index {
  const { comment: _comment, with: _with, ...rest } = index
  return {
    ...rest,
    nullsNotDistinct: false,
    keys: index.keys.map((k) => ({ ...k, nullsFirst: k.descending, collation: null })),
  }
}

/** Implicit many-to-many tables have a primary key since Prisma 6 and had a unique index before; both serve. */
function withJoinKey(table: Table, declared: Table): Table {
  const shape = declared.columns.map((column) => column.name).join()
  if (shape !== 'A,B' || !table.name.startsWith('_')) return table
  const old = `${table.name}_AB_unique`
  const has = table.primaryKey !== null || table.indexes.some((index) => index.name === old && index.unique)
  if (!has) return table
  return {
    ...table,
    primaryKey: declared.primaryKey,
    indexes: [
      ...table.indexes.filter((index) => index.name !== old),
      ...declared.indexes.filter((index) => index.name === old),
    ],
  }
}
