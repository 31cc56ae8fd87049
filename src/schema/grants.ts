import type { Change, ChangeOf } from './change.ts'
import { functionSignature } from './sql/ddl.ts'
import { placeOfDeclared } from './diff/place.ts'
import { key, type Declaration, type Grant, type Key, type Schema } from './model.ts'
import { quoteIdent, quoteKey } from './sql/quote.ts'
import { onlyOneSideKnown } from './diff/same.ts'

type GrantChange = ChangeOf<'grant' | 'revoke'>

/** Something that privileges are granted on. */
interface Granted {
  readonly on: GrantChange['on']
  readonly object: Key
  readonly signature: string | null
  readonly grants: readonly Grant[]
  readonly declared: readonly Declaration[]
}

/** What a function may be used for until a statement says otherwise. */
export const functionGrants: readonly Grant[] = [{ role: 'public', privileges: ['execute'], grantable: [] }]

/** The privileges that differ between two schemas; what is new begins with what Postgres gives by itself. */
export function diffGrants(before: Schema, after: Schema): readonly Change[] {
  const had = grantedIn(before)
  return [...grantedIn(after)].flatMap(([name, to]) => {
    const from = had.get(name)
    if (from === undefined && onlyOneSideKnown(before, after)) return []
    return between(
      from
        ? withColumns(from.grants, (column) => hasColumn(after, to.object, column))
        : to.signature === null
          ? []
          : functionGrants,
      to,
    )
  })
}

/** Privileges without those on columns that `stays` does not want. */
export function withColumns(grants: readonly Grant[], stays: (column: string) => boolean): readonly Grant[] {
  const kept = (words: readonly string[]) =>
    words.filter((word) => {
      const column = columnIn(word)
      return column === null || stays(column)
    })
  return grants
    .map((grant) => ({ role: grant.role, privileges: kept(grant.privileges), grantable: kept(grant.grantable) }))
    .filter((grant) => grant.privileges.length > 0)
}

function hasColumn(schema: Schema, object: Key, column: string): boolean {
  return schema.tables.get(object)?.columns.some((each) => each.name === column) ?? true
}

/** The column of `select (email)`; null for a privilege on the whole. */
export function columnIn(privilege: string): string | null {
  const open = privilege.indexOf(' (')
  return open < 0 ? null : privilege.slice(open + 2, -1)
}

function grantedIn(schema: Schema): ReadonlyMap<string, Granted> {
  const found = new Map<string, Granted>()
  const add = (granted: Granted) => found.set(`${granted.on} ${granted.object} ${granted.signature ?? ''}`, granted)
  for (const table of schema.tables.values())
    if (table.persistence !== 'temporary')
      add({ on: 'table', object: table.key, signature: null, grants: table.grants ?? [], declared: table.declared })
  for (const [object, view] of schema.views)
    add({ on: 'table', object, signature: null, grants: view.grants ?? [], declared: view.declared })
  for (const [object, sequence] of schema.sequences)
    add({ on: 'sequence', object, signature: null, grants: sequence.grants ?? [], declared: sequence.declared })
  for (const list of schema.functions.values()) {
    for (const f of list)
      add({
        on: f.kind,
        object: key(f.schema, f.name),
        signature: functionSignature(f, schema.defaultSchema),
        grants: f.grants ?? functionGrants,
        declared: f.declared,
      })
  }
  for (const name of new Set([...schema.schemas, 'public']))
    add({ on: 'schema', object: name, signature: null, grants: schema.schemaGrants?.get(name) ?? [], declared: [] })
  return found
}

function between(from: readonly Grant[], { on, object, signature, grants, declared }: Granted): readonly Change[] {
  const base = { on, object, signature, place: placeOfDeclared(declared) }
  const none: Omit<Grant, 'role'> = { privileges: [], grantable: [] }
  const roles = [...new Set([...from, ...grants].map((grant) => grant.role))]
  return roles.flatMap((role): readonly Change[] => {
    const was = from.find((grant) => grant.role === role) ?? none
    const is = grants.find((grant) => grant.role === role) ?? none
    // A right to pass on is taken away with its privilege, which is given again without it.
    const lost = was.privileges.filter(
      (each) => !is.privileges.includes(each) || (was.grantable.includes(each) && !is.grantable.includes(each)),
    )
    // With the right to a whole table the rights to its columns are taken away.
    const kept = was.privileges.filter(
      (each) => !lost.includes(each) && !lost.some((word) => each.startsWith(`${word} (`)),
    )
    const won = is.privileges.filter(
      (each) => !kept.includes(each) || (is.grantable.includes(each) && !was.grantable.includes(each)),
    )
    const [further, plain] = [
      won.filter((each) => is.grantable.includes(each)),
      won.filter((each) => !is.grantable.includes(each)),
    ]
    return [
      ...(lost.length > 0 ? [{ ...base, kind: 'revoke' as const, role, privileges: lost, grantable: false }] : []),
      ...(plain.length > 0 ? [{ ...base, kind: 'grant' as const, role, privileges: plain, grantable: false }] : []),
      ...(further.length > 0 ? [{ ...base, kind: 'grant' as const, role, privileges: further, grantable: true }] : []),
    ]
  })
}

/** What has to be granted again on objects and on columns of tables that are made again: what was granted goes with the old ones. */
export function grantsAnew(
  schema: Schema,
  objects: ReadonlySet<Key>,
  columns: (table: Key) => readonly string[],
): readonly Change[] {
  return [...grantedIn(schema).values()].flatMap((granted) => {
    if (objects.has(granted.object)) return between(granted.signature === null ? [] : functionGrants, granted)
    const lost = columns(granted.object)
    return lost.length === 0
      ? []
      : between(
          withColumns(granted.grants, (column) => !lost.includes(column)),
          granted,
        )
  })
}

/** `GRANT SELECT ON users TO app`, or `REVOKE`. */
export function grantStatement(change: Change, defaultSchema: string): string {
  if (change.kind !== 'grant' && change.kind !== 'revoke') return ''
  const { kind, on, object, signature, role, privileges, grantable } = change
  const what =
    signature !== null
      ? `${on.toUpperCase()} ${signature}`
      : on === 'schema'
        ? `SCHEMA ${quoteIdent(object)}`
        : on === 'sequence'
          ? `SEQUENCE ${quoteKey(object, defaultSchema)}`
          : quoteKey(object, defaultSchema)
  const list = privileges.map(privilegeText).join(', ')
  const who = role === 'public' ? 'PUBLIC' : quoteIdent(role)
  return kind === 'grant'
    ? `GRANT ${list} ON ${what} TO ${who}${grantable ? ' WITH GRANT OPTION' : ''}`
    : `REVOKE ${list} ON ${what} FROM ${who}`
}

/** `SELECT ("Full name")` for the privilege `select (Full name)`. */
function privilegeText(privilege: string): string {
  const column = columnIn(privilege)
  return column === null
    ? privilege.toUpperCase()
    : `${privilege.slice(0, privilege.indexOf(' (')).toUpperCase()} (${quoteIdent(column)})`
}
