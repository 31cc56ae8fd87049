import type { RenameStmt } from 'libpg-query'
import type { Key, Table } from '../model.ts'
import { key } from '../model.ts'
import { columnIn } from '../grants.ts'
import { put, putAttributes, putTable, readers, referrers, sequencesOf, targetOf } from './draft.ts'
import { updateFamily } from './family.ts'
import { truncated } from './names.ts'
import { writtenOf } from './nodes.ts'
import { mapExpressions, withColumnRenamed } from './rewrite.ts'
import { queryWithColumnRenamed, withStarsWritten } from './view-query.ts'
import type { Session } from './session.ts'
import { checkFollowed, checkOwn, columnFor, findKey, isOpen, refuse, shown, tableFor } from './session.ts'

export function renameColumn(session: Session, node: RenameStmt, to: string): void {
  const from = truncated(node.subname ?? '')
  const written = writtenOf(node.relation)
  if (node.renameType === 'OBJECT_ATTRIBUTE') {
    const at = findKey(session, written, (each) => session.draft.schema.types.has(each))
    const attributes = at === undefined ? undefined : session.draft.schema.types.get(at)?.attributes
    if (at !== undefined && attributes !== undefined)
      putAttributes(
        session.draft,
        at,
        attributes.map((each) => (each.name === from ? { ...each, name: to } : each)),
      )
    return
  }
  const view = findKey(session, written, (at) => session.draft.schema.views.has(at))
  if (view !== undefined) return renameViewColumn(session, view, from, to)
  if (node.relationType === 'OBJECT_VIEW' || node.relationType === 'OBJECT_MATVIEW') {
    if (isOpen(session) || node.missing_ok === true) return
    const isTable = findKey(session, written, (at) => session.draft.schema.tables.has(at)) !== undefined
    refuse(isTable ? `"${written.name}" is not a view` : `relation ${shown(written)} does not exist`)
  }
  const table = tableFor(session, written, node.missing_ok === true)
  if (table === null) return
  columnFor(session, table, from)
  checkOwn(session, table, from, 'rename')
  checkFollowed(
    session,
    table.key,
    node.relation?.inh === true,
    `inherited column "${from}" must be renamed in child tables too`,
  )
  const family: Key[] = []
  updateFamily(session, table.key, (it) => {
    if (it.columns.some((column) => column.name === to))
      refuse(`column "${to}" of relation "${it.name}" already exists`)
    family.push(it.key)
    return columnRenamed(it, from, to)
  })
  for (const other of referrers(session.draft.schema, table.key)) {
    putTable(session.draft, {
      ...other,
      foreignKeys: other.foreignKeys.map((foreign) =>
        targetOf(foreign) !== table.key
          ? foreign
          : {
              ...foreign,
              references: {
                ...foreign.references,
                columns: foreign.references.columns.map((each) => (each === from ? to : each)),
              },
            },
      ),
    })
  }
  for (const at of family) readersFollow(session, at, from, to)
  for (const sequence of sequencesOf(session.draft.schema, table.key, from))
    put(session.draft, 'sequences', key(sequence.schema, sequence.name), {
      ...sequence,
      ownedBy: { table: table.key, column: to },
    })
  session.changes.push({ kind: 'renameColumn', place: session.place, table: table.key, from, to })
}

/** The queries of views go on reading a column under its new name. */
function readersFollow(session: Session, at: Key, from: string, to: string): void {
  for (const view of readers(session.draft.schema, at)) {
    const written = withStarsWritten(view)
    put(session.draft, 'views', key(view.schema, view.name), {
      ...written,
      definition: queryWithColumnRenamed(session.draft.schema, written, at, from, to),
      reads: view.reads.map((read) =>
        read.table === at
          ? { ...read, columns: read.columns?.map((each) => (each === from ? to : each)) ?? null }
          : read,
      ),
    })
  }
}

function renameViewColumn(session: Session, at: Key, from: string, to: string): void {
  const view = session.draft.schema.views.get(at)
  if (view?.columns == null) return
  if (!view.columns.includes(from)) refuse(`column "${from}" does not exist`)
  if (view.columns.includes(to)) refuse(`column "${to}" of relation "${view.name}" already exists`)
  put(session.draft, 'views', at, {
    ...view,
    columns: view.columns.map((name) => (name === from ? to : name)),
    indexes: view.indexes.map((index) => ({
      ...index,
      keys: index.keys.map((each) => (each.column === from ? { ...each, column: to } : each)),
    })),
  })
  readersFollow(session, at, from, to)
  session.changes.push({ kind: 'renameColumn', place: session.place, table: at, from, to })
}

/** A privilege after its column got another name. */
function privilegeOf(word: string, from: string, to: string): string {
  return columnIn(word) === from ? `${word.slice(0, word.indexOf(' ('))} (${to})` : word
}

function columnRenamed(table: Table, from: string, to: string): Table {
  const one = (name: string) => (name === from ? to : name)
  const list = (names: readonly string[]) => (names.includes(from) ? names.map(one) : names)
  const changed = mapExpressions(table, (expression) => withColumnRenamed(expression, from, to))
  return {
    ...changed,
    columns: changed.columns.map((column) => (column.name === from ? { ...column, name: to } : column)),
    primaryKey:
      changed.primaryKey === null
        ? null
        : {
            ...changed.primaryKey,
            columns: list(changed.primaryKey.columns),
            include: list(changed.primaryKey.include),
          },
    uniques: changed.uniques.map((unique) => ({
      ...unique,
      columns: list(unique.columns),
      include: list(unique.include),
    })),
    foreignKeys: changed.foreignKeys.map((foreign) => ({ ...foreign, columns: list(foreign.columns) })),
    exclusions: changed.exclusions.map((exclusion) => ({
      ...exclusion,
      columns: list(exclusion.columns),
      definition: withColumnRenamed(exclusion.definition, from, to),
    })),
    indexes: changed.indexes.map((index) => ({
      ...index,
      keys: index.keys.map((each) => (each.column === from ? { ...each, column: to } : each)),
      include: list(index.include),
    })),
    triggers: changed.triggers.map((trigger) => ({ ...trigger, columns: list(trigger.columns) })),
    ...(changed.grants === undefined
      ? {}
      : {
          grants: changed.grants.map((grant) => ({
            ...grant,
            privileges: grant.privileges.map((word) => privilegeOf(word, from, to)),
            grantable: grant.grantable.map((word) => privilegeOf(word, from, to)),
          })),
        }),
    partition: {
      ...changed.partition,
      by: changed.partition.by === null ? null : withColumnRenamed(changed.partition.by, from, to),
    },
  }
}
