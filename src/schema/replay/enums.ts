import type { AlterEnumStmt, CreateEnumStmt } from 'libpg-query'
import { placeOf } from '../../location.ts'
import type { Declaration, EnumType } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import { put, typeExists, updateTables } from './draft.ts'
import { texts, writtenIn } from './nodes.ts'
import type { Session } from './session.ts'
import { assumedKey, declaredAt, findKey, isOpen, keyForNew, refuse, shown } from './session.ts'
import { mapExpressions, withEnumValueRenamed } from './rewrite.ts'
import { typeSpelling } from './types.ts'
import { queryWithEnumValueRenamed, updateQueries } from './view-query.ts'
import { significantTokens } from '../../sql/tokens.ts'

export function createEnum(session: Session, node: CreateEnumStmt): void {
  const at = keyForNew(session, writtenIn(texts(node.typeName)))
  if (typeExists(session.draft.schema, at)) refuse(`type "${nameOf(at)}" already exists`)
  const values = texts(node.vals)
  const to = {
    schema: schemaOf(at),
    name: nameOf(at),
    values,
    declared: declaredAt(session),
    valuesDeclared: placesOfValues(session, values),
  }
  put(session.draft, 'enums', at, to)
  session.changes.push({ kind: 'createEnum', place: session.place, object: at, to })
}

/** The strings of a `CREATE TYPE … AS ENUM`, which the parse tree gives no places. */
function placesOfValues(session: Session, values: readonly string[]): ReadonlyMap<string, Declaration> {
  const { text, file, start } = session.statement
  const strings = significantTokens(text).filter(({ kind }) => kind === 'string')
  if (strings.length !== values.length) return new Map()
  return new Map(
    values.flatMap((value, i) => {
      const at = strings[i]
      const [declared] = at === undefined ? [] : declaredAt(session, placeOf(file, start + at.start, start + at.end))
      return declared === undefined ? [] : [[value, declared] as const]
    }),
  )
}

function valuePlaces(
  type: EnumType,
  drop: string | null,
  add: string,
  at: Declaration | undefined,
): ReadonlyMap<string, Declaration> {
  const places = new Map(type.valuesDeclared)
  if (drop !== null) places.delete(drop)
  return at === undefined ? places : places.set(add, at)
}

export function alterEnum(session: Session, node: AlterEnumStmt): void {
  const written = writtenIn(texts(node.typeName))
  const found = findKey(session, written, (at) => session.draft.schema.enums.has(at))
  const type = found === undefined ? undefined : session.draft.schema.enums.get(found)
  if (type === undefined && !isOpen(session)) refuse(`type ${shown(written)} does not exist`)
  const object = found ?? assumedKey(session, written)
  const value = node.newVal ?? ''
  if (node.oldVal !== undefined) {
    if (type !== undefined && !type.values.includes(node.oldVal))
      refuse(`"${node.oldVal}" is not an existing enum label`)
    if (type?.values.includes(value) === true) refuse(`enum label "${value}" already exists`)
    if (type !== undefined)
      put(session.draft, 'enums', object, {
        ...type,
        values: type.values.map((each) => (each === node.oldVal ? value : each)),
        valuesDeclared: valuePlaces(type, node.oldVal, value, declaredAt(session)[0]),
      })
    const old = node.oldVal
    const spelling = typeSpelling(object)
    updateTables(session.draft, (table) =>
      JSON.stringify([table.columns, table.checks, table.indexes, table.policies]).includes(
        `::${JSON.stringify(spelling).slice(1, -1)}`,
      )
        ? mapExpressions(table, (expression) => withEnumValueRenamed(expression, spelling, old, value))
        : table,
    )
    updateQueries(session.draft, (view) => queryWithEnumValueRenamed(view, object, old, value))
    session.changes.push({ kind: 'renameEnumValue', place: session.place, object, from: node.oldVal, to: value })
    return
  }
  const ifNotExists = node.skipIfNewValExists === true
  if (type?.values.includes(value) === true) {
    if (ifNotExists) return
    refuse(`enum label "${value}" already exists`)
  }
  if (type !== undefined) {
    const values = [...type.values]
    const neighbor = node.newValNeighbor === undefined ? -1 : values.indexOf(node.newValNeighbor)
    if (node.newValNeighbor !== undefined && neighbor < 0)
      refuse(`"${node.newValNeighbor}" is not an existing enum label`)
    values.splice(neighbor < 0 ? values.length : node.newValIsAfter === true ? neighbor + 1 : neighbor, 0, value)
    put(session.draft, 'enums', object, {
      ...type,
      values,
      valuesDeclared: valuePlaces(type, null, value, declaredAt(session)[0]),
    })
  }
  session.changes.push({
    kind: 'addEnumValue',
    place: session.place,
    object,
    value,
    position: node.newValNeighbor === undefined ? 'end' : 'placed',
    ifNotExists,
  })
}
