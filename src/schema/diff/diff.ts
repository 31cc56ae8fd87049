import type { Place } from '../../location.ts'
import type { Change } from '../change.ts'
import { ownSequences } from '../sql/ddl.ts'
import { placeOfDeclared } from './place.ts'
import { diffTable } from './table.ts'
import { diffGrants } from '../grants.ts'
import { key, type EnumType, type Key, type Schema, type SqlFunction, type Table, type View } from '../model.ts'
import { inRunningOrder } from '../order.ts'
import { inOrder, tablesInOrder, viewsInOrder } from '../sql/schema.ts'
import {
  onlyOneSideKnown,
  replaceable,
  sameDomain,
  sameFunction,
  sameIndex,
  sameOtherType,
  sameSequence,
  sameView,
} from './same.ts'

/**
 * The changes that make the second schema of the first, in an order that runs; empty where they are equal. Nothing is taken
 * for a rename: what has another name is dropped and added. What either side does not know is not a change. A change
 * carries the place where the second schema declares the object, or where the first did for what goes away.
 */
export function diffSchemas(before: Schema, after: Schema): readonly Change[] {
  const anew = new Set(
    [...after.tables.values()].flatMap((to) => {
      const from = before.tables.get(to.key)
      return from && isMadeAnew(from, to) ? [to.key] : []
    }),
  )
  const tables = [...after.tables.values()].flatMap((to) => {
    const from = before.tables.get(to.key)
    return from && !anew.has(to.key) ? diffTable(from, to, anew) : []
  })
  return inRunningOrder(
    [
      ...diffNames(before, after),
      ...diffTypes(before, after),
      ...diffFunctions(before, after),
      ...dropTables(before, after),
      ...createTables(before, after),
      ...tables,
      ...diffViews(before, after),
      ...diffGrants(before, after),
    ],
    after,
  )
}

/** Partitioning cannot be altered: such a table is another one of the same name. */
function isMadeAnew(from: Table, to: Table): boolean {
  return from.partition.by !== to.partition.by && from.complete && to.complete
}

function dropTables(before: Schema, after: Schema): readonly Change[] {
  const gone = [...before.tables.values()].filter(
    (t) =>
      t.persistence !== 'temporary' &&
      !onlyOneSideKnown(after, before) &&
      (() => {
        const to = after.tables.get(t.key)
        return to === undefined || isMadeAnew(t, to)
      })(),
  )
  const parents = (t: Table) => t.foreignKeys.map((f) => key(f.references.schema, f.references.table))
  const order = tablesInOrder(inOrder(gone, (t) => t.key, parents)).toReversed()
  const turn = new Map(order.map((t, i) => [t.key, i]))
  // In a cycle a table goes before one that refers to it. Foreign keys of tables that stay are dropped with their own table's changes.
  const between = gone.flatMap((t) =>
    t.foreignKeys
      .filter((f) => {
        const parent = turn.get(key(f.references.schema, f.references.table))
        return !f.clientOnly && parent !== undefined && parent < (turn.get(t.key) ?? 0)
      })
      .map((f): Change => ({
        kind: 'dropConstraint',
        table: t.key,
        name: f.name,
        constraint: { type: 'foreignKey', is: f },
        cascade: false,
        ifExists: false,
        place: placeOfDeclared(f.declared, t.declared),
      })),
  )
  return [
    ...between,
    ...order.map((t): Change => ({
      kind: 'dropTable',
      table: t.key,
      from: t,
      cascade: false,
      ifExists: false,
      place: placeOfDeclared(t.declared),
    })),
  ]
}

function createTables(before: Schema, after: Schema): readonly Change[] {
  const fresh = [...after.tables.values()].filter((t) => {
    const from = before.tables.get(t.key)
    return t.persistence !== 'temporary' && (from ? isMadeAnew(from, t) : !onlyOneSideKnown(before, after))
  })
  return tablesInOrder(fresh).map((t): Change => ({
    kind: 'createTable',
    table: t.key,
    to: t,
    ifNotExists: false,
    as: 'definition',
    place: placeOfDeclared(t.declared),
  }))
}

function diffViews(before: Schema, after: Schema): readonly Change[] {
  const changes: Change[] = []
  for (const view of viewsInOrder([...before.views.values()]).toReversed()) {
    const object = key(view.schema, view.name)
    const to = after.views.get(object)
    if (to ? !sameView(view, to) && !canReplace(view, to) : !onlyOneSideKnown(after, before)) {
      changes.push({ kind: 'dropView', object, from: view, cascade: false, place: placeOfDeclared(view.declared) })
    } else if (to) {
      for (const index of view.indexes.filter((i) => !to.indexes.some((o) => o.name === i.name && sameIndex(i, o)))) {
        changes.push({
          kind: 'dropIndex',
          table: object,
          name: index.name,
          index,
          concurrently: false,
          cascade: false,
          ifExists: false,
          place: placeOfDeclared(index.declared, view.declared),
        })
      }
    }
  }
  for (const view of viewsInOrder([...after.views.values()])) {
    const object = key(view.schema, view.name)
    const from = before.views.get(object)
    const place = placeOfDeclared(view.declared)
    if (!from ? !onlyOneSideKnown(before, after) : !sameView(from, view))
      changes.push({
        kind: 'createView',
        object,
        to: view,
        orReplace: from !== undefined && canReplace(from, view),
        place,
      })
    // The indexes of a view that is made anew stand in `createView.to`.
    if (!from || !sameView(from, view)) continue
    for (const index of view.indexes.filter((i) => !from.indexes.some((o) => o.name === i.name && sameIndex(i, o)))) {
      changes.push({
        kind: 'addIndex',
        table: object,
        index,
        concurrently: false,
        ifNotExists: false,
        only: false,
        place: placeOfDeclared(index.declared, view.declared),
      })
    }
  }
  return changes
}

/** `CREATE OR REPLACE VIEW` takes a query whose columns begin with the old ones; that is known only where both lists are. */
function canReplace(from: View, to: View): boolean {
  return (
    !from.materialized &&
    !to.materialized &&
    from.columns !== null &&
    to.columns !== null &&
    sameReads(from, to) &&
    from.columns.every((c, i) => to.columns![i] === c)
  )
}

// With other tables a column of the same name may have another type, which a replacement refuses.
function sameReads(from: View, to: View): boolean {
  return from.reads.length === to.reads.length && from.reads.every((r, i) => to.reads[i]!.table === r.table)
}

function diffFunctions(before: Schema, after: Schema): readonly Change[] {
  const signature = (f: SqlFunction) => JSON.stringify(f.arguments)
  const changes: Change[] = []
  for (const [object, list] of before.functions) {
    for (const f of list) {
      const to = after.functions.get(object)?.find((o) => signature(o) === signature(f))
      if (to ? !sameFunction(f, to) && !replaceable(f, to) : !onlyOneSideKnown(after, before)) {
        changes.push({ kind: 'dropFunction', object, from: f, cascade: false, place: placeOfDeclared(f.declared) })
      }
    }
  }
  for (const [object, list] of after.functions) {
    for (const f of list) {
      const from = before.functions.get(object)?.find((o) => signature(o) === signature(f)) ?? null
      if (from ? sameFunction(from, f) : onlyOneSideKnown(before, after)) continue
      changes.push({
        kind: 'createFunction',
        object,
        from,
        to: f,
        orReplace: from !== null && replaceable(from, f),
        place: placeOfDeclared(f.declared),
      })
    }
  }
  return changes
}

function diffTypes(before: Schema, after: Schema): readonly Change[] {
  const changes: Change[] = []
  for (const [object, to] of after.enums) {
    const from = before.enums.get(object)
    const place = placeOfDeclared(to.declared)
    if (from) changes.push(...diffEnum(object, from, to))
    else if (!onlyOneSideKnown(before, after)) {
      changes.push({ kind: 'createEnum', object, to, place })
      if (to.comment) changes.push({ kind: 'commentType', object, from: null, to: to.comment, place })
    }
  }
  for (const [object, to] of after.types) {
    const from = before.types.get(object)
    if (from ? sameOtherType(from, to) : onlyOneSideKnown(before, after)) continue
    if (from) changes.push({ kind: 'dropType', object, cascade: false, place: placeOfDeclared(from.declared) })
    changes.push({ kind: 'createType', object, place: placeOfDeclared(to.declared) })
  }
  for (const [object, to] of after.domains) {
    const from = before.domains.get(object)
    const place = placeOfDeclared(to.declared)
    if (!from) {
      if (!onlyOneSideKnown(before, after)) changes.push({ kind: 'createDomain', object, to, place })
    } else if (!sameDomain(from, to)) {
      const fresh = to.checks.find((c) => !from.checks.some((o) => o.name === c.name))
      const adds = fresh ? 'check' : from.nullable && !to.nullable ? 'not null' : null
      changes.push({ kind: 'alterDomain', object, from, to, adds, notValid: fresh ? !fresh.validated : false, place })
    }
  }
  const [had, has] = [ownSequences(before), ownSequences(after)]
  for (const [object, to] of has) {
    const from = had.get(object)
    const place = placeOfDeclared(to.declared)
    if (!from) {
      if (!onlyOneSideKnown(before, after)) changes.push({ kind: 'createSequence', object, to, place })
    } else if (!sameSequence(from, to)) changes.push({ kind: 'alterSequence', object, restart: false, place })
  }
  const lost = !onlyOneSideKnown(after, before)
  for (const [object, from] of had) {
    // A sequence goes with the column that owns it.
    const owner =
      from.ownedBy && after.tables.get(from.ownedBy.table)?.columns.some((c) => c.name === from.ownedBy!.column)
    if (!has.has(object) && lost && (!from.ownedBy || owner))
      changes.push({ kind: 'dropSequence', object, cascade: false, place: placeOfDeclared(from.declared) })
  }
  for (const [object, from] of [...before.domains, ...before.types, ...before.enums] as [
    Key,
    { declared: EnumType['declared'] },
  ][]) {
    const stays = after.domains.has(object) || after.types.has(object) || after.enums.has(object)
    if (!stays && lost)
      changes.push({ kind: 'dropType', object, cascade: false, place: placeOfDeclared(from.declared) })
  }
  return changes
}

/** Values that are added, in their order; where some go or change places those are dropped, and the ones out of place added again. */
function diffEnum(object: Key, from: EnumType, to: EnumType): readonly Change[] {
  const kept = new Set(longestCommon(from.values, to.values))
  const place = placeOfDeclared(to.declared)
  const [was, is] = [from.comment ?? null, to.comment ?? null]
  const last = to.values.reduce((n, v, i) => (kept.has(v) ? i : n), -1)
  return [
    ...from.values
      .filter((v) => !kept.has(v))
      .map((value): Change => ({ kind: 'dropEnumValue', object, value, place })),
    ...to.values
      .map((value, i): Change | null =>
        kept.has(value)
          ? null
          : { kind: 'addEnumValue', object, value, position: i > last ? 'end' : 'placed', ifNotExists: false, place },
      )
      .filter((c) => c !== null),
    ...(was === is ? [] : [{ kind: 'commentType' as const, object, from: was, to: is, place }]),
  ]
}

/** Longest common subsequence; values of an enum are distinct, so it is the longest increasing run of positions. */
function longestCommon(from: readonly string[], to: readonly string[]): readonly string[] {
  const at = new Map(from.map((v, i) => [v, i]))
  const shared = to.filter((v) => at.has(v))
  const best: { length: number; previous: number }[] = []
  let end = -1
  for (let i = 0; i < shared.length; i++) {
    let longest = { length: 1, previous: -1 }
    for (let j = 0; j < i; j++) {
      if (at.get(shared[j]!)! < at.get(shared[i]!)! && best[j]!.length + 1 > longest.length)
        longest = { length: best[j]!.length + 1, previous: j }
    }
    best.push(longest)
    if (end < 0 || longest.length > best[end]!.length) end = i
  }
  const run: string[] = []
  for (let i = end; i >= 0; i = best[i]!.previous) run.unshift(shared[i]!)
  return run
}

function diffNames(before: Schema, after: Schema): readonly Change[] {
  const changes: Change[] = []
  const nowhere: Place = { path: '', line: 1, column: 1, endLine: 1, endColumn: 1 }
  for (const name of after.schemas)
    if (!before.schemas.has(name) && isOwn(name))
      changes.push({ kind: 'createSchema', object: name, cascade: false, place: placeInSchema(after, name) ?? nowhere })
  for (const [name, extension] of after.extensions) {
    if (!before.extensions.has(name) && !onlyOneSideKnown(before, after))
      changes.push({
        kind: 'createExtension',
        object: name,
        cascade: false,
        place: placeOfDeclared(extension.declared),
      })
  }
  for (const [name, extension] of before.extensions) {
    if (!after.extensions.has(name) && !onlyOneSideKnown(after, before))
      changes.push({ kind: 'dropExtension', object: name, cascade: false, place: placeOfDeclared(extension.declared) })
  }
  for (const name of before.schemas) {
    if (!after.schemas.has(name) && isOwn(name) && !onlyOneSideKnown(after, before))
      changes.push({ kind: 'dropSchema', object: name, cascade: false, place: placeInSchema(before, name) ?? nowhere })
  }
  return changes
}

function isOwn(schema: string): boolean {
  return schema !== 'public' && schema !== 'information_schema' && !schema.startsWith('pg_')
}

function placeInSchema(of: Schema, name: string): Place | undefined {
  const first = [...of.tables.values(), ...of.enums.values(), ...of.views.values()].find((o) => o.schema === name)
  return first && first.declared.length ? placeOfDeclared(first.declared) : undefined
}
