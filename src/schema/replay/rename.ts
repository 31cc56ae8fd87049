import type { AlterObjectSchemaStmt, RenameStmt } from 'libpg-query'
import type { Key, SqlFunction } from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import {
  moved,
  put,
  putSchemas,
  relationExists,
  remove,
  renamed,
  sequencesOf,
  typeExists,
  updateTable,
  updateTables,
} from './draft.ts'
import { quoteIdent } from '../../sql/names.ts'
import { significantTokens } from '../../sql/tokens.ts'
import { truncated } from './names.ts'
import { items, text, texts, writtenIn, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { findKey, isOpen, refuse, schemaExists, shown, tableFor } from './session.ts'
import { typeNames } from './types.ts'
import { renameColumn } from './rename-column.ts'
import { moveSequence, moveTable, moveView, renameConstraint, renameRelation } from './rename-relation.ts'
import { moveType, renameType } from './rename-type.ts'
import { queryWithFunctionRenamed, updateQueries } from './view-query.ts'

/** Replays `ALTER … RENAME`. */
export function rename(session: Session, node: RenameStmt): void {
  const to = truncated(node.newname ?? '')
  switch (node.renameType) {
    case 'OBJECT_COLUMN':
    case 'OBJECT_ATTRIBUTE':
      return renameColumn(session, node, to)
    case 'OBJECT_TABLE':
    case 'OBJECT_FOREIGN_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
    case 'OBJECT_INDEX':
      return renameRelation(session, node, to)
    case 'OBJECT_TABCONSTRAINT':
      return renameConstraint(session, node, to)
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN':
      return renameType(session, node, to)
    case 'OBJECT_SCHEMA':
      return renameSchema(session, node.subname ?? '', to)
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
    case 'OBJECT_ROUTINE':
      return renameFunction(session, node, to)
    case 'OBJECT_TRIGGER':
    case 'OBJECT_POLICY':
      return renameOnTable(session, node, to)
    case 'OBJECT_DOMCONSTRAINT': {
      const at = findKey(session, writtenIn(items(node.object).map(text)), (each) =>
        session.draft.schema.domains.has(each),
      )
      const domain = at === undefined ? undefined : session.draft.schema.domains.get(at)
      if (at !== undefined && domain !== undefined)
        put(session.draft, 'domains', at, {
          ...domain,
          checks: domain.checks.map((check) => (check.name === node.subname ? { ...check, name: to } : check)),
        })
      return
    }
    default:
  }
}

function renameFunction(session: Session, node: RenameStmt, to: string): void {
  if (node.object === undefined || !('ObjectWithArgs' in node.object)) return
  const written = writtenIn(texts(node.object.ObjectWithArgs.objname))
  const at = findKey(session, written, (each) => session.draft.schema.functions.has(each))
  if (at === undefined) {
    if (!isOpen(session)) refuse(`function ${written.name} does not exist`)
    return
  }
  moveFunctions(session, at, renamed(at, to))
}

/** Moves all overloads of a function; triggers that call it follow. */
function moveFunctions(session: Session, from: Key, to: Key): void {
  const list = session.draft.schema.functions.get(from) ?? []
  remove(session.draft, 'functions', from)
  put(session.draft, 'functions', to, [
    ...(session.draft.schema.functions.get(to) ?? []),
    ...list.map((each) => ({ ...each, schema: schemaOf(to), name: nameOf(to), ...definedAs(each, to) })),
  ])
  updateTables(session.draft, (table) =>
    table.triggers.some((trigger) => trigger.function === from)
      ? {
          ...table,
          triggers: table.triggers.map((trigger) =>
            trigger.function === from ? { ...trigger, function: to } : trigger,
          ),
        }
      : table,
  )
  updateQueries(session.draft, (view) => queryWithFunctionRenamed(view, from, to))
}

/** The statement that makes a function, with its new name in it. */
function definedAs({ definition }: SqlFunction, to: Key): Pick<SqlFunction, 'definition'> {
  if (definition == null) return {}
  const tokens = significantTokens(definition)
  const first = tokens.findIndex((_, i) => {
    const before = tokens[i - 1]
    return before !== undefined && /^(?:function|procedure)$/i.test(definition.slice(before.start, before.end))
  })
  const dotted = tokens[first + 1]
  const last = dotted !== undefined && definition[dotted.start] === '.' ? tokens[first + 2] : tokens[first]
  const start = tokens[first]?.start
  if (start === undefined || last === undefined) return {}
  const name = `${quoteIdent(schemaOf(to))}.${quoteIdent(nameOf(to))}`
  return { definition: definition.slice(0, start) + name + definition.slice(last.end) }
}

function setFunctionSchema(session: Session, node: AlterObjectSchemaStmt, to: string): void {
  if (node.object === undefined || !('ObjectWithArgs' in node.object)) return
  const written = writtenIn(texts(node.object.ObjectWithArgs.objname))
  const at = findKey(session, written, (each) => session.draft.schema.functions.has(each))
  if (at !== undefined) return moved(at, to) === at ? undefined : moveFunctions(session, at, moved(at, to))
  if (!isOpen(session)) refuse(`function ${written.name} does not exist`)
}

function renameOnTable(session: Session, node: RenameStmt, to: string): void {
  const table = tableFor(session, writtenOf(node.relation), node.missing_ok === true)
  if (table === null) return
  const from = truncated(node.subname ?? '')
  const named = <T extends { readonly name: string }>(each: T): T => (each.name === from ? { ...each, name: to } : each)
  if (node.renameType === 'OBJECT_TRIGGER')
    updateTable(session.draft, table.key, (it) => ({ ...it, triggers: it.triggers.map(named) }))
  else updateTable(session.draft, table.key, (it) => ({ ...it, policies: it.policies.map(named) }))
}

function renameSchema(session: Session, from: string, to: string): void {
  if (!schemaExists(session, from)) refuse(`schema "${from}" does not exist`)
  if (session.draft.schema.schemas.has(to)) refuse(`schema "${to}" already exists`)
  const within = <T>(map: ReadonlyMap<Key, T>): readonly Key[] => [...map.keys()].filter((at) => schemaOf(at) === from)
  for (const at of within(session.draft.schema.enums)) moveType(session, at, moved(at, to))
  for (const at of within(session.draft.schema.domains)) moveType(session, at, moved(at, to))
  for (const at of within(session.draft.schema.types)) moveType(session, at, moved(at, to))
  for (const at of within(session.draft.schema.tables)) moveTable(session, at, moved(at, to))
  for (const at of within(session.draft.schema.views)) moveView(session, at, moved(at, to))
  for (const at of within(session.draft.schema.sequences)) moveSequence(session, at, moved(at, to))
  for (const at of within(session.draft.schema.functions)) moveFunctions(session, at, moved(at, to))
  putSchemas(session.draft, [...[...session.draft.schema.schemas].filter((name) => name !== from), to])
  const { schemaGrants } = session.draft.schema
  if (schemaGrants?.has(from))
    session.draft.schema = {
      ...session.draft.schema,
      schemaGrants: new Map([...schemaGrants].map(([name, grants]) => [name === from ? to : name, grants])),
    }
  session.changes.push({ kind: 'renameSchema', place: session.place, object: from, to })
}

/** Replays `ALTER … SET SCHEMA`. */
export function setSchema(session: Session, node: AlterObjectSchemaStmt): void {
  const to = node.newschema ?? ''
  if (!schemaExists(session, to)) refuse(`schema "${to}" does not exist`)
  const { schema } = session.draft
  if (node.objectType === 'OBJECT_TABLE') {
    const table = tableFor(session, writtenOf(node.relation), node.missing_ok === true)
    if (table === null) return
    const target = moved(table.key, to)
    if (target === table.key) return
    if (relationExists(schema, target)) refuse(`relation "${table.name}" already exists in schema "${to}"`)
    const owned = sequencesOf(schema, table.key).map((sequence) => key(sequence.schema, sequence.name))
    moveTable(session, table.key, target)
    for (const at of owned) moveSequence(session, at, moved(at, to))
    session.changes.push({ kind: 'setTableSchema', place: session.place, table: table.key, to: target })
    return
  }
  if (node.objectType === 'OBJECT_TYPE' || node.objectType === 'OBJECT_DOMAIN') {
    const written = writtenIn(typeNames(node.object))
    const at = findKey(session, written, (each) => typeExists(schema, each))
    if (at === undefined) return isOpen(session) ? undefined : refuse(`type ${shown(written)} does not exist`)
    if (moved(at, to) === at) return
    moveType(session, at, moved(at, to))
    session.changes.push({ kind: 'renameType', place: session.place, object: at, to: moved(at, to) })
    return
  }
  if (
    node.objectType === 'OBJECT_FUNCTION' ||
    node.objectType === 'OBJECT_PROCEDURE' ||
    node.objectType === 'OBJECT_ROUTINE'
  )
    return setFunctionSchema(session, node, to)
  const written = writtenOf(node.relation)
  const view = findKey(session, written, (each) => schema.views.has(each))
  if (view !== undefined) return moved(view, to) === view ? undefined : moveView(session, view, moved(view, to))
  const sequence = findKey(session, written, (each) => schema.sequences.has(each))
  if (sequence === undefined || moved(sequence, to) === sequence) return
  if (schema.sequences.get(sequence)?.ownedBy != null) refuse('cannot move an owned sequence into another schema')
  moveSequence(session, sequence, moved(sequence, to))
}
