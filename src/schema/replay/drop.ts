import type { DropStmt, Node } from 'libpg-query'
import type { Change } from '../change.ts'
import type { Column, Index, Key, Table, View } from '../model.ts'
import { withColumns } from '../grants.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import { dropReferences } from './dependents.ts'
import {
  children,
  parents,
  putAttributes,
  putSchemas,
  putTable,
  readers,
  referrers,
  remove,
  sequencesOf,
  setFunctions,
  tableOfIndex,
  targetOf,
  typeExists,
  updateTable,
  updateTables,
} from './draft.ts'
import { updateFamily } from './family.ts'
import { removeIndex } from './indexes.ts'
import { truncated } from './names.ts'
import { items, text, texts, writtenIn } from './nodes.ts'
import type { Written } from './nodes.ts'
import { mentions } from './rewrite.ts'
import type { Session } from './session.ts'
import { assumedKey, checkOwn, current, findKey, isOpen, placeholder, refuse, shown, unknownColumn } from './session.ts'
import { baseType, resolveType, typeNames, typeSpelling } from './types.ts'

/** Replays `DROP COLUMN`: its indexes and constraints go with it. */
export function dropColumn(
  session: Session,
  at: Key,
  written: string,
  missingOk: boolean,
  cascade: boolean,
  recurse: boolean,
): readonly Change[] {
  const table = current(session, at)
  const name = truncated(written)
  const known = table.columns.find((column) => column.name === name)
  if (known === undefined && table.complete) {
    if (missingOk) return []
    refuse(`column "${name}" of relation "${table.name}" does not exist`)
  }
  checkOwn(session, table, name, 'drop')
  const from: Column = known ?? unknownColumn(name)
  const label = `column ${name} of table ${table.name}`
  for (const other of referrers(session.draft.schema, at)) {
    const resting = other.foreignKeys.filter(
      (foreign) => targetOf(foreign) === at && foreign.references.columns.includes(name),
    )
    if (resting.length === 0 || (other.key === at && resting.every((foreign) => foreign.columns.includes(name))))
      continue
    if (!cascade) refuse(`cannot drop ${label} because other objects depend on it`)
    putTable(session.draft, {
      ...other,
      foreignKeys: other.foreignKeys.filter((foreign) => !resting.includes(foreign)),
    })
  }
  for (const view of readers(session.draft.schema, at)) {
    if (!readsColumn(view, at, name)) continue
    if (!cascade) refuse(`cannot drop ${label} because other objects depend on it`)
    dropView(session, key(view.schema, view.name), true)
  }
  const generated = table.columns.filter(
    (column) => column.generated !== null && mentions(column.generated.expression, name),
  )
  const policies = table.policies.filter((policy) => mentions(policy.using, name) || mentions(policy.check, name))
  // Before 15 a generated column goes with the columns that it is computed from.
  if (((generated.length > 0 && session.options.postgres >= 15) || policies.length > 0) && !cascade)
    refuse(`cannot drop ${label} because other objects depend on it`)
  dropFromFamily(session, at, name, recurse)
  if (policies.length > 0)
    updateTable(session.draft, at, (it) => ({
      ...it,
      policies: it.policies.filter((policy) => !policies.includes(policy)),
    }))
  for (const column of generated) dropFromFamily(session, at, column.name, recurse)
  for (const sequence of sequencesOf(session.draft.schema, at, name))
    remove(session.draft, 'sequences', key(sequence.schema, sequence.name))
  return [{ kind: 'dropColumn', place: session.place, table: at, from, cascade, ifExists: missingOk }]
}

/** Takes a column from a table and from what inherits it; a child that declares it itself, or has it from another parent too, keeps it. */
function dropFromFamily(session: Session, at: Key, name: string, recurse: boolean): void {
  updateTable(session.draft, at, (it) => withoutColumn(it, name))
  for (const child of children(session.draft.schema, at)) {
    const column = child.columns.find((each) => each.name === name)
    const hasOther = parents(session.draft.schema, child).some((it) => it.columns.some((each) => each.name === name))
    if (hasOther) continue
    if (child.partition.of !== null || (recurse && column?.inherited === true))
      dropFromFamily(session, child.key, name, recurse)
    else
      updateTable(session.draft, child.key, (it) => ({
        ...it,
        columns: it.columns.map((each) => (each.name === name ? { ...each, inherited: false } : each)),
      }))
  }
}

function usesColumn(index: Index, name: string): boolean {
  return (
    index.keys.some((each) => each.column === name || mentions(each.expression, name)) ||
    index.include.includes(name) ||
    mentions(index.where, name)
  )
}

function withoutColumn(table: Table, name: string): Table {
  return {
    ...table,
    columns: table.columns.filter((column) => column.name !== name),
    primaryKey:
      table.primaryKey?.columns.includes(name) === true || table.primaryKey?.include.includes(name) === true
        ? null
        : table.primaryKey,
    uniques: table.uniques.filter((unique) => !unique.columns.includes(name) && !unique.include.includes(name)),
    foreignKeys: table.foreignKeys.filter((foreign) => !foreign.columns.includes(name)),
    checks: table.checks.filter((check) => !mentions(check.expression, name)),
    exclusions: table.exclusions.filter(
      (exclusion) => !exclusion.columns.includes(name) && !mentions(exclusion.definition, name),
    ),
    indexes: table.indexes.filter((index) => !usesColumn(index, name)),
    ...(table.grants === undefined ? {} : { grants: withColumns(table.grants, (column) => column !== name) }),
  }
}

/** True where a view is known to read a column. */
export function readsColumn(view: View, at: Key, column: string): boolean {
  return view.reads.some((read) => read.table === at && read.columns?.includes(column) === true)
}

function dropView(session: Session, at: Key, cascade: boolean): void {
  for (const other of readers(session.draft.schema, at)) {
    if (!cascade) refuse(`cannot drop view ${nameOf(at)} because other objects depend on it`)
    dropView(session, key(other.schema, other.name), cascade)
  }
  remove(session.draft, 'views', at)
}

function dropTable(session: Session, at: Key, cascade: boolean, together: ReadonlySet<Key>): void {
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
  for (const sequence of sequencesOf(session.draft.schema, at))
    remove(session.draft, 'sequences', key(sequence.schema, sequence.name))
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
}

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

function dropTables(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
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

function dropIndexes(
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

function dropViews(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
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

function dropTypes(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  for (const object of objects) {
    const written = writtenIn(typeNames(object))
    const at = findKey(session, written, (each) => typeExists(session.draft.schema, each))
    if (at === undefined && !isOpen(session)) {
      if (ifExists) continue
      refuse(`type ${shown(written)} does not exist`)
    }
    const object_ = at ?? assumedKey(session, written)
    session.changes.push({ kind: 'dropType', place: session.place, object: object_, cascade })
    if (at !== undefined) dropType(session, at, cascade)
  }
}

/** Removes a type; columns of it go with CASCADE, and are a refusal without. */
export function dropType(session: Session, at: Key, cascade: boolean): void {
  const spelling = typeSpelling(at)
  for (const table of session.draft.schema.tables.values()) {
    for (const column of table.columns) {
      if (column.type === null || baseType(column.type) !== spelling) continue
      if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
      updateTable(session.draft, table.key, (it) => withoutColumn(it, column.name))
    }
    const now = session.draft.schema.tables.get(table.key)
    if (now === undefined) continue
    const casts = (expression: string | null) => expression !== null && expression.includes(`::${spelling}`)
    const defaults = now.columns.filter((column) => casts(column.default))
    const checks = now.checks.filter((check) => casts(check.expression))
    if (defaults.length === 0 && checks.length === 0) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    putTable(session.draft, {
      ...now,
      checks: now.checks.filter((check) => !checks.includes(check)),
      columns: now.columns.map((column) => (defaults.includes(column) ? { ...column, default: null } : column)),
    })
  }
  for (const [domain, { base }] of session.draft.schema.domains) {
    if (base === null || baseType(base) !== spelling) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    dropType(session, domain, true)
  }
  for (const [composite, { attributes }] of session.draft.schema.types) {
    const kept = attributes?.filter((each) => each.type === null || baseType(each.type) !== spelling)
    if (kept === undefined || kept.length === attributes?.length) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    putAttributes(session.draft, composite, kept)
  }
  for (const [name, list] of session.draft.schema.functions) {
    const kept = list.filter(
      (each) =>
        !each.arguments.some((type) => type !== null && baseType(type) === spelling) &&
        (each.returns === null || baseType(each.returns.replace(/^SETOF /, '')) !== spelling),
    )
    if (kept.length === list.length) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    setFunctions(session.draft, name, kept)
  }
  remove(session.draft, 'enums', at)
  remove(session.draft, 'domains', at)
  remove(session.draft, 'types', at)
}

function dropSequences(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
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
    if (owner !== null && column !== undefined && column.identity !== null)
      refuse(
        `cannot drop sequence ${nameOf(sequence)} because column ${column.name} of table ${nameOf(owner.table)} requires it`,
      )
    const used = `nextval('${typeSpelling(sequence).replaceAll("'", "''")}'::regclass)`
    updateTables(session.draft, (table) => {
      if (!table.columns.some((column) => column.default === used)) return table
      if (!cascade) refuse(`cannot drop sequence ${nameOf(sequence)} because other objects depend on it`)
      return {
        ...table,
        columns: table.columns.map((column) => (column.default === used ? { ...column, default: null } : column)),
      }
    })
    session.changes.push({ kind: 'dropSequence', place: session.place, object: sequence, cascade })
    remove(session.draft, 'sequences', sequence)
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
