import type { RenameStmt } from 'libpg-query'
import type { Key, View } from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import { quoteLiteral } from '../../sql/names.ts'
import { constraintOf, restOn } from './dependents.ts'
import {
  children,
  put,
  putTable,
  readers,
  referrers,
  relationExists,
  remove,
  renamed,
  sequencesOf,
  tableOfIndex,
  targetOf,
  updateTables,
} from './draft.ts'
import { updateFamily } from './family.ts'
import { objectName, truncated } from './names.ts'
import { writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { findKey, isOpen, refuse, shown, tableFor } from './session.ts'
import { typeSpelling } from './types.ts'
import { queryWithRelationRenamed, withQuery } from './view-query.ts'
import { typeFollows } from './rename-type.ts'

export function renameRelation(session: Session, node: RenameStmt, to: string): void {
  const written = writtenOf(node.relation)
  const { schema } = session.draft
  const table = findKey(session, written, (at) => schema.tables.has(at))
  const view = findKey(session, written, (at) => schema.views.has(at))
  const sequence = findKey(session, written, (at) => schema.sequences.has(at))
  const index = findKey(session, written, (at) => tableOfIndex(schema, at) !== undefined)
  const found = table ?? view ?? sequence ?? index
  if (found === undefined) {
    if (isOpen(session)) return renameUnknown(session, node, to)
    if (node.missing_ok === true) return
    refuse(`relation ${shown(written)} does not exist`)
  }
  const target = renamed(found, to)
  if (relationExists(schema, target)) refuse(`relation "${to}" already exists`)
  if (table !== undefined) {
    moveTable(session, table, target)
    session.changes.push({ kind: 'renameTable', place: session.place, table, to: target })
  } else if (view !== undefined) {
    moveView(session, view, target)
  } else if (sequence !== undefined) {
    moveSequence(session, sequence, target)
  } else renameIndex(session, found, to)
}

function renameUnknown(session: Session, node: RenameStmt, to: string): void {
  const written = writtenOf(node.relation)
  if (node.renameType === 'OBJECT_INDEX') {
    session.changes.push({ kind: 'renameIndex', place: session.place, table: '', from: truncated(written.name), to })
  } else if (node.renameType === 'OBJECT_TABLE') {
    const at = tableFor(session, written)?.key
    if (at === undefined) return
    moveTable(session, at, renamed(at, to))
    session.changes.push({ kind: 'renameTable', place: session.place, table: at, to: renamed(at, to) })
  }
}

/** Moves a table to another key; what refers to it follows. */
export function moveTable(session: Session, from: Key, to: Key): void {
  const table = session.draft.schema.tables.get(from)
  if (table === undefined) return
  remove(session.draft, 'tables', from)
  putTable(session.draft, { ...table, key: to, schema: schemaOf(to), name: nameOf(to) })
  for (const other of new Set([...referrers(session.draft.schema, from), ...children(session.draft.schema, from)])) {
    putTable(session.draft, {
      ...other,
      foreignKeys: other.foreignKeys.map((foreign) =>
        targetOf(foreign) !== from
          ? foreign
          : {
              ...foreign,
              references: { ...foreign.references, schema: schemaOf(to), table: nameOf(to) },
            },
      ),
      partition:
        other.partition.of?.parent === from
          ? { ...other.partition, of: { ...other.partition.of, parent: to } }
          : other.partition,
      inherits: other.inherits.map((each) => (each === from ? to : each)),
    })
  }
  readersFollow(session, from, to)
  for (const sequence of sequencesOf(session.draft.schema, from)) {
    if (sequence.ownedBy !== null)
      put(session.draft, 'sequences', key(sequence.schema, sequence.name), {
        ...sequence,
        ownedBy: { ...sequence.ownedBy, table: to },
      })
  }
  typeFollows(session, from, to)
}

function readersFollow(session: Session, from: Key, to: Key): void {
  for (const view of readers(session.draft.schema, from)) {
    put(session.draft, 'views', key(view.schema, view.name), {
      ...withQuery(view, (each) => queryWithRelationRenamed(each, from, to)),
      reads: view.reads.map((read) => (read.table === from ? { ...read, table: to } : read)),
    })
  }
}

export function moveView(session: Session, from: Key, to: Key): void {
  const view: View | undefined = session.draft.schema.views.get(from)
  if (view === undefined) return
  remove(session.draft, 'views', from)
  put(session.draft, 'views', to, { ...view, schema: schemaOf(to), name: nameOf(to) })
  readersFollow(session, from, to)
}

export function moveSequence(session: Session, from: Key, to: Key): void {
  const sequence = session.draft.schema.sequences.get(from)
  if (sequence === undefined) return
  remove(session.draft, 'sequences', from)
  put(session.draft, 'sequences', to, { ...sequence, schema: schemaOf(to), name: nameOf(to) })
  const before = `nextval(${quoteLiteral(typeSpelling(from))}::regclass)`
  const after = `nextval(${quoteLiteral(typeSpelling(to))}::regclass)`
  updateTables(session.draft, (table) =>
    table.columns.some((column) => column.default === before)
      ? {
          ...table,
          columns: table.columns.map((column) => (column.default === before ? { ...column, default: after } : column)),
        }
      : table,
  )
}

function renameIndex(session: Session, at: Key, to: string): void {
  const owner = tableOfIndex(session.draft.schema, at)
  if (owner === undefined) return
  const from = nameOf(at)
  const named = <T extends { readonly name: string }>(each: T): T => (each.name === from ? { ...each, name: to } : each)
  const table = key(owner.schema, owner.name)
  if ('key' in owner) {
    const constraint = constraintOf(owner, from)
    if (constraint !== null && constraintOf(owner, to) !== null)
      refuse(`constraint "${to}" for relation "${owner.name}" already exists`)
    restOn(session, owner.key, from, to)
    putTable(session.draft, {
      ...owner,
      indexes: owner.indexes.map(named),
      uniques: owner.uniques.map(named),
      exclusions: owner.exclusions.map(named),
      primaryKey: owner.primaryKey === null ? null : named(owner.primaryKey),
    })
    session.changes.push(
      constraint === null
        ? { kind: 'renameIndex', place: session.place, table, from, to }
        : { kind: 'renameConstraint', place: session.place, table, from, to },
    )
  } else {
    put(session.draft, 'views', table, { ...owner, indexes: owner.indexes.map(named) })
    session.changes.push({ kind: 'renameIndex', place: session.place, table, from, to })
  }
}

export function renameConstraint(session: Session, node: RenameStmt, to: string): void {
  const table = tableFor(session, writtenOf(node.relation), node.missing_ok === true)
  if (table === null) return
  const from = truncated(node.subname ?? '')
  const constraint = constraintOf(table, from)
  if (constraint === null && table.complete && !/_not_null\d*$/.test(from))
    refuse(`constraint "${from}" for table "${table.name}" does not exist`)
  // Every NOT NULL has a name of its own since PostgreSQL 18, the one that Postgres gives where none is given.
  const required =
    constraint === null && session.options.postgres >= 18
      ? table.columns.find(
          (column) =>
            !column.nullable && column.notNull == null && objectName(table.name, column.name, 'not_null') === from,
        )
      : undefined
  if (constraintOf(table, to) !== null) refuse(`constraint "${to}" for relation "${table.name}" already exists`)
  const hasIndex =
    constraint?.type === 'primaryKey' || constraint?.type === 'unique' || constraint?.type === 'exclusion'
  if (hasIndex && relationExists(session.draft.schema, key(table.schema, to))) refuse(`relation "${to}" already exists`)
  const named = <T extends { readonly name: string }>(each: T): T => (each.name === from ? { ...each, name: to } : each)
  restOn(session, table.key, from, to)
  updateFamily(session, table.key, (it) => ({
    ...it,
    primaryKey: it.primaryKey === null ? null : named(it.primaryKey),
    uniques: it.uniques.map(named),
    foreignKeys: it.foreignKeys.map(named),
    checks: it.checks.map(named),
    exclusions: it.exclusions.map(named),
    columns: it.columns.map((column) =>
      column.name === required?.name
        ? { ...column, notNull: { name: to, validated: true } }
        : column.notNull == null
          ? column
          : { ...column, notNull: named(column.notNull) },
    ),
  }))
  session.changes.push({ kind: 'renameConstraint', place: session.place, table: table.key, from, to })
}
