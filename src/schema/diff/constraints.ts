import type { Change, ConstraintRef } from '../change.ts'
import type { Declaration, Index, Table } from '../model.ts'
import { backsConstraint } from '../sql/ddl.ts'
import { pairUp } from './pairs.ts'
import { placeOfDeclared } from './place.ts'
import {
  onlyOneSideKnown,
  sameCheckCore,
  sameDeferral,
  sameExclusion,
  sameForeignKeyCore,
  sameIndex,
  sameList,
  samePrimaryKey,
  sameUnique,
} from './same.ts'

export function diffConstraints(from: Table, to: Table): readonly Change[] {
  const table = to.key
  const changes: Change[] = []
  const drop = (constraint: Exclude<ConstraintRef, { readonly type: 'notNull' }>) => {
    changes.push({
      kind: 'dropConstraint',
      table,
      name: constraint.is.name,
      constraint,
      cascade: false,
      ifExists: false,
      place: placeOfDeclared(constraint.is.declared, from.declared),
    })
  }
  const mayDrop = !onlyOneSideKnown(to, from)
  const mayAdd = !onlyOneSideKnown(from, to)
  const places = (declared: readonly Declaration[]) => placeOfDeclared(declared, to.declared)

  const pair = from.primaryKey && to.primaryKey
  if (from.primaryKey && (pair ? !samePrimaryKey(from.primaryKey, pair) : mayDrop))
    drop({ type: 'primaryKey', is: from.primaryKey })
  if (to.primaryKey && (from.primaryKey ? !samePrimaryKey(from.primaryKey, to.primaryKey) : mayAdd)) {
    changes.push({
      kind: 'addPrimaryKey',
      table,
      to: to.primaryKey,
      inline: false,
      usingIndex: null,
      place: places(to.primaryKey.declared),
    })
  }

  const uniques = pairUp(from.uniques, to.uniques, sameUnique, mayDrop, mayAdd)
  for (const u of uniques.gone) drop({ type: 'unique', is: u })
  for (const u of uniques.fresh)
    changes.push({ kind: 'addUnique', table, to: u, inline: false, usingIndex: null, place: places(u.declared) })

  const exclusions = pairUp(from.exclusions, to.exclusions, sameExclusion, mayDrop, mayAdd)
  for (const e of exclusions.gone) drop({ type: 'exclusion', is: e })
  for (const e of exclusions.fresh) changes.push({ kind: 'addExclusion', table, to: e, place: places(e.declared) })

  const checks = pairUp(
    from.checks,
    to.checks,
    (a, b) => sameCheckCore(a, b) && (a.validated === b.validated || b.validated),
    mayDrop,
    mayAdd,
  )
  for (const c of checks.gone) drop({ type: 'check', is: c })
  for (const c of checks.fresh)
    changes.push({ kind: 'addCheck', table, to: c, inline: false, place: places(c.declared) })
  for (const [a, b] of checks.same) {
    if (!a.validated && b.validated && b.enforced)
      changes.push({
        kind: 'validateConstraint',
        table,
        name: b.name,
        constraint: { type: 'check', is: b },
        place: places(b.declared),
      })
  }

  const known = (t: Table) => t.foreignKeys.filter((f) => !f.clientOnly)
  const foreignKeys = pairUp(
    known(from),
    known(to),
    (a, b) => sameForeignKeyCore(a, b) && (a.validated === b.validated || b.validated),
    mayDrop,
    mayAdd,
  )
  for (const f of foreignKeys.gone) drop({ type: 'foreignKey', is: f })
  for (const f of foreignKeys.fresh)
    changes.push({ kind: 'addForeignKey', table, to: f, inline: false, place: places(f.declared) })
  for (const [a, b] of foreignKeys.same) {
    if (!sameDeferral(a, b))
      changes.push({ kind: 'alterConstraint', table, name: b.name, from: a, to: b, place: places(b.declared) })
    if (!a.validated && b.validated && b.enforced) {
      changes.push({
        kind: 'validateConstraint',
        table,
        name: b.name,
        constraint: { type: 'foreignKey', is: b },
        place: places(b.declared),
      })
    }
  }
  return changes
}

export function diffIndexes(from: Table, to: Table): readonly Change[] {
  const plain = (t: Table): readonly Index[] => t.indexes.filter((i) => !backsConstraint(t, i))
  const { gone, fresh, same } = pairUp(
    plain(from),
    plain(to),
    sameOrStored,
    !onlyOneSideKnown(to, from),
    !onlyOneSideKnown(from, to),
  )
  return [
    ...same
      .filter(([a, b]) => !sameList(a.with, b.with))
      .map(([a, b]): Change => ({
        kind: 'setStorage',
        table: to.key,
        index: b.name,
        from: a.with ?? [],
        to: b.with ?? [],
        place: placeOfDeclared(b.declared, to.declared),
      })),
    ...gone.map((index): Change => ({
      kind: 'dropIndex',
      table: to.key,
      name: index.name,
      index,
      concurrently: false,
      cascade: false,
      ifExists: false,
      place: placeOfDeclared(index.declared, from.declared),
    })),
    ...fresh.map((index): Change => ({
      kind: 'addIndex',
      table: to.key,
      index,
      concurrently: false,
      ifNotExists: false,
      only: false,
      place: placeOfDeclared(index.declared, to.declared),
    })),
  ]
}

const alterable = new Set(['btree', 'hash', 'gin', 'gist', 'spgist', 'brin'])

/** Equal, or equal but for storage parameters that can be set on an index that is there. */
function sameOrStored(a: Index, b: Index): boolean {
  return sameIndex(a, b) || (alterable.has(b.method) && sameIndex({ ...a, with: [] }, { ...b, with: [] }))
}
