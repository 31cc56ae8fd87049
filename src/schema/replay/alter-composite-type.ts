import type { AlterTableCmd } from 'libpg-query'
import { nameOf, type Key } from '../model.ts'
import { putAttributes } from './draft.ts'
import { truncated } from './names.ts'
import type { Session } from './session.ts'
import { addNote, findKey, isOpen, refuse, shown } from './session.ts'
import { resolveType } from './types.ts'

export function alterCompositeType(
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
    else if (subtype === 'AT_AlterColumnType' && column !== undefined) {
      refuseWhereUsed(session, at)
      attributes = attributes.map((each) =>
        each.name === truncated(name) ? { ...each, type: resolveType(session, column.typeName).text } : each,
      )
    }
  }
  if (type.attributes !== undefined) putAttributes(session.draft, at, attributes)
}

/** Rows that hold values of the type would have to be written anew, which Postgres does not do. */
function refuseWhereUsed(session: Session, type: Key): void {
  const names = new Set([nameOf(type), type].flatMap((name) => [name, `${name}[]`]))
  for (const table of session.draft.schema.tables.values())
    for (const column of table.columns)
      if (names.has(column.type?.replaceAll('"', '') ?? ''))
        refuse(`cannot alter type "${nameOf(type)}" because column "${table.name}.${column.name}" uses it`)
}
