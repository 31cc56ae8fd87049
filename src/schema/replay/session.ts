import type { Note, NoteKind } from '../../finding.ts'
import type { Place } from '../../location.ts'
import type { Statement } from '../../sql/statement.ts'
import { quoteIdent } from '../../sql/names.ts'
import type { Change } from '../change.ts'
import type { Column, Declaration, Key, Schema, Table } from '../model.ts'
import { emptyTable, key } from '../model.ts'
import type { Draft } from './draft.ts'
import { children, parents, putTable } from './draft.ts'
import { mayBeOfExtension } from './extensions.ts'
import { truncated } from './names.ts'
import type { Written } from './nodes.ts'

export interface ReplayOptions {
  /** Major version of the server that runs the statements. */
  readonly postgres: number
  readonly source: Declaration['source']
  /** True where the database has objects that nobody told of: an unknown table is one of those, not a mistake. */
  readonly alone?: boolean
  /** True for what has run: a schema of which nothing is known was there, made by a platform or by hand. */
  readonly ran?: boolean
}

/** One statement being replayed: what it works on and what it has done. */
export interface Session {
  readonly draft: Draft
  readonly options: ReplayOptions
  readonly statement: Statement
  readonly changes: Change[]
  readonly notes: Note[]
  /** Where the part of the statement at hand stands: a subcommand of an ALTER TABLE, or the statement. */
  place: Place
}

/** What looking up names needs of a session. */
export type Resolving = Pick<Session, 'options'> & { readonly draft: { readonly schema: Schema } }

/** Postgres would refuse the statement; the message is worded as Postgres words it. */
export class Refusal extends Error {}

/** Stops the replay of the statement at hand. */
export function refuse(message: string): never {
  throw new Refusal(message)
}

/** True where an object that is not known may exist all the same. */
export function isOpen(session: Resolving): boolean {
  return session.options.alone === true || !session.draft.schema.complete
}

export function addNote(session: Session, kind: NoteKind, message: string): void {
  session.notes.push({ kind, blocking: false, path: session.place.path, line: session.place.line, message })
}

/** Marks that from here on not everything that exists is known. */
export function becomeIncomplete(session: Session): void {
  session.draft.schema = { ...session.draft.schema, complete: false }
}

export function declaredAt(session: Session, place: Place = session.place): readonly Declaration[] {
  return [{ ...place, source: session.options.source }]
}

/** The schemas in which an unqualified name is looked for, temporary objects first. */
export function searchPath(schema: Schema): readonly string[] {
  return ['pg_temp', ...(schema.searchPath ?? [schema.defaultSchema])]
}

/** The key under which a new object of that name is made. */
export function keyForNew(session: Session, written: Written, temporary = false): Key {
  const { schema } = session.draft
  if (temporary) return key('pg_temp', truncated(written.name))
  const path = schema.searchPath ?? [schema.defaultSchema]
  const within = written.schema ?? path.find((name) => name === 'public' || schema.schemas.has(name)) ?? path[0]
  if (within === undefined) return refuse('no schema has been selected to create in')
  if (written.schema !== null && !schemaExists(session, within)) refuse(`schema ${quoteIdent(within)} does not exist`)
  return key(within, truncated(written.name))
}

export function schemaExists(session: Session, name: string): boolean {
  return (
    name === 'public' ||
    name === session.draft.schema.defaultSchema ||
    name.startsWith('pg_') ||
    name === 'information_schema' ||
    session.draft.schema.schemas.has(name) ||
    isOpen(session)
  )
}

/** The key of an object that exists, by its written name; undefined where `exists` knows none. */
export function findKey(session: Resolving, written: Written, exists: (at: Key) => boolean): Key | undefined {
  const name = truncated(written.name)
  const candidates = written.schema === null ? searchPath(session.draft.schema) : [written.schema]
  return candidates.map((schema) => key(schema, name)).find(exists)
}

/** Where an unknown object would be: in the schema as written, or the default one. */
export function assumedKey(session: Session, written: Written): Key {
  return key(
    written.schema ?? session.draft.schema.searchPath?.[0] ?? session.draft.schema.defaultSchema,
    truncated(written.name),
  )
}

/** True for a name of the system's own catalogs and views, which are not replayed. */
export function isSystemName({ schema, name }: Written): boolean {
  return schema === 'pg_catalog' || schema === 'information_schema' || name.startsWith('pg_')
}

/** How Postgres names a relation in its messages. */
export function shown(written: Written): string {
  return `"${written.schema === null ? '' : `${written.schema}.`}${written.name}"`
}

/**
 * The table of a written name. One that is not known is taken to exist with unknown shape where that may be, and a refusal otherwise;
 * null where `missingOk` says that it need not exist.
 */
export function tableFor(session: Session, written: Written, missingOk = false): Table | null {
  const { schema } = session.draft
  const found = findKey(session, written, (at) => schema.tables.has(at))
  const table = found === undefined ? undefined : schema.tables.get(found)
  if (table !== undefined) return table
  if (findKey(session, written, (at) => schema.views.has(at)) !== undefined)
    return refuse(`${shown(written)} is not a table`)
  const isOfOthers = session.options.ran === true && written.schema !== null && !schemaExists(session, written.schema)
  if (isOpen(session) || isOfOthers || mayBeOfExtension(schema, written))
    return placeholder(session, assumedKey(session, written))
  if (missingOk) return null
  return refuse(`relation ${shown(written)} does not exist`)
}

/** Makes a table of which nothing but its name is known. */
export function placeholder(session: Session, at: Key): Table {
  const dot = at.indexOf('.')
  const table = emptyTable(at.slice(0, dot), at.slice(dot + 1), [], false)
  putTable(session.draft, table)
  return table
}

/** A column of which nothing but its name is known. */
export function unknownColumn(name: string): Column {
  return { name, type: null, nullable: true, default: null, generated: null, identity: null, declared: [] }
}

/** The column of a table. One that is not known is taken to exist in a table that is not fully known, and a refusal otherwise. */
export function columnFor(session: Session, table: Table, written: string): Column {
  const name = truncated(written)
  const found = table.columns.find((column) => column.name === name)
  if (found !== undefined) return found
  if (table.complete) return refuse(`column "${name}" of relation "${table.name}" does not exist`)
  const column = unknownColumn(name)
  putTable(session.draft, { ...table, columns: [...table.columns, column] })
  return column
}

/** Refuses to change a column that comes from a parent: it is changed there. */
export function checkOwn(session: Session, table: Table, column: string, what: 'drop' | 'rename' | 'alter'): void {
  if (parents(session.draft.schema, table).some((parent) => parent.columns.some((each) => each.name === column)))
    refuse(`cannot ${what} inherited column "${column}"`)
}

/** Refuses a change of a table alone that its children must follow. */
export function checkFollowed(session: Session, at: Key, recurse: boolean, message: string): void {
  if (!recurse && children(session.draft.schema, at).length > 0) refuse(message)
}

/** The table as it is now. */
export function current(session: Session, at: Key): Table {
  return session.draft.schema.tables.get(at) ?? placeholder(session, at)
}
