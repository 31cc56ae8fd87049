import type { Node, RangeVar } from 'libpg-query'
import type { Place } from '../../location.ts'
import type { Key, Schema } from '../../schema/model.ts'
import type { Draft } from '../draft.ts'
import type { ColumnUse, Query, QueryTable } from '../query.ts'
import { walk } from './tree.ts'

/** What a statement's names are looked up in, and how its positions become places. */
export interface SqlWorld {
  /** Schemas to look tables up in, the one that counts first. */
  readonly schemas: readonly Schema[]
  /** Place of a UTF-8 byte offset of the statement. */
  readonly place: (offset: number | undefined) => Place
}

interface Source {
  readonly alias: string
  readonly table: Key | null
  readonly columns: ReadonlySet<string> | null
}

/** The sources that one SELECT can name, with those around it. */
export interface Level {
  readonly parent: Level | null
  readonly sources: Source[]
  readonly ctes: ReadonlySet<string>
}

/** What reading one statement gathers on the way. */
export interface State {
  readonly world: SqlWorld
  readonly tables: QueryTable[]
  readonly joins: Query['joins'][number][]
  readonly columns: ColumnUse[]
  readonly drafts: Draft[]
}

function findTable(relation: RangeVar, world: SqlWorld): Key {
  const name = relation.relname ?? ''
  for (const schema of world.schemas) {
    const wanted = `${relation.schemaname ?? schema.defaultSchema}.${name}`
    if (schema.tables.has(wanted) || schema.views.has(wanted)) return wanted
    if (relation.schemaname === undefined) {
      const same = [...schema.tables.keys()].filter(
        (k) => k.endsWith(`.${name}`) && k.indexOf('.') === k.length - name.length - 1,
      )
      if (same.length === 1 && same[0] !== undefined) return same[0]
    }
  }
  return `${relation.schemaname ?? world.schemas[0]?.defaultSchema ?? 'public'}.${name}`
}

/** Names of the columns of a table, those among them that the pull request takes away; null where no schema holds it. */
export function columnsOf(table: Key, { schemas }: SqlWorld): ReadonlySet<string> | null {
  const names = columnNames.get(schemas) ?? new Map<Key, ReadonlySet<string> | null>()
  columnNames.set(schemas, names)
  const known = names.get(table)
  if (known !== undefined) return known
  const tables = schemas.flatMap((schema) => schema.tables.get(table) ?? [])
  const found = tables.length === 0 ? null : new Set(tables.flatMap(({ columns }) => columns.map((c) => c.name)))
  names.set(table, found)
  return found
}

const columnNames = new WeakMap<readonly Schema[], Map<Key, ReadonlySet<string> | null>>()

/** Adds a table that FROM names; null for a WITH part. */
export function addSource(relation: RangeVar, level: Level, state: State, role: QueryTable['role']): Key | null {
  const name = relation.relname ?? ''
  const alias = relation.alias?.aliasname ?? name
  if (relation.schemaname === undefined && level.ctes.has(name)) {
    level.sources.push({ alias, table: null, columns: null })
    return null
  }
  const table = findTable(relation, state.world)
  level.sources.push({ alias, table, columns: columnsOf(table, state.world) })
  state.tables.push({ table, role, columns: [] })
  state.columns.push({ table, column: null, use: 'read', place: state.world.place(relation.location) })
  return table
}

/** The table and column that a reference means; null where it is not one of a known table. */
export function resolveColumn(fields: readonly Node[], level: Level): { table: Key; column: string } | null {
  const found = sourceOfColumn(fields, level)
  return found?.source.table == null ? null : { table: found.source.table, column: found.column }
}

/** The source in FROM that a reference means, itself and not another one of its table; null where that cannot be told. */
export function sourceOfColumn(fields: readonly Node[], level: Level): { source: Source; column: string } | null {
  const names = fields.map((f) => ('String' in f ? (f.String.sval ?? '') : ''))
  const column = names.at(-1) ?? ''
  if (column === '') return null
  const qualifier = names.length > 1 ? names.at(-2) : null
  for (let at: Level | null = level; at !== null; at = at.parent) {
    if (qualifier !== null) {
      const source = at.sources.find((s) => s.alias === qualifier)
      if (source !== undefined) return { source, column }
      continue
    }
    const having = at.sources.filter((s) => s.columns?.has(column))
    if (having.length === 1 && having[0]?.table != null) return { source: having[0], column }
    const only = at.sources[0]
    if (having.length === 0 && at.sources.length === 1 && only?.table != null && only.columns === null)
      return { source: only, column }
    if (having.length > 1 || at.sources.some((s) => s.columns === null)) return null
  }
  return null
}

/** Notes every column that an expression names, those of its subqueries aside. */
export function columnRefs(
  node: Node | readonly Node[] | undefined,
  level: Level,
  state: State,
  use: ColumnUse['use'],
): void {
  walk(node, (kind, value) => {
    if (kind === 'SelectStmt') return false
    if (kind === 'ColumnRef') {
      const ref = value as { fields?: Node[]; location?: number }
      const found = resolveColumn(ref.fields ?? [], level)
      if (found !== null) state.columns.push({ ...found, use, place: state.world.place(ref.location) })
    }
    return true
  })
}
