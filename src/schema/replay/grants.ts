import type { GrantStmt, Node } from 'libpg-query'
import { functionGrants } from '../grants.ts'
import type { Grant, Key, SqlFunction } from '../model.ts'
import { schemaOf } from '../model.ts'
import { put, setFunctions, updateTable } from './draft.ts'
import { roleNames } from './attached.ts'
import { text, texts, writtenIn, writtenOf } from './nodes.ts'
import { findKey, isOpen, isSystemName, refuse, shown } from './session.ts'
import type { Session } from './session.ts'
import { baseType, resolveType } from './types.ts'

type Change = (grants: readonly Grant[], all: readonly string[]) => readonly Grant[]

/** Replays `GRANT` and `REVOKE` on tables, views, sequences, functions and schemas. What is granted on objects that are not known is left out. */
export function grant(session: Session, node: GrantStmt): void {
  const change = grantsChange(node)
  const inSchemas = node.targtype === 'ACL_TARGET_ALL_IN_SCHEMA' ? new Set(texts(node.objects)) : null
  switch (node.objtype) {
    case 'OBJECT_TABLE':
    case 'OBJECT_SEQUENCE':
      return onRelations(session, relationsOf(session, node, inSchemas), change)
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
    case 'OBJECT_ROUTINE':
      return onFunctions(session, node, inSchemas, change)
    case 'OBJECT_SCHEMA': {
      const grants = new Map(session.draft.schema.schemaGrants)
      for (const name of texts(node.objects))
        grants.set(name, change(grants.get(name) ?? [], privilegesOn(session, 'schema')))
      session.draft.schema = { ...session.draft.schema, schemaGrants: grants }
      return
    }
    default:
  }
}

/** Kinds of objects that have privileges of their own; views are tables. */
export type GrantKind = 'table' | 'sequence' | 'function' | 'schema'

/** All privileges of one kind. */
export function privilegesOn(session: Session, kind: GrantKind): readonly string[] {
  switch (kind) {
    case 'table': {
      const all = ['delete', 'insert', 'references', 'select', 'trigger', 'truncate', 'update']
      return session.options.postgres >= 17 ? [...all, 'maintain'] : all
    }
    case 'sequence':
      return ['select', 'update', 'usage']
    case 'function':
      return ['execute']
    case 'schema':
      return ['create', 'usage']
  }
}

function relationsOf(session: Session, node: GrantStmt, inSchemas: ReadonlySet<string> | null): readonly Key[] {
  const { tables, views, sequences } = session.draft.schema
  if (inSchemas !== null)
    return [...(node.objtype === 'OBJECT_SEQUENCE' ? sequences.keys() : [...tables.keys(), ...views.keys()])].filter(
      (at) => inSchemas.has(schemaOf(at)),
    )
  return (node.objects ?? []).flatMap((each) => {
    if (!('RangeVar' in each)) return []
    const written = writtenOf(each.RangeVar)
    const at = findKey(session, written, (key) => tables.has(key) || views.has(key) || sequences.has(key))
    if (at === undefined && !isOpen(session) && !isSystemName(written))
      refuse(`relation ${shown(written)} does not exist`)
    return at === undefined ? [] : [at]
  })
}

function onRelations(session: Session, relations: readonly Key[], change: Change): void {
  for (const at of relations) {
    const { tables, views, sequences } = session.draft.schema
    const [view, sequence] = [views.get(at), sequences.get(at)]
    if (tables.has(at))
      updateTable(session.draft, at, (table) => ({
        ...table,
        grants: change(table.grants ?? [], privilegesOn(session, 'table')),
      }))
    else if (view !== undefined)
      put(session.draft, 'views', at, { ...view, grants: change(view.grants ?? [], privilegesOn(session, 'table')) })
    else if (sequence !== undefined)
      put(session.draft, 'sequences', at, {
        ...sequence,
        grants: change(sequence.grants ?? [], privilegesOn(session, 'sequence')),
      })
  }
}

function onFunctions(session: Session, node: GrantStmt, inSchemas: ReadonlySet<string> | null, change: Change): void {
  const { functions } = session.draft.schema
  const changed = (f: SqlFunction): SqlFunction => ({ ...f, grants: change(f.grants ?? functionGrants, ['execute']) })
  const fits = (f: SqlFunction) =>
    node.objtype === 'OBJECT_ROUTINE' || f.kind === (node.objtype === 'OBJECT_PROCEDURE' ? 'procedure' : 'function')
  if (inSchemas !== null) {
    for (const [at, list] of functions)
      if (inSchemas.has(schemaOf(at)))
        setFunctions(
          session.draft,
          at,
          list.map((f) => (fits(f) ? changed(f) : f)),
        )
    return
  }
  for (const each of node.objects ?? []) {
    if (!('ObjectWithArgs' in each)) continue
    const { objname, objargs, args_unspecified } = each.ObjectWithArgs
    const at = findKey(session, writtenIn(texts(objname)), (key) => functions.has(key))
    const list = at === undefined ? [] : (functions.get(at) ?? [])
    const types = (objargs ?? []).map((type) => typeText(session, type))
    const same = (f: SqlFunction) =>
      args_unspecified === true
        ? list.length === 1
        : f.arguments.length === types.length &&
          f.arguments.every((type, i) => type === null || types[i] === null || baseType(type) === types[i])
    if (at !== undefined)
      setFunctions(
        session.draft,
        at,
        list.map((f) => (same(f) ? changed(f) : f)),
      )
  }
}

function typeText(session: Session, node: Node): string | null {
  const type = 'TypeName' in node ? resolveType(session, node.TypeName).text : null
  return type === null ? null : baseType(type)
}

/** What a `GRANT` or `REVOKE` makes of the privileges of an object. */
export function grantsChange(node: GrantStmt): Change {
  const roles = roleNames(node.grantees)
  const adds = node.is_grant === true
  return (grants, all) => {
    const privileges =
      node.privileges === undefined
        ? all
        : node.privileges.flatMap((each) =>
            'AccessPriv' in each ? wordsOf(each.AccessPriv.priv_name, each.AccessPriv.cols, all) : [],
          )
    return roles.reduce<readonly Grant[]>((list, role) => {
      const was = list.find((each) => each.role === role) ?? { role, privileges: [], grantable: [] }
      const others = list.filter((each) => each.role !== role)
      const now = adds
        ? {
            role,
            privileges: union(was.privileges, privileges),
            grantable: node.grant_option === true ? union(was.grantable, privileges) : was.grantable,
          }
        : {
            role,
            privileges: node.grant_option === true ? was.privileges : without(was.privileges, privileges),
            grantable: without(was.grantable, privileges),
          }
      return now.privileges.length === 0 ? others : [...others, now]
    }, grants)
  }
}

/** `select` for all columns, `select (email)` for each of the named ones. */
function wordsOf(
  privilege: string | undefined,
  columns: readonly Node[] | undefined,
  all: readonly string[],
): readonly string[] {
  const words = privilege === undefined || privilege === 'all' ? all : [privilege]
  return columns === undefined ? words : columns.flatMap((column) => words.map((word) => `${word} (${text(column)})`))
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].toSorted()
}

/** What is revoked for a table is revoked for its columns too. */
function without(list: readonly string[], gone: readonly string[]): readonly string[] {
  return list.filter((each) => !gone.includes(each) && !gone.some((word) => each.startsWith(`${word} (`)))
}
