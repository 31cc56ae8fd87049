import { plainKeys } from '../unique-index.ts'
import type { Place } from '../../location.ts'
import type { Column, Declaration, EnumType, ForeignKey, Index, Key, Schema, Sequence, Table } from '../model.ts'
import { key } from '../model.ts'
import type { Datamodel, JoinTable, Model, ModelColumn, ModelIndex } from './datamodel.ts'
import { declaration, foreignKeyOf, viewsOf } from './portable.ts'

/** What is known of where the parts of one table are written. */
interface TablePlaces {
  readonly declared: readonly Declaration[]
  readonly columns: ReadonlyMap<string, ModelColumn>
  readonly columnPlaces: ReadonlyMap<string, Place>
  readonly primaryKey: Place | null
  readonly indexes: readonly ModelIndex[]
  readonly relations: readonly { readonly name: string; readonly columns: readonly string[]; readonly place: Place }[]
  readonly model: Model | null
}

/**
 * Lays what only the schema files tell over the schema that the engine's SQL makes: the place of every object, defaults
 * and relations that the client alone keeps, views, what is ignored. `joinKey` is how the Prisma of the project keys the
 * tables of implicit many-to-many relations.
 */
export function withDeclarations(
  schema: Schema,
  datamodel: Datamodel,
  joinKey: 'primary' | 'unique' = 'primary',
): Schema {
  const places = new Map<Key, TablePlaces>([
    ...datamodel.models.map((model): [Key, TablePlaces] => [key(model.schema, model.table), modelPlaces(model)]),
    ...datamodel.joinTables.map((join): [Key, TablePlaces] => [key(join.schema, join.table), joinPlaces(join)]),
  ])
  const tables = new Map<Key, Table>()
  for (const [at, table] of schema.tables) {
    const known = places.get(at)
    const made = known?.model === null && joinKey === 'unique' ? withUniqueKey(table) : table
    tables.set(at, known === undefined ? table : declaredTable(made, known, datamodel))
  }
  return {
    ...schema,
    tables,
    enums: declaredEnums(schema, datamodel),
    sequences: declaredSequences(schema, tables),
    extensions: declaredExtensions(schema, datamodel),
    views: viewsOf(datamodel),
  }
}

function withUniqueKey(table: Table): Table {
  const columns = table.primaryKey?.columns ?? []
  const [like] = table.indexes
  if (like === undefined || columns.length === 0) return table
  return {
    ...table,
    primaryKey: null,
    indexes: [{ ...like, name: `${table.name}_AB_unique`, unique: true, keys: plainKeys(columns) }, ...table.indexes],
  }
}

function modelPlaces(model: Model): TablePlaces {
  return {
    declared: [declaration(model.block.place)],
    columns: new Map(model.columns.map((column) => [column.name, column])),
    columnPlaces: new Map(model.columns.map((column) => [column.name, column.field.place])),
    primaryKey: model.primaryKey?.place ?? null,
    indexes: model.indexes,
    relations: model.relations,
    model,
  }
}

function joinPlaces(join: JoinTable): TablePlaces {
  const [first, second] = join.places
  return {
    declared: join.places.map(declaration),
    columns: new Map(),
    columnPlaces: new Map([
      ['A', first],
      ['B', second],
    ]),
    primaryKey: first,
    indexes: [],
    relations: [
      { name: `${join.table}_A_fkey`, columns: ['A'], place: first },
      { name: `${join.table}_B_fkey`, columns: ['B'], place: second },
    ],
    model: null,
  }
}

function declaredTable(table: Table, known: TablePlaces, datamodel: Datamodel): Table {
  const at = (place: Place | null | undefined): readonly Declaration[] =>
    place == null ? known.declared : [declaration(place)]
  const claimed = new Set<ModelIndex>()
  const indexesByName = new Map(known.indexes.map((index) => [index.name, index]))
  const relationsByName = new Map(known.relations.map((relation) => [relation.name, relation.place]))
  const clientOnly =
    datamodel.relationMode === 'prisma'
      ? (known.model?.relations ?? []).map((relation) => foreignKeyOf(relation, true))
      : []
  return {
    ...table,
    declared: known.declared,
    columns: table.columns.map((column) => declaredColumn(column, known, at)),
    primaryKey: table.primaryKey === null ? null : { ...table.primaryKey, declared: at(known.primaryKey) },
    uniques: table.uniques.map((unique) => ({ ...unique, declared: at(indexesByName.get(unique.name)?.place) })),
    indexes: table.indexes.map((index) => ({
      ...index,
      declared: at(indexPlace(index, known, indexesByName, claimed)),
    })),
    foreignKeys: [
      ...table.foreignKeys.map((fk) => ({
        ...fk,
        declared: at(relationsByName.get(fk.name) ?? relationPlace(fk, known)),
      })),
      ...clientOnly,
    ],
    ...(known.model?.ignored === true ? { ignored: true } : {}),
    ...(known.model === null || known.model.block.name === table.name ? {} : { model: known.model.block.name }),
    ...(known.model?.block.documentation ? { documentation: known.model.block.documentation } : {}),
  }
}

function declaredColumn(
  column: Column,
  known: TablePlaces,
  at: (place: Place | undefined) => readonly Declaration[],
): Column {
  const model = known.columns.get(column.name)
  return {
    ...column,
    declared: at(known.columnPlaces.get(column.name)),
    ...(model === undefined ? {} : { clientDefault: model.clientDefault }),
    ...(model === undefined || model.field.name === column.name ? {} : { property: model.field.name }),
    ...(model?.ignored === true ? { ignored: true } : {}),
    ...(model?.field.documentation ? { documentation: model.field.documentation } : {}),
  }
}

/** By its name, and where that is not ours to foresee by its columns; no attribute serves for two indexes. */
function indexPlace(
  index: Index,
  known: TablePlaces,
  byName: ReadonlyMap<string, ModelIndex>,
  claimed: Set<ModelIndex>,
): Place | null {
  const named = byName.get(index.name)
  const match =
    named !== undefined && !claimed.has(named)
      ? named
      : known.indexes.find((i) => !claimed.has(i) && i.unique === index.unique && sameColumns(i, index))
  if (match === undefined) return known.model === null ? known.primaryKey : null
  claimed.add(match)
  return match.place
}

function sameColumns(model: ModelIndex, index: Index): boolean {
  return model.keys.length === index.keys.length && model.keys.every((k, i) => k.column === index.keys[i]?.column)
}

function relationPlace(fk: ForeignKey, known: TablePlaces): Place | undefined {
  const columns = fk.columns.join('\u0000')
  return known.relations.find((r) => r.columns.join('\u0000') === columns)?.place
}

function declaredEnums(schema: Schema, datamodel: Datamodel): ReadonlyMap<Key, EnumType> {
  const enums = new Map(schema.enums)
  for (const e of datamodel.enums) {
    const at = key(e.schema, e.name)
    const known = enums.get(at)
    if (known !== undefined)
      enums.set(at, {
        ...known,
        declared: [declaration(e.block.place)],
        valuesDeclared: new Map([...e.places].map(([value, place]) => [value, declaration(place)])),
      })
  }
  return enums
}

/** A sequence belongs to the line of the column that it counts for. */
function declaredSequences(schema: Schema, tables: ReadonlyMap<Key, Table>): ReadonlyMap<Key, Sequence> {
  const sequences = new Map<Key, Sequence>()
  for (const [at, sequence] of schema.sequences) {
    const owner = sequence.ownedBy
    const column = owner === null ? undefined : tables.get(owner.table)?.columns.find((c) => c.name === owner.column)
    sequences.set(at, { ...sequence, declared: column?.declared ?? [] })
  }
  return sequences
}

function declaredExtensions(schema: Schema, datamodel: Datamodel): Schema['extensions'] {
  const setting = datamodel.datasource?.settings.get('extensions')
  const declared = setting === undefined ? [] : [declaration(setting.place)]
  return new Map([...schema.extensions].map(([name, extension]) => [name, { ...extension, declared }]))
}
