import type { CompositeTypeStmt, CreateExtensionStmt, CreateRangeStmt, CreateSchemaStmt, DefineStmt } from 'libpg-query'
import type { Key } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import { put, putAttributes, putSchemas, typeExists } from './draft.ts'
import { truncated } from './names.ts'
import { flag, option, texts, valueText, writtenIn, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { declaredAt, keyForNew, refuse } from './session.ts'
import { resolveType } from './types.ts'
import { significantTokens } from '../../sql/tokens.ts'

function createOtherType(session: Session, at: Key, form: 'composite' | 'range' | 'base' | 'shell'): void {
  const existing = session.draft.schema.types.get(at)
  if (typeExists(session.draft.schema, at) && existing?.form !== 'shell') refuse(`type "${nameOf(at)}" already exists`)
  put(session.draft, 'types', at, {
    schema: schemaOf(at),
    name: nameOf(at),
    form,
    definition: definitionAfterName(session.statement.text),
    declared: declaredAt(session),
  })
  session.changes.push({ kind: 'createType', place: session.place, object: at })
}

/** What follows the name in `CREATE TYPE name AS (…)`; null for a shell. */
function definitionAfterName(statement: string): string | null {
  const tokens = significantTokens(statement)
  const written = (i: number) => {
    const token = tokens[i]
    return token === undefined ? '' : statement.slice(token.start, token.end)
  }
  let at = 3
  while (written(at) === '.') at += 2
  const next = tokens[at]
  return next === undefined ? null : statement.slice(next.start).trimEnd()
}

export function createComposite(session: Session, node: CompositeTypeStmt): void {
  const attributes = (node.coldeflist ?? []).flatMap((column) =>
    'ColumnDef' in column
      ? [
          {
            name: truncated(column.ColumnDef.colname ?? ''),
            type: resolveType(session, column.ColumnDef.typeName).text,
          },
        ]
      : [],
  )
  const at = keyForNew(session, writtenOf(node.typevar))
  createOtherType(session, at, 'composite')
  putAttributes(session.draft, at, attributes)
}

export function createRange(session: Session, node: CreateRangeStmt): void {
  createOtherType(session, keyForNew(session, writtenIn(texts(node.typeName))), 'range')
}

export function define(session: Session, node: DefineStmt): void {
  if (node.kind !== 'OBJECT_TYPE') return
  createOtherType(
    session,
    keyForNew(session, writtenIn(texts(node.defnames))),
    node.definition === undefined ? 'shell' : 'base',
  )
}

/** Extensions that go to a schema of their own, whatever the search path says. */
const fixedSchema: Readonly<Record<string, string>> = { plpgsql: 'pg_catalog' }

export function createExtension(session: Session, node: CreateExtensionStmt): void {
  const name = node.extname ?? ''
  if (session.draft.schema.extensions.has(name)) {
    if (node.if_not_exists === true) return
    refuse(`extension "${name}" already exists`)
  }
  if (name === 'plpgsql' && node.if_not_exists === true) return
  const given = option(node.options, 'schema')?.arg
  const schema = fixedSchema[name] ?? (given === undefined ? session.draft.schema.defaultSchema : valueText(given))
  put(session.draft, 'extensions', name, { name, schema, declared: declaredAt(session) })
  session.changes.push({
    kind: 'createExtension',
    place: session.place,
    object: name,
    cascade: flag(node.options, 'cascade'),
  })
}

/** Makes the schema; gives the statements that stand in it. */
export function createSchema(session: Session, node: CreateSchemaStmt): string | null {
  const name = truncated(node.schemaname ?? node.authrole?.rolename ?? '')
  if (session.draft.schema.schemas.has(name)) {
    if (node.if_not_exists === true) return null
    refuse(`schema "${name}" already exists`)
  }
  // Every database begins with it, and it is not among the schemas: whether a DROP SCHEMA took it away is not known here.
  if (name === 'public') return node.if_not_exists === true ? null : name
  putSchemas(session.draft, [...session.draft.schema.schemas, name])
  session.changes.push({ kind: 'createSchema', place: session.place, object: name, cascade: false })
  return name
}
