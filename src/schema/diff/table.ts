import type { Place } from '../../location.ts'
import type { Change, ConstraintRef } from '../change.ts'
import { backsConstraint } from '../sql/ddl.ts'
import type { Column, Declaration, Index, Key, Table } from '../model.ts'
import { objectName } from '../replay/names.ts'
import {
  onlyOneSideKnown,
  sameCheckCore,
  sameDeferral,
  sameExclusion,
  sameExpression,
  sameForeignKeyCore,
  sameGenerated,
  sameIndex,
  samePolicy,
  samePrimaryKey,
  sameTriggerCore,
  sameType,
  sameUnique,
} from './same.ts'

/** The changes between two tables of the same key; `order.ts` says in which order they run. `anew` are tables that go and come again. */
export function diffTable(from: Table, to: Table, anew: ReadonlySet<Key> = new Set()): readonly Change[] {
  const table = to.key
  const place = placeOfDeclared(to.declared)
  const oldParent = from.partition.of
  const newParent = to.partition.of
  const moved =
    oldParent?.parent !== newParent?.parent ||
    anew.has(newParent?.parent ?? '') ||
    (oldParent && newParent && !sameExpression(oldParent.bound, newParent.bound))
  const changes: readonly Change[] = [
    ...(moved && oldParent
      ? [
          {
            kind: 'detachPartition' as const,
            table: oldParent.parent,
            partition: table,
            concurrently: false,
            finalize: false,
            place,
          },
        ]
      : []),
    ...(from.persistence !== to.persistence && to.persistence !== 'temporary' && from.persistence !== 'temporary'
      ? [{ kind: 'setPersistence' as const, table, to: to.persistence, place }]
      : []),
    ...from.inherits
      .filter((parent) => !to.inherits.includes(parent))
      .map((parent): Change => ({ kind: 'dropInherit', table, parent, place })),
    ...(sameList(from.with, to.with)
      ? []
      : [{ kind: 'setStorage' as const, table, index: null, from: from.with ?? [], to: to.with ?? [], place }]),
    ...diffIndexes(from, to),
    ...diffColumns(from, to),
    ...diffConstraints(from, to),
    ...to.inherits
      .filter((parent) => !from.inherits.includes(parent))
      .map((parent): Change => ({ kind: 'addInherit', table, parent, place })),
    ...(moved && newParent
      ? [{ kind: 'attachPartition' as const, table: newParent.parent, partition: table, bound: newParent.bound, place }]
      : []),
    ...diffTriggersAndPolicies(from, to),
  ]
  return [...changes, ...diffComments(from, to, changes)]
}

function diffColumns(from: Table, to: Table): readonly Change[] {
  const table = to.key
  const had = new Map(from.columns.map((c) => [c.name, c]))
  const has = new Set(to.columns.map((c) => c.name))
  const gone = onlyOneSideKnown(to, from) ? [] : from.columns.filter((c) => !has.has(c.name))
  const fresh = onlyOneSideKnown(from, to) ? [] : to.columns.filter((c) => !had.has(c.name))
  // A generated column hangs on the plain ones: it goes before and comes after them.
  const drop = (c: Column): Change => ({
    kind: 'dropColumn',
    table,
    from: c,
    cascade: false,
    ifExists: false,
    place: placeOfDeclared(c.declared, from.declared),
  })
  const add = (c: Column): Change => ({
    kind: 'addColumn',
    table,
    to: c,
    ifNotExists: false,
    place: placeOfDeclared(c.declared, to.declared),
  })
  return [
    ...gone.filter((c) => c.generated).map(drop),
    ...gone.filter((c) => !c.generated).map(drop),
    ...fresh.filter((c) => !c.generated).map(add),
    ...to.columns.flatMap((c) => {
      const old = had.get(c.name)
      return old ? diffColumn(to, old, c, placeOfDeclared(c.declared, to.declared)) : []
    }),
    ...fresh.filter((c) => c.generated).map(add),
  ]
}

function diffColumn({ key: table, name: tableName }: Table, from: Column, to: Column, place: Place): readonly Change[] {
  const changes: Change[] = []
  const base = { table, from, to, place }
  if (from.identity && !to.identity) changes.push({ kind: 'setIdentity', ...base })
  if (!from.generated && !to.generated && from.default !== null && to.default === null)
    changes.push({ kind: 'dropDefault', ...base })
  // A constraint that has been validated cannot become one that has not.
  const doubted = !from.nullable && !to.nullable && from.notNull?.validated !== false && to.notNull?.validated === false
  if ((!from.nullable && to.nullable) || doubted) changes.push({ kind: 'dropNotNull', ...base })
  const collationChanges = (from.collation ?? null) !== (to.collation ?? null)
  if (!sameType(from.type, to.type) || collationChanges)
    changes.push({ kind: 'alterColumnType', ...base, using: null, collationChanges })
  if (!sameGenerated(from, to)) changes.push({ kind: 'setGenerated', ...base })
  if (!to.generated && to.default !== null && (from.generated !== null || !sameExpression(from.default, to.default)))
    changes.push({ kind: 'setDefault', ...base })
  if ((from.nullable && !to.nullable) || doubted) {
    changes.push(
      to.notNull
        ? { kind: 'addNotNull', table, column: to.name, name: to.notNull.name, validated: to.notNull.validated, place }
        : { kind: 'setNotNull', ...base },
    )
  } else if (!to.nullable && (from.notNull || to.notNull)) {
    const [was, is] = [from, to].map(
      ({ name, notNull }) => notNull?.name ?? objectName(tableName, name, 'not_null'),
    ) as [string, string]
    if (from.notNull?.validated === false && to.notNull?.validated !== false)
      changes.push({
        kind: 'validateConstraint',
        table,
        name: was,
        constraint: { type: 'notNull', column: to.name },
        place,
      })
    if (was !== is) changes.push({ kind: 'renameConstraint', table, from: was, to: is, place })
  }
  if (to.identity && (from.identity !== to.identity || !sameList(from.identityOptions, to.identityOptions)))
    changes.push({ kind: 'setIdentity', ...base })
  return changes
}

function diffConstraints(from: Table, to: Table): readonly Change[] {
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

/** Objects of two lists by name: those that go, those that come (both where one differs), and the pairs that are the same. */
function pairUp<T extends { readonly name: string }>(
  from: readonly T[],
  to: readonly T[],
  same: (a: T, b: T) => boolean,
  mayDrop: boolean,
  mayAdd: boolean,
) {
  const old = new Map(from.map((o) => [o.name, o]))
  const now = new Map(to.map((o) => [o.name, o]))
  return {
    gone: from.filter((o) => {
      const n = now.get(o.name)
      return n ? !same(o, n) : mayDrop
    }),
    fresh: to.filter((n) => {
      const o = old.get(n.name)
      return o ? !same(o, n) : mayAdd
    }),
    same: to.flatMap((n): [T, T][] => {
      const o = old.get(n.name)
      return o && same(o, n) ? [[o, n]] : []
    }),
  }
}

function diffIndexes(from: Table, to: Table): readonly Change[] {
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

function sameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}

function diffTriggersAndPolicies(from: Table, to: Table): readonly Change[] {
  const table = to.key
  const mayDrop = !onlyOneSideKnown(to, from)
  const mayAdd = !onlyOneSideKnown(from, to)
  const triggers = pairUp(from.triggers, to.triggers, sameTriggerCore, mayDrop, mayAdd)
  const policies = pairUp(
    from.policies,
    to.policies,
    (a, b) => a.command === b.command && a.permissive === b.permissive,
    mayDrop,
    mayAdd,
  )
  const security =
    from.rowSecurity.enabled !== to.rowSecurity.enabled || from.rowSecurity.forced !== to.rowSecurity.forced
  return [
    ...triggers.gone.map((t): Change => ({
      kind: 'dropTrigger',
      table,
      name: t.name,
      from: t,
      place: placeOfDeclared(t.declared, from.declared),
    })),
    ...policies.gone.map((p): Change => ({
      kind: 'dropPolicy',
      table,
      name: p.name,
      from: p,
      place: placeOfDeclared(p.declared, from.declared),
    })),
    ...triggers.fresh.map((t): Change => ({
      kind: 'addTrigger',
      table,
      to: t,
      orReplace: false,
      place: placeOfDeclared(t.declared, to.declared),
    })),
    ...triggers.same
      .filter(([a, b]) => a.enabled !== b.enabled)
      .map(([, b]): Change => ({
        kind: 'setTrigger',
        table,
        name: b.name,
        enabled: b.enabled,
        place: placeOfDeclared(b.declared, to.declared),
      })),
    ...(security
      ? [
          {
            kind: 'setRowSecurity' as const,
            table,
            from: from.rowSecurity,
            to: to.rowSecurity,
            place: placeOfDeclared(to.declared),
          },
        ]
      : []),
    ...policies.fresh.map((p): Change => ({
      kind: 'addPolicy',
      table,
      to: p,
      place: placeOfDeclared(p.declared, to.declared),
    })),
    ...policies.same
      .filter(([a, b]) => !samePolicy(a, b))
      .map(([a, b]): Change => ({
        kind: 'alterPolicy',
        table,
        from: a,
        to: b,
        place: placeOfDeclared(b.declared, to.declared),
      })),
  ]
}

interface Commented {
  readonly name: string
  readonly comment?: string | null
  readonly declared: readonly Declaration[]
}

function diffComments(from: Table, to: Table, changes: readonly Change[]): readonly Change[] {
  const table = to.key
  const had = new Map(from.columns.map((c) => [c.name, c]))
  const constraints = (t: Table) => [
    ...(t.primaryKey ? [t.primaryKey] : []),
    ...t.uniques,
    ...t.checks,
    ...t.exclusions,
    ...t.foreignKeys.filter((f) => !f.clientOnly),
  ]
  // What is dropped and added again loses its comment.
  const lost = new Set(changes.flatMap((c) => (c.kind === 'dropConstraint' || c.kind === 'dropIndex' ? [c.name] : [])))
  const commented = (
    kind: 'commentConstraint' | 'commentIndex',
    before: readonly Commented[],
    after: readonly Commented[],
  ): readonly Change[] => {
    const old = new Map(before.filter((each) => !lost.has(each.name)).map((each) => [each.name, each.comment ?? null]))
    return after.flatMap((each) => {
      const [was, is] = [old.get(each.name) ?? null, each.comment ?? null]
      return was === is
        ? []
        : [{ kind, table, name: each.name, from: was, to: is, place: placeOfDeclared(each.declared, to.declared) }]
    })
  }
  return [
    ...commented('commentConstraint', constraints(from), constraints(to)),
    ...commented('commentIndex', from.indexes, to.indexes),
    ...(from.comment === to.comment
      ? []
      : [
          {
            kind: 'commentTable' as const,
            table,
            from: from.comment,
            to: to.comment,
            place: placeOfDeclared(to.declared),
          },
        ]),
    ...to.columns.flatMap((c): Change[] => {
      const old = had.get(c.name)
      const was = old?.comment ?? null
      const is = c.comment ?? null
      return was === is
        ? []
        : [
            {
              kind: 'commentColumn',
              table,
              column: c.name,
              from: was,
              to: is,
              place: placeOfDeclared(c.declared, to.declared),
            },
          ]
    }),
  ]
}

/** Where an object is declared, as a reviewer would point at it: in the ORM's schema, else in the latest migration; else where what holds it is. */
export function placeOfDeclared(declared: readonly Declaration[], holder: readonly Declaration[] = []): Place {
  const list = declared.length ? declared : holder
  const of = list.findLast((d) => d.source !== 'migrations') ?? list.at(-1)
  return of
    ? { path: of.path, line: of.line, column: of.column, endLine: of.endLine, endColumn: of.endColumn }
    : { path: '', line: 1, column: 1, endLine: 1, endColumn: 1 }
}
