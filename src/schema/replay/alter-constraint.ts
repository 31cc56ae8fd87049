import type { AlterTableCmd, Constraint } from 'libpg-query'
import type { Change, ConstraintRef } from '../change.ts'
import type { Key, Table } from '../model.ts'
import { addConstraint } from './constraints.ts'
import { constraintOf, dropReferences } from './dependents.ts'
import { children, parents, updateTable } from './draft.ts'
import { spreadConstraints, updateFamily } from './family.ts'
import { truncated } from './names.ts'
import type { Session } from './session.ts'
import { checkFollowed, current, refuse } from './session.ts'

export function addTableConstraint(
  session: Session,
  at: Key,
  node: Constraint,
  inline: boolean,
  recurse: boolean,
): readonly Change[] {
  if (node.contype === 'CONSTR_CHECK' && node.is_no_inherit !== true)
    checkFollowed(session, at, recurse, 'constraint must be added to child tables too')
  const changes = addConstraint(session, at, node, inline)
  if (node.contype === 'CONSTR_CHECK') {
    const added = current(session, at).checks.at(-1)
    if (added !== undefined && !added.noInherit) {
      for (const child of children(session.draft.schema, at)) {
        updateFamily(session, child.key, (it) =>
          it.checks.some((check) => check.name === added.name)
            ? it
            : { ...it, checks: [...it.checks, { ...added, inherited: true }] },
        )
      }
    }
  } else if (recurse || node.contype === 'CONSTR_FOREIGN') spreadConstraints(session, at)
  return changes
}

export function dropConstraint(session: Session, at: Key, name: string, command: AlterTableCmd): readonly Change[] {
  const table = current(session, at)
  const cascade = command.behavior === 'DROP_CASCADE'
  const ifExists = command.missing_ok === true
  let constraint = constraintOf(table, name)
  if (constraint === null && session.options.postgres >= 18) {
    const column = table.columns.find((each) => !each.nullable && `${table.name}_${each.name}_not_null` === name)
    if (column !== undefined) constraint = { type: 'notNull', column: column.name }
  }
  if (constraint === null && table.complete) {
    if (ifExists) return []
    refuse(`constraint "${name}" of relation "${table.name}" does not exist`)
  }
  if (
    constraint?.type === 'check' &&
    parents(session.draft.schema, table).some((parent) =>
      parent.checks.some((each) => each.name === name && !each.noInherit),
    )
  ) {
    refuse(`cannot drop inherited constraint "${name}" of relation "${table.name}"`)
  }
  if (constraint?.type === 'primaryKey' || constraint?.type === 'unique') {
    const columns = constraint.is.columns
    dropReferences(session, table, columns, cascade, `constraint "${name}" on table "${table.name}"`, name)
  }
  if (constraint?.type === 'check') dropCheckFromFamily(session, at, name)
  else updateFamily(session, at, (it) => withoutConstraint(it, constraint, name, it.key === at))
  return [{ kind: 'dropConstraint', place: session.place, table: at, name, constraint, cascade, ifExists }]
}

/** Takes a check from a table and from what inherits it; a child that has it of its own, or from another parent too, keeps it. */
function dropCheckFromFamily(session: Session, at: Key, name: string): void {
  updateTable(session.draft, at, (it) => ({ ...it, checks: it.checks.filter((check) => check.name !== name) }))
  for (const child of children(session.draft.schema, at)) {
    const own = child.checks.find((check) => check.name === name)
    const isLeft = parents(session.draft.schema, child).some((it) => it.checks.some((check) => check.name === name))
    if (own !== undefined && !isLeft && (child.partition.of !== null || own.inherited === true))
      dropCheckFromFamily(session, child.key, name)
  }
}

function withoutConstraint(
  table: Table,
  constraint: Exclude<ConstraintRef, { readonly type: 'check' }> | null,
  name: string,
  own: boolean,
): Table {
  if (constraint === null) return table
  const other = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
    list.filter((each) => each.name !== name)
  switch (constraint.type) {
    case 'primaryKey':
      return own || table.partition.of !== null ? { ...table, primaryKey: null } : table
    case 'unique':
      return own
        ? { ...table, uniques: other(table.uniques) }
        : table.partition.of === null
          ? table
          : { ...table, uniques: table.uniques.filter((each) => each.columns.join() !== constraint.is.columns.join()) }
    case 'foreignKey':
      return own || table.partition.of !== null ? { ...table, foreignKeys: other(table.foreignKeys) } : table
    case 'exclusion':
      return { ...table, exclusions: other(table.exclusions) }
    case 'notNull':
      return {
        ...table,
        columns: table.columns.map((column) =>
          column.name === constraint.column ? { ...column, nullable: true, notNull: null } : column,
        ),
      }
  }
}

export function validateConstraint(session: Session, at: Key, name: string): readonly Change[] {
  const table = current(session, at)
  const constraint = constraintOf(table, name)
  if (constraint === null && table.complete) refuse(`constraint "${name}" of relation "${table.name}" does not exist`)
  const valid = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
    list.map((each) => (each.name === name ? { ...each, validated: true } : each))
  updateFamily(session, at, (it) => ({
    ...it,
    foreignKeys: valid(it.foreignKeys),
    checks: valid(it.checks),
    columns: it.columns.map((column) =>
      column.notNull?.name === name ? { ...column, notNull: { name, validated: true } } : column,
    ),
  }))
  return [{ kind: 'validateConstraint', place: session.place, table: at, name, constraint }]
}

export function alterConstraint(session: Session, at: Key, command: AlterTableCmd): readonly Change[] {
  const definition =
    command.def !== undefined && 'ATAlterConstraint' in command.def ? command.def.ATAlterConstraint : undefined
  const name = truncated(definition?.conname ?? '')
  const table = current(session, at)
  const from = table.foreignKeys.find((each) => each.name === name)
  if (from === undefined) {
    if (table.complete) refuse(`constraint "${name}" of relation "${table.name}" does not exist`)
    return []
  }
  const to = {
    ...from,
    ...(definition?.alterDeferrability === true ? { deferrable: definition.deferrable === true } : {}),
    ...(definition?.alterEnforceability === true ? { enforced: definition.is_enforced === true } : {}),
  }
  updateTable(session.draft, at, (it) => ({
    ...it,
    foreignKeys: it.foreignKeys.map((each) => (each === from ? to : each)),
  }))
  return [{ kind: 'alterConstraint', place: session.place, table: at, name, from, to }]
}
