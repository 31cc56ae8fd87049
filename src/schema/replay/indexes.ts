import type { IndexStmt, Node } from 'libpg-query'
import { defaultOpclassData } from '../expression/data.ts'
import { printExpression } from '../expression/expression.ts'
import type { Change } from '../change.ts'
import type { Index, IndexKey, Key, Table, View } from '../model.ts'
import { key } from '../model.ts'
import { quoteIdent } from '../sql/quote.ts'
import { put, putTable, relationExists } from './draft.ts'
import { columnsAddition, distinctNames, freeRelationName, truncated } from './names.ts'
import { mentionedColumns, parametersOf, text, texts, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { columnFor, current, declaredAt, findKey, refuse, tableFor } from './session.ts'

const defaultOpclasses = new Set(defaultOpclassData.trim().split('\n'))

/** The default for a type is not worth a word. */
function opclassName(method: string, name: string): string | null {
  return defaultOpclasses.has(`${method} ${name}`) ? null : name
}

/** The key columns of an index over a table, as they are written in its definition. */
export function indexKeys(
  session: Session,
  table: Pick<Table, 'columns' | 'key'>,
  elements: readonly Node[],
  method: string,
): readonly (IndexKey & { readonly exact: boolean })[] {
  return elements.flatMap((element) => {
    if (!('IndexElem' in element)) return []
    const { name, expr, opclass, collation, ordering, nulls_ordering } = element.IndexElem
    const descending = ordering === 'SORTBY_DESC'
    const nullsFirst = nulls_ordering === 'SORTBY_NULLS_FIRST' || (nulls_ordering !== 'SORTBY_NULLS_LAST' && descending)
    const printed = expr === undefined ? null : printIndexExpression(session, table, expr)
    const column = name !== undefined ? truncated(name) : (printed?.column ?? null)
    return [
      {
        column,
        expression: column === null ? (printed?.text ?? '') : null,
        descending,
        nullsFirst: method === 'btree' ? nullsFirst : false,
        opclass: opclass === undefined || opclass.length === 0 ? null : opclassName(method, text(opclass.at(-1))),
        collation: collation === undefined || collation.length === 0 ? null : text(collation.at(-1)),
        exact: printed?.exact ?? true,
      },
    ]
  })
}

/** Functions stand in an index definition as they are, other expressions in parentheses; a column in parentheses is a column. */
function printIndexExpression(
  session: Session,
  table: Pick<Table, 'columns'>,
  node: Node,
): { readonly text: string; readonly exact: boolean; readonly column: string | null } {
  const printed = printExpression(node, { schema: session.draft.schema, columns: table.columns })
  if ('ColumnRef' in node) return { ...printed, column: text(node.ColumnRef.fields?.at(-1)) }
  const bare = printed.exact ? table.columns.find((each) => quoteIdent(each.name) === printed.text) : undefined
  if (bare !== undefined) return { ...printed, column: bare.name }
  return { text: printed.isCall ? printed.text : `(${printed.text})`, exact: printed.exact, column: null }
}

/** What Postgres calls the columns of an index when it makes up the index' name. */
export function indexNames(elements: readonly Node[]): readonly string[] {
  return distinctNames(
    elements.flatMap((element) =>
      'IndexElem' in element ? [element.IndexElem.name ?? expressionName(element.IndexElem.expr) ?? 'expr'] : [],
    ),
  )
}

/** The name that Postgres gives an expression's column. (FigureColname in src/backend/parser/parse_target.c) */
function expressionName(node: Node | undefined): string | null {
  if (node === undefined) return null
  if ('ColumnRef' in node) return text(node.ColumnRef.fields?.at(-1)) || null
  if ('FuncCall' in node) return text(node.FuncCall.funcname?.at(-1)) || null
  if ('A_Indirection' in node) {
    const last = (node.A_Indirection.indirection ?? []).findLast((each) => 'String' in each)
    return last === undefined ? expressionName(node.A_Indirection.arg) : text(last)
  }
  if ('TypeCast' in node)
    return expressionName(node.TypeCast.arg) ?? texts(node.TypeCast.typeName?.names).at(-1) ?? null
  if ('CollateClause' in node) return expressionName(node.CollateClause.arg)
  if ('CoalesceExpr' in node) return 'coalesce'
  if ('MinMaxExpr' in node) return node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest'
  if ('CaseExpr' in node) return expressionName(node.CaseExpr.defresult) ?? 'case'
  if ('A_ArrayExpr' in node) return 'array'
  if ('RowExpr' in node) return 'row'
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_NULLIF') return 'nullif'
  return null
}

/** Replays `CREATE INDEX`. */
export function createIndex(session: Session, node: IndexStmt): void {
  const written = writtenOf(node.relation)
  const view = findKey(session, written, (at) => session.draft.schema.views.has(at))
  const table: Table | View | null | undefined =
    view === undefined ? tableFor(session, written) : session.draft.schema.views.get(view)
  if (table == null) return
  const isTable = 'key' in table
  const method = node.accessMethod ?? 'btree'
  const elements = node.indexParams ?? []
  const columns: Table['columns'] = isTable
    ? current(session, table.key).columns
    : (table.columns ?? []).map((name) => ({
        name,
        type: null,
        nullable: true,
        default: null,
        generated: null,
        identity: null,
        declared: [],
      }))
  const given = node.idxname === undefined ? undefined : truncated(node.idxname)
  if (given !== undefined && relationExists(session.draft.schema, key(table.schema, given))) {
    if (node.if_not_exists === true) return
    refuse(`relation "${given}" already exists`)
  }
  if (isTable) {
    const used = elements.flatMap((element) =>
      'IndexElem' in element
        ? element.IndexElem.name === undefined
          ? mentionedColumns(element.IndexElem.expr)
          : [element.IndexElem.name]
        : [],
    )
    for (const name of [...used, ...mentionedColumns(node.whereClause), ...includedOf(node)])
      columnFor(session, current(session, table.key), name)
  }
  const shape = isTable ? current(session, table.key) : { columns, key: '' }
  const keys = indexKeys(session, shape, elements, method)
  if (isTable && node.unique === true)
    checkPartitionKey(
      table,
      keys.map(({ column }) => column),
      'UNIQUE',
    )
  const include = includedOf(node)
  const where =
    node.whereClause === undefined
      ? null
      : printExpression(node.whereClause, { schema: session.draft.schema, columns: shape.columns }, 'boolean')
  const name =
    given ??
    freeRelationName(
      session.draft.schema,
      table.schema,
      table.name,
      columnsAddition(distinctNames([...indexNames(elements), ...include])),
      'idx',
      false,
    )
  const parameters = parametersOf(node.options)
  const exact = keys.every((each) => each.exact) && (where?.exact ?? true)
  const index: Index = {
    name,
    keys: keys.map(({ column, expression, descending, nullsFirst, opclass, collation }) => ({
      column,
      expression,
      descending,
      nullsFirst,
      opclass,
      collation,
    })),
    include,
    unique: node.unique === true,
    nullsNotDistinct: node.nulls_not_distinct === true,
    method,
    where: where?.text ?? null,
    valid: !(isTable && table.partition.by !== null && node.relation?.inh !== true),
    ...(parameters.length > 0 ? { with: parameters } : {}),
    ...(exact ? {} : { approximate: true }),
    declared: declaredAt(session),
  }
  if (isTable) {
    const now = current(session, table.key)
    putTable(session.draft, { ...now, indexes: [...now.indexes, index] })
  } else {
    put(session.draft, 'views', key(table.schema, table.name), { ...table, indexes: [...table.indexes, index] })
  }
  session.changes.push({
    kind: 'addIndex',
    place: session.place,
    table: key(table.schema, table.name),
    index,
    concurrently: node.concurrent === true,
    ifNotExists: node.if_not_exists === true,
    only: node.relation?.inh !== true,
  } satisfies Change)
}

/** Rows are compared within one partition only. */
export function checkPartitionKey(
  { name, partition: { by } }: Table,
  columns: readonly (string | null)[],
  type: 'UNIQUE' | 'PRIMARY KEY',
): void {
  if (by === null) return
  const parts = by.slice(by.indexOf('(') + 1, -1).match(/"(?:[^"]|"")*"|[^\s,"]+/g) ?? []
  if (parts.some((part) => !part.startsWith('"') && part.includes('(')))
    refuse(`unsupported ${type} constraint with partition key definition`)
  const wanted = parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part))
  if (wanted.some((column) => !columns.includes(column)))
    refuse(`unique constraint on partitioned table "${name}" must include all partitioning columns`)
}

function includedOf(node: IndexStmt): readonly string[] {
  return (node.indexIncludingParams ?? []).flatMap((element) =>
    'IndexElem' in element && element.IndexElem.name !== undefined ? [truncated(element.IndexElem.name)] : [],
  )
}

/** The key of an index's table without its index of that name. */
export function removeIndex(session: Session, at: Key, name: string): void {
  const table = session.draft.schema.tables.get(at)
  if (table !== undefined)
    putTable(session.draft, { ...table, indexes: table.indexes.filter((index) => index.name !== name) })
  const view = session.draft.schema.views.get(at)
  if (view !== undefined)
    put(session.draft, 'views', at, { ...view, indexes: view.indexes.filter((index) => index.name !== name) })
}
