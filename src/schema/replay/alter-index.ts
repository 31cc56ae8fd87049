import type { AlterTableCmd } from 'libpg-query'
import type { Key, Table } from '../model.ts'
import { key, nameOf } from '../model.ts'
import { children, tableOfIndex, updateTable } from './draft.ts'
import { truncated } from './names.ts'
import { writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { current, findKey, isOpen, refuse } from './session.ts'
import { changedParameters, withParameters } from './storage-parameters.ts'

export function alterIndex(
  session: Session,
  schema: string | null,
  name: string,
  commands: readonly AlterTableCmd[],
): void {
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
