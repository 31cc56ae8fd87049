import type { Node } from 'libpg-query'
import { parseBlock } from './inner.ts'
import type { Statement } from './statement.ts'

/**
 * What keeps a statement out of a transaction block, as Postgres names it (`CREATE INDEX CONCURRENTLY`); null for a statement that may run in one.
 * `postgres` is the major version: below 12 a new enum value may not be added in a block. See the notes of each command in
 * https://www.postgresql.org/docs/current/sql-commands.html
 */
export function refusesTransaction(statement: Pick<Statement, 'node' | 'kind'>, postgres = 12): string | null {
  const node: Node = statement.node
  if ('IndexStmt' in node) return node.IndexStmt.concurrent ? 'CREATE INDEX CONCURRENTLY' : null
  if ('DropStmt' in node) return node.DropStmt.concurrent ? 'DROP INDEX CONCURRENTLY' : null
  if ('ReindexStmt' in node) {
    const { kind, params } = node.ReindexStmt
    if (isOn(params, 'concurrently')) return 'REINDEX CONCURRENTLY'
    return kind === 'REINDEX_OBJECT_SCHEMA' || kind === 'REINDEX_OBJECT_SYSTEM' || kind === 'REINDEX_OBJECT_DATABASE'
      ? `REINDEX ${kind.slice(15)}`
      : null
  }
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd ? 'VACUUM' : null
  if ('ClusterStmt' in node) return node.ClusterStmt.relation ? null : 'CLUSTER'
  if ('AlterTableStmt' in node) {
    const detaches = (node.AlterTableStmt.cmds ?? []).some((command) => {
      if (!('AlterTableCmd' in command) || command.AlterTableCmd.subtype !== 'AT_DetachPartition') return false
      const definition = command.AlterTableCmd.def
      return definition !== undefined && 'PartitionCmd' in definition && definition.PartitionCmd.concurrent === true
    })
    return detaches ? 'DETACH PARTITION CONCURRENTLY' : null
  }
  if ('AlterEnumStmt' in node)
    return postgres < 12 && node.AlterEnumStmt.newVal && !node.AlterEnumStmt.oldVal ? 'ALTER TYPE … ADD VALUE' : null
  if ('DiscardStmt' in node) return node.DiscardStmt.target === 'DISCARD_ALL' ? 'DISCARD ALL' : null
  return commands[statement.kind] ?? null
}

/**
 * True for a `DO` block that commits or rolls back in between, which Postgres refuses inside a transaction block.
 * https://www.postgresql.org/docs/current/plpgsql-transactions.html
 */
export function endsTransactions({ node, text }: Pick<Statement, 'node' | 'text'>): boolean {
  if (!('DoStmt' in node) || !/\b(?:commit|rollback)\b/i.test(text)) return false
  const read = parseBlock(node.DoStmt)
  return !('message' in read) && /"PLpgSQL_stmt_(?:commit|rollback)"/.test(JSON.stringify(read.tree))
}

/** True where a list of options, `(VERBOSE, CONCURRENTLY false)`, turns one on: by its name alone or with a true value. */
export function isOn(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => {
    if (!('DefElem' in option) || option.DefElem.defname !== name) return false
    const { arg } = option.DefElem
    if (arg === undefined) return true
    if ('Integer' in arg) return arg.Integer.ival === 1
    return 'String' in arg
      ? /^(true|on)$/i.test(arg.String.sval ?? '')
      : 'Boolean' in arg && arg.Boolean.boolval === true
  })
}

const commands: Readonly<Record<string, string>> = {
  CreatedbStmt: 'CREATE DATABASE',
  DropdbStmt: 'DROP DATABASE',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  AlterSystemStmt: 'ALTER SYSTEM',
}
