import { sourceFile } from '../location.ts'
import { readSql } from '../sql/read.ts'
import type { SqlDialect } from '../sql/dialect.ts'
import type { Statement } from '../sql/statement.ts'
import { isLiquibase } from './liquibase.ts'

/** What detection wants to know of a file of SQL. */
export interface SqlTraits {
  /** Marks that a tool writes into its files. */
  readonly marker: 'goose' | 'dbmate' | 'node-pg-migrate' | 'sql-migrate' | 'graphile-migrate' | null
  /** True for a changelog of Liquibase. */
  readonly changelog: boolean
  /** True where it changes the schema: not only queries, data and settings. */
  readonly changesSchema: boolean
  /** True where it only creates: tables, types, functions, with their comments and grants. */
  readonly onlyCreates: boolean
  /** True for the named queries of sqlc, pgtyped and the like. */
  readonly queries: boolean
  readonly dialect: SqlDialect
  /** True where it says what only CockroachDB understands, which speaks Postgres' dialect otherwise. */
  readonly cockroach: boolean
  readonly creates: readonly string[]
}

const markers = [
  ['goose', /^--\s*\+goose\s+up\b/im],
  ['dbmate', /^--\s*migrate:up\b/m],
  ['sql-migrate', /^--\s*\+migrate\s+up\b/im],
  ['graphile-migrate', /^--! (?:Previous|Hash): \S/m],
  ['node-pg-migrate', /^\s*--[\s-]*up\s+migration\b/im],
] as const

const longest = 60_000

/** https://www.cockroachlabs.com/docs/stable/sql-grammar */
const cockroachOnly =
  /\bCREATE\s+(?:UNIQUE\s+)?INVERTED\s+INDEX\b|\bINVERTED\s+INDEX\s*\(|^\s*"?\w+"?\s+STRING\b(?=\s*(?:\(|,|$|NOT\b|NULL\b|PRIMARY\b|UNIQUE\b|DEFAULT\b|REFERENCES\b))|\bDROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?[\w".]+@\w|\bunique_rowid\(\)|\bINTERLEAVE\s+IN\s+PARENT\b/im

/** Reads the traits of a text. The parser must have been loaded. */
export function traitsOf(path: string, text: string): SqlTraits {
  const queries = /^\s*--\s*name\s*:\s*\S|\/\*\s*@name\s/m.test(text.slice(0, longest))
  const marker = markers.find(([, pattern]) => pattern.test(text.slice(0, longest)))?.[0] ?? null
  const changelog = isLiquibase(text)
  const cockroach = cockroachOnly.test(text.slice(0, longest))
  if (queries)
    return {
      marker,
      changelog,
      queries,
      dialect: 'postgresql',
      cockroach,
      changesSchema: false,
      onlyCreates: false,
      creates: [],
    }
  // A dump may be long; its beginning tells what it is.
  const read = readSql(
    sourceFile(path, text.length > longest ? text.slice(0, text.lastIndexOf(';\n', longest) + 1) : text),
  )
  const schema = read.statements.filter((statement) => statement.inside !== 'function' && changesSchema(statement))
  const creates = schema.flatMap((statement) => createdTable(statement) ?? [])
  return {
    marker,
    changelog,
    queries,
    dialect: read.dialect,
    cockroach,
    changesSchema: schema.length > 0,
    onlyCreates: creates.length > 0 && schema.every(isCreation),
    creates,
  }
}

const quiet = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'ExplainStmt',
  'VariableSetStmt',
  'VariableShowStmt',
  'TransactionStmt',
  'PrepareStmt',
  'ExecuteStmt',
  'DeallocateStmt',
  'DiscardStmt',
  'CheckPointStmt',
  'LockStmt',
  'NotifyStmt',
  'ListenStmt',
  'UnlistenStmt',
  'CallStmt',
  'VacuumStmt',
  'DoStmt',
  'CreatedbStmt',
  'DropdbStmt',
  'AlterDatabaseStmt',
  'AlterDatabaseSetStmt',
  'CreateRoleStmt',
  'AlterRoleStmt',
  'DropRoleStmt',
  'AlterSystemStmt',
  'LoadStmt',
  'TruncateStmt',
  'DeclareCursorStmt',
  'FetchStmt',
  'ClosePortalStmt',
])

/** True for a statement that changes the schema, as opposed to data, settings and the server. */
export function changesSchema(statement: Statement): boolean {
  if (quiet.has(statement.kind)) return false
  if (statement.kind === 'CreateTableAsStmt' || statement.kind === 'CreateStmt') return !isTemporary(statement)
  return true
}

function isTemporary(statement: Statement): boolean {
  const { node } = statement
  const relation =
    'CreateStmt' in node
      ? node.CreateStmt.relation
      : 'CreateTableAsStmt' in node
        ? node.CreateTableAsStmt.into?.rel
        : undefined
  return relation?.relpersistence === 't'
}

const creations = new Set([
  'CreateStmt',
  'IndexStmt',
  'CreateEnumStmt',
  'CompositeTypeStmt',
  'CreateDomainStmt',
  'CreateSeqStmt',
  'CreateSchemaStmt',
  'CreateExtensionStmt',
  'ViewStmt',
  'CreateFunctionStmt',
  'CreateTrigStmt',
  'CommentStmt',
  'GrantStmt',
  'CreatePolicyStmt',
  'AlterOwnerStmt',
  'AlterDefaultPrivilegesStmt',
  'CreateTableAsStmt',
  'CreateRangeStmt',
  'DefineStmt',
  'RuleStmt',
  'CreateStatsStmt',
  'AlterSeqStmt',
  'CreateCastStmt',
])

function isCreation(statement: Statement): boolean {
  if (creations.has(statement.kind)) return true
  // A dump adds its constraints, and a script drops what it is about to create.
  if ('DropStmt' in statement.node) return statement.node.DropStmt.missing_ok === true
  if (!('AlterTableStmt' in statement.node)) return false
  return (statement.node.AlterTableStmt.cmds ?? []).every(
    (command) =>
      'AlterTableCmd' in command &&
      [
        'AT_AddConstraint',
        'AT_ChangeOwner',
        'AT_ColumnDefault',
        'AT_AddIdentity',
        'AT_AttachPartition',
        'AT_EnableRowSecurity',
        'AT_ForceRowSecurity',
        'AT_ReplicaIdentity',
        'AT_ClusterOn',
        'AT_SetStatistics',
      ].includes(command.AlterTableCmd.subtype ?? ''),
  )
}

/** Name of the table that a statement creates, qualified as it is written; null for any other statement. */
export function createdTable(statement: Statement): string | null {
  const relation = 'CreateStmt' in statement.node ? statement.node.CreateStmt.relation : undefined
  if (!relation?.relname) return null
  return relation.schemaname && relation.schemaname !== 'public'
    ? `${relation.schemaname}.${relation.relname}`
    : relation.relname
}

/** Name of the table that a statement alters; null for any other statement. */
export function alteredTable(statement: Statement): string | null {
  const relation =
    'AlterTableStmt' in statement.node
      ? statement.node.AlterTableStmt.relation
      : 'IndexStmt' in statement.node
        ? statement.node.IndexStmt.relation
        : undefined
  if (!relation?.relname) return null
  return relation.schemaname && relation.schemaname !== 'public'
    ? `${relation.schemaname}.${relation.relname}`
    : relation.relname
}
