import { key } from '../model.ts'
import type { Draft } from './draft.ts'
import { constraintExists, relationExists } from './draft.ts'

/** Bytes that a name may have; what is longer is cut. */
const longest = 63

function byteLength(text: string): number {
  return Buffer.byteLength(text)
}

function cut(text: string, bytes: number): string {
  if (byteLength(text) <= bytes) return text
  let result = ''
  let used = 0
  for (const character of text) {
    used += byteLength(character)
    if (used > bytes) break
    result += character
  }
  return result
}

/** An identifier as Postgres stores it: cut to 63 bytes. */
export function truncated(name: string): string {
  return name.length * 3 <= longest ? name : cut(name, longest)
}

/**
 * The name that Postgres makes of up to two names and a label, `users_org_id_fkey`: where the result is too long, the longer of the two
 * names loses bytes first. (makeObjectName in src/backend/commands/indexcmds.c)
 */
export function objectName(first: string, second: string, label: string): string {
  const overhead = (second === '' ? 0 : 1) + (label === '' ? 0 : byteLength(label) + 1)
  let a = byteLength(first)
  let b = byteLength(second)
  while (a + b > longest - overhead) {
    if (a > b) a--
    else b--
  }
  return [cut(first, a), ...(second === '' ? [] : [cut(second, b)]), ...(label === '' ? [] : [label])].join('_')
}

function numbered(first: string, second: string, label: string, taken: (name: string) => boolean): string {
  let name = objectName(first, second, label)
  for (let pass = 1; taken(name); pass++) name = objectName(first, second, `${label}${pass}`)
  return name
}

/** A name for a constraint that no other constraint of the schema has. `others` are names that are taken besides. */
export function freeConstraintName(
  schema: Draft['schema'],
  within: string,
  table: string,
  addition: string,
  label: string,
  others: readonly string[] = [],
): string {
  return numbered(
    table,
    addition,
    label,
    (name) => others.includes(name) || constraintExists(schema, key(within, name)),
  )
}

/** A name for a sequence or index that no other relation of the schema has; for a constraint's index no constraint either. */
export function freeRelationName(
  schema: Draft['schema'],
  within: string,
  table: string,
  addition: string,
  label: string,
  constraint: boolean,
  others: readonly string[] = [],
): string {
  return numbered(
    table,
    addition,
    label,
    (name) =>
      others.includes(name) ||
      relationExists(schema, key(within, name)) ||
      (constraint && constraintExists(schema, key(within, name))),
  )
}

/** Names of an index' columns, made distinct by numbers. (ChooseIndexColumnNames in src/backend/commands/indexcmds.c) */
export function distinctNames(columns: readonly string[]): readonly string[] {
  const names: string[] = []
  for (const column of columns) {
    let name = column
    for (let i = 1; names.includes(name); i++) name = `${column}${i}`
    names.push(name)
  }
  return names
}

/** The columns' part of an index name: joined, up to the length of a name. */
export function columnsAddition(columns: readonly string[]): string {
  let joined = ''
  for (const column of columns) {
    joined = joined === '' ? column : `${joined}_${column}`
    if (byteLength(joined) >= longest + 1) break
  }
  return joined
}
