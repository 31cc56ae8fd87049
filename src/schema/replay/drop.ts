import type { DropStmt, Node } from 'libpg-query'
import type { Key, Table } from '../model.ts'
import { schemaOf } from '../model.ts'
import { putSchemas, putTable, remove, setFunctions, updateTable } from './draft.ts'
import { updateFamily } from './family.ts'
import { truncated } from './names.ts'
import { items, text, texts, writtenIn } from './nodes.ts'
import type { Written } from './nodes.ts'
import type { Session } from './session.ts'
import { assumedKey, findKey, isOpen, placeholder, refuse, shown } from './session.ts'
import { baseType, resolveType } from './types.ts'
import { dropIndexes, dropSequences, dropTable, dropTables, dropView, dropViews } from './drop-relation.ts'
import { dropType, dropTypes } from './drop-type.ts'

/** Replays `DROP …`. */
export function drop(session: Session, node: DropStmt): void {
  const cascade = node.behavior === 'DROP_CASCADE'
  const ifExists = node.missing_ok === true
  const objects = node.objects ?? []
  switch (node.removeType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_FOREIGN_TABLE':
      return dropTables(session, objects, cascade, ifExists)
    case 'OBJECT_INDEX':
      return dropIndexes(session, objects, node.concurrent === true, cascade, ifExists)
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
      return dropViews(session, objects, cascade, ifExists)
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN':
      return dropTypes(session, objects, cascade, ifExists)
    case 'OBJECT_SEQUENCE':
      return dropSequences(session, objects, cascade, ifExists)
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
    case 'OBJECT_ROUTINE':
      return dropFunctions(session, objects, cascade, ifExists)
    case 'OBJECT_TRIGGER':
      return dropTriggers(session, objects, ifExists)
    case 'OBJECT_POLICY':
      return dropPolicies(session, objects, ifExists)
    case 'OBJECT_SCHEMA':
      return dropSchemas(session, objects, cascade, ifExists)
    case 'OBJECT_EXTENSION':
      return dropExtensions(session, objects, cascade, ifExists)
    default:
  }
}

function dropFunctions(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  for (const object of objects) {
    if (!('ObjectWithArgs' in object)) continue
    const names = texts(object.ObjectWithArgs.objname)
    const written: Written = writtenIn(names)
    const at = findKey(session, written, (each) => session.draft.schema.functions.has(each))
    const list = at === undefined ? [] : (session.draft.schema.functions.get(at) ?? [])
    const unspecified = object.ObjectWithArgs.args_unspecified === true
    const wanted = unspecified
      ? null
      : (object.ObjectWithArgs.objargs ?? []).map((each) =>
          'TypeName' in each ? resolveType(session, each.TypeName).text : null,
        )
    const matching = list.filter(
      (each) =>
        wanted === null ||
        (each.arguments.length === wanted.length &&
          each.arguments.every(
            (type, i) => type === null || wanted[i] == null || baseType(type) === baseType(wanted[i]),
          )),
    )
    if (matching.length === 0 && !isOpen(session)) {
      if (ifExists) continue
      refuse(`function ${written.name}(${(wanted ?? []).join(', ')}) does not exist`)
    }
    const called = at ?? assumedKey(session, written)
    for (const table of session.draft.schema.tables.values()) {
      const resting = table.triggers.filter((trigger) => trigger.function === called)
      if (resting.length === 0 || matching.length === 0) continue
      if (!cascade) refuse(`cannot drop function ${written.name}() because other objects depend on it`)
      putTable(session.draft, { ...table, triggers: table.triggers.filter((trigger) => !resting.includes(trigger)) })
    }
    session.changes.push({ kind: 'dropFunction', place: session.place, object: called, cascade })
    setFunctions(
      session.draft,
      called,
      list.filter((each) => !matching.includes(each)),
    )
  }
}

function onTable(
  session: Session,
  object: Node,
  ifExists: boolean,
): { readonly table: Table; readonly name: string } | null {
  const names = items(object).map(text)
  const written = writtenIn(names.slice(0, -1))
  const at = findKey(session, written, (each) => session.draft.schema.tables.has(each))
  const table = at === undefined ? undefined : session.draft.schema.tables.get(at)
  const name = truncated(names.at(-1) ?? '')
  if (table !== undefined) return { table, name }
  if (findKey(session, written, (each) => session.draft.schema.views.has(each)) !== undefined) return null
  if (isOpen(session)) return { table: placeholder(session, assumedKey(session, written)), name }
  return ifExists ? null : refuse(`relation ${shown(written)} does not exist`)
}

function dropTriggers(session: Session, objects: readonly Node[], ifExists: boolean): void {
  for (const object of objects) {
    const found = onTable(session, object, ifExists)
    if (found === null) continue
    const from = found.table.triggers.find((trigger) => trigger.name === found.name) ?? null
    if (from === null && found.table.complete) {
      if (ifExists) continue
      refuse(`trigger "${found.name}" for table "${found.table.name}" does not exist`)
    }
    updateFamily(session, found.table.key, (it) => ({
      ...it,
      triggers: it.triggers.filter((trigger) => trigger.name !== found.name),
    }))
    session.changes.push({ kind: 'dropTrigger', place: session.place, table: found.table.key, name: found.name, from })
  }
}

function dropPolicies(session: Session, objects: readonly Node[], ifExists: boolean): void {
  for (const object of objects) {
    const found = onTable(session, object, ifExists)
    if (found === null) continue
    const from = found.table.policies.find((policy) => policy.name === found.name) ?? null
    if (from === null && found.table.complete) {
      if (ifExists) continue
      refuse(`policy "${found.name}" for table "${found.table.name}" does not exist`)
    }
    updateTable(session.draft, found.table.key, (it) => ({
      ...it,
      policies: it.policies.filter((policy) => policy.name !== found.name),
    }))
    session.changes.push({ kind: 'dropPolicy', place: session.place, table: found.table.key, name: found.name, from })
  }
}

function dropSchemas(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  for (const object of objects) {
    const name = text(object) || items(object).map(text).at(-1) || ''
    const { schema } = session.draft
    if (!schema.schemas.has(name) && name !== 'public' && !isOpen(session)) {
      if (ifExists) continue
      refuse(`schema "${name}" does not exist`)
    }
    const inside = (at: Key) => schemaOf(at) === name
    const filled = [
      ...schema.tables.keys(),
      ...schema.views.keys(),
      ...schema.enums.keys(),
      ...schema.functions.keys(),
      ...schema.sequences.keys(),
      ...schema.domains.keys(),
      ...schema.types.keys(),
    ].some(inside)
    if (filled && !cascade) refuse(`cannot drop schema ${name} because other objects depend on it`)
    for (const at of [...schema.views.keys()].filter(inside))
      if (session.draft.schema.views.has(at)) dropView(session, at, true)
    const tables = [...schema.tables.keys()].filter(inside)
    for (const at of tables) dropTable(session, at, true, new Set(tables))
    for (const at of [...schema.enums.keys(), ...schema.domains.keys(), ...schema.types.keys()].filter(inside))
      dropType(session, at, true)
    for (const at of [...schema.functions.keys()].filter(inside)) remove(session.draft, 'functions', at)
    for (const at of [...schema.sequences.keys()].filter(inside)) remove(session.draft, 'sequences', at)
    for (const [extension, each] of schema.extensions)
      if (each.schema === name) remove(session.draft, 'extensions', extension)
    putSchemas(
      session.draft,
      [...schema.schemas].filter((each) => each !== name),
    )
    session.changes.push({ kind: 'dropSchema', place: session.place, object: name, cascade })
  }
}

function dropExtensions(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  for (const object of objects) {
    const name = text(object)
    if (!session.draft.schema.extensions.has(name) && !isOpen(session)) {
      if (ifExists) continue
      refuse(`extension "${name}" does not exist`)
    }
    remove(session.draft, 'extensions', name)
    session.changes.push({ kind: 'dropExtension', place: session.place, object: name, cascade })
  }
}
