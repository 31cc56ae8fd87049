import type { AlterDefaultPrivilegesStmt, GrantStmt, Node } from 'libpg-query'
import { functionGrants } from '../grants.ts'
import type { Grant, Key, Schema, SqlFunction } from '../model.ts'
import { schemaOf } from '../model.ts'
import { put, setFunctions, updateTable } from './draft.ts'
import { roleNames } from './attached.ts'
import { grantsChange, privilegesOn, type GrantKind } from './grants.ts'
import { items, texts } from './nodes.ts'
import type { Session } from './session.ts'

const kinds: Readonly<Partial<Record<NonNullable<GrantStmt['objtype']>, GrantKind>>> = {
  OBJECT_TABLE: 'table',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_FUNCTION: 'function',
  OBJECT_ROUTINE: 'function',
  OBJECT_SCHEMA: 'schema',
}

/**
 * Replays `ALTER DEFAULT PRIVILEGES`: what is made from now on begins with them. Those of a role count where it is the one that most
 * databases are migrated by; who migrates this one is not known.
 */
export function alterDefaultPrivileges(session: Session, node: AlterDefaultPrivilegesStmt): void {
  const { action } = node
  const kind = action?.objtype === undefined ? undefined : kinds[action.objtype]
  if (action === undefined || kind === undefined) return
  const option = (name: string): Node | undefined =>
    (node.options ?? []).flatMap((each) =>
      'DefElem' in each && each.DefElem.defname === name && each.DefElem.arg ? [each.DefElem.arg] : [],
    )[0]
  const roles = option('roles')
  if (roles !== undefined && !roleNames(items(roles)).some((role) => role === 'postgres' || role === 'current_user'))
    return
  const schemas = option('schemas')
  const change = grantsChange(action)
  const grants = new Map(session.draft.schema.defaultGrants)
  for (const within of schemas === undefined ? [''] : texts(items(schemas))) {
    const at = `${within} ${kind}`
    grants.set(at, change(grants.get(at) ?? (within === '' ? builtIn(kind) : []), privilegesOn(session, kind)))
  }
  session.draft.schema = { ...session.draft.schema, defaultGrants: grants }
}

/** What everybody may do with a new object where nothing says otherwise. */
function builtIn(kind: GrantKind): readonly Grant[] {
  return kind === 'function' ? functionGrants : []
}

/** Gives what a statement has made the privileges that new objects begin with. */
export function grantDefaults(session: Session, before: Schema): void {
  const { schema } = session.draft
  if (schema.defaultGrants === undefined || schema.defaultGrants.size === 0) return
  const fresh = <V>(now: ReadonlyMap<Key, V>, was: ReadonlyMap<Key, V>): readonly (readonly [Key, V])[] =>
    now === was ? [] : [...now].filter(([at]) => !was.has(at))
  for (const [at, { persistence }] of fresh(schema.tables, before.tables)) {
    const grants = defaultsFor(session, 'table', schemaOf(at))
    if (persistence !== 'temporary' && grants.length > 0)
      updateTable(session.draft, at, (table) => ({ ...table, grants }))
  }
  for (const [at, view] of fresh(schema.views, before.views))
    put(session.draft, 'views', at, { ...view, grants: defaultsFor(session, 'table', schemaOf(at)) })
  for (const [at, sequence] of fresh(schema.sequences, before.sequences))
    put(session.draft, 'sequences', at, { ...sequence, grants: defaultsFor(session, 'sequence', schemaOf(at)) })
  for (const [at, list] of schema.functions) {
    const was = before.functions.get(at) ?? []
    if (list === was) continue
    const isOld = (of: SqlFunction) => was.some((each) => each.arguments.join() === of.arguments.join())
    const grants = defaultsFor(session, 'function', schemaOf(at))
    setFunctions(
      session.draft,
      at,
      list.map((each) => (isOld(each) ? each : { ...each, grants })),
    )
  }
  const made = [...schema.schemas].filter((name) => !before.schemas.has(name))
  const grants = defaultsFor(session, 'schema', '')
  if (made.length > 0 && grants.length > 0)
    session.draft.schema = {
      ...session.draft.schema,
      schemaGrants: new Map([...(schema.schemaGrants ?? []), ...made.map((name) => [name, grants] as const)]),
    }
}

/** Those for all schemas and those for this one, together. */
function defaultsFor(session: Session, kind: GrantKind, within: string): readonly Grant[] {
  const all = session.draft.schema.defaultGrants
  const everywhere = all?.get(` ${kind}`) ?? builtIn(kind)
  const here = within === '' ? [] : (all?.get(`${within} ${kind}`) ?? [])
  const roles = [...new Set([...everywhere, ...here].map(({ role }) => role))]
  const union = (role: string, of: 'privileges' | 'grantable') =>
    [...new Set([...everywhere, ...here].flatMap((each) => (each.role === role ? each[of] : [])))].toSorted()
  return roles.map((role) => ({ role, privileges: union(role, 'privileges'), grantable: union(role, 'grantable') }))
}
