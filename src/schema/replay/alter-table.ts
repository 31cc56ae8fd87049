import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint } from 'libpg-query'
import type { Change, ConstraintRef } from '../change.ts'
import type { ExpressionScope } from '../expression/expression.ts'
import { isAssignable, reprint } from '../expression/expression.ts'
import type { Column, Key, Table } from '../model.ts'
import { key, nameOf } from '../model.ts'
import { sourceSlice } from './source.ts'
import { buildColumn, defaultText, ownSequence } from './columns.ts'
import { addConstraint, checkComparable } from './constraints.ts'
import { constraintOf, dropReferences } from './dependents.ts'
import { partitionBound } from './create-table.ts'
import {
  children,
  parents,
  put,
  putAttributes,
  readers,
  referrers,
  remove,
  sequencesOf,
  tableOfIndex,
  targetOf,
  updateTable,
} from './draft.ts'
import { dropColumn, readsColumn } from './drop.ts'
import { adopt, spreadConstraints, updateFamily } from './family.ts'
import { truncated } from './names.ts'
import { mentionedColumns, option, parametersOf, texts, valueText, writtenOf } from './nodes.ts'
import { mentions } from './rewrite.ts'
import type { Session } from './session.ts'
import {
  addNote,
  checkFollowed,
  checkOwn,
  columnFor,
  current,
  findKey,
  isOpen,
  refuse,
  shown,
  tableFor,
} from './session.ts'
import { subcommandPlaces } from './subcommands.ts'
import { resolveType } from './types.ts'

/** Replays `ALTER TABLE`, also as it is written for indexes, views and sequences. */
export function alterTable(session: Session, node: AlterTableStmt): void {
  const written = writtenOf(node.relation)
  const commands = (node.cmds ?? []).flatMap((each) => ('AlterTableCmd' in each ? [each.AlterTableCmd] : []))
  const places = subcommandPlaces(session.statement, commands.length)
  const { schema } = session.draft
  if (node.objtype === 'OBJECT_INDEX') return alterIndex(session, written.schema, written.name, commands)
  if (node.objtype === 'OBJECT_TYPE') return alterCompositeType(session, written, commands)
  if (node.objtype !== 'OBJECT_TABLE' && node.objtype !== 'OBJECT_FOREIGN_TABLE') return
  if (
    findKey(session, written, (at) => schema.views.has(at) || schema.sequences.has(at)) !== undefined &&
    findKey(session, written, (at) => schema.tables.has(at)) === undefined
  )
    return
  const table = tableFor(session, written, node.missing_ok === true)
  if (table === null) return
  const order = [...commands.keys()].sort((a, b) => pass(commands[a]) - pass(commands[b]) || a - b)
  const retyped = new Set<string>()
  for (const { subtype, name = '' } of commands) {
    if (subtype !== 'AT_AlterColumnType') continue
    if (retyped.has(name)) refuse(`cannot alter type of column "${name}" twice`)
    retyped.add(name)
  }
  const changes = new Map<number, readonly Change[]>()
  for (const index of order) {
    const command = commands[index]
    session.place = places[index] ?? session.statement.place
    if (command !== undefined) changes.set(index, subcommand(session, table.key, command, node.relation?.inh === true))
  }
  session.place = session.statement.place
  for (const index of commands.keys()) session.changes.push(...(changes.get(index) ?? []))
}

/** Postgres works through a statement's subcommands in passes. (AlterTablePass in src/backend/commands/tablecmds.c) */
function pass(command: AlterTableCmd | undefined): number {
  switch (command?.subtype) {
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
    case 'AT_DropNotNull':
    case 'AT_DropIdentity':
    case 'AT_DropExpression':
      return 0
    case 'AT_AlterColumnType':
      return 1
    case 'AT_AddColumn':
      return 2
    case 'AT_SetExpression':
      return 3
    case 'AT_SetNotNull':
    case 'AT_AddIdentity':
    case 'AT_SetIdentity':
      return 4
    case 'AT_ColumnDefault':
      return command.def === undefined ? 0 : 6
    case 'AT_AddConstraint': {
      const type = command.def !== undefined && 'Constraint' in command.def ? command.def.Constraint.contype : undefined
      return type === 'CONSTR_FOREIGN'
        ? 7
        : type === 'CONSTR_PRIMARY' || type === 'CONSTR_UNIQUE' || type === 'CONSTR_EXCLUSION'
          ? 5
          : type === 'CONSTR_NOTNULL'
            ? 4
            : 6
    }
    default:
      return 8
  }
}

type ColumnKind = 'setNotNull' | 'dropNotNull' | 'setDefault' | 'dropDefault' | 'setIdentity' | 'setGenerated'

function changeColumn(
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

function subcommand(session: Session, at: Key, command: AlterTableCmd, recurse: boolean): readonly Change[] {
  const name = command.name ?? ''
  const { place } = session
  switch (command.subtype) {
    case 'AT_AddColumn':
      return command.def !== undefined && 'ColumnDef' in command.def
        ? addColumn(session, at, command.def.ColumnDef, command.missing_ok === true, recurse)
        : []
    case 'AT_DropColumn':
      return dropColumn(session, at, name, command.missing_ok === true, command.behavior === 'DROP_CASCADE', recurse)
    case 'AT_AlterColumnType':
      return command.def !== undefined && 'ColumnDef' in command.def
        ? alterType(session, at, name, command.def.ColumnDef)
        : []
    case 'AT_SetNotNull':
      return changeColumn(session, at, name, 'setNotNull', (column) => ({ ...column, nullable: false }))
    case 'AT_DropNotNull':
      return dropNotNull(session, at, name)
    case 'AT_ColumnDefault':
      return setDefault(session, at, name, command)
    case 'AT_AddIdentity':
    case 'AT_SetIdentity':
      return setIdentity(session, at, name, command)
    case 'AT_DropIdentity': {
      const column = columnFor(session, current(session, at), name)
      if (column.identity === null && command.missing_ok !== true && current(session, at).complete)
        refuse(`column "${column.name}" of relation "${nameOf(at)}" is not an identity column`)
      dropOwnSequence(session, at, column.name)
      return changeColumn(session, at, name, 'setIdentity', (it) => ({ ...it, identity: null }), false)
    }
    case 'AT_SetExpression': {
      const column = columnFor(session, current(session, at), name)
      if (command.def === undefined) return []
      const printed = defaultText(session, command.def, column.type, current(session, at).columns)
      return changeColumn(session, at, name, 'setGenerated', (it) => ({
        ...it,
        generated: { expression: printed.text, stored: it.generated?.stored ?? true },
        ...(printed.exact ? {} : { approximate: true }),
      }))
    }
    case 'AT_DropExpression': {
      const column = columnFor(session, current(session, at), name)
      if (column.generated?.stored === false)
        refuse('ALTER TABLE / DROP EXPRESSION is not supported for virtual generated columns')
      if (column.generated === null && command.missing_ok === true) return []
      if (column.generated === null && current(session, at).complete)
        refuse(`column "${column.name}" of relation "${nameOf(at)}" is not a generated column`)
      return changeColumn(session, at, name, 'setGenerated', (it) => ({ ...it, generated: null }))
    }
    case 'AT_AddConstraint':
      return command.def !== undefined && 'Constraint' in command.def
        ? addTableConstraint(session, at, command.def.Constraint, false, recurse)
        : []
    case 'AT_DropConstraint':
      return dropConstraint(session, at, truncated(name), command)
    case 'AT_ValidateConstraint':
      return validateConstraint(session, at, truncated(name))
    case 'AT_AlterConstraint':
      return alterConstraint(session, at, command)
    case 'AT_AttachPartition':
    case 'AT_DetachPartition':
    case 'AT_DetachPartitionFinalize':
      return partition(session, at, command)
    case 'AT_AddInherit':
    case 'AT_DropInherit': {
      const parent =
        command.def !== undefined && 'RangeVar' in command.def
          ? tableFor(session, writtenOf(command.def.RangeVar))
          : null
      if (parent === null) return []
      const adds = command.subtype === 'AT_AddInherit'
      if (adds) checkInherits(current(session, at), parent)
      updateTable(session.draft, at, (it) => ({
        ...it,
        inherits: [...it.inherits.filter((each) => each !== parent.key), ...(adds ? [parent.key] : [])],
      }))
      return [{ kind: adds ? 'addInherit' : 'dropInherit', place, table: at, parent: parent.key }]
    }
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
    case 'AT_ReplaceRelOptions': {
      const from = current(session, at).with ?? []
      const to = changedParameters(from, command)
      updateTable(session.draft, at, (it) => withParameters(it, to))
      return [{ kind: 'setStorage', place, table: at, index: null, from, to }]
    }
    case 'AT_SetLogged':
    case 'AT_SetUnLogged': {
      const to = command.subtype === 'AT_SetLogged' ? ('permanent' as const) : ('unlogged' as const)
      checkPersistence(session, at, to)
      updateTable(session.draft, at, (it) => ({ ...it, persistence: to }))
      return [{ kind: 'setPersistence', place, table: at, to }]
    }
    case 'AT_EnableRowSecurity':
      return rowSecurity(session, at, { enabled: true })
    case 'AT_DisableRowSecurity':
      return rowSecurity(session, at, { enabled: false })
    case 'AT_ForceRowSecurity':
      return rowSecurity(session, at, { forced: true })
    case 'AT_NoForceRowSecurity':
      return rowSecurity(session, at, { forced: false })
    case 'AT_EnableTrig':
    case 'AT_EnableAlwaysTrig':
    case 'AT_EnableReplicaTrig':
    case 'AT_DisableTrig':
      return setTrigger(session, at, name, command.subtype !== 'AT_DisableTrig')
    case 'AT_EnableTrigAll':
    case 'AT_EnableTrigUser':
    case 'AT_DisableTrigAll':
    case 'AT_DisableTrigUser':
      return current(session, at).triggers.flatMap((trigger) =>
        setTrigger(session, at, trigger.name, command.subtype?.startsWith('AT_Enable') === true),
      )
    case 'AT_SetStatistics':
    case 'AT_SetStorage':
    case 'AT_SetCompression':
    case 'AT_SetOptions':
    case 'AT_ResetOptions':
      if (name !== '') columnFor(session, current(session, at), name)
      void recurse
      return []
    default:
      return []
  }
}

/** Storage parameters after `SET (…)` or `RESET (…)`. */
function changedParameters(from: readonly string[], command: AlterTableCmd): readonly string[] {
  const given = parametersOf(command.def !== undefined && 'List' in command.def ? command.def.List.items : undefined)
  const name = (parameter: string) => parameter.slice(0, parameter.indexOf('='))
  const names = new Set(given.map(name))
  return [
    ...from.filter((each) => !names.has(name(each))),
    ...(command.subtype === 'AT_ResetRelOptions' ? [] : given),
  ].toSorted()
}

function withParameters<T extends { readonly with?: readonly string[] }>(of: T, parameters: readonly string[]): T {
  const { with: _, ...rest } = of
  return (parameters.length > 0 ? { ...rest, with: parameters } : rest) as T
}

/** A logged table cannot refer to one that is not. */
function checkPersistence(session: Session, at: Key, to: 'permanent' | 'unlogged'): void {
  const { schema } = session.draft
  const others =
    to === 'unlogged'
      ? referrers(schema, at)
      : current(session, at).foreignKeys.map((foreign) => schema.tables.get(targetOf(foreign)))
  const held = others.find(
    (other) => other !== undefined && other.key !== at && other.persistence !== to && other.persistence !== 'temporary',
  )
  if (held === undefined) return
  refuse(
    `could not change table "${nameOf(at)}" to ${to === 'unlogged' ? 'unlogged' : 'logged'} because it references ${to === 'unlogged' ? 'logged' : 'unlogged'} table "${held.name}"`,
  )
}

function addColumn(
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
    return own === undefined ? { ...it, columns: [...it.columns, added] } : it
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

function addTableConstraint(
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
          it.checks.some((check) => check.name === added.name) ? it : { ...it, checks: [...it.checks, added] },
        )
      }
    }
  } else if (recurse || node.contype === 'CONSTR_FOREIGN') spreadConstraints(session, at)
  return changes
}

function alterType(session: Session, at: Key, name: string, node: ColumnDef): readonly Change[] {
  const table = current(session, at)
  const from = columnFor(session, table, name)
  const type = resolveType(session, node.typeName)
  const collation = node.collClause === undefined ? null : (texts(node.collClause.collname).at(-1) ?? null)
  const to: Column = { ...from, type: type.text, collation }
  checkOwn(session, table, from.name, 'alter')
  if (from.identity !== null && type.text !== null && !['smallint', 'integer', 'bigint'].includes(type.text))
    refuse('identity column type must be smallint, integer, or bigint')
  checkReaders(session, table, from.name)
  if (
    node.raw_default === undefined &&
    from.type !== null &&
    type.text !== null &&
    !isAssignable(session.draft.schema, from.type, type.text)
  ) {
    refuse(`column "${from.name}" cannot be cast automatically to type ${type.text}`)
  }
  checkDefault(session, from, type.text)
  updateFamily(session, at, (it) =>
    remake(
      session,
      {
        ...it,
        columns: it.columns.map((column) =>
          column.name === from.name ? { ...column, type: to.type, collation } : column,
        ),
      },
      from.name,
    ),
  )
  for (const other of new Set([current(session, at), ...referrers(session.draft.schema, at)])) {
    for (const foreign of other.foreignKeys) {
      const target = targetOf(foreign)
      const concerned =
        (other.key === at && foreign.columns.includes(from.name)) ||
        (target === at && foreign.references.columns.includes(from.name))
      if (concerned)
        checkComparable(session, other, foreign.columns, current(session, target), foreign.references.columns)
    }
  }
  const [sequence] = sequencesOf(session.draft.schema, at, from.name)
  if (sequence !== undefined && from.identity !== null && type.text !== null)
    put(session.draft, 'sequences', key(sequence.schema, sequence.name), { ...sequence, type: type.text })
  const using = node.raw_default === undefined ? null : sourceSlice(session.statement, session.place, 'using')
  return [
    {
      kind: 'alterColumnType',
      place: session.place,
      table: at,
      from,
      to,
      using,
      collationChanges: (from.collation ?? null) !== collation,
    },
  ]
}

/** Postgres does not change the type of a column that something else than a check, index or key is built on. */
function checkReaders(session: Session, table: Table, name: string): void {
  if (readers(session.draft.schema, table.key).some((view) => readsColumn(view, table.key, name)))
    refuse('cannot alter type of a column used by a view or rule')
  if (
    table.columns.some(
      (column) => column.name !== name && column.generated !== null && mentions(column.generated.expression, name),
    )
  )
    refuse('cannot alter type of a column used by a generated column')
  if (table.policies.some((policy) => mentions(policy.using, name) || mentions(policy.check, name)))
    refuse('cannot alter type of a column used in a policy definition')
  if (table.triggers.some((trigger) => trigger.columns.includes(name)))
    refuse('cannot alter type of a column used in a trigger definition')
}

/** A default stays as it is and is converted when it is stored; Postgres refuses a type to which it cannot be. */
function checkDefault(session: Session, from: Column, type: string | null): void {
  if (from.default === null || from.type === null || type === null || from.approximate === true) return
  const { schema } = session.draft
  const value = reprint(from.default, { schema, columns: [] })
  if (
    value === null ||
    !value.exact ||
    value.type === null ||
    value.type === 'unknown' ||
    isAssignable(schema, value.type, type)
  )
    return
  refuse(`default for column "${from.name}" cannot be cast automatically to type ${type}`)
}

/** Checks and indexes are made anew when a column that they mention changes its type, and may read otherwise then. */
function remake(session: Session, table: Table, column: string): Table {
  const scope = { schema: session.draft.schema, columns: table.columns }
  const again = (expression: string, target: string | null) => {
    if (!mentions(expression, column)) return expression
    const printed = reprint(expression, scope, target)
    return printed === null || !printed.exact ? expression : printed.text
  }
  return {
    ...table,
    checks: table.checks.map((check) => ({ ...check, expression: again(check.expression, 'boolean') })),
    indexes: table.indexes.map((index) => ({
      ...index,
      where: index.where === null ? null : again(index.where, 'boolean'),
      keys: index.keys.map((each) =>
        each.expression === null ? each : { ...each, expression: againInIndex(each.expression, scope, column) },
      ),
    })),
  }
}

function againInIndex(expression: string, scope: ExpressionScope, column: string): string {
  if (!mentions(expression, column)) return expression
  const printed = reprint(expression, scope)
  if (printed === null || !printed.exact) return expression
  return printed.isCall ? printed.text : `(${printed.text})`
}

function dropNotNull(session: Session, at: Key, name: string): readonly Change[] {
  const table = current(session, at)
  const column = columnFor(session, table, name)
  if (table.primaryKey?.columns.includes(column.name) === true) refuse(`column "${column.name}" is in a primary key`)
  if (column.identity !== null) refuse(`column "${column.name}" of relation "${table.name}" is an identity column`)
  return changeColumn(session, at, name, 'dropNotNull', (it) => ({ ...it, nullable: true, notNull: null }))
}

function setDefault(session: Session, at: Key, name: string, command: AlterTableCmd): readonly Change[] {
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

function setIdentity(session: Session, at: Key, name: string, command: AlterTableCmd): readonly Change[] {
  const column = columnFor(session, current(session, at), name)
  const adding = command.subtype === 'AT_AddIdentity'
  if (adding) {
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
  return changeColumn(session, at, name, 'setIdentity', (it) => ({ ...it, identity }), false)
}

function generatedOption(items: Parameters<typeof option>[0]): string | undefined {
  const value = option(items, 'generated')?.arg
  if (value === undefined) return undefined
  return 'Integer' in value ? String.fromCharCode(value.Integer.ival ?? 0) : valueText(value)
}

function dropOwnSequence(session: Session, at: Key, column: string): void {
  for (const sequence of sequencesOf(session.draft.schema, at, column))
    remove(session.draft, 'sequences', key(sequence.schema, sequence.name))
}

function dropConstraint(session: Session, at: Key, name: string, command: AlterTableCmd): readonly Change[] {
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
  updateFamily(session, at, (it) => withoutConstraint(it, constraint, name, it.key === at))
  return [{ kind: 'dropConstraint', place: session.place, table: at, name, constraint, cascade, ifExists }]
}

function withoutConstraint(table: Table, constraint: ConstraintRef | null, name: string, own: boolean): Table {
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
    case 'check':
      return { ...table, checks: other(table.checks) }
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

function validateConstraint(session: Session, at: Key, name: string): readonly Change[] {
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

function alterConstraint(session: Session, at: Key, command: AlterTableCmd): readonly Change[] {
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

function partition(session: Session, at: Key, command: AlterTableCmd): readonly Change[] {
  const definition = command.def !== undefined && 'PartitionCmd' in command.def ? command.def.PartitionCmd : undefined
  const child = tableFor(session, writtenOf(definition?.name))
  if (child === null) return refuse(`relation ${shown(writtenOf(definition?.name))} does not exist`)
  if (command.subtype === 'AT_AttachPartition') {
    const bound = partitionBound(definition?.bound)
    const identities = new Map(current(session, at).columns.map((column) => [column.name, column.identity]))
    updateTable(session.draft, child.key, (it) => ({
      ...it,
      partition: { ...it.partition, of: { parent: at, bound } },
      columns: it.columns.map((column) => ({ ...column, identity: identities.get(column.name) ?? column.identity })),
    }))
    adopt(session, at, child.key)
    return [{ kind: 'attachPartition', place: session.place, table: at, partition: child.key, bound }]
  }
  updateTable(session.draft, child.key, (it) => ({ ...it, partition: { ...it.partition, of: null } }))
  return [
    {
      kind: 'detachPartition',
      place: session.place,
      table: at,
      partition: child.key,
      concurrently: definition?.concurrent === true,
      finalize: command.subtype === 'AT_DetachPartitionFinalize',
    },
  ]
}

function rowSecurity(session: Session, at: Key, part: Partial<Table['rowSecurity']>): readonly Change[] {
  const from = current(session, at).rowSecurity
  const to = { ...from, ...part }
  updateTable(session.draft, at, (it) => ({ ...it, rowSecurity: to }))
  return [{ kind: 'setRowSecurity', place: session.place, table: at, from, to }]
}

function setTrigger(session: Session, at: Key, name: string, enabled: boolean): readonly Change[] {
  const table = current(session, at)
  if (table.complete && !table.triggers.some((trigger) => trigger.name === name))
    refuse(`trigger "${name}" for table "${table.name}" does not exist`)
  updateTable(session.draft, at, (it) => ({
    ...it,
    triggers: it.triggers.map((trigger) => (trigger.name === name ? { ...trigger, enabled } : trigger)),
  }))
  return [{ kind: 'setTrigger', place: session.place, table: at, name, enabled }]
}

function alterIndex(session: Session, schema: string | null, name: string, commands: readonly AlterTableCmd[]): void {
  const at = findKey(session, { schema, name }, (each) => tableOfIndex(session.draft.schema, each) !== undefined)
  const owner = at === undefined ? undefined : tableOfIndex(session.draft.schema, at)
  for (const command of commands) {
    if (
      (command.subtype === 'AT_SetRelOptions' || command.subtype === 'AT_ResetRelOptions') &&
      owner !== undefined &&
      'key' in owner
    ) {
      const from = current(session, owner.key).indexes.find((index) => index.name === nameOf(at ?? ''))?.with ?? []
      const to = changedParameters(from, command)
      updateTable(session.draft, owner.key, (it) => ({
        ...it,
        indexes: it.indexes.map((index) => (index.name === nameOf(at ?? '') ? withParameters(index, to) : index)),
      }))
      session.changes.push({
        kind: 'setStorage',
        place: session.place,
        table: owner.key,
        index: nameOf(at ?? ''),
        from,
        to,
      })
    }
    if (command.subtype !== 'AT_AttachPartition' || command.def === undefined || !('PartitionCmd' in command.def))
      continue
    const child = writtenOf(command.def.PartitionCmd.name)
    const parent = at === undefined ? undefined : tableOfIndex(session.draft.schema, at)
    if (parent === undefined && !isOpen(session)) refuse(`relation "${name}" does not exist`)
    const table = parent === undefined ? '' : key(parent.schema, parent.name)
    const own = findKey(session, child, (each) => tableOfIndex(session.draft.schema, each) !== undefined)
    if (parent !== undefined && 'key' in parent && own !== undefined)
      attachIndex(session, parent, nameOf(at ?? ''), own)
    session.changes.push({
      kind: 'attachIndex',
      place: session.place,
      table,
      name: truncated(name),
      index: truncated(child.name),
    })
  }
}

/** The parent's index is valid once every partition has one attached; the partition's index is its own object all along. */
function attachIndex(session: Session, parent: Table, name: string, child: Key): void {
  const partitions = children(session.draft.schema, parent.key).filter((table) => table.partition.of !== null)
  void child
  const attachedEverywhere = partitions.every((table) => table.indexes.length > 0)
  if (attachedEverywhere)
    updateTable(session.draft, parent.key, (it) => ({
      ...it,
      indexes: it.indexes.map((index) => (index.name === name ? { ...index, valid: true } : index)),
    }))
}

function alterCompositeType(
  session: Session,
  written: { readonly schema: string | null; readonly name: string },
  commands: readonly AlterTableCmd[],
): void {
  const at = findKey(session, written, (each) => session.draft.schema.types.has(each))
  const type = at === undefined ? undefined : session.draft.schema.types.get(at)
  if (at === undefined || type === undefined) {
    if (!isOpen(session)) refuse(`relation ${shown(written)} does not exist`)
    addNote(session, 'unresolved', `the type ${shown(written)} is not known`)
    return
  }
  let attributes = type.attributes ?? []
  for (const { subtype, name = '', def, missing_ok } of commands) {
    const column = def !== undefined && 'ColumnDef' in def ? def.ColumnDef : undefined
    const known = attributes.some((each) => each.name === truncated(name))
    if (subtype === 'AT_AddColumn' && column !== undefined)
      attributes = [
        ...attributes,
        { name: truncated(column.colname ?? ''), type: resolveType(session, column.typeName).text },
      ]
    else if (!known && missing_ok !== true && type.attributes !== undefined)
      refuse(`column "${truncated(name)}" of relation "${type.name}" does not exist`)
    else if (subtype === 'AT_DropColumn') attributes = attributes.filter((each) => each.name !== truncated(name))
    else if (subtype === 'AT_AlterColumnType' && column !== undefined)
      attributes = attributes.map((each) =>
        each.name === truncated(name) ? { ...each, type: resolveType(session, column.typeName).text } : each,
      )
  }
  if (type.attributes !== undefined) putAttributes(session.draft, at, attributes)
}

/** Refuses a parent whose columns and checks a table has not. */
function checkInherits(table: Table, parent: Table): void {
  if (!table.complete || !parent.complete) return
  for (const column of parent.columns) {
    const own = table.columns.find((each) => each.name === column.name)
    if (own === undefined) refuse(`child table is missing column "${column.name}"`)
    else if (own.type !== null && column.type !== null && own.type !== column.type)
      refuse(`child table "${table.name}" has different type for column "${column.name}"`)
  }
  for (const check of parent.checks)
    if (!check.noInherit && !table.checks.some((each) => each.name === check.name))
      refuse(`child table is missing constraint "${check.name}"`)
}
