import type { Node, SelectStmt } from 'libpg-query'
import { always, both, numbered, usesOf } from '../conditions.ts'
import type { Condition } from '../conditions.ts'
import { unknownDraft, type Draft } from '../draft.ts'
import type { Order } from '../query.ts'
import { certainOf, conditionOf } from './conditions.ts'
import { addSource, columnRefs } from './names.ts'
import type { Level, SqlWorld, State } from './names.ts'
import { orderColumn } from './ordering.ts'
import { constant, isAggregate, isStar, limitOf, parameterOf, print, walk } from './tree.ts'

/** Turns a parsed statement into a query, followed by one for each subquery and WITH part; empty for what is no query. */
export function sqlQueries(node: Node, text: string, world: SqlWorld): Draft[] {
  const state: State = { world, tables: [], joins: [], columns: [], drafts: [] }
  const kind = Object.keys(node)[0] ?? ''
  if (kind === 'SelectStmt' || kind === 'InsertStmt' || kind === 'UpdateStmt' || kind === 'DeleteStmt') {
    const main = statementDraft(node, null, new Set(), state, text)
    // A statement that selects from its own WITH parts only stands for the first of them.
    const found = main === null ? state.drafts : [main, ...state.drafts]
    const [first, ...rest] = found.length === 0 && recurs(node) ? [withoutTables] : found
    if (first === undefined) return []
    return [{ ...first, call: first.call.replace(' (nested)', ''), sql: text, statement: { text, node } }, ...rest]
  }
  return []
}

/** A query that calls itself goes on for ever whether or not it reads a table. */
function recurs(node: Node): boolean {
  return 'SelectStmt' in node && node.SelectStmt.withClause?.recursive === true
}

const withoutTables: Draft = { ...unknownDraft, call: 'SELECT', operation: 'select' }

function statementDraft(
  node: Node,
  parent: Level | null,
  ctes: ReadonlySet<string>,
  state: State,
  text: string,
  nested = false,
): Draft | null {
  const own: State = { ...state, tables: [], joins: [], columns: [] }
  if ('SelectStmt' in node) return selectDraft(node.SelectStmt, parent, ctes, own, text, nested)
  const kind = 'InsertStmt' in node ? 'insert' : 'UpdateStmt' in node ? 'update' : 'delete'
  const stmt =
    'InsertStmt' in node
      ? node.InsertStmt
      : 'UpdateStmt' in node
        ? node.UpdateStmt
        : 'DeleteStmt' in node
          ? node.DeleteStmt
          : null
  if (stmt === null) return null
  const names = withNames(stmt.withClause?.ctes, parent, ctes, own, text)
  const level: Level = { parent, sources: [], ctes: names }
  const relation = stmt.relation
  if (relation === undefined) return null
  const main = addSource(relation, level, own, 'main')
  if (main === null) return null
  const place = own.world.place(relation.location)
  own.columns.push({ table: main, column: null, use: 'write', place })
  let condition: Condition | null = always
  let writes: string[] | null = null
  const values: Record<string, string> = {}
  const note = (column: string, value: Node | undefined): void => {
    const text = parameterOf(value) ?? (value === undefined ? null : print(value))
    if (text !== null && (/^\$\d+$/.test(text) || !/\$\d/.test(text))) values[column] = text
  }
  if ('UpdateStmt' in node || 'DeleteStmt' in node) {
    const others =
      'UpdateStmt' in node ? node.UpdateStmt.fromClause : 'DeleteStmt' in node ? node.DeleteStmt.usingClause : undefined
    const on = fromItems(others ?? [], level, own, text)
    const where =
      'UpdateStmt' in node
        ? node.UpdateStmt.whereClause
        : 'DeleteStmt' in node
          ? node.DeleteStmt.whereClause
          : undefined
    condition = where === undefined ? on : both(on, conditionOf(where, level, own))
    subqueries(where, level, own, text)
  }
  if ('UpdateStmt' in node) {
    writes = []
    for (const target of node.UpdateStmt.targetList ?? []) {
      if (!('ResTarget' in target) || target.ResTarget.name === undefined) continue
      writes.push(target.ResTarget.name)
      const value = constant(target.ResTarget.val)
      note(target.ResTarget.name, target.ResTarget.val)
      own.columns.push({
        table: main,
        column: target.ResTarget.name,
        use: 'write',
        place: own.world.place(target.ResTarget.location),
        ...(typeof value === 'string' ? { values: [value] } : {}),
      })
      columnRefs(target.ResTarget.val, level, own, 'read')
      subqueries(target.ResTarget.val, level, own, text)
    }
  } else if ('InsertStmt' in node) {
    const cols = node.InsertStmt.cols
    if (cols !== undefined && cols.length > 0) {
      writes = cols.flatMap((c) => ('ResTarget' in c && c.ResTarget.name !== undefined ? [c.ResTarget.name] : []))
      for (const c of cols)
        if ('ResTarget' in c && c.ResTarget.name !== undefined)
          own.columns.push({
            table: main,
            column: c.ResTarget.name,
            use: 'write',
            place: own.world.place(c.ResTarget.location),
          })
    }
    const select = node.InsertStmt.selectStmt
    if (select !== undefined && 'SelectStmt' in select) {
      if (select.SelectStmt.valuesLists === undefined) {
        const inner = statementDraft(select, level, names, own, text, true)
        if (inner !== null) state.drafts.push(inner)
      } else if (writes !== null) {
        const known = writes
        for (const row of select.SelectStmt.valuesLists) {
          if (!('List' in row)) continue
          for (const [i, item] of (row.List.items ?? []).entries()) {
            const value = constant(item)
            const column = known[i]
            if (column !== undefined && select.SelectStmt.valuesLists.length === 1) note(column, item)
            if (typeof value === 'string' && column !== undefined)
              own.columns.push({
                table: main,
                column,
                use: 'write',
                place: own.world.place(undefined),
                values: [value],
              })
          }
        }
      }
    }
  }
  columnRefs(stmt.returningClause?.exprs, level, own, 'read')
  if ('InsertStmt' in node) {
    for (const target of node.InsertStmt.onConflictClause?.infer?.indexElems ?? []) {
      if ('IndexElem' in target && target.IndexElem.name !== undefined)
        own.columns.push({
          table: main,
          column: target.IndexElem.name,
          use: 'filter',
          place: own.world.place(node.InsertStmt.onConflictClause?.location),
        })
    }
    for (const target of node.InsertStmt.onConflictClause?.targetList ?? []) {
      if (!('ResTarget' in target) || target.ResTarget.name === undefined) continue
      const value = constant(target.ResTarget.val)
      own.columns.push({
        table: main,
        column: target.ResTarget.name,
        use: 'write',
        place: own.world.place(target.ResTarget.location),
        ...(typeof value === 'string' ? { values: [value] } : {}),
      })
    }
  }
  const predicates = condition === null ? [] : numbered(condition)
  return {
    start: 0,
    end: 0,
    client: 'sql',
    call: nested ? `${kind.toUpperCase()} (nested)` : kind.toUpperCase(),
    operation: kind,
    tables: [
      { table: main, role: 'main', columns: [] },
      ...own.tables.filter((t) => t.role !== 'main' || t.table !== main),
    ],
    predicates,
    ordering: [],
    joins: own.joins,
    writes,
    ...(Object.keys(values).length > 0 ? { values } : {}),
    limit: null,
    offset: null,
    sql: null,
    dynamic: condition === null,
    columns: [...own.columns, ...usesOf(predicates)],
  }
}

function selectDraft(
  select: SelectStmt,
  parent: Level | null,
  ctes: ReadonlySet<string>,
  own: State,
  text: string,
  nested: boolean,
): Draft | null {
  const names = withNames(select.withClause?.ctes, parent, ctes, own, text)
  if (select.op !== undefined && select.op !== 'SETOP_NONE') {
    for (const side of [select.larg, select.rarg]) {
      const draft =
        side === undefined
          ? null
          : selectDraft(side, parent, names, { ...own, tables: [], joins: [], columns: [] }, text, true)
      if (draft !== null) own.drafts.push(draft)
    }
    const sides = own.drafts.slice(-2).flatMap((d) => d.tables.slice(0, 1))
    if (sides.length === 0) return null
    return {
      start: 0,
      end: 0,
      client: 'sql',
      call: 'UNION',
      operation: 'select',
      tables: sides,
      predicates: [],
      ordering: [],
      joins: [],
      writes: null,
      limit: limitOf(select.limitCount),
      offset: limitOf(select.limitOffset),
      sql: null,
      dynamic: true,
      columns: [],
    }
  }
  const level: Level = { parent, sources: [], ctes: names }
  let condition = fromItems(select.fromClause ?? [], level, own, text)
  const whole =
    select.targetList?.some((t) => 'ResTarget' in t && t.ResTarget.val !== undefined && isStar(t.ResTarget.val)) ??
    false
  if (select.whereClause !== undefined) condition = both(condition, conditionOf(select.whereClause, level, own))
  for (const part of [...(select.targetList ?? []), ...(select.groupClause ?? []), select.havingClause]) {
    columnRefs(part, level, own, 'read')
    subqueries(part, level, own, text)
  }
  subqueries(select.whereClause, level, own, text)
  const ordering: Order[] = []
  let sortable = true
  for (const item of select.sortClause ?? []) {
    if (!('SortBy' in item)) continue
    const found = orderColumn(item.SortBy, select, level, own)
    if (found === null) sortable = false
    else if (sortable) ordering.push(found)
  }
  const main = level.sources.find((s) => s.table !== null)
  if (main?.table == null) return null
  const { whereClause } = select
  const certain = condition === null && whereClause !== undefined ? certainOf(whereClause, level, own) : []
  const predicates = numbered(condition ?? [certain])
  const aggregate =
    select.groupClause === undefined &&
    (select.targetList ?? []).length > 0 &&
    (select.targetList ?? []).every(
      (t) => 'ResTarget' in t && t.ResTarget.val !== undefined && isAggregate(t.ResTarget.val),
    )
  return {
    start: 0,
    end: 0,
    client: 'sql',
    call: nested ? 'SELECT (nested)' : aggregate ? 'SELECT (aggregate)' : 'SELECT',
    operation: 'select',
    tables: own.tables.map((t) =>
      t.role === 'main' || t.role === 'join'
        ? {
            ...t,
            columns: whole
              ? null
              : own.columns
                  .filter((c) => c.table === t.table && c.column !== null && c.use === 'read')
                  .map((c) => c.column ?? ''),
          }
        : t,
    ),
    predicates,
    ordering: sortable ? ordering : [],
    joins: own.joins,
    writes: null,
    limit: limitOf(select.limitCount),
    offset: limitOf(select.limitOffset),
    sql: null,
    dynamic: condition === null,
    ...(select.groupClause === undefined ? {} : { grouped: true }),
    columns: [...own.columns, ...usesOf(predicates)],
  }
}

function withNames(
  ctes: readonly Node[] | undefined,
  parent: Level | null,
  outer: ReadonlySet<string>,
  state: State,
  text: string,
): ReadonlySet<string> {
  if (ctes === undefined) return outer
  const names = new Set(outer)
  for (const one of ctes)
    if ('CommonTableExpr' in one && one.CommonTableExpr.ctename !== undefined) names.add(one.CommonTableExpr.ctename)
  for (const one of ctes) {
    if (!('CommonTableExpr' in one) || one.CommonTableExpr.ctequery === undefined) continue
    const draft = statementDraft(one.CommonTableExpr.ctequery, parent, names, state, text, true)
    if (draft !== null) state.drafts.push(draft)
  }
  return names
}

/** Adds what stands in FROM and gives the conditions of its joins. */
function fromItems(items: readonly Node[], level: Level, state: State, text: string): Condition | null {
  let condition: Condition | null = always
  for (const item of items) condition = both(condition, fromItem(item, level, state, text))
  return condition
}

function fromItem(item: Node, level: Level, state: State, text: string): Condition | null {
  if ('RangeVar' in item) {
    addSource(item.RangeVar, level, state, level.sources.length === 0 ? 'main' : 'join')
    return always
  }
  if ('JoinExpr' in item) {
    const join = item.JoinExpr
    const left = join.larg === undefined ? always : fromItem(join.larg, level, state, text)
    const before = level.sources.length
    const right = join.rarg === undefined ? always : fromItem(join.rarg, level, state, text)
    let on: Condition | null = join.quals === undefined ? always : conditionOf(join.quals, level, state)
    for (const column of join.usingClause ?? []) {
      const name = 'String' in column ? (column.String.sval ?? '') : ''
      const a = level.sources.slice(0, before).find((s) => s.columns?.has(name))
      const b = level.sources[before]
      if (a?.table != null && b?.table != null)
        state.joins.push({
          from: a.table,
          fromColumns: [name],
          to: b.table,
          toColumns: [name],
          many: false,
          place: state.world.place(undefined),
        })
    }
    on = on === null ? null : on.map((terms) => terms.map((t) => ({ ...t, joining: true })))
    return both(both(left, right), on)
  }
  if ('RangeSubselect' in item) {
    const sub = item.RangeSubselect
    level.sources.push({ alias: sub.alias?.aliasname ?? '', table: null, columns: null })
    if (sub.subquery !== undefined) {
      const draft = statementDraft(
        sub.subquery,
        sub.lateral === true ? level : level.parent,
        level.ctes,
        state,
        text,
        true,
      )
      if (draft !== null) {
        state.drafts.push(draft)
        const first = draft.tables[0]
        if (first !== undefined) state.tables.push({ ...first, role: 'subquery' })
      }
    }
    return always
  }
  if ('RangeFunction' in item)
    level.sources.push({ alias: item.RangeFunction.alias?.aliasname ?? '', table: null, columns: null })
  return always
}

function subqueries(node: Node | undefined, level: Level, state: State, text: string): void {
  walk(node, (kind, value) => {
    if (kind !== 'SubLink') return true
    const link = value as { subselect?: Node; testexpr?: Node }
    subqueries(link.testexpr, level, state, text)
    if (link.subselect !== undefined) {
      const draft = statementDraft(link.subselect, level, level.ctes, state, text, true)
      if (draft !== null) {
        state.drafts.push(draft)
        const first = draft.tables[0]
        if (first !== undefined) state.tables.push({ ...first, role: 'subquery' })
      }
    }
    return false
  })
}
