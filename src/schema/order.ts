import type { Change } from './change.ts'
import { key, type Schema, type SqlFunction } from './model.ts'
import { needsTables } from './sql/schema.ts'

/**
 * In which order changes run: what depends on others goes first and comes last. Used by a diff to order its changes and by
 * the printer to put what has to be taken away and made again beside them.
 */
export const stage = {
  names: 0,
  dropViews: 1,
  dropAttached: 2,
  dropForeignKeys: 3,
  dropTables: 4,
  dropKeys: 5,
  dropReplacedFunctions: 6,
  types: 7,
  functions: 8,
  createTables: 9,
  columns: 10,
  keys: 11,
  sequences: 12,
  foreignKeys: 13,
  lateFunctions: 14,
  views: 15,
  attached: 16,
  dropFunctions: 17,
  dropTypes: 18,
  dropNames: 19,
} as const

/** The stage of a change; a lower one runs earlier. */
export function stageOf(change: Change, after: Schema): number {
  switch (change.kind) {
    case 'createSchema':
    case 'createExtension':
    case 'renameSchema':
      return stage.names
    case 'dropView':
      return stage.dropViews
    case 'dropTrigger':
    case 'dropPolicy':
      return stage.dropAttached
    case 'dropConstraint':
      return change.constraint?.type === 'foreignKey' ? stage.dropForeignKeys : stage.dropKeys
    case 'dropInherit':
    case 'detachPartition':
      // Before its parent goes, and takes its partitions along.
      return stage.dropForeignKeys
    case 'dropIndex':
      return stage.dropKeys
    case 'dropTable':
      return stage.dropTables
    case 'createEnum':
    case 'addEnumValue':
    case 'renameEnumValue':
    case 'dropEnumValue':
    case 'createDomain':
    case 'alterDomain':
    case 'createType':
    case 'renameType':
    case 'createSequence':
      return stage.types
    case 'createFunction':
      return needsTables(change.to, after) ? stage.lateFunctions : stage.functions
    case 'createTable':
    case 'renameTable':
    case 'setTableSchema':
      return stage.createTables
    case 'addColumn':
    case 'dropColumn':
    case 'renameColumn':
    case 'alterColumnType':
    case 'setNotNull':
    case 'dropNotNull':
    case 'setDefault':
    case 'dropDefault':
    case 'setGenerated':
    case 'setPersistence':
    case 'addNotNull':
    case 'setStorage':
      return stage.columns
    case 'setIdentity':
      // The sequence behind an identity goes before one of the same name comes.
      return change.to.identity ? stage.columns : stage.dropKeys
    case 'addPrimaryKey':
    case 'addUnique':
    case 'addCheck':
    case 'addExclusion':
    case 'attachPartition':
    case 'attachIndex':
    case 'renameConstraint':
    case 'renameIndex':
      return stage.keys
    case 'addIndex':
      return after.views.has(change.table) ? stage.views : stage.keys
    case 'validateConstraint':
      // An identity and a primary key want their columns proven.
      return change.constraint?.type === 'notNull' ? stage.columns : stage.foreignKeys
    case 'alterConstraint':
    case 'addForeignKey':
      return stage.foreignKeys
    case 'alterSequence':
    case 'addInherit':
      return stage.sequences
    case 'createView':
      return stage.views
    case 'addTrigger':
    case 'setTrigger':
    case 'addPolicy':
    case 'alterPolicy':
    case 'setRowSecurity':
    case 'commentTable':
    case 'commentColumn':
    case 'commentConstraint':
    case 'commentIndex':
    case 'commentType':
    case 'grant':
    case 'revoke':
      return stage.attached
    case 'dropFunction':
      return change.from && isMadeAgain(change.from, after) ? stage.dropReplacedFunctions : stage.dropFunctions
    case 'dropType':
      return after.types.has(change.object) ? stage.types : stage.dropTypes
    case 'dropSequence':
      return stage.dropTypes
    case 'dropSchema':
    case 'dropExtension':
      return stage.dropNames
  }
}

function isMadeAgain(of: SqlFunction, after: Schema): boolean {
  return (after.functions.get(key(of.schema, of.name)) ?? []).some(
    (f) => JSON.stringify(f.arguments) === JSON.stringify(of.arguments),
  )
}

/** Changes sorted by stage; within one they keep their order. */
export function inRunningOrder(changes: readonly Change[], after: Schema): readonly Change[] {
  return changes
    .map((change) => ({ change, at: stageOf(change, after) }))
    .toSorted((a, b) => a.at - b.at)
    .map((c) => c.change)
}
