import type { Place } from '../../location.ts'
import type { Change } from '../change.ts'
import type { Column, Table } from '../model.ts'
import { objectName } from '../replay/names.ts'
import { placeOfDeclared } from './place.ts'
import { onlyOneSideKnown, sameExpression, sameGenerated, sameList, sameType } from './same.ts'

export function diffColumns(from: Table, to: Table): readonly Change[] {
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
