import type { DomainType, EnumType, Key, OtherType, Schema, Sequence, SqlFunction, Table, View } from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'

interface Maps {
  tables: Map<Key, Table>
  enums: Map<Key, EnumType>
  domains: Map<Key, DomainType>
  types: Map<Key, OtherType>
  views: Map<Key, View>
  sequences: Map<Key, Sequence>
  functions: Map<Key, readonly SqlFunction[]>
  extensions: Map<string, Schema['extensions'] extends ReadonlyMap<string, infer E> ? E : never>
}

/** A schema that is being changed. Maps are copied when they are first written to, so that the schema it began with stays as it is. */
export interface Draft {
  schema: Schema
  readonly copied: Set<string>
}

/** Begins to change a schema. */
export function draftOf(schema: Schema): Draft {
  return { schema, copied: new Set() }
}

/** The schema as it is now. What is changed afterwards does not reach it. */
export function snapshot(draft: Draft): Schema {
  draft.copied.clear()
  return draft.schema
}

/** A map of the draft, to write to. */
export function editing<K extends keyof Maps>(draft: Draft, name: K): Maps[K] {
  const current = draft.schema[name] as unknown as Maps[K]
  if (draft.copied.has(name)) return current
  const copy = new Map(current as Map<string, never>) as unknown as Maps[K]
  draft.copied.add(name)
  draft.schema = { ...draft.schema, [name]: copy }
  return copy
}

/** The names of schemas, to write to. */
export function editingSchemas(draft: Draft): Set<string> {
  if (draft.copied.has('schemas')) return draft.schema.schemas as Set<string>
  const copy = new Set(draft.schema.schemas)
  draft.copied.add('schemas')
  draft.schema = { ...draft.schema, schemas: copy }
  return copy
}

/** Puts a table, under its own key. */
export function putTable(draft: Draft, table: Table): void {
  editing(draft, 'tables').set(table.key, table)
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

/** A key in another schema. */
export function moved(at: Key, schema: string): Key {
  return key(schema, nameOf(at))
}

/** The table that holds an index of that name in a schema; constraints' indexes are found too. */
export function tableOfIndex(schema: Schema, at: Key): Table | View | undefined {
  const within = schemaOf(at)
  const name = nameOf(at)
  for (const table of schema.tables.values()) {
    if (table.schema === within && namesIn(table).indexes.has(name)) return table
  }
  for (const view of schema.views.values()) {
    if (view.schema === within && view.indexes.some((index) => index.name === name)) return view
  }
  return undefined
}

/** True where a relation (table, view, index, sequence) of that key exists: they share one name space. */
export function relationExists(schema: Schema, at: Key): boolean {
  return schema.tables.has(at) || schema.views.has(at) || schema.sequences.has(at) || tableOfIndex(schema, at) !== undefined
    || schema.types.get(at)?.form === 'composite'
}

/** True where a type of that key exists; tables and views are types too. */
export function typeExists(schema: Schema, at: Key): boolean {
  return schema.enums.has(at) || schema.domains.has(at) || schema.types.has(at) || schema.tables.has(at) || schema.views.has(at)
}

interface Names {
  readonly constraints: ReadonlySet<string>
  /** Names of indexes, those behind constraints among them. */
  readonly indexes: ReadonlySet<string>
}

/** A table never changes, so its names are collected once. */
const collected = new WeakMap<Table, Names>()

function namesIn(table: Table): Names {
  const known = collected.get(table)
  if (known !== undefined) return known
  const keys = [...table.primaryKey === null ? [] : [table.primaryKey.name], ...[...table.uniques, ...table.exclusions].map((each) => each.name)]
  const constraints = new Set([...keys, ...[...table.foreignKeys, ...table.checks].map((each) => each.name)])
  for (const column of table.columns) if (column.notNull != null) constraints.add(column.notNull.name)
  const names = { constraints, indexes: new Set([...keys, ...table.indexes.map((index) => index.name)]) }
  collected.set(table, names)
  return names
}

/** Names of all constraints of a table. */
export function constraintNames(table: Table): ReadonlySet<string> {
  return namesIn(table).constraints
}
