import type { Node } from 'libpg-query'
import type { Index, Key } from '../model.ts'
import { key, nameOf } from '../model.ts'
import { dropReferences } from './dependents.ts'
import {
  children,
  putTable,
  readers,
  referrers,
  remove,
  sequencesOf,
  setFunctions,
  tableOfIndex,
  targetOf,
  updateTables,
} from './draft.ts'
import { removeIndex } from './indexes.ts'
import { truncated } from './names.ts'
import { items, text, writtenIn } from './nodes.ts'
import type { Session } from './session.ts'
import { assumedKey, findKey, isOpen, placeholder, refuse, shown } from './session.ts'
import { typeSpelling } from './types.ts'

export function dropView(session: Session, at: Key, cascade: boolean): void {
  for (const other of readers(session.draft.schema, at)) {
    if (!cascade) refuse(`cannot drop view ${nameOf(at)} because other objects depend on it`)
    dropView(session, key(other.schema, other.name), cascade)
  }
  remove(session.draft, 'views', at)
}

export function dropTable(session: Session, at: Key, cascade: boolean, together: ReadonlySet<Key>): void {
  const table = session.draft.schema.tables.get(at)
  if (table === undefined) return
  const label = `table ${table.name}`
  for (const other of referrers(session.draft.schema, at)) {
    const keys = other.foreignKeys.filter((foreign) => targetOf(foreign) === at)
    if (other.key === at) continue
    if (!cascade && !together.has(other.key)) refuse(`cannot drop ${label} because other objects depend on it`)
    putTable(session.draft, { ...other, foreignKeys: other.foreignKeys.filter((foreign) => !keys.includes(foreign)) })
  }
  for (const view of readers(session.draft.schema, at)) {
    const viewKey = key(view.schema, view.name)
    if (!cascade && !together.has(viewKey)) refuse(`cannot drop ${label} because other objects depend on it`)
    dropView(session, viewKey, true)
  }
  for (const child of children(session.draft.schema, at)) {
    if (child.partition.of !== null) dropTable(session, child.key, cascade, together)
    else if (!cascade && !together.has(child.key)) refuse(`cannot drop ${label} because other objects depend on it`)
    else dropTable(session, child.key, cascade, together)
  }
  const owned = sequencesOf(session.draft.schema, at)
  for (const [name, list] of session.draft.schema.functions) {
    const spelling = typeSpelling(at)
    const kept = list.filter(
      (each) => !each.arguments.includes(spelling) && each.returns !== spelling && each.returns !== `SETOF ${spelling}`,
    )
    if (kept.length === list.length) continue
    if (!cascade) refuse(`cannot drop ${label} because other objects depend on it`)
    setFunctions(session.draft, name, kept)
  }
  remove(session.draft, 'tables', at)
  for (const sequence of owned) loseSequence(session, key(sequence.schema, sequence.name), cascade, label, together)
}

export function dropTables(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  const found: Key[] = []
  for (const object of objects) {
    const written = writtenIn(items(object).map(text))
    const { schema } = session.draft
    const at = findKey(session, written, (each) => schema.tables.has(each))
    if (at !== undefined) found.push(at)
    else if (findKey(session, written, (each) => schema.views.has(each)) !== undefined)
      refuse(`${shown(written)} is not a table`)
    else if (isOpen(session)) found.push(placeholder(session, assumedKey(session, written)).key)
    else if (!ifExists) refuse(`table ${shown(written)} does not exist`)
  }
  const together = new Set(found)
  for (const at of found) {
    const from = session.draft.schema.tables.get(at)
    if (from === undefined) continue
    session.changes.push({ kind: 'dropTable', place: session.place, table: at, from, cascade, ifExists })
    dropTable(session, at, cascade, together)
  }
}

export function dropIndexes(
  session: Session,
  objects: readonly Node[],
  concurrently: boolean,
  cascade: boolean,
  ifExists: boolean,
): void {
  if (concurrently && objects.length > 1) refuse('DROP INDEX CONCURRENTLY does not support dropping multiple objects')
  if (concurrently && cascade) refuse('DROP INDEX CONCURRENTLY does not support CASCADE')
  for (const object of objects) {
    const written = writtenIn(items(object).map(text))
    const at = findKey(session, written, (each) => tableOfIndex(session.draft.schema, each) !== undefined)
    const name = truncated(written.name)
    const table = at === undefined ? undefined : tableOfIndex(session.draft.schema, at)
    if (table === undefined) {
      if (isOpen(session))
        session.changes.push({
          kind: 'dropIndex',
          place: session.place,
          table: '',
          name,
          index: null,
          concurrently,
          cascade,
          ifExists,
        })
      else if (!ifExists) refuse(`index ${shown(written)} does not exist`)
      continue
    }
    const index = table.indexes.find((each) => each.name === name)
    if (index === undefined)
      refuse(`cannot drop index ${name} because constraint ${name} on table ${table.name} requires it`)
    const owner = key(table.schema, table.name)
    if (index.unique && 'key' in table && index.where === null) {
      const columns = index.keys.flatMap((each) => (each.column === null ? [] : [each.column]))
      if (
        columns.length === index.keys.length &&
        !table.indexes.some(
          (other) =>
            other !== index &&
            other.unique &&
            other.where === null &&
            other.keys.map((each) => each.column).join() === columns.join(),
        )
      ) {
        dropReferences(session, table, columns, cascade, `index ${name}`, name)
      }
    }
    session.changes.push({
      kind: 'dropIndex',
      place: session.place,
      table: owner,
      name,
      index,
      concurrently,
      cascade,
      ifExists,
    })
    removeIndex(session, owner, name)
    dropClonedIndexes(session, owner, index)
  }
}

/** The index of a partitioned table takes those of its partitions with it. */
function dropClonedIndexes(session: Session, at: Key, index: Index): void {
  for (const child of children(session.draft.schema, at)) {
    if (child.partition.of === null) continue
    const shape = (each: Index) => JSON.stringify([each.keys, each.include, each.unique, each.method, each.where])
    const clone = child.indexes.find((each) => shape(each) === shape(index))
    if (clone === undefined) continue
    removeIndex(session, child.key, clone.name)
    dropClonedIndexes(session, child.key, clone)
  }
}

export function dropViews(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  for (const object of objects) {
    const written = writtenIn(items(object).map(text))
    const at = findKey(session, written, (each) => session.draft.schema.views.has(each))
    if (at === undefined && !isOpen(session)) {
      if (findKey(session, written, (each) => session.draft.schema.tables.has(each)) !== undefined)
        refuse(`${shown(written)} is not a view`)
      if (ifExists) continue
      refuse(`view ${shown(written)} does not exist`)
    }
    const from = at === undefined ? null : (session.draft.schema.views.get(at) ?? null)
    session.changes.push({
      kind: 'dropView',
      place: session.place,
      object: at ?? assumedKey(session, written),
      from,
      cascade,
    })
    if (at !== undefined) dropView(session, at, cascade)
  }
}

export function dropSequences(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  for (const object of objects) {
    const written = writtenIn(items(object).map(text))
    const at = findKey(session, written, (each) => session.draft.schema.sequences.has(each))
    if (at === undefined && !isOpen(session)) {
      if (ifExists) continue
      refuse(`sequence ${shown(written)} does not exist`)
    }
    const sequence = at ?? assumedKey(session, written)
    const owner = at === undefined ? null : (session.draft.schema.sequences.get(at)?.ownedBy ?? null)
    const column =
      owner === null
        ? undefined
        : session.draft.schema.tables.get(owner.table)?.columns.find((each) => each.name === owner.column)
    // The one that an identity counts with is the last that was made for the column; one of a serial before it may go.
    const own = owner === null ? undefined : sequencesOf(session.draft.schema, owner.table, owner.column).at(-1)
    const isIdentity = own !== undefined && key(own.schema, own.name) === at
    if (owner !== null && column !== undefined && column.identity !== null && isIdentity)
      refuse(
        `cannot drop sequence ${nameOf(sequence)} because column ${column.name} of table ${nameOf(owner.table)} requires it`,
      )
    loseSequence(session, sequence, cascade, `sequence ${nameOf(sequence)}`)
    session.changes.push({ kind: 'dropSequence', place: session.place, object: sequence, cascade })
  }
}

/** Takes a sequence away, and with CASCADE the defaults that count with it; `label` is what is dropped, `together` the tables that go too. */
export function loseSequence(
  session: Session,
  at: Key,
  cascade: boolean,
  label: string,
  together: ReadonlySet<Key> = new Set(),
): void {
  const used = `nextval('${typeSpelling(at).replaceAll("'", "''")}'::regclass)`
  updateTables(session.draft, (table) => {
    if (!table.columns.some((column) => column.default === used)) return table
    if (!cascade && !together.has(table.key)) refuse(`cannot drop ${label} because other objects depend on it`)
    return {
      ...table,
      columns: table.columns.map((column) => (column.default === used ? { ...column, default: null } : column)),
    }
  })
  remove(session.draft, 'sequences', at)
}
