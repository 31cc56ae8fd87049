import { SQL, getTableName, is } from 'drizzle-orm'
import type { KitColumn, KitForeignKey, KitIndex, KitPolicy, KitTable } from '../kit.ts'
import { columnName, columnOf, hasKind, textOf } from './columns.ts'
import type { AnyColumn, Context } from './columns.ts'
import { siteOf } from './sites.ts'

interface AnyConfig {
  readonly name: string
  readonly schema?: string | undefined
  readonly columns: readonly AnyColumn[]
  readonly indexes: readonly { readonly config: AnyIndex }[]
  readonly foreignKeys: readonly AnyForeignKey[]
  readonly checks: readonly { readonly name: string; readonly value: SQL }[]
  readonly primaryKeys: readonly { readonly name?: string; readonly columns: readonly AnyColumn[]; getName(): string }[]
  readonly uniqueConstraints: readonly {
    readonly name?: string
    readonly columns: readonly AnyColumn[]
    readonly nullsNotDistinct?: boolean
  }[]
  readonly policies?: readonly AnyPolicy[]
  readonly enableRLS?: boolean
}

interface AnyIndex {
  readonly name?: string
  readonly columns: readonly (AnyColumn | SQL)[]
  readonly unique?: boolean
  readonly method?: string
  readonly using?: string
  readonly where?: SQL
  readonly with?: Readonly<Record<string, unknown>>
}

interface AnyForeignKey {
  readonly onDelete?: string
  readonly onUpdate?: string
  reference(): {
    readonly name?: string
    readonly columns: readonly AnyColumn[]
    readonly foreignTable: object
    readonly foreignColumns: readonly AnyColumn[]
  }
  getName(): string
}

/** A policy, of a table or linked to one. */
export interface AnyPolicy {
  readonly name: string
  readonly as?: string
  readonly for?: string
  readonly to?: unknown
  readonly using?: unknown
  readonly withCheck?: unknown
  readonly _linkedTable?: object
}

function configOf(table: object, context: Context): AnyConfig {
  return context.core.tableConfig(table) as AnyConfig
}

/** Schema and name of a table as a snapshot has them. */
export function nameOfTable(table: object, context: Context): { readonly schema: string; readonly name: string } {
  const { schema, name } = configOf(table, context)
  return { schema: textOf(schema ?? ''), name: textOf(name) }
}

/** One table in the form of a snapshot, its columns under the names of the object that declares them. */
export function tableOf(table: object, context: Context): KitTable {
  const config = configOf(table, context)
  const properties = new Map(Object.entries(table).map(([name, column]) => [column as unknown, name]))
  const columns = config.columns.map((it) => columnOf(properties.get(it) ?? it.name, it, context))
  const name = textOf(config.name)
  return {
    schema: textOf(config.schema ?? ''),
    name,
    columns: context.dialect === 'mysql' ? withKeys(columns, config, context) : columns,
    indexes: config.indexes.map((it) => indexOf(it, name, context)),
    foreignKeys: lastOfEachName(config.foreignKeys.map((it) => foreignKeyOf(it, config, context))),
    primaryKeys: config.primaryKeys.map((it) => ({
      name: context.v1 ? (it.name ?? null) : recased(it.getName(), it.columns, context),
      columns: it.columns.map((c) => columnName(c, context)),
      site: siteOf(it),
    })),
    uniques: [
      ...columnUniques(config, context),
      ...config.uniqueConstraints.map((it) => ({
        name: uniqueName(name, it, context),
        columns: it.columns.map((c) => columnName(c, context)),
        nullsNotDistinct: it.nullsNotDistinct === true,
        site: siteOf(it),
      })),
    ],
    checks: config.checks.map((it) => ({ name: textOf(it.name), value: context.sql(it.value), site: siteOf(it) })),
    policies: (config.policies ?? []).map((it) => policyOf(it, context)),
    rowSecurity: config.enableRLS === true || (config.policies ?? []).length > 0,
    site: siteOf(table),
  }
}

/** A key that is declared on its column and once more beside the columns is one key: drizzle-kit keeps the last of a name. */
function lastOfEachName(keys: readonly KitForeignKey[]): readonly KitForeignKey[] {
  return [...new Map(keys.map((it) => [it.name, it])).values()]
}

/** In MySQL the columns of a primary key are not null. */
function withKeys(columns: readonly KitColumn[], config: AnyConfig, context: Context): readonly KitColumn[] {
  const keys = new Set(config.primaryKeys.flatMap((it) => it.columns.map((c) => columnName(c, context))))
  return columns.map((it) => (keys.has(it.name) ? { ...it, notNull: true } : it))
}

function columnUniques(config: AnyConfig, context: Context): KitTable['uniques'] {
  return config.columns
    .filter((it) => it.isUnique)
    .map((it) => {
      const name = columnName(it, context)
      const given = it.uniqueName
      // Drizzle fills the default in from the name that the column has in TypeScript, before any casing.
      const own = context.v1 && given === [config.name, it.name, 'unique'].join('_') ? null : (given ?? null)
      return { name: own, columns: [name], nullsNotDistinct: it.uniqueType === 'not distinct', site: siteOf(it) }
    })
}

/** Before v1 a default name is made of the names that the columns have before any casing. */
function uniqueName(table: string, unique: AnyConfig['uniqueConstraints'][number], context: Context): string {
  const plain = [table, ...unique.columns.map((it) => it.name), 'unique'].join('_')
  return unique.name !== undefined && !(context.v1 && unique.name === plain)
    ? unique.name
    : [table, ...unique.columns.map((it) => columnName(it, context)), 'unique'].join('_')
}

/** Default names are made before the casing is known; drizzle-kit then replaces the first occurrence of each column. */
function recased(name: string, columns: readonly AnyColumn[], context: Context): string {
  return context.casing
    ? columns.reduce((text, it) => text.replace(it.name, () => columnName(it, context)), name)
    : name
}

function foreignKeyOf(key: AnyForeignKey, config: AnyConfig, context: Context): KitForeignKey {
  const reference = key.reference()
  const target = configOf(reference.foreignTable, context)
  const first = reference.columns[0]
  const columns = reference.columns.map((it) => columnName(it, context))
  const columnsTo = reference.foreignColumns.map((it) => columnName(it, context))
  const tableTo = getTableName(reference.foreignTable as never)
  return {
    name: context.v1
      ? (reference.name ?? `${config.name}_${columns.join('_')}_${tableTo}_${columnsTo.join('_')}_fkey`)
      : recased(recased(key.getName(), reference.columns, context), reference.foreignColumns, context),
    columns,
    tableTo,
    columnsTo,
    schemaTo: textOf(target.schema ?? ''),
    onDelete: key.onDelete ?? null,
    onUpdate: key.onUpdate ?? null,
    site: siteOf(key) ?? siteOf(first),
  }
}

function indexOf(index: { readonly config: AnyIndex }, table: string, context: Context): KitIndex {
  const { config } = index
  const columns = config.columns.map((it) => {
    if (is(it, SQL))
      return {
        expression: context.sql(it, 'indexes'),
        isExpression: true,
        descending: false,
        nullsFirst: false,
        opclass: null,
      }
    const { order, nulls, opClass } = it.indexConfig ?? {}
    const descending = order === 'desc'
    return {
      expression: columnName(it, context),
      isExpression: false,
      descending,
      nullsFirst: nulls ? nulls === 'first' : descending,
      opclass: opClass ?? null,
    }
  })
  const named = !columns.some((it) => it.isExpression)
  return {
    name: config.name ?? (named ? `${table}_${columns.map((it) => it.expression).join('_')}_index` : null),
    columns,
    unique: config.unique === true,
    method: textOf(config.method ?? config.using ?? 'btree'),
    where: config.where ? context.sql(config.where) : null,
    with: Object.fromEntries(Object.entries(config.with ?? {}).map(([name, value]) => [name, textOf(value)])),
    site: siteOf(index),
  }
}

/** A policy in the form of a snapshot. */
export function policyOf(policy: AnyPolicy, context: Context): KitPolicy {
  const roles = (
    policy.to === undefined ? ['public'] : Array.isArray(policy.to) ? policy.to : [policy.to]
  ) as readonly unknown[]
  return {
    name: textOf(policy.name),
    as: textOf(policy.as ?? 'permissive').toUpperCase(),
    for: textOf(policy.for ?? 'all').toUpperCase(),
    to: roles
      .map((it) => (hasKind(it, 'PgRole') ? textOf((it as { readonly name: unknown }).name) : textOf(it)))
      .toSorted(),
    using: is(policy.using, SQL) ? context.sql(policy.using) : null,
    withCheck: is(policy.withCheck, SQL) ? context.sql(policy.withCheck) : null,
    site: siteOf(policy),
  }
}
