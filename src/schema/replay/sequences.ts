import type { AlterSeqStmt, CreateSeqStmt } from 'libpg-query'
import type { Key } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import { put, relationExists } from './draft.ts'
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
    options: sequenceOptions(node.options, type),
    declared: declaredAt(session),
  }
  put(session.draft, 'sequences', at, to)
  session.changes.push({ kind: 'createSequence', place: session.place, object: at, to })
}

/** Options that differ from the defaults, as `CREATE SEQUENCE` takes them. */
function sequenceOptions(list: CreateSeqStmt['options'], type: string): readonly string[] {
  const isDown = valueText(option(list, 'increment')?.arg).startsWith('-')
  const largest = { smallint: '32767', integer: '2147483647' }[type] ?? '9223372036854775807'
  const smallest = { smallint: '-32768', integer: '-2147483648' }[type] ?? '-9223372036854775808'
  const [min, max] = isDown ? [smallest, '-1'] : ['1', largest]
  const start = valueText(option(list, isDown ? 'maxvalue' : 'minvalue')?.arg) || (isDown ? max : min)
  const numbers = [
    ['increment', 'INCREMENT BY', '1'],
    ['minvalue', 'MINVALUE', min],
    ['maxvalue', 'MAXVALUE', max],
    ['start', 'START WITH', start],
    ['cache', 'CACHE', '1'],
  ] as const
  const given = numbers.flatMap(([name, words, usual]) => {
    const value = valueText(option(list, name)?.arg)
    return value === '' || value === usual ? [] : [`${words} ${value}`]
  })
  return flag(list, 'cycle') ? [...given, 'CYCLE'] : given
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
    put(session.draft, 'sequences', at, {
      ...sequence,
      type,
      ownedBy: ownedBy === undefined ? sequence.ownedBy : ownedBy,
    })
  }
  session.changes.push({
    kind: 'alterSequence',
    place: session.place,
    object: at ?? assumedKey(session, written),
    restart: options(node.options).some((each) => each.defname === 'restart'),
  })
}
