import type { Change } from '../change.ts'
import type { Column, Index, Key, Table, View } from '../model.ts'
import { withColumns } from '../grants.ts'
import { key, nameOf } from '../model.ts'
import { children, parents, putTable, readers, referrers, sequencesOf, targetOf, updateTable } from './draft.ts'
import { truncated } from './names.ts'
import { mentions } from './rewrite.ts'
import type { Session } from './session.ts'
import { checkOwn, current, refuse, unknownColumn } from './session.ts'
import { dropView, loseSequence } from './drop-relation.ts'

/** Replays `DROP COLUMN`: its indexes and constraints go with it. */
export function dropColumn(
  session: Session,
  at: Key,
  written: string,
  missingOk: boolean,
  cascade: boolean,
  recurse: boolean,
): readonly Change[] {
  const table = current(session, at)
  const name = truncated(written)
  const known = table.columns.find((column) => column.name === name)
  if (known === undefined && table.complete) {
    if (missingOk) return []
    refuse(`column "${name}" of relation "${table.name}" does not exist`)
  }
  checkOwn(session, table, name, 'drop')
  const from: Column = known ?? unknownColumn(name)
  loseColumn(session, table, name, cascade, recurse)
  return [{ kind: 'dropColumn', place: session.place, table: at, from, cascade, ifExists: missingOk }]
}

/** Takes a column away with all that depends on it, or refuses where CASCADE is not said. */
export function loseColumn(session: Session, table: Table, name: string, cascade: boolean, recurse: boolean): void {
  const at = table.key
  const label = `column ${name} of table ${table.name}`
  for (const other of referrers(session.draft.schema, at)) {
    const resting = other.foreignKeys.filter(
      (foreign) => targetOf(foreign) === at && foreign.references.columns.includes(name),
    )
    if (resting.length === 0 || (other.key === at && resting.every((foreign) => foreign.columns.includes(name))))
      continue
    if (!cascade) refuse(`cannot drop ${label} because other objects depend on it`)
    putTable(session.draft, {
      ...other,
      foreignKeys: other.foreignKeys.filter((foreign) => !resting.includes(foreign)),
    })
  }
  const generated = table.columns.filter(
    (column) => column.generated !== null && mentions(column.generated.expression, name),
  )
  const policies = table.policies.filter((policy) => mentions(policy.using, name) || mentions(policy.check, name))
  const triggers = table.triggers.filter((trigger) => trigger.columns.includes(name))
  // Before 15 a generated column goes with the columns that it is computed from.
  const blocks = (generated.length > 0 && session.options.postgres >= 15) || policies.length > 0 || triggers.length > 0
  if (blocks && !cascade) refuse(`cannot drop ${label} because other objects depend on it`)
  dropFromFamily(session, at, name, cascade, recurse)
  for (const column of generated) dropFromFamily(session, at, column.name, cascade, recurse)
  for (const sequence of sequencesOf(session.draft.schema, at, name))
    loseSequence(session, key(sequence.schema, sequence.name), cascade, label)
}

/** Takes a column from a table and from what inherits it; a child that declares it itself, or has it from another parent too, keeps it. */
function dropFromFamily(session: Session, at: Key, name: string, cascade: boolean, recurse: boolean): void {
  for (const view of readers(session.draft.schema, at)) {
    if (!readsColumn(view, at, name)) continue
    if (!cascade) refuse(`cannot drop column ${name} of table ${nameOf(at)} because other objects depend on it`)
    dropView(session, key(view.schema, view.name), true)
  }
  updateTable(session.draft, at, (it) => withoutColumn(it, name))
  for (const child of children(session.draft.schema, at)) {
    const column = child.columns.find((each) => each.name === name)
    const hasOther = parents(session.draft.schema, child).some((it) => it.columns.some((each) => each.name === name))
    if (hasOther) continue
    if (child.partition.of !== null || (recurse && column?.inherited === true))
      dropFromFamily(session, child.key, name, cascade, recurse)
    else
      updateTable(session.draft, child.key, (it) => ({
        ...it,
        columns: it.columns.map((each) => (each.name === name ? { ...each, inherited: false } : each)),
      }))
  }
}

function usesColumn(index: Index, name: string): boolean {
  return (
    index.keys.some((each) => each.column === name || mentions(each.expression, name)) ||
    index.include.includes(name) ||
    mentions(index.where, name)
  )
}

function withoutColumn(table: Table, name: string): Table {
  return {
    ...table,
    columns: table.columns.filter((column) => column.name !== name),
    primaryKey:
      table.primaryKey?.columns.includes(name) === true || table.primaryKey?.include.includes(name) === true
        ? null
        : table.primaryKey,
    uniques: table.uniques.filter((unique) => !unique.columns.includes(name) && !unique.include.includes(name)),
    foreignKeys: table.foreignKeys.filter((foreign) => !foreign.columns.includes(name)),
    checks: table.checks.filter((check) => !mentions(check.expression, name)),
    exclusions: table.exclusions.filter(
      (exclusion) => !exclusion.columns.includes(name) && !mentions(exclusion.definition, name),
    ),
    indexes: table.indexes.filter((index) => !usesColumn(index, name)),
    policies: table.policies.filter((policy) => !mentions(policy.using, name) && !mentions(policy.check, name)),
    triggers: table.triggers.filter((trigger) => !trigger.columns.includes(name)),
    ...(table.grants === undefined ? {} : { grants: withColumns(table.grants, (column) => column !== name) }),
  }
}

/** True where a view is known to read a column. */
export function readsColumn(view: View, at: Key, column: string): boolean {
  return view.reads.some((read) => read.table === at && read.columns?.includes(column) === true)
}
