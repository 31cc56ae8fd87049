import type { AlterObjectSchemaStmt, RenameStmt } from 'libpg-query'
import type { Key, Table, View } from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import { quoteLiteral } from '../../sql/names.ts'
import { columnIn } from '../grants.ts'
import { constraintOf, restOn } from './dependents.ts'
import {
  children,
  moved,
  put,
  putAttributes,
  putSchemas,
  putTable,
  readers,
  referrers,
  relationExists,
  remove,
  renamed,
  sequencesOf,
  tableOfIndex,
  targetOf,
  typeExists,
  updateTable,
  updateTables,
} from './draft.ts'
import { updateFamily } from './family.ts'
import { objectName, truncated } from './names.ts'
import { items, text, texts, writtenIn, writtenOf } from './nodes.ts'
import { mapExpressions, withColumnRenamed, withTypeRenamed } from './rewrite.ts'
import type { Session } from './session.ts'
import {
  assumedKey,
  checkFollowed,
  checkOwn,
  columnFor,
  findKey,
  isOpen,
  refuse,
  schemaExists,
  shown,
  tableFor,
} from './session.ts'
import { typeNames, typeSpelling } from './types.ts'

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

function renameColumn(session: Session, node: RenameStmt, to: string): void {
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
  if (node.relationType === 'OBJECT_VIEW' || node.relationType === 'OBJECT_MATVIEW') return
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
  if (table.columns.some((column) => column.name === to))
    refuse(`column "${to}" of relation "${table.name}" already exists`)
  updateFamily(session, table.key, (it) => columnRenamed(it, from, to))
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
  for (const view of readers(session.draft.schema, table.key)) {
    put(session.draft, 'views', key(view.schema, view.name), {
      ...view,
      reads: view.reads.map((read) =>
        read.table === table.key
          ? { ...read, columns: read.columns?.map((each) => (each === from ? to : each)) ?? null }
          : read,
      ),
    })
  }
  for (const sequence of sequencesOf(session.draft.schema, table.key, from))
    put(session.draft, 'sequences', key(sequence.schema, sequence.name), {
      ...sequence,
      ownedBy: { table: table.key, column: to },
    })
  session.changes.push({ kind: 'renameColumn', place: session.place, table: table.key, from, to })
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

function renameRelation(session: Session, node: RenameStmt, to: string): void {
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
  typeFollows(session, typeSpelling(from), typeSpelling(to))
}

function readersFollow(session: Session, from: Key, to: Key): void {
  for (const view of readers(session.draft.schema, from)) {
    put(session.draft, 'views', key(view.schema, view.name), {
      ...view,
      reads: view.reads.map((read) => (read.table === from ? { ...read, table: to } : read)),
    })
  }
}

function moveView(session: Session, from: Key, to: Key): void {
  const view: View | undefined = session.draft.schema.views.get(from)
  if (view === undefined) return
  remove(session.draft, 'views', from)
  put(session.draft, 'views', to, { ...view, schema: schemaOf(to), name: nameOf(to) })
  readersFollow(session, from, to)
}

function moveSequence(session: Session, from: Key, to: Key): void {
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

function renameConstraint(session: Session, node: RenameStmt, to: string): void {
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

/** Gives a type another spelling wherever it is used. */
export function typeFollows(session: Session, from: string, to: string): void {
  if (from === to) return
  const spelled = (type: string | null): string | null => {
    if (type === null || !type.startsWith(from)) return type
    const rest = type.slice(from.length)
    return rest === '' || rest === '[]' || rest.startsWith('(') ? `${to}${rest}` : type
  }
  updateTables(session.draft, (table) => {
    const uses =
      table.columns.some((column) => spelled(column.type) !== column.type) ||
      [
        ...table.columns.map((column) => column.default),
        ...table.columns.map((column) => column.generated?.expression ?? null),
        ...table.checks.map((check) => check.expression),
        ...table.indexes.map((index) => index.where),
      ].some((expression) => expression?.includes(`::${from}`) === true) ||
      table.indexes.some((index) => index.keys.some((each) => each.expression?.includes(`::${from}`) === true)) ||
      table.policies.some(
        (policy) => policy.using?.includes(`::${from}`) === true || policy.check?.includes(`::${from}`) === true,
      )
    if (!uses) return table
    const changed = mapExpressions(table, (expression) =>
      withTypeRenamed(withTypeRenamed(expression, from, to), `${from}[]`, `${to}[]`),
    )
    return { ...changed, columns: changed.columns.map((column) => ({ ...column, type: spelled(column.type) })) }
  })
  for (const [at, domain] of session.draft.schema.domains) {
    if (spelled(domain.base) !== domain.base)
      put(session.draft, 'domains', at, { ...domain, base: spelled(domain.base) })
  }
  for (const [at, { attributes }] of session.draft.schema.types) {
    if (attributes?.some((each) => spelled(each.type) !== each.type) === true)
      putAttributes(
        session.draft,
        at,
        attributes.map((each) => ({ ...each, type: spelled(each.type) })),
      )
  }
  for (const [at, list] of session.draft.schema.functions) {
    if (
      list.some(
        (each) => each.arguments.some((type) => spelled(type) !== type) || spelled(each.returns) !== each.returns,
      )
    ) {
      put(
        session.draft,
        'functions',
        at,
        list.map((each) => ({ ...each, arguments: each.arguments.map(spelled), returns: spelled(each.returns) })),
      )
    }
  }
}

function renameType(session: Session, node: RenameStmt, to: string): void {
  const written = writtenIn(typeNames(node.object))
  const from = findKey(session, written, (at) => typeExists(session.draft.schema, at))
  if (from === undefined && !isOpen(session)) refuse(`type ${shown(written)} does not exist`)
  const at = from ?? assumedKey(session, written)
  const target = renamed(at, to)
  if (typeExists(session.draft.schema, target)) refuse(`type "${to}" already exists`)
  moveType(session, at, target)
  session.changes.push({ kind: 'renameType', place: session.place, object: at, to: target })
}

function moveType(session: Session, at: Key, target: Key): void {
  const { enums, domains, types } = session.draft.schema
  const place = { schema: schemaOf(target), name: nameOf(target) }
  const enumType = enums.get(at)
  if (enumType !== undefined) {
    remove(session.draft, 'enums', at)
    put(session.draft, 'enums', target, { ...enumType, ...place })
  }
  const domain = domains.get(at)
  if (domain !== undefined) {
    remove(session.draft, 'domains', at)
    put(session.draft, 'domains', target, { ...domain, ...place })
  }
  const other = types.get(at)
  if (other !== undefined) {
    remove(session.draft, 'types', at)
    put(session.draft, 'types', target, { ...other, ...place })
  }
  typeFollows(session, typeSpelling(at), typeSpelling(target))
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
    ...list.map((each) => ({ ...each, schema: schemaOf(to), name: nameOf(to) })),
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
