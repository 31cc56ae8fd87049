import type { Place } from '../../location.ts'
import type { Column, Declaration, ForeignKey, Index, Schema, Table, View } from '../model.ts'
import type { Dialect } from '../dialect.ts'
import { emptySchema, emptyTable, key } from '../model.ts'
import { argument, attribute } from './ast.ts'
import type { PrismaValue } from './ast.ts'
import type { Datamodel, JoinTable, Model, ModelColumn, ModelIndex, ModelRelation } from './datamodel.ts'
import { printValue } from './datamodel.ts'
import { otherType } from './types.ts'

export type OtherDialect = Exclude<Dialect, 'postgresql' | 'cockroachdb'>

/** The model of a schema for MySQL, SQLite, SQL Server or MongoDB, from the schema files alone. */
export function portableSchema(datamodel: Datamodel, dialect: OtherDialect): Schema {
  const tables = new Map<string, Table>()
  for (const model of datamodel.models) tables.set(key(model.schema, model.table), tableOf(model, datamodel, dialect))
  for (const join of datamodel.joinTables)
    tables.set(key(join.schema, join.table), joinTableOf(join, datamodel, dialect))
  return {
    ...emptySchema(dialect),
    schemas: new Set([...tables.values()].map((table) => table.schema)),
    tables,
    views: viewsOf(datamodel),
  }
}

/** The views that a schema declares; what they read stands nowhere in it. */
export function viewsOf(datamodel: Datamodel): ReadonlyMap<string, View> {
  return new Map(
    datamodel.views.map((view): [string, View] => [
      key(view.schema, view.table),
      {
        schema: view.schema,
        name: view.table,
        materialized: false,
        definition: null,
        columns: view.columns.map((column) => column.name),
        reads: [],
        indexes: [],
        securityInvoker: false,
        declared: [declaration(view.block.place)],
      },
    ]),
  )
}

/** A place in a Prisma schema as a declaration. */
export function declaration(place: Place): Declaration {
  return { ...place, source: 'prisma' }
}

/** The foreign key of a relation; one that only the client keeps where the schema says so. */
export function foreignKeyOf(relation: ModelRelation, clientOnly: boolean): ForeignKey {
  return {
    name: relation.name,
    columns: relation.columns,
    references: { schema: relation.to.schema, table: relation.to.table, columns: relation.references },
    onDelete: relation.onDelete,
    onUpdate: relation.onUpdate,
    match: 'simple',
    validated: true,
    enforced: true,
    deferrable: false,
    declared: [declaration(relation.place)],
    ...(clientOnly ? { clientOnly } : {}),
  }
}

function tableOf(model: Model, datamodel: Datamodel, dialect: OtherDialect): Table {
  const { primaryKey } = model
  return {
    ...emptyTable(model.schema, model.table, [declaration(model.block.place)]),
    columns: model.columns.map((column) => columnOf(column, dialect)),
    primaryKey:
      primaryKey === null
        ? null
        : {
            name: primaryKey.name,
            columns: primaryKey.columns,
            include: [],
            deferrable: false,
            declared: [declaration(primaryKey.place)],
          },
    indexes: model.indexes.map(indexOf).sort(byName),
    foreignKeys: model.relations
      .map((relation) => foreignKeyOf(relation, datamodel.relationMode === 'prisma'))
      .sort(byName),
    ...(model.ignored ? { ignored: true } : {}),
    ...(model.block.name === model.table ? {} : { model: model.block.name }),
  }
}

function columnOf(column: ModelColumn, dialect: OtherDialect): Column {
  const { field } = column
  return {
    name: column.name,
    type: otherType(column, dialect),
    nullable: field.optional,
    default: databaseDefault(column),
    generated: null,
    identity: isIncremented(column) ? 'by default' : null,
    declared: [declaration(field.place)],
    clientDefault: column.clientDefault,
    ...(field.name === column.name ? {} : { property: field.name }),
    ...(column.ignored ? { ignored: true } : {}),
  }
}

function indexOf(index: ModelIndex): Index {
  return {
    name: index.name,
    keys: index.keys.map((k) => ({
      column: k.column,
      expression: null,
      descending: k.descending,
      nullsFirst: k.descending,
      opclass: null,
      collation: null,
    })),
    include: [],
    unique: index.unique,
    nullsNotDistinct: false,
    method: index.fulltext ? 'fulltext' : index.method,
    where: null,
    valid: true,
    declared: [declaration(index.place)],
  }
}

function joinTableOf(join: JoinTable, datamodel: Datamodel, dialect: OtherDialect): Table {
  const names = ['A', 'B'] as const
  const columns = names.map((name, i): Column => {
    const place = join.places[i] ?? join.places[0]
    const id = idOf(join.sides[i] ?? join.sides[0])
    return {
      name,
      type: id === undefined ? null : otherType(id, dialect),
      nullable: false,
      default: null,
      generated: null,
      identity: null,
      declared: [declaration(place)],
    }
  })
  const foreignKeys = names.map((name, i): ForeignKey => {
    const to = join.sides[i] ?? join.sides[0]
    return foreignKeyOf(
      {
        name: `${join.table}_${name}_fkey`,
        columns: [name],
        to,
        references: to.primaryKey?.columns ?? [],
        onDelete: 'CASCADE',
        onUpdate: 'CASCADE',
        place: join.places[i] ?? join.places[0],
      },
      datamodel.relationMode === 'prisma',
    )
  })
  const [place] = join.places
  const plain = { fulltext: false, method: 'btree', place }
  return {
    ...emptyTable(join.schema, join.table, join.places.map(declaration)),
    columns,
    foreignKeys,
    indexes: [
      indexOf({
        ...plain,
        unique: true,
        name: `${join.table}_AB_unique`,
        keys: names.map((column) => ({ column, descending: false })),
      }),
      indexOf({ ...plain, unique: false, name: `${join.table}_B_index`, keys: [{ column: 'B', descending: false }] }),
    ],
  }
}

function idOf(model: Model): ModelColumn | undefined {
  const [name] = model.primaryKey?.columns ?? []
  return model.columns.find((column) => column.name === name)
}

function defaultValue(column: ModelColumn): PrismaValue | undefined {
  const given = attribute(column.field, 'default')
  return given === undefined ? undefined : argument(given, 'value', 0)
}

function isIncremented(column: ModelColumn): boolean {
  const value = defaultValue(column)
  return value?.kind === 'call' && value.name === 'autoincrement'
}

/** The default as SQL writes it; what the client makes is none. */
function databaseDefault(column: ModelColumn): string | null {
  const value = defaultValue(column)
  if (value === undefined) return null
  if (value.kind !== 'call') return literal(value, column)
  if (value.name === 'now') return 'CURRENT_TIMESTAMP'
  if (value.name === 'dbgenerated') {
    const [first] = value.args
    return first?.value.kind === 'string' ? first.value.text : null
  }
  return null
}

function literal(value: PrismaValue, column: ModelColumn): string {
  if (value.kind === 'string') return `'${value.text.replaceAll("'", "''")}'`
  if (value.kind !== 'word') return printValue(value)
  const chosen = column.enumeration?.block.values.findIndex((v) => v.name === value.text) ?? -1
  const name = column.enumeration?.values[chosen]
  return name === undefined ? value.text : `'${name.replaceAll("'", "''")}'`
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
