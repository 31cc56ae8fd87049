import type { Change } from '../change.ts'
import type { Key, Table } from '../model.ts'
import { sameExpression, sameList } from './same.ts'
import { diffComments, diffTriggersAndPolicies } from './attached.ts'
import { diffColumns } from './columns.ts'
import { diffConstraints, diffIndexes } from './constraints.ts'
import { placeOfDeclared } from './place.ts'

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
