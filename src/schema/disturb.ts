import type { Change } from './change.ts'
import { backsConstraint, selectsStar, targetOf } from './sql/ddl.ts'
import {
  nameOf,
  type DomainType,
  type EnumType,
  type ForeignKey,
  type Key,
  type Schema,
  type SqlFunction,
  type Table,
} from './model.ts'
import { mentions } from './sql/schema.ts'
import { quoteIdent, quoteKey } from './sql/quote.ts'

/**
 * What stays the same but stands in the way: Postgres alters no column under a view, a policy, a trigger or a generated column
 * that reads it, and drops no key that a foreign key rests on. It has to be taken away first and made again after.
 */
export interface Disturbed {
  readonly views: ReadonlySet<Key>
  /** The rest by table, then by name. */
  readonly foreignKeys: ReadonlySet<string>
  readonly policies: ReadonlySet<string>
  readonly triggers: ReadonlySet<string>
  readonly keys: ReadonlySet<string>
  readonly columns: ReadonlySet<string>
  readonly functions: readonly SqlFunction[]
  /** Enums and domains that cannot be altered into what they become: a new type takes the old one's name. */
  readonly types: readonly RemadeType[]
}

export interface RemadeType {
  readonly object: Key
  readonly to: { readonly enum: EnumType } | { readonly domain: DomainType }
  /** Columns of the new type whose table and column were there before, with the type as it is spelled. */
  readonly columns: readonly { readonly table: Table; readonly column: string; readonly type: string }[]
}

/** The name of a table's part among all parts. */
export function part(table: Key, name: string): string {
  return `${table}\u0000${name}`
}

/** Finds what the changes disturb. */
export function findDisturbed(changes: readonly Change[], before: Schema, after: Schema): Disturbed {
  const types = remadeTypes(changes, before, after)
  const retyped = new Map<string, { table: Key; column: string; remade: boolean }>()
  const touch = (table: Key, column: string, remade: boolean) => {
    retyped.set(part(table, column), { table, column, remade })
  }
  const columns = new Set<string>()
  for (const change of changes) {
    if (change.kind === 'alterColumnType') touch(change.table, change.from.name, false)
    if (change.kind === 'setGenerated') {
      touch(change.table, change.from.name, true)
      columns.add(part(change.table, change.from.name))
    }
  }
  for (const type of types) for (const c of type.columns) touch(c.table.key, c.column, true)
  // What is found here is looked at in its turn.
  for (const { table, column } of retyped.values()) {
    for (const generated of after.tables.get(table)?.columns ?? []) {
      const was = before.tables.get(table)?.columns.find((c) => c.name === generated.name)
      if (was?.generated && generated.generated && mentions(was.generated.expression, quoteIdent(column))) {
        columns.add(part(table, generated.name))
        touch(table, generated.name, true)
      }
    }
  }
  const dropped = new Set(changes.flatMap((c) => (c.kind === 'dropView' ? [c.object] : [])))
  // A view or policy that changes so as not to read a column any more still holds it until then.
  const read = [
    ...retyped.values(),
    ...changes.flatMap((c) => (c.kind === 'dropColumn' ? [{ table: c.table, column: c.from.name }] : [])),
  ]
  return {
    types,
    columns,
    views: disturbedViews(read, dropped, replacedViews(changes, before), types, before, after),
    foreignKeys: disturbedForeignKeys(changes, retyped, before, after),
    policies: disturbedPolicies(read, before, after),
    triggers: disturbedTriggers([...retyped.values()], before, after),
    keys: disturbedKeys([...retyped.values()], columns, before, after),
    functions: disturbedFunctions(
      [
        ...types.map((t) => t.object),
        ...changes.flatMap((c) => (c.kind === 'dropType' && after.types.has(c.object) ? [c.object] : [])),
      ],
      before,
      after,
    ),
  }
}

/** Functions that stay and have a type in their signature that is made again. */
function disturbedFunctions(types: readonly Key[], before: Schema, after: Schema): readonly SqlFunction[] {
  const names = types.map((t) => quoteKey(t, after.defaultSchema))
  return [...after.functions].flatMap(([of, list]) =>
    list.filter(
      (f) =>
        before.functions.get(of)?.some((o) => JSON.stringify(o.arguments) === JSON.stringify(f.arguments)) &&
        [...f.arguments, f.returns, headOf(f)].some((a) => a !== null && names.some((n) => mentions(a, n))),
    ),
  )
}

/** What stands before the body of a function; `RETURNS TABLE` names its columns' types there alone. */
function headOf({ definition }: SqlFunction): string | null {
  return definition ? (/^[^]*?(?=\bAS\b|$)/i.exec(definition)?.[0] ?? null) : null
}

function remadeTypes(changes: readonly Change[], before: Schema, after: Schema): readonly RemadeType[] {
  const objects = new Map<Key, RemadeType['to']>()
  for (const change of changes) {
    if (change.kind === 'dropEnumValue') {
      const to = after.enums.get(change.object)
      if (to) objects.set(change.object, { enum: to })
    }
    if (change.kind === 'alterDomain' && change.from && change.to && change.from.base !== change.to.base)
      objects.set(change.object, { domain: change.to })
  }
  return [...objects].map(([object, to]) => {
    const name = quoteKey(object, after.defaultSchema)
    return {
      object,
      to,
      columns: [...after.tables.values()].flatMap((table) =>
        table.columns.flatMap((c) => {
          const was = before.tables.get(table.key)?.columns.find((o) => o.name === c.name)
          return was && was.type === c.type && c.type !== null && (c.type === name || c.type === `${name}[]`)
            ? [{ table, column: c.name, type: c.type }]
            : []
        }),
      ),
    }
  })
}

/** Views that `CREATE OR REPLACE` cannot make what they become: it only adds columns behind those that are there. */
function replacedViews(changes: readonly Change[], before: Schema): readonly Key[] {
  return changes.flatMap((c) => {
    const was = c.kind === 'createView' && c.orReplace ? before.views.get(c.object) : undefined
    if (c.kind !== 'createView' || !was || was.materialized) return []
    return was.columns &&
      c.to.columns &&
      !selectsStar(c.to) &&
      was.columns.every((name, i) => c.to.columns?.[i] === name)
      ? []
      : [c.object]
  })
}

function disturbedViews(
  retyped: readonly { table: Key; column: string }[],
  dropped: ReadonlySet<Key>,
  replaced: readonly Key[],
  types: readonly RemadeType[],
  before: Schema,
  after: Schema,
): ReadonlySet<Key> {
  const views = new Set<Key>(replaced)
  const hit = (reads: { readonly table: Key; readonly columns: readonly string[] | null }) =>
    views.has(reads.table) ||
    dropped.has(reads.table) ||
    retyped.some((r) => r.table === reads.table && (reads.columns === null || reads.columns.includes(r.column)))
  for (let grown = true; grown;) {
    grown = false
    for (const [of, view] of before.views) {
      const casts = types.some(
        (t) => view.definition !== null && mentions(view.definition, quoteKey(t.object, after.defaultSchema)),
      )
      if (!views.has(of) && !dropped.has(of) && (casts || view.reads.some(hit))) {
        views.add(of)
        grown = true
      }
    }
  }
  return views
}

function disturbedForeignKeys(
  changes: readonly Change[],
  retyped: ReadonlyMap<string, unknown>,
  before: Schema,
  after: Schema,
): ReadonlySet<string> {
  const result = new Set<string>()
  const lostKeys: { table: Key; columns: readonly string[] }[] = changes.flatMap((c) => {
    if (c.kind === 'dropConstraint' && (c.constraint?.type === 'primaryKey' || c.constraint?.type === 'unique'))
      return [{ table: c.table, columns: c.constraint.is.columns }]
    if (c.kind === 'dropIndex' && c.index?.unique)
      return [{ table: c.table, columns: c.index.keys.flatMap((k) => k.column ?? []) }]
    return []
  })
  // A foreign key does not go from a permanent to an unlogged table, not even for a moment.
  const moved = new Set(changes.flatMap((c) => (c.kind === 'setPersistence' ? [c.table] : [])))
  const rests = (f: ForeignKey, on: { table: Key; columns: readonly string[] }) =>
    on.table === targetOf(f) && (f.references.columns.length === 0 || sameSet(on.columns, f.references.columns))
  for (const table of after.tables.values()) {
    const was = before.tables.get(table.key)
    for (const f of table.foreignKeys) {
      if (f.clientOnly || !was?.foreignKeys.some((o) => o.name === f.name)) continue
      const touched =
        f.columns.some((c) => retyped.has(part(table.key, c))) ||
        f.references.columns.some((c) => retyped.has(part(targetOf(f), c)))
      if (touched || moved.has(table.key) || moved.has(targetOf(f)) || lostKeys.some((k) => rests(f, k)))
        result.add(part(table.key, f.name))
    }
  }
  return result
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((x) => b.includes(x))
}

function disturbedPolicies(
  retyped: readonly { table: Key; column: string }[],
  before: Schema,
  after: Schema,
): ReadonlySet<string> {
  const result = new Set<string>()
  for (const table of after.tables.values()) {
    for (const p of before.tables.get(table.key)?.policies ?? []) {
      const text = `${p.using ?? ''} ${p.check ?? ''}`
      const reads = (r: { table: Key; column: string }) =>
        mentions(text, quoteIdent(r.column)) && (r.table === table.key || mentions(text, quoteIdent(nameOf(r.table))))
      if (retyped.some(reads)) result.add(part(table.key, p.name))
    }
  }
  return result
}

function disturbedTriggers(
  retyped: readonly { table: Key; column: string }[],
  before: Schema,
  after: Schema,
): ReadonlySet<string> {
  const result = new Set<string>()
  for (const { table, column } of retyped) {
    if (!after.tables.has(table)) continue
    for (const t of before.tables.get(table)?.triggers ?? []) {
      if (
        t.columns.includes(column) ||
        t.updateOf?.includes(column) ||
        (t.when && mentions(t.when, quoteIdent(column)))
      )
        result.add(part(table, t.name))
    }
  }
  return result
}

/** Indexes and constraints that go with a column that is made again, and those whose expressions are bound to a type that is. */
function disturbedKeys(
  retyped: readonly { table: Key; column: string; remade: boolean }[],
  columns: ReadonlySet<string>,
  before: Schema,
  after: Schema,
): ReadonlySet<string> {
  const result = new Set<string>()
  for (const { table: of, column, remade } of retyped) {
    const table = before.tables.get(of)
    if (!table || !remade || !after.tables.has(of)) continue
    const again = columns.has(part(of, column))
    const reads = (text: string | null | undefined) => typeof text === 'string' && mentions(text, quoteIdent(column))
    for (const i of table.indexes) {
      if (backsConstraint(table, i)) continue
      const plain = i.keys.some((k) => k.column === column) || i.include.includes(column)
      if ((again && plain) || reads(i.where) || i.keys.some((k) => reads(k.expression))) result.add(part(of, i.name))
    }
    for (const c of table.checks) if (reads(c.expression)) result.add(part(of, c.name))
    for (const e of table.exclusions) if (reads(e.definition)) result.add(part(of, e.name))
    for (const u of [...(table.primaryKey ? [table.primaryKey] : []), ...table.uniques]) {
      if (again && (u.columns.includes(column) || u.include.includes(column))) result.add(part(of, u.name))
    }
  }
  return result
}
