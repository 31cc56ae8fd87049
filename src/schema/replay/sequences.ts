import type { AlterSeqStmt, CreateSeqStmt, Node } from 'libpg-query'
import type { Key } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import { allNumbers, sequenceOptions } from '../sequence-options.ts'
import { put, relationExists, updateTable } from './draft.ts'
import { flag, items, option, options, text, valueText, writtenIn, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { assumedKey, declaredAt, findKey, isOpen, keyForNew, refuse, shown } from './session.ts'
import { resolveType } from './types.ts'

export function createSequence(session: Session, node: CreateSeqStmt): void {
  const at = keyForNew(session, writtenOf(node.sequence), node.sequence?.relpersistence === 't')
  if (relationExists(session.draft.schema, at)) {
    if (node.if_not_exists === true) return
    refuse(`relation "${nameOf(at)}" already exists`)
  }
  const as = option(node.options, 'as')?.arg
  const type = as !== undefined && 'TypeName' in as ? (resolveType(session, as.TypeName).text ?? 'bigint') : 'bigint'
  const to = {
    schema: schemaOf(at),
    name: nameOf(at),
    type,
    ownedBy: ownerOf(session, node.options) ?? null,
    options: optionsAfter(null, node.options, type),
    declared: declaredAt(session),
  }
  put(session.draft, 'sequences', at, to)
  session.changes.push({ kind: 'createSequence', place: session.place, object: at, to })
}

/** An identity stands on a whole number; a type that is not known is taken for one. */
export function checkIdentityType(type: string | null): void {
  if (type !== null && !['smallint', 'integer', 'bigint'].includes(type))
    refuse('identity column type must be smallint, integer, or bigint')
}

/** The options that a list of `DefElem` leaves: of a new sequence, or where there were `had` before. What is not said stays as it is, also a default of the other direction. */
export function optionsAfter(
  had: readonly string[] | null,
  list: readonly Node[] | undefined,
  type: string,
): readonly string[] {
  const given = (['increment', 'minvalue', 'maxvalue', 'start', 'cache'] as const).flatMap((name) => {
    const element = option(list, name)
    return element === undefined ? [] : [[name, valueText(element.arg)] as const]
  })
  const cycle = option(list, 'cycle') === undefined ? {} : { cycle: flag(list, 'cycle') }
  return sequenceOptions(
    { ...(had === null ? {} : allNumbers(had, type)), ...Object.fromEntries(given), ...cycle },
    type,
  )
}

function ownerOf(
  session: Session,
  list: CreateSeqStmt['options'],
): { readonly table: Key; readonly column: string } | null | undefined {
  const given = option(list, 'owned_by')?.arg
  if (given === undefined) return undefined
  const names = items(given).map(text)
  if (names.length < 2) return null
  const written = writtenIn(names.slice(0, -1))
  const table = findKey(session, written, (at) => session.draft.schema.tables.has(at))
  if (table === undefined && !isOpen(session)) refuse(`relation ${shown(written)} does not exist`)
  return { table: table ?? assumedKey(session, written), column: names.at(-1) ?? '' }
}

export function alterSequence(session: Session, node: AlterSeqStmt): void {
  const written = writtenOf(node.sequence)
  const at = findKey(session, written, (each) => session.draft.schema.sequences.has(each))
  const sequence = at === undefined ? undefined : session.draft.schema.sequences.get(at)
  if (at === undefined && !isOpen(session)) {
    if (node.missing_ok === true) return
    refuse(`relation ${shown(written)} does not exist`)
  }
  if (at !== undefined && sequence !== undefined) {
    const ownedBy = ownerOf(session, node.options)
    const as = option(node.options, 'as')?.arg
    const type =
      as !== undefined && 'TypeName' in as ? (resolveType(session, as.TypeName).text ?? sequence.type) : sequence.type
    const { ownedBy: owner } = sequence
    const column = owner && session.draft.schema.tables.get(owner.table)?.columns.find((it) => it.name === owner.column)
    if (owner && column && column.identity !== null)
      updateTable(session.draft, owner.table, (table) => ({
        ...table,
        columns: table.columns.map((it) =>
          it.name === column.name
            ? { ...it, identityOptions: optionsAfter(it.identityOptions ?? [], node.options, type) }
            : it,
        ),
      }))
    put(session.draft, 'sequences', at, {
      ...sequence,
      type,
      ownedBy: ownedBy === undefined ? sequence.ownedBy : ownedBy,
      ...(column && column.identity !== null
        ? {}
        : { options: optionsAfter(sequence.options ?? [], node.options, type) }),
    })
  }
  session.changes.push({
    kind: 'alterSequence',
    place: session.place,
    object: at ?? assumedKey(session, written),
    restart: options(node.options).some((each) => each.defname === 'restart'),
  })
}
