import type { Place } from '../../location.ts'
import type { ReferentialAction } from '../model.ts'
import type { Dialect } from '../dialect.ts'
import { defaultSchemaOf } from '../dialect.ts'
import { argument, attribute, listValue, stringValue } from './ast.ts'
import type { PrismaAttribute, PrismaBlock, PrismaDocument, PrismaField, PrismaValue } from './ast.ts'
import { joinTablesOf } from './join-tables.ts'
import { defaultName, primaryKeyName } from './names.ts'
import { datasourceOf, dialectOf } from './provider.ts'

/** A column of a model: the field that declares it under the name that the database knows. */
export interface ModelColumn {
  readonly field: PrismaField
  readonly name: string
  /** What the client fills in: `uuid()`, `cuid(2)`, `@updatedAt`; null where nothing. */
  readonly clientDefault: string | null
  readonly ignored: boolean
  /** The enum of its type, null for any other type. */
  readonly enumeration: ModelEnum | null
}

export interface ModelIndexKey {
  readonly column: string
  readonly descending: boolean
}

/** An `@unique`, `@@unique`, `@@index` or `@@fulltext`. */
export interface ModelIndex {
  readonly unique: boolean
  readonly fulltext: boolean
  readonly name: string
  readonly keys: readonly ModelIndexKey[]
  /** `btree`, `hash`, `gin`, … */
  readonly method: string
  readonly place: Place
}

export interface ModelKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly place: Place
}

/** The side of a relation that holds the columns. */
export interface ModelRelation {
  readonly name: string
  readonly columns: readonly string[]
  readonly to: Model
  readonly references: readonly string[]
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
  readonly place: Place
}

/** A model or view with its names in the database. */
export interface Model {
  readonly block: PrismaBlock
  readonly schema: string
  readonly table: string
  readonly ignored: boolean
  readonly columns: readonly ModelColumn[]
  readonly primaryKey: ModelKey | null
  readonly indexes: readonly ModelIndex[]
  readonly relations: readonly ModelRelation[]
}

export interface ModelEnum {
  readonly block: PrismaBlock
  readonly schema: string
  readonly name: string
  readonly values: readonly string[]
  readonly places: ReadonlyMap<string, Place>
}

/** The table of an implicit many-to-many relation: column `A` points at the first side, `B` at the second. */
export interface JoinTable {
  readonly schema: string
  readonly table: string
  readonly sides: readonly [Model, Model]
  readonly places: readonly [Place, Place]
}

/** What the schema files say of the database, names resolved. */
export interface Datamodel {
  readonly dialect: Dialect
  /** `foreignKeys`, or `prisma` where the client alone keeps relations. */
  readonly relationMode: 'foreignKeys' | 'prisma'
  readonly datasource: PrismaBlock | null
  readonly models: readonly Model[]
  readonly views: readonly Model[]
  readonly enums: readonly ModelEnum[]
  readonly joinTables: readonly JoinTable[]
}

const actions: Readonly<Record<string, ReferentialAction>> = {
  NoAction: 'NO ACTION',
  Restrict: 'RESTRICT',
  Cascade: 'CASCADE',
  SetNull: 'SET NULL',
  SetDefault: 'SET DEFAULT',
}

/** Values that only the client makes; anything else in `@default` is the database's business. */
const clientFunctions: ReadonlySet<string> = new Set(['uuid', 'cuid', 'nanoid', 'ulid'])

/** Resolves the names of a schema: models to tables, fields to columns, attributes to indexes, keys and relations. */
export function datamodelOf(documents: readonly PrismaDocument[], fallback: Dialect): Datamodel {
  const dialect = dialectOf(documents) ?? fallback
  const datasource = datasourceOf(documents)
  const mode = stringValue(
    (datasource?.settings.get('relationMode') ?? datasource?.settings.get('referentialIntegrity'))?.value,
  )
  const blocks = documents.flatMap((document) => document.blocks)
  const enums = blocks.filter((block) => block.kind === 'enum').map((block) => modelEnum(block, dialect))
  const context: Context = {
    dialect,
    tables: new Map(
      blocks.filter((block) => block.kind === 'model' || block.kind === 'view').map((block) => [block.name, block]),
    ),
    enums: new Map(enums.map((e) => [e.block.name, e])),
    made: new Map(),
  }
  for (const block of context.tables.values()) context.made.set(block.name, modelOf(block, context))
  const all = [...context.made.values()].map((model) => ({ ...model, relations: relationsOf(model, context) }))
  const models = all.filter((model) => model.block.kind === 'model')
  return {
    dialect,
    relationMode: mode === 'prisma' || dialect === 'mongodb' ? 'prisma' : 'foreignKeys',
    datasource,
    models,
    views: all.filter((model) => model.block.kind === 'view'),
    enums,
    joinTables: dialect === 'mongodb' ? [] : joinTablesOf(models),
  }
}

interface Context {
  readonly dialect: Dialect
  readonly tables: ReadonlyMap<string, PrismaBlock>
  readonly enums: ReadonlyMap<string, ModelEnum>
  readonly made: Map<string, Model>
}

function modelEnum(block: PrismaBlock, dialect: Dialect): ModelEnum {
  return {
    block,
    schema: schemaName(block, dialect),
    name: mapped(block, block.name),
    values: block.values.map((value) => mapped(value, value.name)),
    places: new Map(block.values.map((value) => [mapped(value, value.name), value.place])),
  }
}

function modelOf(block: PrismaBlock, context: Context): Model {
  const { dialect } = context
  const table = mapped(block, block.name)
  const fields = block.fields.filter((field) => !context.tables.has(field.type))
  const columns = fields.map((field): ModelColumn => ({
    field,
    name: columnName(field),
    clientDefault: clientDefaultOf(field),
    ignored: attribute(field, 'ignore') !== undefined,
    enumeration: context.enums.get(field.type) ?? null,
  }))
  return {
    block,
    table,
    columns,
    schema: schemaName(block, dialect),
    ignored: attribute(block, 'ignore') !== undefined,
    primaryKey: primaryKeyOf(block, table, dialect),
    indexes: indexesOf(block, table, dialect),
    relations: [],
  }
}

function primaryKeyOf(block: PrismaBlock, table: string, dialect: Dialect): ModelKey | null {
  for (const field of block.fields) {
    const id = attribute(field, 'id')
    if (id !== undefined)
      return { name: given(id) ?? primaryKeyName(table, dialect), columns: [columnName(field)], place: field.place }
  }
  const id = attribute(block, 'id')
  if (id === undefined) return null
  return {
    name: given(id) ?? primaryKeyName(table, dialect),
    columns: keysOf(id, block).map((k) => k.column),
    place: id.place,
  }
}

function indexesOf(block: PrismaBlock, table: string, dialect: Dialect): readonly ModelIndex[] {
  const indexes: ModelIndex[] = []
  for (const field of block.fields) {
    const unique = attribute(field, 'unique')
    if (unique === undefined) continue
    const keys = [{ column: columnName(field), descending: isDescending(unique) }]
    indexes.push({
      unique: true,
      fulltext: false,
      name: given(unique) ?? defaultName(table, [columnName(field)], '_key', dialect),
      keys,
      method: 'btree',
      place: field.place,
    })
  }
  for (const a of block.attributes) {
    if (a.name !== 'unique' && a.name !== 'index' && a.name !== 'fulltext') continue
    const keys = keysOf(a, block)
    const suffix = a.name === 'unique' ? '_key' : '_idx'
    const type = argument(a, 'type')
    indexes.push({
      unique: a.name === 'unique',
      fulltext: a.name === 'fulltext',
      name:
        given(a) ??
        defaultName(
          table,
          keys.map((k) => k.column),
          suffix,
          dialect,
        ),
      keys,
      method: type?.kind === 'word' ? methodOf(type.text) : 'btree',
      place: a.place,
    })
  }
  return indexes
}

function methodOf(type: string): string {
  return type === 'SpGist' ? 'spgist' : type.toLowerCase()
}

function relationsOf(model: Model, context: Context): readonly ModelRelation[] {
  const relations: ModelRelation[] = []
  for (const field of model.block.fields) {
    const to = context.made.get(field.type)
    const relation = attribute(field, 'relation')
    if (to === undefined || relation === undefined) continue
    const own = words(argument(relation, 'fields'))
    const theirs = words(argument(relation, 'references'))
    if (own.length === 0 || theirs.length === 0) continue
    const columns = own.map((name) => columnOf(model.block, name))
    const optional = own.some((name) => fieldOf(model.block, name)?.optional === true)
    relations.push({
      name: stringValue(argument(relation, 'map')) ?? defaultName(model.table, columns, '_fkey', context.dialect),
      columns,
      to,
      references: theirs.map((name) => columnOf(to.block, name)),
      onDelete:
        actionOf(argument(relation, 'onDelete')) ??
        (optional ? 'SET NULL' : context.dialect === 'sqlserver' ? 'NO ACTION' : 'RESTRICT'),
      onUpdate: actionOf(argument(relation, 'onUpdate')) ?? 'CASCADE',
      place: field.place,
    })
  }
  return relations
}

/** The columns of `@@id([a, b(sort: Desc)])` and the like; one into a composite type keeps its dots. */
function keysOf(a: PrismaAttribute, block: PrismaBlock): readonly ModelIndexKey[] {
  return listValue(argument(a, 'fields', 0)).map((item) => {
    if (item.kind === 'call') return { column: columnOf(block, item.name), descending: isDescending(item) }
    return { column: item.kind === 'word' ? columnOf(block, item.text) : '', descending: false }
  })
}

function isDescending(of: { readonly args: PrismaAttribute['args'] }): boolean {
  const sort = argument(of, 'sort')
  return sort?.kind === 'word' && sort.text === 'Desc'
}

function given(a: PrismaAttribute): string | undefined {
  return stringValue(argument(a, 'map'))
}

function mapped(of: { readonly attributes: readonly PrismaAttribute[] }, name: string): string {
  const map = attribute(of, 'map')
  return (map === undefined ? undefined : stringValue(argument(map, 'name', 0))) ?? name
}

function columnName(field: PrismaField): string {
  return mapped(field, field.name)
}

function columnOf(block: PrismaBlock, name: string): string {
  const field = fieldOf(block, name)
  return field === undefined ? name : columnName(field)
}

const fieldsByName = new WeakMap<PrismaBlock, ReadonlyMap<string, PrismaField>>()

function fieldOf(block: PrismaBlock, name: string): PrismaField | undefined {
  const known = fieldsByName.get(block) ?? new Map(block.fields.map((field) => [field.name, field]))
  fieldsByName.set(block, known)
  return known.get(name)
}

function schemaName(block: PrismaBlock, dialect: Dialect): string {
  const schema = attribute(block, 'schema')
  const name = schema === undefined ? undefined : stringValue(argument(schema, 'name', 0) ?? argument(schema, 'map'))
  return name ?? defaultSchemaOf(dialect)
}

function clientDefaultOf(field: PrismaField): string | null {
  if (attribute(field, 'updatedAt') !== undefined) return '@updatedAt'
  const given = attribute(field, 'default')
  const value = given === undefined ? undefined : argument(given, 'value', 0)
  return value?.kind === 'call' && clientFunctions.has(value.name) ? printValue(value) : null
}

/** A value as it is written in a schema file. */
export function printValue(value: PrismaValue): string {
  switch (value.kind) {
    case 'string':
      return JSON.stringify(value.text)
    case 'list':
      return `[${value.items.map(printValue).join(', ')}]`
    case 'call':
      return `${value.name}(${printArguments(value.args)})`
    case 'object':
      return `{ ${printArguments(value.entries)} }`
    default:
      return value.text
  }
}

function printArguments(args: PrismaAttribute['args']): string {
  return args
    .map((arg) => (arg.name === null ? printValue(arg.value) : `${arg.name}: ${printValue(arg.value)}`))
    .join(', ')
}

function words(value: PrismaValue | undefined): readonly string[] {
  return listValue(value).flatMap((item) => (item.kind === 'word' ? [item.text] : []))
}

function actionOf(value: PrismaValue | undefined): ReferentialAction | undefined {
  return value?.kind === 'word' ? actions[value.text] : undefined
}
