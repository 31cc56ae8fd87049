import type { ConstraintRef } from '../change.ts'
import type { Key, Table } from '../model.ts'
import { putTable, referrers, targetOf } from './draft.ts'
import type { Session } from './session.ts'
import { refuse } from './session.ts'

/** The constraint of that name, as far as the table is known. */
export function constraintOf(table: Table, name: string): ConstraintRef | null {
  if (table.primaryKey?.name === name) return { type: 'primaryKey', is: table.primaryKey }
  const unique = table.uniques.find((each) => each.name === name)
  if (unique !== undefined) return { type: 'unique', is: unique }
  const foreign = table.foreignKeys.find((each) => each.name === name)
  if (foreign !== undefined) return { type: 'foreignKey', is: foreign }
  const check = table.checks.find((each) => each.name === name)
  if (check !== undefined) return { type: 'check', is: check }
  const exclusion = table.exclusions.find((each) => each.name === name)
  if (exclusion !== undefined) return { type: 'exclusion', is: exclusion }
  const column = table.columns.find((each) => each.notNull?.name === name)
  return column === undefined ? null : { type: 'notNull', column: column.name }
}

/** Drops the foreign keys that rest on a key which goes away, or refuses where CASCADE is not said. */
export function dropReferences(
  session: Session,
  table: Table,
  columns: readonly string[],
  cascade: boolean,
  what: string,
  except?: string,
): void {
  const stillUnique = (names: readonly string[]) =>
    [table.primaryKey, ...table.uniques].some(
      (each) =>
        each !== null &&
        each.name !== except &&
        each.columns.length === names.length &&
        each.columns.every((one) => names.includes(one)),
    )
  for (const other of referrers(session.draft.schema, table.key)) {
    const resting = other.foreignKeys.filter(
      (foreign) =>
        targetOf(foreign) === table.key &&
        foreign.references.columns.length === columns.length &&
        foreign.references.columns.every((each) => columns.includes(each)) &&
        (foreign.rests === undefined || except === undefined ? !stillUnique(columns) : foreign.rests === except),
    )
    if (resting.length === 0) continue
    if (!cascade) refuse(`cannot drop ${what} because other objects depend on it`)
    putTable(session.draft, {
      ...other,
      foreignKeys: other.foreignKeys.filter((foreign) => !resting.includes(foreign)),
    })
  }
}

/** Tells foreign keys that what they rest on has another name now. */
export function restOn(session: Session, at: Key, from: string, to: string): void {
  for (const other of referrers(session.draft.schema, at)) {
    const rests = (foreign: Table['foreignKeys'][number]) => foreign.rests === from && targetOf(foreign) === at
    if (!other.foreignKeys.some(rests)) continue
    putTable(session.draft, {
      ...other,
      foreignKeys: other.foreignKeys.map((foreign) => (rests(foreign) ? { ...foreign, rests: to } : foreign)),
    })
  }
}
