import { tableOf, type Change, type ChangeOf } from '../change.ts'
import {
  checkDefinition,
  columnDefinition,
  commentOn,
  createDomain,
  createEnum,
  createFunction,
  createIndex,
  createPolicy,
  createTrigger,
  createView,
  exclusionDefinition,
  foreignKeyDefinition,
  functionSignature,
  inSchemaOf,
  lateNotNull,
  primaryKeyDefinition,
  uniqueDefinition,
} from './ddl.ts'
import { findDisturbed, part, type Disturbed, type RemadeType } from '../disturb.ts'
import { grantsAnew, grantStatement } from '../grants.ts'
import { key, nameOf, schemaOf, type Key, type Schema } from '../model.ts'
import { stage } from '../order.ts'
import { printChange, viewStage, type Add } from './change.ts'
import { inOrder, joinStatements, unknown } from './schema.ts'
import { quoteIdent, quoteKey, quoteName } from './quote.ts'

/** One statement of a printed diff, without semicolon, with the change that it makes; null for what only clears the way. */
export interface PrintedStatement {
  readonly sql: string
  readonly change: Change | null
}

/**
 * SQL that makes the second schema of the first, where `changes` are those of `diffSchemas(before, after)`. What stands in the
 * way of a change (a view over a column whose type changes) is taken away and made again. A value that is added to an enum
 * cannot be used in the transaction that adds it, so the script is for a runner that sends the statements one by one.
 */
export function printChanges(changes: readonly Change[], before: Schema, after: Schema): string {
  return joinStatements(changeStatements(changes, before, after).map((s) => s.sql))
}

interface Item extends PrintedStatement {
  readonly at: number
}

/** The statements of `printChanges`, one by one; what cannot be written is a line that begins with `--`. */
export function changeStatements(
  changes: readonly Change[],
  before: Schema,
  after: Schema,
): readonly PrintedStatement[] {
  const printed = withoutInherited(changes, before, after)
  const disturbed = findDisturbed(printed, before, after)
  const items: Item[] = []
  const add = (at: number, change: Change | null, ...sql: readonly string[]) => {
    for (const s of sql) items.push({ at, change, sql: s })
  }
  clearTheWay(printed, disturbed, before, after, add)
  const anew = madeAnew(printed, disturbed)
  for (const change of printed)
    if (!((change.kind === 'grant' || change.kind === 'revoke') && anew.has(change.object)))
      printChange(change, disturbed, before, after, add)
  makeAgain(printed, disturbed, after, add)
  const columns = (table: Key) =>
    (after.tables.get(table)?.columns ?? [])
      .map((c) => c.name)
      .filter((name) => disturbed.columns.has(part(table, name)))
  for (const grant of grantsAnew(after, anew, columns))
    add(stage.attached, null, grantStatement(grant, after.defaultSchema))
  for (const type of disturbed.types)
    add(stage.dropTypes - 0.5, null, `DROP ${'enum' in type.to ? 'TYPE' : 'DOMAIN'} ${oldName(type, after)}`)
  return items.toSorted((a, b) => a.at - b.at).map(({ sql, change }) => ({ sql, change }))
}

function clearTheWay(changes: readonly Change[], disturbed: Disturbed, before: Schema, after: Schema, add: Add): void {
  const d = before.defaultSchema
  const dropped = droppedNames(changes)
  const views = [...before.views].filter(([of]) => disturbed.views.has(of)).map(([of, view]) => ({ of, view }))
  for (const { of, view } of inOrder(
    views,
    (v) => v.of,
    (v) => v.view.reads.map((r) => r.table),
  ).toReversed()) {
    add(stage.dropViews - 0.5, null, `DROP ${view.materialized ? 'MATERIALIZED VIEW' : 'VIEW'} ${quoteKey(of, d)}`)
  }
  for (const table of before.tables.values()) {
    const name = quoteKey(table.key, d)
    for (const t of table.triggers)
      if (disturbed.triggers.has(part(table.key, t.name)) && !dropped.has(part(table.key, t.name)))
        add(stage.dropAttached, null, `DROP TRIGGER ${quoteIdent(t.name)} ON ${name}`)
    for (const p of table.policies)
      if (disturbed.policies.has(part(table.key, p.name)) && !dropped.has(part(table.key, p.name)))
        add(stage.dropAttached, null, `DROP POLICY ${quoteIdent(p.name)} ON ${name}`)
    const constraints = [
      ...(table.primaryKey ? [table.primaryKey] : []),
      ...table.uniques,
      ...table.checks,
      ...table.exclusions,
    ]
    for (const f of table.foreignKeys) {
      if (disturbed.foreignKeys.has(part(table.key, f.name)) && !dropped.has(part(table.key, f.name)))
        add(stage.dropForeignKeys, null, `ALTER TABLE ${name} DROP CONSTRAINT ${quoteIdent(f.name)}`)
    }
    for (const k of [
      ...constraints.map((c) => ({ name: c.name, index: false })),
      ...table.indexes
        .filter((i) => !constraints.some((c) => c.name === i.name))
        .map((i) => ({ name: i.name, index: true })),
    ]) {
      if (!disturbed.keys.has(part(table.key, k.name)) || dropped.has(part(table.key, k.name))) continue
      add(
        stage.dropKeys,
        null,
        k.index
          ? `DROP INDEX ${inSchemaOf(table.key, k.name, d)}`
          : `ALTER TABLE ${name} DROP CONSTRAINT ${quoteIdent(k.name)}`,
      )
    }
    for (const c of table.columns.toSorted((a, b) => Number(b.generated !== null) - Number(a.generated !== null))) {
      if (disturbed.columns.has(part(table.key, c.name)))
        add(stage.dropKeys + 0.5, null, `ALTER TABLE ${name} DROP COLUMN ${quoteIdent(c.name)}`)
    }
  }
  for (const f of disturbed.functions)
    add(stage.dropReplacedFunctions, null, `DROP ${f.kind.toUpperCase()} ${functionSignature(f, d)}`)
  for (const type of disturbed.types) {
    const keyword = 'enum' in type.to ? 'TYPE' : 'DOMAIN'
    add(
      stage.types,
      null,
      `ALTER ${keyword} ${quoteKey(type.object, d)} RENAME TO ${quoteIdent(`${nameOf(type.object)}_old`)}`,
    )
    add(stage.types, null, 'enum' in type.to ? createEnum(type.to.enum, d) : createDomain(type.to.domain, d))
    for (const c of type.columns)
      add(stage.columns - 0.5, null, ...retype(c.table.key, c.column, c.type, before, after, changes))
  }
}

/** Tables, views and functions that go and come again under the same name. */
function madeAnew(changes: readonly Change[], disturbed: Disturbed): ReadonlySet<Key> {
  const gone = new Set(
    changes.flatMap((c) =>
      c.kind === 'dropTable' ? [c.table] : c.kind === 'dropView' || c.kind === 'dropFunction' ? [c.object] : [],
    ),
  )
  const back = changes.flatMap((c) =>
    c.kind === 'createTable' ? [c.table] : c.kind === 'createView' || c.kind === 'createFunction' ? [c.object] : [],
  )
  return new Set([
    ...back.filter((of) => gone.has(of)),
    ...disturbed.views,
    ...disturbed.functions.map((f) => key(f.schema, f.name)),
  ])
}

/** A column of a type that is made again: its values go through text, its default is taken away and set again. */
function retype(
  table: Key,
  column: string,
  type: string,
  before: Schema,
  after: Schema,
  changes: readonly Change[],
): readonly string[] {
  const from = before.tables.get(table)?.columns.find((c) => c.name === column)
  const to = after.tables.get(table)?.columns.find((c) => c.name === column)
  if (from?.generated) return []
  const name = `ALTER TABLE ${quoteKey(table, after.defaultSchema)} ALTER COLUMN ${quoteIdent(column)}`
  const setLater = changes.some((c) => c.kind === 'setDefault' && c.table === table && c.from.name === column)
  return [
    ...(from && from.default !== null ? [`${name} DROP DEFAULT`] : []),
    `${name} TYPE ${type} USING ${quoteIdent(column)}::text${type.endsWith('[]') ? '[]' : ''}::${type}`,
    ...(from && from.default !== null && to && to.default !== null && !setLater
      ? [`${name} SET DEFAULT ${to.default}`]
      : []),
  ]
}

function makeAgain(changes: readonly Change[], disturbed: Disturbed, after: Schema, add: Add): void {
  const d = after.defaultSchema
  const added = addedNames(changes)
  const again = (set: ReadonlySet<string>, table: Key, name: string) =>
    set.has(part(table, name)) && !added.has(part(table, name))
  const comment = (what: string, of: { readonly comment?: string | null }) => {
    if (of.comment) add(stage.attached, null, commentOn(what, of.comment))
  }
  for (const table of after.tables.values()) {
    const alter = `ALTER TABLE ${quoteKey(table.key, d)}`
    for (const c of table.columns.toSorted((a, b) => Number(a.generated !== null) - Number(b.generated !== null))) {
      if (!again(disturbed.columns, table.key, c.name)) continue
      add(stage.columns + 0.5, null, `${alter} ADD COLUMN ${columnDefinition(c)}`, ...lateNotNull(table.key, c, d))
      if (c.comment)
        add(stage.attached, null, commentOn(`COLUMN ${quoteKey(table.key, d)}.${quoteIdent(c.name)}`, c.comment))
    }
    if (table.primaryKey && again(disturbed.keys, table.key, table.primaryKey.name))
      add(stage.keys, null, `${alter} ADD ${primaryKeyDefinition(table.primaryKey)}`)
    for (const u of table.uniques)
      if (again(disturbed.keys, table.key, u.name)) add(stage.keys, null, `${alter} ADD ${uniqueDefinition(u)}`)
    for (const c of table.checks)
      if (again(disturbed.keys, table.key, c.name)) add(stage.keys, null, `${alter} ADD ${checkDefinition(c)}`)
    for (const e of table.exclusions)
      if (again(disturbed.keys, table.key, e.name)) add(stage.keys, null, `${alter} ADD ${exclusionDefinition(e)}`)
    for (const i of table.indexes)
      if (again(disturbed.keys, table.key, i.name)) add(stage.keys, null, createIndex(table.key, i, d))
    for (const f of table.foreignKeys)
      if (again(disturbed.foreignKeys, table.key, f.name))
        add(stage.foreignKeys, null, `${alter} ADD ${foreignKeyDefinition(f, d)}`)
    const constraints = [
      ...(table.primaryKey ? [table.primaryKey] : []),
      ...table.uniques,
      ...table.checks,
      ...table.exclusions,
    ].filter((c) => again(disturbed.keys, table.key, c.name))
    for (const c of [
      ...constraints,
      ...table.foreignKeys.filter((f) => again(disturbed.foreignKeys, table.key, f.name)),
    ])
      comment(`CONSTRAINT ${quoteIdent(c.name)} ON ${quoteKey(table.key, d)}`, c)
    for (const i of table.indexes)
      if (again(disturbed.keys, table.key, i.name)) comment(`INDEX ${inSchemaOf(table.key, i.name, d)}`, i)
    for (const t of table.triggers) {
      if (!again(disturbed.triggers, table.key, t.name)) continue
      add(
        stage.attached,
        null,
        createTrigger(table.key, t, d),
        ...(t.enabled ? [] : [`${alter} DISABLE TRIGGER ${quoteIdent(t.name)}`]),
      )
    }
    for (const p of table.policies)
      if (again(disturbed.policies, table.key, p.name)) add(stage.attached, null, createPolicy(table.key, p, d))
  }
  for (const f of disturbed.functions)
    add(stage.lateFunctions, null, createFunction(f, d) ?? unknown('function', functionSignature(f, d)))
  const created = new Set(changes.flatMap((c) => (c.kind === 'createView' ? [c.object] : [])))
  for (const [of, view] of after.views) {
    if (!disturbed.views.has(of) || created.has(of)) continue
    add(
      viewStage(of, after),
      null,
      createView(view, d) ?? unknown('view', quoteKey(of, d)),
      ...view.indexes.filter((i) => !added.has(part(of, i.name))).map((i) => createIndex(of, i, d)),
    )
  }
}

function droppedNames(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(
    changes.flatMap((c) => {
      if (c.kind === 'dropConstraint' || c.kind === 'dropIndex' || c.kind === 'dropTrigger' || c.kind === 'dropPolicy')
        return [part(c.table, c.name)]
      if (c.kind === 'dropTable') return [...c.from.triggers, ...c.from.policies].map((o) => part(c.table, o.name))
      return []
    }),
  )
}

function addedNames(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(
    changes.flatMap((c) => {
      switch (c.kind) {
        case 'addPrimaryKey':
        case 'addUnique':
        case 'addCheck':
        case 'addExclusion':
        case 'addForeignKey':
        case 'addTrigger':
        case 'addPolicy':
        case 'addColumn':
          return [part(c.table, c.to.name)]
        case 'addIndex':
          return [part(c.table, c.index.name)]
        default:
          return []
      }
    }),
  )
}

function oldName(type: RemadeType, after: Schema): string {
  return quoteName(schemaOf(type.object), `${nameOf(type.object)}_old`, after.defaultSchema)
}

/**
 * What a parent does reaches its partitions and heirs by itself, so the same change there is left out. What is added to them besides comes
 * first, so that the parent's finds it; what they lose of their own last, when it is no longer the parent's.
 */
function withoutInherited(changes: readonly Change[], before: Schema, after: Schema): readonly Change[] {
  const parents = (table: Key): readonly Key[] => {
    const [was, of] = [before.tables.get(table), after.tables.get(table)]
    return of
      ? [
          ...of.inherits.filter((parent) => was?.inherits.includes(parent) !== false),
          ...(of.partition.of ? [of.partition.of.parent] : []),
        ]
      : []
  }
  const isPartition = (c: Change) => 'table' in c && after.tables.get(c.table)?.partition.of != null
  const isHeir = (c: Change) =>
    'table' in c && c.kind !== 'dropTable' && before.tables.has(c.table) && parents(c.table).length > 0
  if (!changes.some(isHeir)) return changes
  const own = changes.filter(
    (c) =>
      !isHeir(c) ||
      !changes.some(
        (p) => 'table' in p && 'table' in c && parents(c.table).includes(p.table) && reaches(p, c, isPartition(c)),
      ),
  )
  const isEarly = (c: Change) => isHeir(c) && c.kind !== 'dropColumn' && c.kind !== 'dropConstraint'
  const depth = (table: Key, most = 20): number =>
    most === 0 ? 0 : 1 + Math.max(-1, ...parents(table).map((parent) => depth(parent, most - 1)))
  const early = own.filter(isEarly).toSorted((a, b) => depth(tableOf(b) ?? '') - depth(tableOf(a) ?? ''))
  return [...early, ...own.filter((c) => !isHeir(c)), ...own.filter((c) => isHeir(c) && !isEarly(c))]
}

function reaches(parent: Change, child: Change, isPartition: boolean): boolean {
  if (parent.kind !== child.kind) return false
  switch (child.kind) {
    case 'addColumn':
      return child.to.name === (parent as typeof child).to.name
    case 'addCheck':
      return child.to.name === (parent as typeof child).to.name && (isPartition || child.to.inherited === true)
    case 'dropColumn':
      return child.from.name === (parent as typeof child).from.name && (isPartition || child.from.inherited === true)
    case 'alterColumnType':
    case 'setNotNull':
    case 'dropNotNull':
    case 'setGenerated':
      return child.from.name === (parent as typeof child).from.name
    case 'dropConstraint':
      if (child.constraint?.type === 'check' && !isPartition && child.constraint.is.inherited !== true) return false
      return (
        child.name === (parent as typeof child).name ||
        (child.constraint !== null && 'columns' in constraintOf(child) && sameColumns(child, parent as typeof child))
      )
    case 'dropIndex':
      return (
        child.index !== null &&
        JSON.stringify(child.index.keys) === JSON.stringify((parent as typeof child).index?.keys)
      )
    default:
      return false
  }
}

function constraintOf(change: ChangeOf<'dropConstraint'>): object {
  return change.constraint && 'is' in change.constraint ? change.constraint.is : {}
}

function sameColumns(a: ChangeOf<'dropConstraint'>, b: ChangeOf<'dropConstraint'>): boolean {
  return (
    a.constraint?.type === b.constraint?.type &&
    JSON.stringify((constraintOf(a) as { columns?: unknown }).columns) ===
      JSON.stringify((constraintOf(b) as { columns?: unknown }).columns)
  )
}
