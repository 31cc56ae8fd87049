import type { Node } from 'libpg-query'

/**
 * What a statement is called that refuses to run in a transaction block, `CREATE INDEX CONCURRENTLY`; null for all others.
 * https://www.postgresql.org/docs/current/sql-commands.html
 */
export function concurrentForm(node: Node): string | null {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent ? 'CREATE INDEX CONCURRENTLY' : null
  if ('DropStmt' in node) return node.DropStmt.concurrent ? 'DROP INDEX CONCURRENTLY' : null
  if ('ReindexStmt' in node) {
    const { params = [], kind } = node.ReindexStmt
    if (params.some((param) => 'DefElem' in param && param.DefElem.defname === 'concurrently')) return 'REINDEX CONCURRENTLY'
    return kind === 'REINDEX_OBJECT_DATABASE' || kind === 'REINDEX_OBJECT_SYSTEM' || kind === 'REINDEX_OBJECT_SCHEMA' ? 'REINDEX of more than one table' : null
  }
  if ('AlterTableStmt' in node) {
    const detaches = (node.AlterTableStmt.cmds ?? []).some((cmd) =>
      'AlterTableCmd' in cmd && cmd.AlterTableCmd.subtype === 'AT_DetachPartition' && cmd.AlterTableCmd.def !== undefined && 'PartitionCmd' in cmd.AlterTableCmd.def &&
      cmd.AlterTableCmd.def.PartitionCmd.concurrent === true)
    return detaches ? 'DETACH PARTITION CONCURRENTLY' : null
  }
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd ? 'VACUUM' : null
  if ('CreatedbStmt' in node) return 'CREATE DATABASE'
  if ('DropdbStmt' in node) return 'DROP DATABASE'
  if ('AlterSystemStmt' in node) return 'ALTER SYSTEM'
  if ('CreateTableSpaceStmt' in node) return 'CREATE TABLESPACE'
  if ('DropTableSpaceStmt' in node) return 'DROP TABLESPACE'
  return null
}
