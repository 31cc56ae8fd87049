import type { AlterTableCmd, AlterTableStmt } from 'libpg-query'
import type { Change } from '../change.ts'
import type { Key, Table } from '../model.ts'
import { nameOf } from '../model.ts'
import { defaultText } from './columns.ts'
import { partitionBound } from './create-table.ts'
import { referrers, targetOf, updateTable } from './draft.ts'
import { dropColumn } from './drop-column.ts'
import { adopt, keepInherited } from './family.ts'
import { truncated } from './names.ts'
import { writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { columnFor, current, findKey, refuse, shown, tableFor } from './session.ts'
import { subcommandPlaces } from './subcommands.ts'
import { addColumn, changeColumn, dropNotNull, dropOwnSequence, setDefault, setIdentity } from './alter-column.ts'
import { changedParameters, withParameters } from './storage-parameters.ts'
import { addTableConstraint, alterConstraint, dropConstraint, validateConstraint } from './alter-constraint.ts'
import { alterType } from './alter-column-type.ts'
import { alterIndex } from './alter-index.ts'
import { alterCompositeType } from './alter-composite-type.ts'

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
      return changeColumn(
        session,
        at,
        name,
        'setIdentity',
        ({ identityOptions: _options, ...it }) => ({ ...it, identity: null }),
        false,
      )
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
      if (!adds) keepInherited(session, at, parent.key)
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
