import type { Constraint, Node } from 'libpg-query'
import { canReference } from '../expression/compatible.ts'
import { printExpression } from '../expression/expression.ts'
import { quoteIdent } from '../../sql/names.ts'
import { placeInStatement } from '../../sql/place.ts'
import type { Change } from '../change.ts'
import type { Check, Exclusion, ForeignKey, Index, Key, PrimaryKey, Table, Unique } from '../model.ts'
import { key, referentialActions } from '../model.ts'
import { constraintNames, putTable, relationExists, updateTable } from './draft.ts'
import { columnsAddition, distinctNames, freeConstraintName, freeRelationName, truncated } from './names.ts'
import { restOn } from './dependents.ts'
import { updateFamily } from './family.ts'
import { checkPartitionKey, indexKeys, indexNames } from './indexes.ts'
import { mentionedColumns, texts, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { columnFor, current, declaredAt, refuse, shown, tableFor } from './session.ts'
import { baseType } from './types.ts'

function declared(session: Session, node: Constraint) {
  return declaredAt(
    session,
    node.location === undefined ? session.place : placeInStatement(session.statement, node.location),
  )
}

function checkFree(table: Table, name: string): void {
  if (constraintNames(table).has(name)) refuse(`constraint "${name}" for relation "${table.name}" already exists`)
}

function checkRelationFree(session: Session, table: Table, name: string): void {
  if (relationExists(session.draft.schema, key(table.schema, name))) refuse(`relation "${name}" already exists`)
}

/** Adds a constraint to a table, named as Postgres names it, and gives the changes that it makes. */
export function addConstraint(session: Session, at: Key, node: Constraint, inline: boolean): readonly Change[] {
  switch (node.contype) {
    case 'CONSTR_PRIMARY':
      return addPrimaryKey(session, at, node, inline)
    case 'CONSTR_UNIQUE':
      return addUnique(session, at, node, inline)
    case 'CONSTR_FOREIGN':
      return addForeignKey(session, at, node, inline)
    case 'CONSTR_CHECK':
      return addCheck(session, at, node, inline)
    case 'CONSTR_EXCLUSION':
      return addExclusion(session, at, node)
    case 'CONSTR_NOTNULL':
      return addNotNull(session, at, node)
    default:
      return []
  }
}

/** The index that `USING INDEX` names, taken from the table's indexes. */
function takeIndex(session: Session, table: Table, name: string, constraint: string): Index | null {
  const index = table.indexes.find((each) => each.name === truncated(name))
  if (index === undefined) {
    if (table.complete) refuse(`index "${name}" does not exist`)
    return null
  }
  if (!index.unique) refuse(`"${name}" is not a unique index`)
  if (index.where !== null || index.keys.some((each) => each.expression !== null))
    refuse(`index "${name}" contains expressions or is partial`)
  updateTable(session.draft, table.key, (it) => ({ ...it, indexes: it.indexes.filter((each) => each !== index) }))
  restOn(session, table.key, index.name, truncated(constraint))
  return index
}

function addPrimaryKey(session: Session, at: Key, node: Constraint, inline: boolean): readonly Change[] {
  const table = current(session, at)
  if (table.primaryKey !== null) refuse(`multiple primary keys for table "${table.name}" are not allowed`)
  const taken =
    node.indexname === undefined ? null : takeIndex(session, table, node.indexname, node.conname ?? node.indexname)
  const columns = taken === null ? texts(node.keys).map(truncated) : taken.keys.map((each) => each.column ?? '')
  for (const column of columns) columnFor(session, current(session, at), column)
  checkPartitionKey(table, columns, 'PRIMARY KEY')
  const given = node.conname ?? node.indexname
  const name =
    given === undefined
      ? freeRelationName(session.draft.schema, table.schema, table.name, '', 'pkey', true)
      : truncated(given)
  if (given !== undefined) {
    checkFree(table, name)
    if (taken?.name !== name) checkRelationFree(session, table, name)
  }
  const to: PrimaryKey = {
    name,
    columns,
    include: taken?.include ?? texts(node.including),
    deferrable: node.deferrable === true,
    ...(node.initdeferred === true ? { initiallyDeferred: true } : {}),
    declared: declared(session, node),
  }
  updateTable(session.draft, at, (it) => ({
    ...it,
    primaryKey: to,
  }))
  updateFamily(session, at, (it) => ({
    ...it,
    columns: it.columns.map((column) =>
      columns.includes(column.name) && column.nullable ? { ...column, nullable: false } : column,
    ),
  }))
  return [{ kind: 'addPrimaryKey', place: session.place, table: at, to, inline, usingIndex: node.indexname ?? null }]
}

function addUnique(session: Session, at: Key, node: Constraint, inline: boolean): readonly Change[] {
  const table = current(session, at)
  const taken =
    node.indexname === undefined ? null : takeIndex(session, table, node.indexname, node.conname ?? node.indexname)
  const columns = taken === null ? texts(node.keys).map(truncated) : taken.keys.map((each) => each.column ?? '')
  for (const column of columns) columnFor(session, current(session, at), column)
  checkPartitionKey(table, columns, 'UNIQUE')
  const include = taken?.include ?? texts(node.including)
  const given = node.conname ?? node.indexname
  const name =
    given === undefined
      ? freeRelationName(
          session.draft.schema,
          table.schema,
          table.name,
          columnsAddition(distinctNames([...columns, ...include])),
          'key',
          true,
        )
      : truncated(given)
  if (given !== undefined) {
    checkFree(table, name)
    if (taken?.name !== name) checkRelationFree(session, table, name)
  }
  const to: Unique = {
    name,
    columns,
    include,
    nullsNotDistinct: taken?.nullsNotDistinct ?? node.nulls_not_distinct === true,
    deferrable: node.deferrable === true,
    ...(node.initdeferred === true ? { initiallyDeferred: true } : {}),
    declared: declared(session, node),
  }
  updateTable(session.draft, at, (it) => ({ ...it, uniques: [...it.uniques, to] }))
  return [{ kind: 'addUnique', place: session.place, table: at, to, inline, usingIndex: node.indexname ?? null }]
}

function addForeignKey(session: Session, at: Key, node: Constraint, inline: boolean): readonly Change[] {
  const table = current(session, at)
  const columns = texts(node.fk_attrs).map(truncated)
  for (const column of columns) columnFor(session, current(session, at), column)
  const written = writtenOf(node.pktable)
  const target = tableFor(session, written)
  if (target === null) return refuse(`relation ${shown(written)} does not exist`)
  const referenced =
    node.pk_attrs === undefined ? (target.primaryKey?.columns ?? []) : texts(node.pk_attrs).map(truncated)
  if (target.complete) {
    if (table.persistence === 'permanent' && target.persistence !== 'permanent')
      refuse('constraints on permanent tables may reference only permanent tables')
    if (node.pk_attrs === undefined && target.primaryKey === null)
      refuse(`there is no primary key for referenced table "${target.name}"`)
    for (const column of referenced) columnFor(session, target, column)
    if (uniqueOn(target, referenced) === undefined)
      refuse(`there is no unique constraint matching given keys for referenced table "${target.name}"`)
    if (referenced.length !== columns.length)
      refuse('number of referencing and referenced columns for foreign key disagree')
    checkComparable(session, current(session, at), columns, current(session, target.key), referenced)
  }
  const given = node.conname === undefined ? undefined : truncated(node.conname)
  if (given !== undefined) checkFree(table, given)
  const name =
    given ?? freeConstraintName(session.draft.schema, table.schema, table.name, columnsAddition(columns), 'fkey')
  const rests = uniqueOn(current(session, target.key), referenced)
  const enforced = node.is_enforced !== false || session.options.postgres < 18
  const to: ForeignKey = {
    name,
    columns,
    references: { schema: target.schema, table: target.name, columns: referenced },
    onDelete: referentialActions[node.fk_del_action ?? 'a'] ?? 'NO ACTION',
    onUpdate: referentialActions[node.fk_upd_action ?? 'a'] ?? 'NO ACTION',
    match: node.fk_matchtype === 'f' ? 'full' : node.fk_matchtype === 'p' ? 'partial' : 'simple',
    validated: node.skip_validation !== true,
    enforced,
    deferrable: node.deferrable === true,
    ...(node.initdeferred === true ? { initiallyDeferred: true } : {}),
    declared: declared(session, node),
    ...(rests === undefined ? {} : { rests }),
  }
  updateTable(session.draft, at, (it) => ({ ...it, foreignKeys: [...it.foreignKeys, to] }))
  return [{ kind: 'addForeignKey', place: session.place, table: at, to, inline }]
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}

/** The name of the key or unique index over exactly these columns. */
function uniqueOn(table: Table, columns: readonly string[]): string | undefined {
  if (table.primaryKey !== null && sameSet(table.primaryKey.columns, columns)) return table.primaryKey.name
  return (
    table.uniques.find((unique) => sameSet(unique.columns, columns))?.name ??
    table.indexes.find(
      (index) =>
        index.unique &&
        index.where === null &&
        index.keys.every((each) => each.column !== null) &&
        sameSet(
          index.keys.map((each) => each.column ?? ''),
          columns,
        ),
    )?.name
  )
}

/** Refuses a foreign key between columns of types that no operator compares; types that are not known pass. */
export function checkComparable(
  session: Session,
  table: Table,
  columns: readonly string[],
  target: Table,
  referenced: readonly string[],
): void {
  columns.forEach((name, i) => {
    const from = table.columns.find((column) => column.name === name)?.type
    const to = target.columns.find((column) => column.name === referenced[i])?.type
    if (from == null || to == null || canReference(session.draft.schema, from, to)) return
    refuse(
      `key columns "${name}" and "${referenced[i]}" are of incompatible types: ${baseType(from)} and ${baseType(to)}`,
    )
  })
}

function addCheck(session: Session, at: Key, node: Constraint, inline: boolean): readonly Change[] {
  const table = current(session, at)
  const expression = node.raw_expr
  if (expression === undefined) return []
  const used = mentionedColumns(expression)
  for (const column of used) columnFor(session, current(session, at), column)
  const given = node.conname === undefined ? undefined : truncated(node.conname)
  const inherited = table.checks.find((check) => check.name === given && isInherited(session, table, check))
  if (given !== undefined && !inherited) checkFree(table, given)
  const only = used.length === 1 ? (used[0] ?? '') : ''
  const name = given ?? freeConstraintName(session.draft.schema, table.schema, table.name, only, 'check')
  const printed = printExpression(
    expression,
    { schema: session.draft.schema, columns: current(session, at).columns },
    'boolean',
  )
  if (inherited) {
    if (printed.exact && inherited.approximate !== true && printed.text !== inherited.expression)
      checkFree(table, inherited.name)
    const own = { ...inherited, inherited: false, declared: declared(session, node) }
    updateTable(session.draft, at, (it) => ({
      ...it,
      checks: it.checks.map((check) => (check === inherited ? own : check)),
    }))
    return []
  }
  const enforced = node.is_enforced !== false || session.options.postgres < 18
  const to: Check = {
    name,
    expression: printed.text,
    node: expression,
    validated: node.skip_validation !== true && enforced,
    enforced,
    noInherit: node.is_no_inherit === true,
    declared: declared(session, node),
    ...(printed.exact ? {} : { approximate: true }),
  }
  updateTable(session.draft, at, (it) => ({ ...it, checks: [...it.checks, to] }))
  return [{ kind: 'addCheck', place: session.place, table: at, to, inline }]
}

/** True for a check that a table has from its parent: the same one, written for the table itself, is merged with it. */
function isInherited(session: Session, table: Table, check: Check): boolean {
  const { tables } = session.draft.schema
  return table.inherits.some((parent) =>
    tables.get(parent)?.checks.some((own) => own.name === check.name && !own.noInherit),
  )
}

function addExclusion(session: Session, at: Key, node: Constraint): readonly Change[] {
  const table = current(session, at)
  const elements: Node[] = []
  const operators: string[] = []
  for (const pair of node.exclusions ?? []) {
    if (!('List' in pair)) continue
    const [element, operator] = pair.List.items ?? []
    if (element !== undefined) elements.push(element)
    operators.push(operator !== undefined && 'List' in operator ? (texts(operator.List.items).at(-1) ?? '=') : '=')
  }
  const method = node.access_method ?? 'gist'
  const keys = indexKeys(session, current(session, at), elements, method)
  const names = indexNames(elements)
  const name =
    node.conname === undefined
      ? freeRelationName(session.draft.schema, table.schema, table.name, columnsAddition(names), 'excl', true)
      : truncated(node.conname)
  if (node.conname !== undefined) {
    checkFree(table, name)
    checkRelationFree(session, table, name)
  }
  const where =
    node.where_clause === undefined
      ? null
      : printExpression(node.where_clause, { schema: session.draft.schema, columns: table.columns }, 'boolean').text
  const parts = keys.map(
    (each, i) =>
      `${each.column === null ? (each.expression ?? '') : quoteIdent(each.column)}${each.opclass === null ? '' : ` ${each.opclass}`} WITH ${operators[i] ?? '='}`,
  )
  const definition = `EXCLUDE USING ${quoteIdent(method)} (${parts.join(', ')})${where === null ? '' : ` WHERE (${where})`}${node.deferrable === true ? ` DEFERRABLE${node.initdeferred === true ? ' INITIALLY DEFERRED' : ''}` : ''}`
  const columns = keys.flatMap((each) => (each.column === null ? [] : [each.column]))
  const to: Exclusion = { name, definition, columns, declared: declared(session, node) }
  putTable(session.draft, { ...current(session, at), exclusions: [...current(session, at).exclusions, to] })
  return [{ kind: 'addExclusion', place: session.place, table: at, to }]
}

function addNotNull(session: Session, at: Key, node: Constraint): readonly Change[] {
  const name = truncated(texts(node.keys)[0] ?? '')
  const column = columnFor(session, current(session, at), name)
  const table = current(session, at)
  const validated = node.skip_validation !== true
  const given = node.conname === undefined ? null : truncated(node.conname)
  if (given !== null) checkFree(table, given)
  const constraint = given ?? freeConstraintName(session.draft.schema, table.schema, table.name, name, 'not_null')
  const keep = given === null && validated ? {} : { notNull: { name: constraint, validated } }
  updateTable(session.draft, at, (it) => ({
    ...it,
    columns: it.columns.map((each) => (each.name === column.name ? { ...each, nullable: false, ...keep } : each)),
  }))
  return [{ kind: 'addNotNull', place: session.place, table: at, column: name, name: constraint, validated }]
}
