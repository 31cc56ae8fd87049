import type { Change } from '../change.ts'
import {
  checkDefinition,
  columnDefinition,
  commentOn,
  createDomain,
  createEnum,
  createFunction,
  createIndex,
  createPolicy,
  createSequence,
  createTrigger,
  createType,
  createView,
  exclusionDefinition,
  foreignKeyDefinition,
  functionSignature,
  lateNotNull,
  inSchemaOf,
  lateDomainChecks,
  ownSequence,
  primaryKeyDefinition,
  rowSecurityStatements,
  uniqueDefinition,
} from './ddl.ts'
import { part, type Disturbed } from '../disturb.ts'
import { grantStatement } from '../grants.ts'
import { key, nameOf, schemaOf, type Key, type Schema, type SqlFunction, type Table } from '../model.ts'
import { stage, stageOf } from '../order.ts'
import {
  attachPartition,
  foreignKeyStatements,
  mentions,
  tableComments,
  tableStatements,
  unknown,
  viewsInOrder,
} from './schema.ts'
import { quoteIdent, quoteKey, quoteLiteral } from './quote.ts'
import { objectName } from '../replay/names.ts'
import { addEnumValue, alterDomain, alterPolicy, alterSequence } from './alter.ts'
import { columnStatements } from './column-change.ts'

/** Takes statements for a stage, with the change that they make. */
export type Add = (at: number, change: Change | null, ...sql: readonly string[]) => void

/** Where in the stage of views one of them is made: after those that it reads. */
export function viewStage(of: Key, after: Schema): number {
  const views = viewsInOrder([...after.views.values()])
  return (
    stage.views +
    Math.max(
      0,
      views.findIndex((v) => key(v.schema, v.name) === of),
    ) /
      (views.length + 1)
  )
}

/** Writes the statements of one change; what `disturbed` says is made again anyway is left out. */
export function printChange(change: Change, disturbed: Disturbed, before: Schema, after: Schema, add: Add): void {
  const d = after.defaultSchema
  const at =
    change.kind === 'createView'
      ? viewStage(change.object, after)
      : change.kind === 'addIndex' && after.views.has(change.table)
        ? viewStage(change.table, after)
        : stageOf(change, after)
  const say = (...sql: readonly string[]) => {
    add(at, change, ...sql)
  }
  const table = 'table' in change && change.table ? quoteKey(change.table, d) : ''
  const alter = `ALTER TABLE ${table}`
  const name = 'object' in change ? quoteKey(change.object, d) : ''
  switch (change.kind) {
    case 'createTable': {
      say(...tableStatements(change.to, after))
      if (change.to.partition.of) add(stage.keys, change, attachPartition(change.to, d))
      add(stage.foreignKeys, change, ...foreignKeyStatements(change.to, d))
      add(
        stage.attached,
        change,
        ...change.to.triggers.flatMap((t) => [
          createTrigger(change.table, t, d),
          ...(t.enabled ? [] : [`${alter} DISABLE TRIGGER ${quoteIdent(t.name)}`]),
        ]),
        ...rowSecurityStatements(change.table, { enabled: false, forced: false }, change.to.rowSecurity, d),
        ...change.to.policies.map((p) => createPolicy(change.table, p, d)),
        ...tableComments(change.to, d),
      )
      return
    }
    case 'dropTable':
      return say(`DROP TABLE ${table}${change.cascade ? ' CASCADE' : ''}`)
    case 'renameTable':
      return say(`${alter} RENAME TO ${quoteIdent(nameOf(change.to))}`)
    case 'setTableSchema':
      return say(`${alter} SET SCHEMA ${quoteIdent(schemaOf(change.to))}`)
    case 'setPersistence':
      return say(`${alter} SET ${change.to === 'unlogged' ? 'UNLOGGED' : 'LOGGED'}`)
    case 'attachPartition':
      return say(`${alter} ATTACH PARTITION ${quoteKey(change.partition, d)} ${change.bound}`)
    case 'detachPartition':
      return say(
        `${alter} DETACH PARTITION ${quoteKey(change.partition, d)}${change.concurrently ? ' CONCURRENTLY' : ''}${change.finalize ? ' FINALIZE' : ''}`,
      )
    case 'setRowSecurity':
      return say(...rowSecurityStatements(change.table, change.from, change.to, d))
    case 'commentTable':
      return say(commentOn(`TABLE ${table}`, change.to))
    case 'commentConstraint':
      return say(commentOn(`CONSTRAINT ${quoteIdent(change.name)} ON ${table}`, change.to))
    case 'commentIndex':
      return say(commentOn(`INDEX ${inSchemaOf(change.table, change.name, d)}`, change.to))
    case 'commentType':
      return say(commentOn(`TYPE ${name}`, change.to))
    case 'addInherit':
      return say(`${alter} INHERIT ${quoteKey(change.parent, d)}`)
    case 'dropInherit':
      return say(`${alter} NO INHERIT ${quoteKey(change.parent, d)}`)
    case 'setStorage':
      return say(
        ...storageStatements(
          change.index === null ? alter : `ALTER INDEX ${inSchemaOf(change.table, change.index, d)}`,
          change.from,
          change.to,
        ),
      )
    case 'grant':
    case 'revoke':
      return say(grantStatement(change, d))
    case 'commentColumn':
      return say(commentOn(`COLUMN ${table}.${quoteIdent(change.column)}`, change.to))
    case 'addColumn':
      return say(
        `${alter} ADD COLUMN ${change.ifNotExists ? 'IF NOT EXISTS ' : ''}${columnDefinition(change.to)}`,
        ...lateNotNull(change.table, change.to, d),
      )
    case 'dropColumn':
      return say(`${alter} DROP COLUMN ${quoteIdent(change.from.name)}${change.cascade ? ' CASCADE' : ''}`)
    case 'renameColumn':
      return say(`${alter} RENAME COLUMN ${quoteIdent(change.from)} TO ${quoteIdent(change.to)}`)
    case 'alterColumnType':
    case 'setNotNull':
    case 'dropNotNull':
    case 'setDefault':
    case 'dropDefault':
    case 'setIdentity':
    case 'setGenerated':
      return say(
        ...(disturbed.columns.has(part(change.table, change.from.name))
          ? []
          : columnStatements(change, `${alter} ALTER COLUMN ${quoteIdent(change.from.name)}`)),
      )
    case 'addPrimaryKey':
      return say(
        change.usingIndex
          ? `${alter} ADD CONSTRAINT ${quoteIdent(change.to.name)} PRIMARY KEY USING INDEX ${quoteIdent(change.usingIndex)}`
          : `${alter} ADD ${primaryKeyDefinition(change.to)}`,
      )
    case 'addUnique':
      return say(
        change.usingIndex
          ? `${alter} ADD CONSTRAINT ${quoteIdent(change.to.name)} UNIQUE USING INDEX ${quoteIdent(change.usingIndex)}`
          : `${alter} ADD ${uniqueDefinition(change.to)}`,
      )
    case 'addForeignKey':
      return say(`${alter} ADD ${foreignKeyDefinition(change.to, d)}`)
    case 'addCheck':
      return say(`${alter} ADD ${checkDefinition(change.to)}`)
    case 'addExclusion':
      return say(`${alter} ADD ${exclusionDefinition(change.to)}`)
    case 'addNotNull':
      return disturbed.columns.has(part(change.table, change.column))
        ? undefined
        : say(
            `${alter} ADD CONSTRAINT ${quoteIdent(change.name)} NOT NULL ${quoteIdent(change.column)}${change.validated ? '' : ' NOT VALID'}`,
          )
    case 'validateConstraint':
      return change.constraint?.type === 'notNull' &&
        disturbed.columns.has(part(change.table, change.constraint.column))
        ? undefined
        : say(`${alter} VALIDATE CONSTRAINT ${quoteIdent(change.name)}`)
    case 'alterConstraint': {
      const to = change.to
      const deferral =
        'deferrable' in to && to.deferrable
          ? `DEFERRABLE${to.initiallyDeferred ? ' INITIALLY DEFERRED' : ' INITIALLY IMMEDIATE'}`
          : 'NOT DEFERRABLE'
      return say(`${alter} ALTER CONSTRAINT ${quoteIdent(change.name)} ${deferral}`)
    }
    case 'dropConstraint':
      return say(`${alter} DROP CONSTRAINT ${quoteIdent(change.name)}${change.cascade ? ' CASCADE' : ''}`)
    case 'renameConstraint':
      return isNotNullOf(before.tables.get(change.table), change.from, (column) =>
        disturbed.columns.has(part(change.table, column)),
      )
        ? undefined
        : say(`${alter} RENAME CONSTRAINT ${quoteIdent(change.from)} TO ${quoteIdent(change.to)}`)
    case 'addIndex':
      return say(createIndex(change.table, change.index, d, { concurrently: change.concurrently }))
    case 'dropIndex':
      return say(
        `DROP INDEX ${change.concurrently ? 'CONCURRENTLY ' : ''}${change.table ? inSchemaOf(change.table, change.name, d) : quoteIdent(change.name)}${change.cascade ? ' CASCADE' : ''}`,
      )
    case 'renameIndex':
      return say(`ALTER INDEX ${inSchemaOf(change.table, change.from, d)} RENAME TO ${quoteIdent(change.to)}`)
    case 'attachIndex':
      return say(`ALTER INDEX ${inSchemaOf(change.table, change.name, d)} ATTACH PARTITION ${quoteIdent(change.index)}`)
    case 'addTrigger':
      return say(
        createTrigger(change.table, change.to, d),
        ...(change.to.enabled ? [] : [`${alter} DISABLE TRIGGER ${quoteIdent(change.to.name)}`]),
      )
    case 'dropTrigger':
      return say(`DROP TRIGGER ${quoteIdent(change.name)} ON ${table}`)
    case 'setTrigger':
      return say(`${alter} ${change.enabled ? 'ENABLE' : 'DISABLE'} TRIGGER ${quoteIdent(change.name)}`)
    case 'addPolicy':
      return say(createPolicy(change.table, change.to, d))
    case 'alterPolicy':
      return say(...alterPolicy(change, table, d, disturbed))
    case 'dropPolicy':
      return say(`DROP POLICY ${quoteIdent(change.name)} ON ${table}`)
    case 'createSchema':
      return say(`CREATE SCHEMA ${quoteIdent(change.object)}`)
    case 'dropSchema':
      return say(`DROP SCHEMA ${quoteIdent(change.object)}`)
    case 'renameSchema':
      return say(`ALTER SCHEMA ${quoteIdent(change.object)} RENAME TO ${quoteIdent(change.to)}`)
    case 'createExtension': {
      const schema = after.extensions.get(change.object)?.schema
      return say(
        `CREATE EXTENSION IF NOT EXISTS ${quoteIdent(change.object)}${schema && schema !== d && !schema.startsWith('pg_') ? ` WITH SCHEMA ${quoteIdent(schema)}` : ''}`,
      )
    }
    case 'dropExtension':
      return say(`DROP EXTENSION ${quoteIdent(change.object)}`)
    case 'createEnum':
      return say(createEnum(change.to, d))
    case 'addEnumValue':
      return say(...(isRemade(disturbed, change.object) ? [] : [addEnumValue(change, before, after)]))
    case 'renameEnumValue':
      return say(`ALTER TYPE ${name} RENAME VALUE ${quoteLiteral(change.from)} TO ${quoteLiteral(change.to)}`)
    case 'dropEnumValue':
      return
    case 'createDomain':
      return say(createDomain(change.to, d), ...lateDomainChecks(change.to, d))
    case 'alterDomain':
      return say(...(isRemade(disturbed, change.object) ? [] : alterDomain(change, name)))
    case 'createType': {
      const to = after.types.get(change.object)
      return say((to && createType(to, d)) ?? unknown('type', name))
    }
    case 'renameType':
      return say(`ALTER TYPE ${name} RENAME TO ${quoteIdent(nameOf(change.to))}`)
    case 'dropType':
      return say(
        `DROP ${before.domains.has(change.object) ? 'DOMAIN' : 'TYPE'} ${name}${change.cascade ? ' CASCADE' : ''}`,
      )
    case 'createView': {
      const sql = createView(change.to, d, { orReplace: change.orReplace && !disturbed.views.has(change.object) })
      return say(
        sql ?? unknown('view', name),
        ...(sql ? change.to.indexes.map((i) => createIndex(change.object, i, d)) : []),
      )
    }
    case 'dropView':
      return say(
        `DROP ${change.from?.materialized ? 'MATERIALIZED VIEW' : 'VIEW'} ${name}${change.cascade ? ' CASCADE' : ''}`,
      )
    case 'createFunction':
      return disturbed.functions.includes(change.to)
        ? undefined
        : say(
            createFunction(change.to, d, { orReplace: change.orReplace }) ??
              unknown('function', functionSignature(change.to, d)),
          )
    case 'dropFunction': {
      const list = before.functions.get(change.object) ?? []
      if (
        disturbed.functions.some(
          (f) =>
            key(f.schema, f.name) === change.object &&
            JSON.stringify(f.arguments) === JSON.stringify(change.from?.arguments),
        )
      )
        return
      // A function over the rows of a table holds the table.
      const gone = [...before.tables.keys()].filter((of) => !after.tables.has(of)).map((of) => quoteKey(of, d))
      const holds = (f: SqlFunction) =>
        [...f.arguments, f.returns].some((a) => a !== null && gone.some((of) => mentions(a, of)))
      if (change.from && holds(change.from))
        return add(
          stage.dropForeignKeys,
          change,
          `DROP ${change.from.kind.toUpperCase()} ${functionSignature(change.from, d)}`,
        )
      return say(
        ...(change.from ? [change.from] : list).map((f) => `DROP ${f.kind.toUpperCase()} ${functionSignature(f, d)}`),
      )
    }
    case 'createSequence': {
      say(createSequence(change.to, d))
      if (change.to.ownedBy) add(stage.sequences, change, ownSequence(change.to, d))
      return
    }
    case 'alterSequence':
      return say(...alterSequence(change, before, after))
    case 'dropSequence': {
      // It has gone with its column where that was made again.
      const owner = before.sequences.get(change.object)?.ownedBy
      if (owner && disturbed.columns.has(part(owner.table, owner.column))) return
      return say(`DROP SEQUENCE ${name}${change.cascade ? ' CASCADE' : ''}`)
    }
  }
}

function isRemade(disturbed: Disturbed, object: Key): boolean {
  return disturbed.types.some((t) => t.object === object)
}

/** True for the name of the NOT NULL of a column that fits: its own, or the one that Postgres gives it. */
function isNotNullOf(table: Table | undefined, name: string, fits: (column: string) => boolean): boolean {
  return (
    table?.columns.some(
      (c) => !c.nullable && (c.notNull?.name ?? objectName(table.name, c.name, 'not_null')) === name && fits(c.name),
    ) === true
  )
}

/** `SET` for the storage parameters that are new or differ, `RESET` for those that go. */
function storageStatements(alter: string, from: readonly string[], to: readonly string[]): readonly string[] {
  const name = (option: string) => option.slice(0, option.indexOf('='))
  const set = to.filter((option) => !from.includes(option))
  const reset = from.map(name).filter((option) => !to.some((other) => name(other) === option))
  return [
    ...(set.length > 0 ? [`${alter} SET (${set.join(', ')})`] : []),
    ...(reset.length > 0 ? [`${alter} RESET (${reset.join(', ')})`] : []),
  ]
}
