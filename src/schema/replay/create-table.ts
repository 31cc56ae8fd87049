import type { Constraint, CreateStmt, Node, PartitionBoundSpec, PartitionSpec, TableLikeClause } from 'libpg-query'
import { printExpression } from '../expression/expression.ts'
import { quoteIdent } from '../../sql/names.ts'
import type { Column, Key, Table } from '../model.ts'
import { emptyTable, nameOf, schemaOf } from '../model.ts'
import { allNumbers, sequenceOptions } from '../sequence-options.ts'
import { buildColumn, ownSequence } from './columns.ts'
import { addConstraint } from './constraints.ts'
import { putTable, relationExists, sequencesOf, typeExists, updateTable } from './draft.ts'
import { adopt } from './family.ts'
import { columnsAddition, distinctNames, freeRelationName } from './names.ts'
import { parametersOf, texts, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { current, declaredAt, keyForNew, refuse, tableFor, unknownColumn } from './session.ts'
import { resolveType } from './types.ts'

/** Replays `CREATE TABLE`. */
export function createTable(session: Session, node: CreateStmt): void {
  const temporary = node.relation?.relpersistence === 't' || node.relation?.schemaname === 'pg_temp'
  const at = keyForNew(session, writtenOf(node.relation), temporary)
  const name = nameOf(at)
  const { schema } = session.draft
  if (relationExists(schema, at)) {
    if (node.if_not_exists === true) return
    refuse(`relation "${name}" already exists`)
  }
  if (typeExists(schema, at)) refuse(`type "${name}" already exists`)
  const parents = (node.inhRelations ?? [])
    .flatMap((each) => ('RangeVar' in each ? [tableFor(session, writtenOf(each.RangeVar))] : []))
    .filter((each) => each !== null)
  const partitioned = node.partbound !== undefined
  const parameters = parametersOf(node.options)
  const base: Table = {
    ...emptyTable(
      schemaOf(at),
      name,
      declaredAt(session),
      parents.every((each) => each.complete),
    ),
    persistence: temporary ? 'temporary' : node.relation?.relpersistence === 'u' ? 'unlogged' : 'permanent',
    inherits: partitioned ? [] : parents.map((each) => each.key),
    ...(parameters.length > 0 ? { with: parameters } : {}),
  }
  const later = laterColumns(node)
  const typed =
    node.ofTypename === undefined
      ? null
      : session.draft.schema.types.get(resolveType(session, node.ofTypename).user ?? '')
  const columns: Column[] = [
    ...inheritedColumns(parents, partitioned, base.declared),
    ...(typed?.attributes ?? []).map(({ name: column, type }) => ({
      ...unknownColumn(column),
      type,
      declared: base.declared,
    })),
  ]
  const pending: Constraint[] = []
  const likes: { readonly clause: TableLikeClause; readonly source: Table }[] = []
  for (const element of node.tableElts ?? []) {
    if ('ColumnDef' in element) {
      const built = buildColumn(session, at, element.ColumnDef, () => [...columns, ...later])
      mergeColumn(columns, built.column, parents.length > 0 || typed !== null, element.ColumnDef.typeName === undefined)
      pending.push(...built.constraints)
    } else if ('Constraint' in element) {
      pending.push(element.Constraint)
    } else if ('TableLikeClause' in element) {
      const source = tableFor(session, writtenOf(element.TableLikeClause.relation))
      if (source === null) continue
      likes.push({ clause: element.TableLikeClause, source })
      for (const column of likeColumns(session, at, element.TableLikeClause, source))
        mergeColumn(columns, column, false, false)
    }
  }
  putTable(session.draft, {
    ...base,
    columns,
    complete:
      base.complete &&
      likes.every((each) => each.source.complete) &&
      typed !== undefined &&
      (typed === null || typed.attributes !== undefined),
    checks: parents
      .flatMap((parent) => parent.checks.filter((check) => !check.noInherit))
      .filter((check, i, all) => all.findIndex((other) => other.name === check.name) === i)
      .map((check) => ({ ...check, inherited: true, declared: base.declared })),
  })
  updateTable(session.draft, at, (table) => ({
    ...table,
    partition: {
      by: node.partspec === undefined ? null : partitionKey(session, node.partspec, columns),
      of:
        partitioned && parents[0] !== undefined
          ? { parent: parents[0].key, bound: partitionBound(node.partbound) }
          : null,
    },
  }))
  for (const constraint of inOrder(pending)) addConstraint(session, at, constraint, true)
  for (const like of likes) likeConstraints(session, at, like.clause, like.source)
  if (partitioned && parents[0] !== undefined) adopt(session, parents[0].key, at)
  session.changes.push({
    kind: 'createTable',
    place: session.place,
    table: at,
    to: current(session, at),
    ifNotExists: node.if_not_exists === true,
    as: likes.length > 0 ? 'like' : 'definition',
  })
}

/** Checks are made with the table, then the primary key, then unique and exclusion constraints, foreign keys last. */
function inOrder(constraints: readonly Constraint[]): readonly Constraint[] {
  const rank = (each: Constraint) =>
    each.contype === 'CONSTR_NOTNULL'
      ? 0
      : each.contype === 'CONSTR_CHECK'
        ? 1
        : each.contype === 'CONSTR_PRIMARY'
          ? 2
          : each.contype === 'CONSTR_FOREIGN'
            ? 4
            : 3
  const sorted = [...constraints].sort((a, b) => rank(a) - rank(b))
  const kept: Constraint[] = []
  for (const each of sorted) {
    const same = each.contype === 'CONSTR_UNIQUE' ? kept.findIndex((other) => isSameKey(other, each)) : -1
    const other = kept[same]
    if (other === undefined) kept.push(each)
    else if (other.conname === undefined && each.conname !== undefined) kept[same] = { ...other, conname: each.conname }
  }
  return kept
}

function isSameKey(a: Constraint, b: Constraint): boolean {
  return (
    (a.contype === 'CONSTR_PRIMARY' || a.contype === 'CONSTR_UNIQUE') &&
    JSON.stringify([texts(a.keys), texts(a.including), a.deferrable ?? false, a.nulls_not_distinct ?? false]) ===
      JSON.stringify([texts(b.keys), texts(b.including), b.deferrable ?? false, b.nulls_not_distinct ?? false])
  )
}

/** Types of the columns of a table, for expressions of columns that stand before them. */
function laterColumns(node: CreateStmt): readonly Column[] {
  return (node.tableElts ?? []).flatMap((element) =>
    'ColumnDef' in element
      ? [
          {
            name: element.ColumnDef.colname ?? '',
            type: null,
            nullable: true,
            default: null,
            generated: null,
            identity: null,
            declared: [],
          },
        ]
      : [],
  )
}

function inheritedColumns(parents: readonly Table[], partition: boolean, declared: Table['declared']): Column[] {
  const columns: Column[] = []
  for (const parent of parents) {
    for (const column of parent.columns) {
      if (!columns.some((own) => own.name === column.name))
        columns.push({ ...column, identity: partition ? column.identity : null, inherited: true, declared })
    }
  }
  return columns
}

function mergeColumn(columns: Column[], column: Column, mayMerge: boolean, untyped: boolean): void {
  const index = columns.findIndex((own) => own.name === column.name)
  const inherited = columns[index]
  if (inherited === undefined) {
    columns.push(column)
    return
  }
  if (!mayMerge) refuse(`column "${column.name}" specified more than once`)
  if (!untyped && inherited.type !== null && column.type !== null && inherited.type !== column.type)
    refuse(`column "${column.name}" has a type conflict`)
  columns[index] = {
    ...inherited,
    nullable: inherited.nullable && column.nullable,
    default: column.default ?? inherited.default,
    generated: column.generated ?? inherited.generated,
    type: untyped ? inherited.type : column.type,
    inherited: untyped,
    declared: column.declared,
  }
}

const like = { comments: 1, constraints: 4, defaults: 8, generated: 16, identity: 32, indexes: 64 }

function likeColumns(session: Session, at: Key, clause: TableLikeClause, source: Table): Column[] {
  const options = clause.options ?? 0
  // The sequence of the copy is one of bigint, with all the numbers of that of the source.
  const typeOf = (column: string) => sequencesOf(session.draft.schema, source.key, column).at(-1)?.type ?? 'bigint'
  return source.columns.map(({ identityOptions: identityOf, ...column }) => {
    const copied: Column = {
      ...column,
      ...((options & like.identity) !== 0 && identityOf !== undefined
        ? { identityOptions: sequenceOptions(allNumbers(identityOf, typeOf(column.name)), 'bigint') }
        : {}),
      default: (options & like.defaults) !== 0 ? column.default : null,
      generated: (options & like.generated) !== 0 ? column.generated : null,
      identity: (options & like.identity) !== 0 ? column.identity : null,
      comment: (options & like.comments) !== 0 ? (column.comment ?? null) : null,
      declared: declaredAt(session),
    }
    if (copied.identity !== null) ownSequence(session, at, column.name, 'bigint')
    return copied
  })
}

function likeConstraints(session: Session, at: Key, clause: TableLikeClause, source: Table): void {
  const options = clause.options ?? 0
  const declared = declaredAt(session)
  const copy = <T extends { readonly comment?: string | null }>(each: T): T => ({
    ...each,
    comment: (options & like.comments) !== 0 ? (each.comment ?? null) : null,
    declared,
  })
  if ((options & like.constraints) !== 0)
    updateTable(session.draft, at, (table) => ({ ...table, checks: [...table.checks, ...source.checks.map(copy)] }))
  if ((options & like.indexes) === 0) return
  const { primaryKey } = source
  const table = current(session, at)
  const free = (addition: string, label: string, constraint: boolean) =>
    freeRelationName(session.draft.schema, table.schema, table.name, addition, label, constraint)
  if (primaryKey !== null)
    putTable(session.draft, {
      ...current(session, at),
      primaryKey: { ...copy(primaryKey), name: free('', 'pkey', true) },
    })
  for (const unique of source.uniques) {
    const name = free(columnsAddition(distinctNames([...unique.columns, ...unique.include])), 'key', true)
    updateTable(session.draft, at, (it) => ({ ...it, uniques: [...it.uniques, { ...copy(unique), name }] }))
  }
  for (const exclusion of source.exclusions) {
    const name = free(columnsAddition(exclusion.columns), 'excl', true)
    updateTable(session.draft, at, (it) => ({ ...it, exclusions: [...it.exclusions, { ...copy(exclusion), name }] }))
  }
  for (const index of source.indexes) {
    const names = [
      ...index.keys.map((each) => each.column ?? /^([a-z_]\w*)\(/.exec(each.expression ?? '')?.[1] ?? 'expr'),
      ...index.include,
    ]
    const name = free(columnsAddition(names), 'idx', false)
    updateTable(session.draft, at, (it) => ({ ...it, indexes: [...it.indexes, { ...copy(index), name }] }))
  }
}

/** `RANGE (created_at)`, as `pg_get_partkeydef` prints it. */
function partitionKey(session: Session, node: PartitionSpec, columns: readonly Column[]): string {
  const strategy =
    node.strategy === 'PARTITION_STRATEGY_LIST'
      ? 'LIST'
      : node.strategy === 'PARTITION_STRATEGY_HASH'
        ? 'HASH'
        : 'RANGE'
  const parts = (node.partParams ?? []).map((each: Node) => {
    if (!('PartitionElem' in each)) return ''
    if (each.PartitionElem.name !== undefined) return quoteIdent(each.PartitionElem.name)
    if (each.PartitionElem.expr === undefined) return ''
    const printed = printExpression(each.PartitionElem.expr, { schema: session.draft.schema, columns })
    return printed.isCall ? printed.text : `(${printed.text})`
  })
  return `${strategy} (${parts.join(', ')})`
}

/** `FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`, close to how Postgres prints it. */
export function partitionBound(node: PartitionBoundSpec | undefined): string {
  if (node === undefined || node.is_default === true) return 'DEFAULT'
  const datum = (each: Node): string => {
    if ('A_Const' in each) {
      const { sval, ival, fval, isnull, boolval } = each.A_Const
      if (isnull === true) return 'NULL'
      if (sval !== undefined) return `'${(sval.sval ?? '').replaceAll("'", "''")}'`
      if (boolval !== undefined) return boolval.boolval === true ? 'true' : 'false'
      return fval?.fval ?? String(ival?.ival ?? 0)
    }
    if ('ColumnRef' in each) return texts(each.ColumnRef.fields).join('.').toUpperCase()
    if ('TypeCast' in each && each.TypeCast.arg !== undefined) return datum(each.TypeCast.arg)
    return '…'
  }
  const list = (nodes: readonly Node[] | undefined) => (nodes ?? []).map(datum).join(', ')
  if (node.strategy === 'h') return `FOR VALUES WITH (modulus ${node.modulus ?? 0}, remainder ${node.remainder ?? 0})`
  if (node.strategy === 'l') return `FOR VALUES IN (${list(node.listdatums)})`
  return `FOR VALUES FROM (${list(node.lowerdatums)}) TO (${list(node.upperdatums)})`
}
