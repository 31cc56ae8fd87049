import type { Node, VariableSetStmt } from 'libpg-query'
import { innerStatements } from '../../sql/inner.ts'
import { parseSql } from '../../sql/parser.ts'
import type { Schema } from '../model.ts'
import { isTemplate } from '../template.ts'
import { alterTable } from './alter-table.ts'
import { alterPolicy, comment, createPolicy, createTrigger } from './attached.ts'
import { createTable } from './create-table.ts'
import { alterDefaultPrivileges } from './default-grants.ts'
import type { Draft } from './draft.ts'
import { drop } from './drop.ts'
import { spreadIndex } from './family.ts'
import { grant } from './grants.ts'
import { createIndex } from './indexes.ts'
import { text, valueText, walk, writtenOf } from './nodes.ts'
import { alterDomain, createDomain } from './domains.ts'
import { alterEnum, createEnum } from './enums.ts'
import { alterSequence, createSequence } from './sequences.ts'
import { createComposite, createExtension, createRange, createSchema, define } from './objects.ts'
import { createFunction } from './functions.ts'
import { rename, setSchema } from './rename.ts'
import type { Session } from './session.ts'
import { addNote, becomeIncomplete, findKey, isOpen, isSystemName, refuse, shown } from './session.ts'
import { createTableAs, createView } from './views.ts'

/** Does to the session's schema what a statement does to a database. Throws a `Refusal` where Postgres would refuse it. */
export function replayNode(session: Session, node: Node): void {
  if ('CreateStmt' in node) return createTable(session, node.CreateStmt)
  if ('AlterTableStmt' in node) return alterTable(session, node.AlterTableStmt)
  if ('IndexStmt' in node) {
    createIndex(session, node.IndexStmt)
    const last = session.changes.at(-1)
    if (last?.kind === 'addIndex' && !last.only) spreadIndex(session, last.table, last.index)
    return
  }
  if ('DropStmt' in node) return drop(session, node.DropStmt)
  if ('RenameStmt' in node) return rename(session, node.RenameStmt)
  if ('AlterObjectSchemaStmt' in node) return setSchema(session, node.AlterObjectSchemaStmt)
  if ('CreateEnumStmt' in node) return createEnum(session, node.CreateEnumStmt)
  if ('AlterEnumStmt' in node) return alterEnum(session, node.AlterEnumStmt)
  if ('CreateDomainStmt' in node) return createDomain(session, node.CreateDomainStmt)
  if ('AlterDomainStmt' in node) return alterDomain(session, node.AlterDomainStmt)
  if ('CompositeTypeStmt' in node) return createComposite(session, node.CompositeTypeStmt)
  if ('CreateRangeStmt' in node) return createRange(session, node.CreateRangeStmt)
  if ('DefineStmt' in node) return define(session, node.DefineStmt)
  if ('CreateExtensionStmt' in node) return createExtension(session, node.CreateExtensionStmt)
  if ('CreateSeqStmt' in node) return createSequence(session, node.CreateSeqStmt)
  if ('AlterSeqStmt' in node) return alterSequence(session, node.AlterSeqStmt)
  if ('CreateFunctionStmt' in node) return createFunction(session, node.CreateFunctionStmt)
  if ('ViewStmt' in node) return createView(session, node.ViewStmt)
  if ('CreateTableAsStmt' in node) return createTableAs(session, node.CreateTableAsStmt)
  if ('CreateTrigStmt' in node) return createTrigger(session, node.CreateTrigStmt)
  if ('CreatePolicyStmt' in node) return createPolicy(session, node.CreatePolicyStmt)
  if ('AlterPolicyStmt' in node) return alterPolicy(session, node.AlterPolicyStmt)
  if ('GrantStmt' in node) return grant(session, node.GrantStmt)
  if ('AlterDefaultPrivilegesStmt' in node) return alterDefaultPrivileges(session, node.AlterDefaultPrivilegesStmt)
  if ('CommentStmt' in node) return comment(session, node.CommentStmt)
  if ('VariableSetStmt' in node) return setVariable(session, node.VariableSetStmt)
  if ('CreateSchemaStmt' in node) {
    const name = createSchema(session, node.CreateSchemaStmt)
    if (name !== null && node.CreateSchemaStmt.schemaElts !== undefined)
      inSchema(session, name, node.CreateSchemaStmt.schemaElts)
    return
  }
  if ('DoStmt' in node) return block(session)
  if ('SelectStmt' in node) {
    if (node.SelectStmt.intoClause !== undefined)
      return createTableAs(session, { query: node, into: node.SelectStmt.intoClause, objtype: 'OBJECT_TABLE' })
    return called(session, node)
  }
  if ('CallStmt' in node) return called(session, node)
  if ('InsertStmt' in node) return target(session, node.InsertStmt.relation)
  if ('UpdateStmt' in node) return target(session, node.UpdateStmt.relation)
  if ('DeleteStmt' in node) return target(session, node.DeleteStmt.relation)
}

/** Data statements change nothing here, but fail where their table is not there. */
function target(session: Session, relation: Parameters<typeof writtenOf>[0]): void {
  const written = writtenOf(relation)
  const { schema } = session.draft
  if (isOpen(session) || isSystemName(written)) return
  if (findKey(session, written, (at) => schema.tables.has(at) || schema.views.has(at)) === undefined)
    refuse(`relation ${shown(written)} does not exist`)
}

function inSchema(session: Session, name: string, elements: readonly Node[]): void {
  const { schema } = session.draft
  session.draft.schema = { ...schema, searchPath: [name, ...(schema.searchPath ?? [schema.defaultSchema])] }
  for (const element of elements) replayNode(session, element)
  restorePath(session, schema)
}

/** Gives a schema the search path of another moment. */
export function withPathOf(schema: Draft['schema'], other: Schema): Draft['schema'] {
  if (schema.searchPath === other.searchPath && schema.defaultSchema === other.defaultSchema) return schema
  const { searchPath: _, ...rest } = schema
  return {
    ...rest,
    defaultSchema: other.defaultSchema,
    ...(other.searchPath === undefined ? {} : { searchPath: other.searchPath }),
  }
}

function restorePath(session: Session, to: Schema): void {
  session.draft.schema = withPathOf(session.draft.schema, to)
}

function setPath(session: Session, names: readonly string[]): void {
  if (names.some(isTemplate)) return
  const path = names
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '$user' && name !== 'pg_catalog' && name !== 'pg_temp')
  session.draft.schema = {
    ...session.draft.schema,
    searchPath: path,
    defaultSchema: path[0] ?? session.draft.schema.defaultSchema,
  }
}

function setVariable(session: Session, node: VariableSetStmt): void {
  if (node.name !== 'search_path') return
  if (node.kind === 'VAR_SET_VALUE') setPath(session, (node.args ?? []).map(valueText))
  else {
    const { searchPath: _, ...rest } = session.draft.schema
    session.draft.schema = { ...rest, defaultSchema: 'public' }
  }
}

/** What a block does follows as statements of its own; what it puts together at run time does not. */
function block(session: Session): void {
  if (innerStatements(session.statement).problems.length > 0) becomeIncomplete(session)
}

const changesSchema =
  /\b(?:execute|create\s+(?:table|index|unique|type|view|schema|sequence)|alter\s+table|drop\s+(?:table|index|type|column|view))\b/i

/** A query may call a function that changes the schema. */
function called(session: Session, node: Node): void {
  walk(node, (kind, value) => {
    if (kind !== 'FuncCall' || !Array.isArray(value['funcname'])) return
    const names = value['funcname'].map((each) => text(each as Node))
    const name = names.at(-1) ?? ''
    const args = Array.isArray(value['args']) ? value['args'].map((each) => valueText(each as Node)) : []
    if (name === 'set_config' && args[0] === 'search_path') {
      setPath(
        session,
        (args[1] ?? '').split(',').map((each) => each.replaceAll('"', '')),
      )
      return
    }
    const at = findKey(session, { schema: names.length > 1 ? (names.at(-2) ?? null) : null, name }, (each) =>
      session.draft.schema.functions.has(each),
    )
    const functions = at === undefined ? [] : (session.draft.schema.functions.get(at) ?? [])
    if (session.statement.opened === true) return
    if (!functions.some((each) => each.body !== null && changesSchema.test(each.body))) return
    addNote(session, 'unresolved', `\`${name}()\` changes the schema when it runs; what it does is not seen`)
    becomeIncomplete(session)
  })
}

/** Parses and replays SQL of its own, for callers that make some up. */
export function replayText(session: Session, sql: string): void {
  const result = parseSql(sql)
  if ('nodes' in result) for (const node of result.nodes) replayNode(session, node)
}
