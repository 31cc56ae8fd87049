import type { Place } from '../location.ts'
import type {
  Check,
  Column,
  DomainType,
  EnumType,
  Exclusion,
  ForeignKey,
  Index,
  Key,
  Policy,
  PrimaryKey,
  Sequence,
  SqlFunction,
  Table,
  Trigger,
  Unique,
  View,
} from './model.ts'

interface Base {
  /** Where the change is written: the statement, or the one of several subcommands of an ALTER TABLE, or the line of an ORM schema. */
  readonly place: Place
}

interface OnTable extends Base {
  /** The table as it is called when the change begins. */
  readonly table: Key
}

/**
 * One difference between two schemas: what one statement does, or what a diff finds. `from` and `to` are the object before
 * and after. Constraints that are written inline with a new column are changes of their own, after the `addColumn`, with
 * `inline: true`; the parts of a new table stand in `createTable.to` only.
 */
export type Change =
  // tables
  | (OnTable & {
      readonly kind: 'createTable'
      readonly to: Table
      readonly ifNotExists: boolean
      readonly as: 'definition' | 'query' | 'like'
    })
  | (OnTable & {
      readonly kind: 'dropTable'
      readonly from: Table
      readonly cascade: boolean
      readonly ifExists: boolean
    })
  | (OnTable & { readonly kind: 'renameTable'; readonly to: Key })
  | (OnTable & { readonly kind: 'setTableSchema'; readonly to: Key })
  | (OnTable & { readonly kind: 'setPersistence'; readonly to: 'permanent' | 'unlogged' })
  | (OnTable & { readonly kind: 'attachPartition'; readonly partition: Key; readonly bound: string })
  | (OnTable & {
      readonly kind: 'detachPartition'
      readonly partition: Key
      readonly concurrently: boolean
      readonly finalize: boolean
    })
  | (OnTable & {
      readonly kind: 'setRowSecurity'
      readonly from: Table['rowSecurity']
      readonly to: Table['rowSecurity']
    })
  | (OnTable & { readonly kind: 'commentTable'; readonly from: string | null; readonly to: string | null })
  | (OnTable & { readonly kind: 'addInherit' | 'dropInherit'; readonly parent: Key })
  /** Storage parameters of the table, or of one of its indexes. */
  | (OnTable & {
      readonly kind: 'setStorage'
      readonly index: string | null
      readonly from: readonly string[]
      readonly to: readonly string[]
    })
  | (OnTable & {
      readonly kind: 'commentConstraint' | 'commentIndex'
      readonly name: string
      readonly from: string | null
      readonly to: string | null
    })
  // columns
  | (OnTable & { readonly kind: 'addColumn'; readonly to: Column; readonly ifNotExists: boolean })
  | (OnTable & {
      readonly kind: 'dropColumn'
      readonly from: Column
      readonly cascade: boolean
      readonly ifExists: boolean
    })
  | (OnTable & { readonly kind: 'renameColumn'; readonly from: string; readonly to: string })
  /** `using` is the expression as written. */
  | (OnTable & {
      readonly kind: 'alterColumnType'
      readonly from: Column
      readonly to: Column
      readonly using: string | null
      readonly collationChanges: boolean
    })
  | (OnTable & { readonly kind: 'setNotNull'; readonly from: Column; readonly to: Column })
  | (OnTable & { readonly kind: 'dropNotNull'; readonly from: Column; readonly to: Column })
  | (OnTable & { readonly kind: 'setDefault'; readonly from: Column; readonly to: Column })
  | (OnTable & { readonly kind: 'dropDefault'; readonly from: Column; readonly to: Column })
  | (OnTable & { readonly kind: 'setIdentity'; readonly from: Column; readonly to: Column })
  | (OnTable & { readonly kind: 'setGenerated'; readonly from: Column; readonly to: Column })
  | (OnTable & {
      readonly kind: 'commentColumn'
      readonly column: string
      readonly from: string | null
      readonly to: string | null
    })
  // constraints; `usingIndex` names the index that a constraint takes over
  | (OnTable & {
      readonly kind: 'addPrimaryKey'
      readonly to: PrimaryKey
      readonly inline: boolean
      readonly usingIndex: string | null
    })
  | (OnTable & {
      readonly kind: 'addUnique'
      readonly to: Unique
      readonly inline: boolean
      readonly usingIndex: string | null
    })
  | (OnTable & { readonly kind: 'addForeignKey'; readonly to: ForeignKey; readonly inline: boolean })
  | (OnTable & { readonly kind: 'addCheck'; readonly to: Check; readonly inline: boolean })
  | (OnTable & { readonly kind: 'addExclusion'; readonly to: Exclusion })
  /** PostgreSQL 18: `ADD CONSTRAINT … NOT NULL column [NOT VALID]`. */
  | (OnTable & {
      readonly kind: 'addNotNull'
      readonly column: string
      readonly name: string
      readonly validated: boolean
    })
  | (OnTable & {
      readonly kind: 'validateConstraint'
      readonly name: string
      readonly constraint: ConstraintRef | null
    })
  | (OnTable & {
      readonly kind: 'alterConstraint'
      readonly name: string
      readonly from: ForeignKey | Check
      readonly to: ForeignKey | Check
    })
  /** `constraint` is null where the table is not known well enough to tell. */
  | (OnTable & {
      readonly kind: 'dropConstraint'
      readonly name: string
      readonly constraint: ConstraintRef | null
      readonly cascade: boolean
      readonly ifExists: boolean
    })
  | (OnTable & { readonly kind: 'renameConstraint'; readonly from: string; readonly to: string })
  // indexes
  | (OnTable & {
      readonly kind: 'addIndex'
      readonly index: Index
      readonly concurrently: boolean
      readonly ifNotExists: boolean
      readonly only: boolean
    })
  /** `table` is `''` and `index` null where the index is not known. */
  | (OnTable & {
      readonly kind: 'dropIndex'
      readonly name: string
      readonly index: Index | null
      readonly concurrently: boolean
      readonly cascade: boolean
      readonly ifExists: boolean
    })
  | (OnTable & { readonly kind: 'renameIndex'; readonly from: string; readonly to: string })
  | (OnTable & { readonly kind: 'attachIndex'; readonly name: string; readonly index: string })
  // what belongs to a table
  | (OnTable & { readonly kind: 'addTrigger'; readonly to: Trigger; readonly orReplace: boolean })
  | (OnTable & { readonly kind: 'dropTrigger'; readonly name: string; readonly from: Trigger | null })
  | (OnTable & { readonly kind: 'setTrigger'; readonly name: string; readonly enabled: boolean })
  | (OnTable & { readonly kind: 'addPolicy'; readonly to: Policy })
  | (OnTable & { readonly kind: 'alterPolicy'; readonly from: Policy | null; readonly to: Policy })
  | (OnTable & { readonly kind: 'dropPolicy'; readonly name: string; readonly from: Policy | null })
  // other objects; `object` is the key
  | (Base & { readonly kind: 'createSchema' | 'dropSchema'; readonly object: string; readonly cascade: boolean })
  | (Base & { readonly kind: 'renameSchema'; readonly object: string; readonly to: string })
  | (Base & { readonly kind: 'createEnum'; readonly object: Key; readonly to: EnumType })
  | (Base & {
      readonly kind: 'addEnumValue'
      readonly object: Key
      readonly value: string
      readonly position: 'end' | 'placed'
      readonly ifNotExists: boolean
    })
  | (Base & { readonly kind: 'renameEnumValue'; readonly object: Key; readonly from: string; readonly to: string })
  /** Found by a diff only: Postgres has no statement for it. */
  | (Base & { readonly kind: 'dropEnumValue'; readonly object: Key; readonly value: string })
  | (Base & { readonly kind: 'createDomain'; readonly object: Key; readonly to: DomainType })
  | (Base & {
      readonly kind: 'alterDomain'
      readonly object: Key
      readonly from: DomainType | null
      readonly to: DomainType | null
      readonly adds: 'check' | 'not null' | null
      readonly notValid: boolean
    })
  | (Base & { readonly kind: 'createType'; readonly object: Key })
  | (Base & {
      readonly kind: 'commentType'
      readonly object: Key
      readonly from: string | null
      readonly to: string | null
    })
  | (Base & { readonly kind: 'renameType'; readonly object: Key; readonly to: Key })
  | (Base & { readonly kind: 'dropType'; readonly object: Key; readonly cascade: boolean })
  | (Base & { readonly kind: 'createView'; readonly object: Key; readonly to: View; readonly orReplace: boolean })
  | (Base & { readonly kind: 'dropView'; readonly object: Key; readonly from: View | null; readonly cascade: boolean })
  | (Base & {
      readonly kind: 'createFunction'
      readonly object: Key
      readonly from: SqlFunction | null
      readonly to: SqlFunction
      readonly orReplace: boolean
    })
  /** `from` is the one of several of that name, where it can be told. */
  | (Base & {
      readonly kind: 'dropFunction'
      readonly object: Key
      readonly cascade: boolean
      readonly from?: SqlFunction | null
    })
  | (Base & { readonly kind: 'createSequence'; readonly object: Key; readonly to: Sequence })
  | (Base & { readonly kind: 'alterSequence'; readonly object: Key; readonly restart: boolean })
  | (Base & { readonly kind: 'dropSequence'; readonly object: Key; readonly cascade: boolean })
  /** Found by a diff only: rules read the statement. `object` is a key, or the name of a schema; `signature` tells functions of one name apart. */
  | (Base & {
      readonly kind: 'grant' | 'revoke'
      readonly on: 'table' | 'sequence' | 'function' | 'procedure' | 'schema'
      readonly object: Key
      readonly signature: string | null
      readonly role: string
      readonly privileges: readonly string[]
      readonly grantable: boolean
    })
  | (Base & { readonly kind: 'createExtension' | 'dropExtension'; readonly object: string; readonly cascade: boolean })

/** What a constraint is, where that is known. */
export type ConstraintRef =
  | { readonly type: 'primaryKey'; readonly is: PrimaryKey }
  | { readonly type: 'unique'; readonly is: Unique }
  | { readonly type: 'foreignKey'; readonly is: ForeignKey }
  | { readonly type: 'check'; readonly is: Check }
  | { readonly type: 'exclusion'; readonly is: Exclusion }
  | { readonly type: 'notNull'; readonly column: string }

export type ChangeKind = Change['kind']

/** The one change of a kind: `ChangeOf<'addColumn'>`. */
export type ChangeOf<K extends ChangeKind> = Extract<Change, { readonly kind: K }>

/** The table that a change is about, undefined for types, views and the like. */
export function tableOf(change: Change): Key | undefined {
  return 'table' in change ? change.table : undefined
}

/** The name of what a change is about: the column, constraint, index or object; the table's own for a change of the table as a whole. */
export function subjectOf(change: Change): string {
  switch (change.kind) {
    case 'addColumn':
    case 'addPrimaryKey':
    case 'addUnique':
    case 'addForeignKey':
    case 'addCheck':
    case 'addExclusion':
    case 'addTrigger':
    case 'addPolicy':
    case 'alterPolicy':
      return change.to.name
    case 'dropColumn':
    case 'alterColumnType':
    case 'setNotNull':
    case 'dropNotNull':
    case 'setDefault':
    case 'dropDefault':
    case 'setIdentity':
    case 'setGenerated':
      return change.from.name
    case 'renameColumn':
    case 'renameConstraint':
    case 'renameIndex':
      return change.from
    case 'commentColumn':
    case 'addNotNull':
      return change.column
    case 'addInherit':
    case 'dropInherit':
      return change.parent
    case 'setStorage':
      return change.index ?? change.table
    case 'commentConstraint':
    case 'commentIndex':
    case 'validateConstraint':
    case 'alterConstraint':
    case 'dropConstraint':
    case 'dropIndex':
    case 'attachIndex':
    case 'dropTrigger':
    case 'setTrigger':
    case 'dropPolicy':
      return change.name
    case 'addIndex':
      return change.index.name
    case 'attachPartition':
    case 'detachPartition':
      return change.partition
    default:
      return 'table' in change ? change.table : change.object
  }
}
