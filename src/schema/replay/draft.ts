import type {
  DomainType,
  EnumType,
  ForeignKey,
  Key,
  OtherType,
  Schema,
  Sequence,
  SqlFunction,
  Table,
  View,
} from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import { quoteIdent } from '../sql/quote.ts'
import { SharedMap } from '../shared-map.ts'

interface Objects {
  readonly tables: Table
  readonly enums: EnumType
  readonly domains: DomainType
  readonly types: OtherType
  readonly views: View
  readonly sequences: Sequence
  readonly functions: readonly SqlFunction[]
  readonly extensions: Schema['extensions'] extends ReadonlyMap<string, infer E> ? E : never
}

/** A schema whose maps can be changed again and again without being copied. */
export type DraftSchema = Omit<Schema, keyof Objects> & { readonly [K in keyof Objects]: SharedMap<Objects[K]> }

/** A schema that is being changed: each change puts another schema in its place, so that what was read from it before stays as it was. */
export interface Draft {
  schema: DraftSchema
}

/** Begins to change a schema, which itself stays as it is. */
export function draftOf(schema: Schema): Draft {
  const shared = <V>(map: ReadonlyMap<string, V>, tagsOf: ((value: V) => readonly string[]) | null = null) =>
    map instanceof SharedMap ? (map as SharedMap<V>) : SharedMap.of(map, tagsOf)
  return {
    schema: {
      ...schema,
      tables: shared(schema.tables, tagsOfTable),
      enums: shared(schema.enums),
      domains: shared(schema.domains, tagsOfDomain),
      types: shared(schema.types),
      views: shared(schema.views, tagsOfView),
      sequences: shared(schema.sequences, tagsOfSequence),
      functions: shared(schema.functions),
      extensions: shared(schema.extensions),
    },
  }
}

/** Puts an object into one of the maps. */
export function put<K extends keyof Objects>(draft: Draft, name: K, at: Key, value: Objects[K]): void {
  const map = draft.schema[name] as unknown as SharedMap<Objects[K]>
  draft.schema = { ...draft.schema, [name]: map.with(at, value) }
}

/** Takes an object out of one of the maps. */
export function remove(draft: Draft, name: keyof Objects, at: Key): void {
  draft.schema = { ...draft.schema, [name]: draft.schema[name].without(at) }
}

/** Puts the overloads of a function; none removes it. */
export function setFunctions(draft: Draft, at: Key, list: readonly SqlFunction[]): void {
  if (list.length === 0) remove(draft, 'functions', at)
  else put(draft, 'functions', at, list)
}

/** Gives a composite type its attributes; its definition follows. */
export function putAttributes(draft: Draft, at: Key, attributes: NonNullable<OtherType['attributes']>): void {
  const type = draft.schema.types.get(at)
  if (type === undefined) return
  const definition = attributes.some((each) => each.type === null)
    ? (type.definition ?? null)
    : `AS (${attributes.map((each) => `${quoteIdent(each.name)} ${each.type ?? ''}`).join(', ')})`
  put(draft, 'types', at, { ...type, attributes, definition })
}

/** The schemas under another set of names. */
export function putSchemas(draft: Draft, names: Iterable<string>): void {
  draft.schema = { ...draft.schema, schemas: new Set(names) }
}

/** Puts a table, under its own key. */
export function putTable(draft: Draft, table: Table): void {
  put(draft, 'tables', table.key, table)
}

/** Changes one table in place. */
export function updateTable(draft: Draft, at: Key, change: (table: Table) => Table): void {
  const table = draft.schema.tables.get(at)
  if (table !== undefined) putTable(draft, change(table))
}

/** Changes every table for which `change` gives another one. */
export function updateTables(draft: Draft, change: (table: Table) => Table): void {
  for (const table of draft.schema.tables.values()) {
    const changed = change(table)
    if (changed !== table) putTable(draft, changed)
  }
}

/** A key under another name, `public.a` to `public.b`. */
export function renamed(at: Key, name: string): Key {
  return key(schemaOf(at), name)
}

/** The key of the table that a foreign key points to. */
export function targetOf(foreign: ForeignKey): Key {
  return key(foreign.references.schema, foreign.references.table)
}

/** A key in another schema. */
export function moved(at: Key, schema: string): Key {
  return key(schema, nameOf(at))
}

/** The table or view that holds an index of that name in a schema; constraints' indexes are found too. */
export function tableOfIndex(schema: DraftSchema, at: Key): Table | View | undefined {
  return schema.tables.tagged(tag.index(at))[0] ?? schema.views.tagged(tag.index(at))[0]
}

/** True where a table or domain of a schema has a constraint of that name. */
export function constraintExists(schema: DraftSchema, at: Key): boolean {
  return schema.tables.isTagged(tag.constraint(at)) || schema.domains.isTagged(tag.constraint(at))
}

/** Partitions and inheriting tables, one level down. */
export function children(schema: DraftSchema, at: Key): readonly Table[] {
  return schema.tables.tagged(tag.child(at))
}

/** The tables that a table inherits from or is a partition of. */
export function parents(schema: DraftSchema, table: Table): readonly Table[] {
  return [...(table.partition.of === null ? [] : [table.partition.of.parent]), ...table.inherits].flatMap(
    (at) => schema.tables.get(at) ?? [],
  )
}

/** The tables with foreign keys to a table. */
export function referrers(schema: DraftSchema, at: Key): readonly Table[] {
  return schema.tables.tagged(tag.refers(at))
}

/** The keys of what ends with the session. */
export function temporary(schema: DraftSchema, name: 'tables' | 'views' | 'sequences'): readonly Key[] {
  return schema[name].tagged(tag.temporary).map((each) => key(each.schema, each.name))
}

/** The views that read a table or view. */
export function readers(schema: DraftSchema, at: Key): readonly View[] {
  return schema.views.tagged(tag.reads(at))
}

/** The sequences that belong to columns of a table, or to one column of it. */
export function sequencesOf(schema: DraftSchema, table: Key, column?: string): readonly Sequence[] {
  return schema.sequences
    .tagged(tag.owned(table))
    .filter((each) => column === undefined || each.ownedBy?.column === column)
}

/** True where a relation (table, view, index, sequence) of that key exists: they share one name space. */
export function relationExists(schema: DraftSchema, at: Key): boolean {
  return (
    schema.tables.has(at) ||
    schema.views.has(at) ||
    schema.sequences.has(at) ||
    tableOfIndex(schema, at) !== undefined ||
    schema.types.get(at)?.form === 'composite'
  )
}

/** True where a type of that key exists; tables and views are types too. */
export function typeExists(schema: Schema, at: Key): boolean {
  return (
    schema.enums.has(at) ||
    schema.domains.has(at) ||
    schema.types.has(at) ||
    schema.tables.has(at) ||
    schema.views.has(at)
  )
}

/** The constraints of a table that have an index of their own. */
function indexedConstraints(table: Table): readonly { readonly name: string }[] {
  return [...(table.primaryKey === null ? [] : [table.primaryKey]), ...table.uniques, ...table.exclusions]
}

/** Names of all constraints of a table. */
export function constraintNames(table: Table): ReadonlySet<string> {
  const named = [
    ...indexedConstraints(table),
    ...table.foreignKeys,
    ...table.checks,
    ...table.columns.flatMap((column) => column.notNull ?? []),
  ]
  return new Set(named.map((each) => each.name))
}

/** Names of all indexes of a table, those behind constraints among them. */
function indexNames(table: Table): ReadonlySet<string> {
  return new Set([...indexedConstraints(table), ...table.indexes].map((each) => each.name))
}

/** What objects are looked up by besides their keys. */
const tag = {
  index: (at: Key) => `index ${at}`,
  constraint: (at: Key) => `constraint ${at}`,
  child: (parent: Key) => `child of ${parent}`,
  refers: (to: Key) => `refers to ${to}`,
  reads: (from: Key) => `reads ${from}`,
  owned: (table: Key) => `owned by ${table}`,
  temporary: 'temporary',
}

function temporaryTag(of: { readonly schema: string }): readonly string[] {
  return of.schema === 'pg_temp' ? [tag.temporary] : []
}

function tagsOfTable(table: Table): readonly string[] {
  const { of } = table.partition
  return [
    ...Array.from(indexNames(table), (name) => tag.index(key(table.schema, name))),
    ...Array.from(constraintNames(table), (name) => tag.constraint(key(table.schema, name))),
    ...new Set([...(of === null ? [] : [of.parent]), ...table.inherits].map(tag.child)),
    ...new Set(table.foreignKeys.map((foreign) => tag.refers(targetOf(foreign)))),
    ...temporaryTag(table),
  ]
}

function tagsOfView(view: View): readonly string[] {
  return [
    ...view.indexes.map((index) => tag.index(key(view.schema, index.name))),
    ...new Set(view.reads.map((read) => tag.reads(read.table))),
    ...temporaryTag(view),
  ]
}

function tagsOfDomain(domain: DomainType): readonly string[] {
  return domain.checks.map((check) => tag.constraint(key(domain.schema, check.name)))
}

function tagsOfSequence(sequence: Sequence): readonly string[] {
  return [...(sequence.ownedBy === null ? [] : [tag.owned(sequence.ownedBy.table)]), ...temporaryTag(sequence)]
}
