import type { AlterTableCmd, ColumnDef } from 'libpg-query'
import type { Change } from '../change.ts'
import type { Column, Key, Table } from '../model.ts'
import { key, nameOf } from '../model.ts'
import { buildColumn, defaultText, ownSequence } from './columns.ts'
import { remove, sequencesOf, updateTable } from './draft.ts'
import { updateFamily } from './family.ts'
import { truncated } from './names.ts'
import { items, mentionedColumns, option, valueText } from './nodes.ts'
import { checkIdentityType, optionsAfter } from './sequences.ts'
import type { Session } from './session.ts'
import { checkFollowed, columnFor, current, refuse } from './session.ts'
import { addTableConstraint } from './alter-constraint.ts'

type ColumnKind = 'setNotNull' | 'dropNotNull' | 'setDefault' | 'dropDefault' | 'setIdentity' | 'setGenerated'

export function changeColumn(
  session: Session,
  at: Key,
  name: string,
  kind: ColumnKind,
  change: (column: Column) => Column,
  family = true,
): readonly Change[] {
  const from = columnFor(session, current(session, at), name)
  const to = change(from)
  const update = (table: Table): Table => ({
    ...table,
    columns: table.columns.map((column) => (column.name === from.name ? change(column) : column)),
  })
  if (family) updateFamily(session, at, update)
  else updateTable(session.draft, at, update)
  return [{ kind, place: session.place, table: at, from, to }]
}

export function addColumn(
  session: Session,
  at: Key,
  node: ColumnDef,
  missingOk: boolean,
  recurse: boolean,
): readonly Change[] {
  const table = current(session, at)
  const name = truncated(node.colname ?? '')
  if (table.columns.some((column) => column.name === name)) {
    if (missingOk) return []
    refuse(`column "${name}" of relation "${table.name}" already exists`)
  }
  checkFollowed(session, at, recurse, 'column must be added to child tables too')
  const built = buildColumn(session, at, node, () => table.columns)
  const unknown = generatedFrom(node).find(
    (used) => used !== name && !table.columns.some((column) => column.name === used),
  )
  if (unknown !== undefined && table.complete) refuse(`column "${unknown}" does not exist`)
  updateFamily(session, at, (it) => {
    const own = it.columns.find((column) => column.name === name)
    const { type } = built.column
    if (own !== undefined && own.type !== null && type !== null && own.type !== type)
      refuse(`child table "${it.name}" has different type for column "${name}"`)
    const added = it.key === at ? built.column : { ...built.column, inherited: true }
    if (own === undefined) return { ...it, columns: [...it.columns, added] }
    // From PostgreSQL 18 on a NOT NULL is a constraint, which the children inherit.
    const nullable = own.nullable && (built.column.nullable || session.options.postgres < 18)
    return { ...it, columns: it.columns.map((column) => (column === own ? { ...own, nullable } : column)) }
  })
  const change: Change = {
    kind: 'addColumn',
    place: session.place,
    table: at,
    to: built.column,
    ifNotExists: missingOk,
  }
  const more = built.constraints.flatMap((constraint) => addTableConstraint(session, at, constraint, true, recurse))
  const final = current(session, at).columns.find((column) => column.name === name) ?? built.column
  return [{ ...change, to: final }, ...more]
}

/** The columns that a generated column is made of. */
function generatedFrom(node: ColumnDef): readonly string[] {
  return (node.constraints ?? []).flatMap((each) =>
    'Constraint' in each && each.Constraint.contype === 'CONSTR_GENERATED'
      ? mentionedColumns(each.Constraint.raw_expr)
      : [],
  )
}

export function dropNotNull(session: Session, at: Key, name: string): readonly Change[] {
  const table = current(session, at)
  const column = columnFor(session, table, name)
  if (table.primaryKey?.columns.includes(column.name) === true) refuse(`column "${column.name}" is in a primary key`)
  if (column.identity !== null) refuse(`column "${column.name}" of relation "${table.name}" is an identity column`)
  return changeColumn(session, at, name, 'dropNotNull', (it) => ({ ...it, nullable: true, notNull: null }))
}

export function setDefault(session: Session, at: Key, name: string, command: AlterTableCmd): readonly Change[] {
  const column = columnFor(session, current(session, at), name)
  if (column.generated !== null) refuse(`column "${column.name}" of relation "${nameOf(at)}" is a generated column`)
  if (column.identity !== null) refuse(`column "${column.name}" of relation "${nameOf(at)}" is an identity column`)
  const printed = command.def === undefined ? null : defaultText(session, command.def, column.type)
  if (printed === null || printed.isNull)
    return changeColumn(session, at, name, 'dropDefault', (it) => ({ ...it, default: null, approximate: false }))
  return changeColumn(session, at, name, 'setDefault', (it) => ({
    ...it,
    default: printed.text,
    approximate: !printed.exact,
  }))
}

export function setIdentity(session: Session, at: Key, name: string, command: AlterTableCmd): readonly Change[] {
  const column = columnFor(session, current(session, at), name)
  const adding = command.subtype === 'AT_AddIdentity'
  if (adding) {
    checkIdentityType(column.type)
    if (column.identity !== null)
      refuse(`column "${column.name}" of relation "${nameOf(at)}" is already an identity column`)
    if (column.nullable && current(session, at).complete)
      refuse(
        `column "${column.name}" of relation "${nameOf(at)}" must be declared NOT NULL before identity can be added`,
      )
    if (column.default !== null)
      refuse(`column "${column.name}" of relation "${nameOf(at)}" already has a default value`)
    ownSequence(session, at, column.name, column.type ?? 'bigint')
  }
  const when =
    command.def !== undefined && 'Constraint' in command.def
      ? command.def.Constraint.generated_when
      : command.def !== undefined && 'List' in command.def
        ? generatedOption(command.def.List.items)
        : undefined
  const identity =
    when === 'd' ? ('by default' as const) : when === 'a' ? ('always' as const) : (column.identity ?? 'always')
  const given =
    command.def !== undefined && 'Constraint' in command.def ? command.def.Constraint.options : items(command.def)
  const identityOptions = optionsAfter(adding ? null : (column.identityOptions ?? []), given, column.type ?? 'bigint')
  return changeColumn(session, at, name, 'setIdentity', (it) => ({ ...it, identity, identityOptions }), false)
}

function generatedOption(items: Parameters<typeof option>[0]): string | undefined {
  const value = option(items, 'generated')?.arg
  if (value === undefined) return undefined
  return 'Integer' in value ? String.fromCharCode(value.Integer.ival ?? 0) : valueText(value)
}

export function dropOwnSequence(session: Session, at: Key, column: string): void {
  for (const sequence of sequencesOf(session.draft.schema, at, column))
    remove(session.draft, 'sequences', key(sequence.schema, sequence.name))
}
