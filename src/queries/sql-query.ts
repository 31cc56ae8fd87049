import type { A_Expr, Node, RangeVar, SelectStmt, SortBy } from 'libpg-query'
import type { Place } from '../location.ts'
import type { Key, Schema } from '../schema/model.ts'
import { always, both, either, negate, numbered, usesOf } from './conditions.ts'
import type { Condition, Term } from './conditions.ts'
import type { Draft } from './prisma-calls.ts'
import type { ColumnUse, Predicate, Query, QueryTable } from './query.ts'

/** What a statement's names are looked up in, and how its positions become places. */
export interface SqlWorld {
  /** Schemas to look tables up in, the one that counts first. */
  readonly schemas: readonly Schema[]
  /** Place of a UTF-8 byte offset of the statement. */
  readonly place: (offset: number | undefined) => Place
}

interface Source { readonly alias: string; readonly table: Key | null; readonly columns: ReadonlySet<string> | null }

interface Level {
  readonly parent: Level | null
  readonly sources: Source[]
  readonly ctes: ReadonlySet<string>
}

interface State {
  readonly world: SqlWorld
  readonly tables: QueryTable[]
  readonly joins: Query['joins'][number][]
  readonly columns: ColumnUse[]
  readonly drafts: Draft[]
}

/** Turns a parsed statement into a query, followed by one for each subquery and WITH part; empty for what is no query. */
export function sqlQueries(node: Node, text: string, world: SqlWorld): Draft[] {
  const state: State = { world, tables: [], joins: [], columns: [], drafts: [] }
  const kind = Object.keys(node)[0] ?? ''
  if (kind === 'SelectStmt' || kind === 'InsertStmt' || kind === 'UpdateStmt' || kind === 'DeleteStmt') {
    const main = statementDraft(node, null, new Set(), state, text)
    return main === null ? [] : [{ ...main, sql: text, statement: { text, node } }, ...state.drafts]
  }
  return []
}

/** The condition of an expression on its own, as a `sql` template in `where(…)` holds it. */
export function sqlCondition(expression: Node, world: SqlWorld, sources: readonly Key[]): { condition: Condition | null; columns: readonly ColumnUse[] } {
  const state: State = { world, tables: [], joins: [], columns: [], drafts: [] }
  const level: Level = { parent: null, ctes: new Set(), sources: sources.map((table) => ({ alias: table.slice(table.indexOf('.') + 1), table, columns: columnsOf(table, world) })) }
  const condition = conditionOf(expression, level, state)
  return { condition, columns: state.columns }
}

function statementDraft(node: Node, parent: Level | null, ctes: ReadonlySet<string>, state: State, text: string, nested = false): Draft | null {
  const own: State = { ...state, tables: [], joins: [], columns: [] }
  if ('SelectStmt' in node) return selectDraft(node.SelectStmt, parent, ctes, own, text, nested)
  const kind = 'InsertStmt' in node ? 'insert' : 'UpdateStmt' in node ? 'update' : 'delete'
  const stmt = 'InsertStmt' in node ? node.InsertStmt : 'UpdateStmt' in node ? node.UpdateStmt : 'DeleteStmt' in node ? node.DeleteStmt : null
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
  const literals: NonNullable<Query['literals']>[number][] = []
  if ('UpdateStmt' in node || 'DeleteStmt' in node) {
    const others = 'UpdateStmt' in node ? node.UpdateStmt.fromClause : 'DeleteStmt' in node ? node.DeleteStmt.usingClause : undefined
    const on = fromItems(others ?? [], level, own, text)
    const where = 'UpdateStmt' in node ? node.UpdateStmt.whereClause : 'DeleteStmt' in node ? node.DeleteStmt.whereClause : undefined
    condition = where === undefined ? on : both(on, conditionOf(where, level, own))
    subqueries(where, level, own, text)
  }
  if ('UpdateStmt' in node) {
    writes = []
    for (const target of node.UpdateStmt.targetList ?? []) {
      if (!('ResTarget' in target) || target.ResTarget.name === undefined) continue
      writes.push(target.ResTarget.name)
      own.columns.push({ table: main, column: target.ResTarget.name, use: 'write', place: own.world.place(target.ResTarget.location) })
      const value = constant(target.ResTarget.val)
      if (typeof value === 'string') literals.push({ column: target.ResTarget.name, value, place: own.world.place(target.ResTarget.location) })
      columnRefs(target.ResTarget.val, level, own, 'read')
      subqueries(target.ResTarget.val, level, own, text)
    }
  } else if ('InsertStmt' in node) {
    const cols = node.InsertStmt.cols
    if (cols !== undefined && cols.length > 0) {
      writes = cols.flatMap((c) => 'ResTarget' in c && c.ResTarget.name !== undefined ? [c.ResTarget.name] : [])
      for (const c of cols) if ('ResTarget' in c && c.ResTarget.name !== undefined) own.columns.push({ table: main, column: c.ResTarget.name, use: 'write', place: own.world.place(c.ResTarget.location) })
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
            if (typeof value === 'string' && column !== undefined) literals.push({ column, value, place: own.world.place(undefined) })
          }
        }
      }
    }
  }
  const predicates = condition === null ? [] : numbered(condition)
  return {
    start: 0, end: 0, client: 'sql', call: nested ? `${kind.toUpperCase()} (nested)` : kind.toUpperCase(), operation: kind,
    tables: [{ table: main, role: 'main', columns: [] }, ...own.tables.filter((t) => t.role !== 'main' || t.table !== main)],
    predicates, ordering: [], joins: own.joins, writes, limit: null, offset: null, sql: null, dynamic: condition === null,
    columns: [...own.columns, ...usesOf(predicates)], literals,
  }
}

function selectDraft(select: SelectStmt, parent: Level | null, ctes: ReadonlySet<string>, own: State, text: string, nested: boolean): Draft | null {
  const names = withNames(select.withClause?.ctes, parent, ctes, own, text)
  if (select.op !== undefined && select.op !== 'SETOP_NONE') {
    for (const side of [select.larg, select.rarg]) {
      const draft = side === undefined ? null : selectDraft(side, parent, names, { ...own, tables: [], joins: [], columns: [] }, text, true)
      if (draft !== null) own.drafts.push(draft)
    }
    const sides = own.drafts.slice(-2).flatMap((d) => d.tables.slice(0, 1))
    if (sides.length === 0) return null
    return { start: 0, end: 0, client: 'sql', call: 'UNION', operation: 'select', tables: sides, predicates: [], ordering: [], joins: [], writes: null, limit: limitOf(select.limitCount), offset: limitOf(select.limitOffset), sql: null, dynamic: true, columns: [] }
  }
  const level: Level = { parent, sources: [], ctes: names }
  let condition = fromItems(select.fromClause ?? [], level, own, text)
  const whole = select.targetList?.some((t) => 'ResTarget' in t && t.ResTarget.val !== undefined && isStar(t.ResTarget.val)) ?? false
  if (select.whereClause !== undefined) condition = both(condition, conditionOf(select.whereClause, level, own))
  for (const part of [...select.targetList ?? [], ...select.groupClause ?? [], select.havingClause]) {
    columnRefs(part, level, own, 'read')
    subqueries(part, level, own, text)
  }
  subqueries(select.whereClause, level, own, text)
  const ordering: Query['ordering'][number][] = []
  let sortable = true
  for (const item of select.sortClause ?? []) {
    if (!('SortBy' in item)) continue
    const found = orderColumn(item.SortBy, select, level, own)
    if (found === null) sortable = false
    else if (sortable) ordering.push(found)
  }
  const main = level.sources.find((s) => s.table !== null)
  if (main?.table == null) return null
  const predicates = condition === null ? [] : numbered(condition)
  const aggregate = select.groupClause === undefined && (select.targetList ?? []).length > 0 && (select.targetList ?? []).every((t) => 'ResTarget' in t && t.ResTarget.val !== undefined && isAggregate(t.ResTarget.val))
  return {
    start: 0, end: 0, client: 'sql', call: nested ? 'SELECT (nested)' : aggregate ? 'SELECT (aggregate)' : 'SELECT', operation: 'select',
    tables: own.tables.map((t) => t.role === 'main' || t.role === 'join' ? { ...t, columns: whole ? null : own.columns.filter((c) => c.table === t.table && c.column !== null && c.use === 'read').map((c) => c.column ?? '') } : t),
    predicates, ordering: sortable ? ordering : [], joins: own.joins, writes: null,
    limit: limitOf(select.limitCount), offset: limitOf(select.limitOffset), sql: null, dynamic: condition === null,
    columns: [...own.columns, ...usesOf(predicates)],
  }
}

function withNames(ctes: readonly Node[] | undefined, parent: Level | null, outer: ReadonlySet<string>, state: State, text: string): ReadonlySet<string> {
  if (ctes === undefined) return outer
  const names = new Set(outer)
  for (const one of ctes) if ('CommonTableExpr' in one && one.CommonTableExpr.ctename !== undefined) names.add(one.CommonTableExpr.ctename)
  for (const one of ctes) {
    if (!('CommonTableExpr' in one) || one.CommonTableExpr.ctequery === undefined) continue
    const draft = statementDraft(one.CommonTableExpr.ctequery, parent, names, state, text, true)
    if (draft !== null) state.drafts.push(draft)
  }
  return names
}

function findTable(relation: RangeVar, world: SqlWorld): Key {
  const name = relation.relname ?? ''
  for (const schema of world.schemas) {
    const wanted = `${relation.schemaname ?? schema.defaultSchema}.${name}`
    if (schema.tables.has(wanted) || schema.views.has(wanted)) return wanted
    if (relation.schemaname === undefined) {
      const same = [...schema.tables.keys()].filter((k) => k.endsWith(`.${name}`) && k.indexOf('.') === k.length - name.length - 1)
      if (same.length === 1 && same[0] !== undefined) return same[0]
    }
  }
  return `${relation.schemaname ?? world.schemas[0]?.defaultSchema ?? 'public'}.${name}`
}

function columnsOf(table: Key, world: SqlWorld): ReadonlySet<string> | null {
  for (const schema of world.schemas) {
    const found = schema.tables.get(table)
    if (found !== undefined) return new Set(found.columns.map((c) => c.name))
  }
  return null
}

function addSource(relation: RangeVar, level: Level, state: State, role: QueryTable['role']): Key | null {
  const name = relation.relname ?? ''
  const alias = relation.alias?.aliasname ?? name
  if (relation.schemaname === undefined && level.ctes.has(name)) {
    level.sources.push({ alias, table: null, columns: null })
    return null
  }
  const table = findTable(relation, state.world)
  level.sources.push({ alias, table, columns: columnsOf(table, state.world) })
  state.tables.push({ table, role, columns: [] })
  state.columns.push({ table, column: null, use: 'read', place: state.world.place(relation.location) })
  return table
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
      const name = 'String' in column ? column.String.sval ?? '' : ''
      const a = level.sources.slice(0, before).find((s) => s.columns?.has(name))
      const b = level.sources[before]
      if (a?.table != null && b?.table != null) state.joins.push({ from: a.table, fromColumns: [name], to: b.table, toColumns: [name], many: false, place: state.world.place(undefined) })
    }
    on = on === null ? null : on.map((terms) => terms.map((t) => ({ ...t, joining: true })))
    return both(both(left, right), on)
  }
  if ('RangeSubselect' in item) {
    const sub = item.RangeSubselect
    level.sources.push({ alias: sub.alias?.aliasname ?? '', table: null, columns: null })
    if (sub.subquery !== undefined) {
      const draft = statementDraft(sub.subquery, sub.lateral === true ? level : level.parent, level.ctes, state, text, true)
      if (draft !== null) {
        state.drafts.push(draft)
        const first = draft.tables[0]
        if (first !== undefined) state.tables.push({ ...first, role: 'subquery' })
      }
    }
    return always
  }
  if ('RangeFunction' in item) level.sources.push({ alias: item.RangeFunction.alias?.aliasname ?? '', table: null, columns: null })
  return always
}

/** The table and column that a reference means; null where it is not one of a known table. */
function resolveColumn(fields: readonly Node[], level: Level): { table: Key; column: string } | null {
  const names = fields.map((f) => 'String' in f ? f.String.sval ?? '' : '')
  const column = names.at(-1) ?? ''
  if (column === '') return null
  const qualifier = names.length > 1 ? names.at(-2) : null
  for (let at: Level | null = level; at !== null; at = at.parent) {
    if (qualifier !== null) {
      const source = at.sources.find((s) => s.alias === qualifier)
      if (source !== undefined) return source.table === null ? null : { table: source.table, column }
      continue
    }
    const having = at.sources.filter((s) => s.columns?.has(column))
    if (having.length === 1 && having[0]?.table != null) return { table: having[0].table, column }
    const only = at.sources[0]
    if (having.length === 0 && at.sources.length === 1 && only?.table != null && only.columns === null) return { table: only.table, column }
    if (having.length > 1 || at.sources.some((s) => s.columns === null)) return null
  }
  return null
}

function columnRefs(node: Node | undefined, level: Level, state: State, use: ColumnUse['use']): void {
  walk(node, (kind, value) => {
    if (kind === 'SelectStmt') return false
    if (kind === 'ColumnRef') {
      const ref = value as { fields?: Node[]; location?: number }
      const found = resolveColumn(ref.fields ?? [], level)
      if (found !== null) state.columns.push({ ...found, use, place: state.world.place(ref.location) })
    }
    return true
  })
}

/** Walks a parse tree by the names of its nodes; `enter` answers whether to go on inside. */
export function walk(node: unknown, enter: (kind: string, value: unknown) => boolean): void {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, enter)
  } else if (typeof node === 'object' && node !== null) {
    for (const [name, value] of Object.entries(node)) {
      if (/^[A-Z]/.test(name) ? enter(name, value) : true) walk(value, enter)
    }
  }
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

function conditionOf(node: Node, level: Level, state: State): Condition | null {
  if ('BoolExpr' in node) {
    const parts = (node.BoolExpr.args ?? []).map((arg) => conditionOf(arg, level, state))
    if (node.BoolExpr.boolop === 'AND_EXPR') return parts.reduce<Condition | null>((a, b) => both(a, b), always)
    if (node.BoolExpr.boolop === 'OR_EXPR') return parts.slice(1).reduce<Condition | null>((a, b) => either(a, b), parts[0] ?? always)
    return negate(parts[0] ?? always)
  }
  if ('NullTest' in node) {
    const test = node.NullTest
    const operator = test.nulltesttype === 'IS_NULL' ? 'is null' : 'is not null'
    return single(test.arg, operator, level, state)
  }
  if ('A_Expr' in node) return expression(node.A_Expr, level, state)
  if ('ColumnRef' in node || 'BooleanTest' in node) return single('BooleanTest' in node ? node.BooleanTest.arg : node, '=', level, state)
  if ('SubLink' in node) {
    const link = node.SubLink
    if (link.subLinkType === 'ANY_SUBLINK' && link.testexpr !== undefined) return single(link.testexpr, 'in', level, state)
    columnRefs(link.testexpr, level, state, 'filter')
    return [[]]
  }
  columnRefs(node, level, state, 'filter')
  return 'A_Const' in node ? always : [[{ table: mainOf(level), column: null, expression: null, operator: 'unknown', place: state.world.place(undefined) }]]
}

function mainOf(level: Level): Key {
  return level.sources.find((s) => s.table !== null)?.table ?? ''
}

function single(node: Node | undefined, operator: Predicate['operator'], level: Level, state: State, more: Partial<Term> = {}): Condition {
  const side = node === undefined ? null : sideOf(node, level)
  if (side === null) {
    columnRefs(node, level, state, 'filter')
    return [[{ table: mainOf(level), column: null, expression: null, operator: 'unknown', place: state.world.place(undefined) }]]
  }
  return [[{ table: side.table, column: side.column, expression: side.expression, operator, place: state.world.place(side.location), ...more }]]
}

const comparisons: Readonly<Record<string, Predicate['operator']>> = {
  '=': '=', '<>': '<>', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=', '@>': 'has', '<@': 'has', '&&': 'has', '?': 'json', '?|': 'json', '?&': 'json', '@@': 'text search', '~~': 'like', '~~*': 'ilike', '!~~': 'unknown', '!~~*': 'unknown',
}
const flipped: Partial<Record<Predicate['operator'], Predicate['operator']>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

function expression(expr: A_Expr, level: Level, state: State): Condition | null {
  const name = expr.name?.map((n) => 'String' in n ? n.String.sval : '').at(-1) ?? ''
  const left = expr.lexpr
  const right = expr.rexpr
  if (left === undefined || right === undefined) return [[]]
  switch (expr.kind) {
    case 'AEXPR_IN': return single(left, name === '<>' ? 'not in' : 'in', level, state)
    case 'AEXPR_OP_ANY': return single(left, name === '=' ? 'in' : 'unknown', level, state)
    case 'AEXPR_OP_ALL': return single(left, name === '<>' ? 'not in' : 'unknown', level, state)
    case 'AEXPR_BETWEEN': case 'AEXPR_BETWEEN_SYM': return single(left, 'between', level, state)
    case 'AEXPR_LIKE': case 'AEXPR_ILIKE': {
      if (name.startsWith('!')) return single(left, 'unknown', level, state)
      const pattern = patternOf(right)
      return single(left, expr.kind === 'AEXPR_LIKE' ? 'like' : 'ilike', level, state, pattern ? { pattern } : {})
    }
    case 'AEXPR_OP': break
    default: return single(left, 'unknown', level, state)
  }
  const operator = comparisons[name] ?? 'unknown'
  const a = sideOf(left, level)
  const b = sideOf(right, level)
  if (a !== null && b !== null) {
    const at = state.world.place(expr.location)
    if (a.table !== b.table && a.expression === null && b.expression === null && operator === '=') {
      state.joins.push({ from: a.table, fromColumns: [a.column], to: b.table, toColumns: [b.column], many: false, place: at })
    }
    return [[
      { table: a.table, column: a.column, expression: a.expression, operator, place: state.world.place(a.location), joining: true },
      { table: b.table, column: b.column, expression: b.expression, operator: flipped[operator] ?? operator, place: state.world.place(b.location), joining: true },
    ]]
  }
  const side = a ?? b
  if (side === null) {
    columnRefs(left, level, state, 'filter')
    columnRefs(right, level, state, 'filter')
    const x = constant(left)
    const y = constant(right)
    if (x !== undefined && x === y && operator === '=') return always
    return [[{ table: mainOf(level), column: null, expression: null, operator: 'unknown', place: state.world.place(expr.location) }]]
  }
  const other = a === null ? left : right
  columnRefs(other, level, state, 'filter')
  const value = constant(other)
  const compared = typeOf(other)
  return [[{
    table: side.table, column: side.column, expression: side.expression, place: state.world.place(side.location),
    operator: a === null ? flipped[operator] ?? operator : operator,
    ...(value === undefined ? {} : { value }), ...(compared === null ? {} : { comparedType: compared }),
    ...(refersToColumn(other) ? { joining: true } : {}),
  }]]
}

interface Side { readonly table: Key; readonly column: string; readonly expression: string | null; readonly location: number | undefined }

/** A column, or an expression over exactly one. */
function sideOf(node: Node, level: Level): Side | null {
  if ('ColumnRef' in node) {
    const found = resolveColumn(node.ColumnRef.fields ?? [], level)
    return found === null ? null : { ...found, expression: null, location: node.ColumnRef.location }
  }
  const refs: { fields?: Node[]; location?: number }[] = []
  let inner = false
  walk(node, (kind, value) => {
    if (kind === 'SelectStmt') inner = true
    if (kind === 'ColumnRef') refs.push(value as { fields?: Node[]; location?: number })
    return kind !== 'SelectStmt'
  })
  const only = refs[0]
  if (inner || refs.length !== 1 || only === undefined) return null
  const found = resolveColumn(only.fields ?? [], level)
  const printed = print(node)
  return found === null || printed === null ? null : { ...found, expression: printed, location: only.location }
}

/** Prints an expression as Postgres does, as far as indexes on expressions go; null for what it does not know. */
export function print(node: Node): string | null {
  if ('ColumnRef' in node) return node.ColumnRef.fields?.map((f) => 'String' in f ? f.String.sval : '*').at(-1) ?? null
  if ('A_Const' in node) {
    const value = constant(node)
    return typeof value === 'string' ? `'${value.replaceAll('\'', '\'\'')}'` : value === undefined ? null : String(value)
  }
  if ('ParamRef' in node) return `$${node.ParamRef.number}`
  if ('FuncCall' in node) {
    const args = (node.FuncCall.args ?? []).map(print)
    const name = node.FuncCall.funcname?.map((n) => 'String' in n ? n.String.sval : '').at(-1)
    return args.includes(null) || name === undefined ? null : `${name}(${args.join(', ')})`
  }
  if ('TypeCast' in node) {
    const inner = node.TypeCast.arg === undefined ? null : print(node.TypeCast.arg)
    const type = castName(node)
    return inner === null || type === null ? null : `(${inner})::${type}`
  }
  if ('CoalesceExpr' in node) {
    const args = (node.CoalesceExpr.args ?? []).map(print)
    return args.includes(null) ? null : `COALESCE(${args.join(', ')})`
  }
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP' && node.A_Expr.lexpr !== undefined && node.A_Expr.rexpr !== undefined) {
    const left = print(node.A_Expr.lexpr)
    const right = print(node.A_Expr.rexpr)
    const name = node.A_Expr.name?.map((n) => 'String' in n ? n.String.sval : '').at(-1)
    return left === null || right === null ? null : `(${left} ${name ?? ''} ${right})`
  }
  return null
}

function castName(node: Node): string | null {
  if (!('TypeCast' in node)) return null
  const names = node.TypeCast.typeName?.names?.map((n) => 'String' in n ? n.String.sval ?? '' : '') ?? []
  const last = names.at(-1)
  const array = (node.TypeCast.typeName?.arrayBounds?.length ?? 0) > 0 ? '[]' : ''
  return last === undefined ? null : ({ int4: 'integer', int8: 'bigint', int2: 'smallint', bool: 'boolean', timestamptz: 'timestamp with time zone', timestamp: 'timestamp without time zone', varchar: 'character varying', float8: 'double precision' }[last] ?? last) + array
}

function typeOf(node: Node): string | null {
  if ('TypeCast' in node) return castName(node)
  if ('A_Const' in node) {
    if (node.A_Const.ival !== undefined) return 'integer'
    if (node.A_Const.fval !== undefined) return 'numeric'
    if (node.A_Const.boolval !== undefined) return 'boolean'
  }
  return null
}

function constant(node: Node | undefined): string | number | boolean | null | undefined {
  if (node === undefined) return undefined
  if ('TypeCast' in node) return constant(node.TypeCast.arg)
  if (!('A_Const' in node)) return undefined
  const value = node.A_Const
  if (value.isnull === true) return null
  if (value.sval !== undefined) return value.sval.sval ?? ''
  if (value.ival !== undefined) return value.ival.ival ?? 0
  if (value.boolval !== undefined) return value.boolval.boolval ?? false
  return value.fval === undefined ? undefined : Number(value.fval.fval)
}

function patternOf(node: Node): Predicate['pattern'] | null {
  const literal = constant(node)
  if (typeof literal === 'string') {
    const start = /^[%_]/.test(literal)
    const end = /[%_]$/.test(literal)
    return start ? end ? 'infix' : 'suffix' : /[%_]/.test(literal) ? 'prefix' : 'exact'
  }
  if ('A_Expr' in node && node.A_Expr.name?.some((n) => 'String' in n && n.String.sval === '||') && node.A_Expr.lexpr !== undefined) {
    const first = firstOperand(node.A_Expr.lexpr)
    const value = constant(first)
    if (typeof value === 'string' && /^[%_]/.test(value)) return 'infix'
  }
  if ('FuncCall' in node && node.FuncCall.funcname?.some((n) => 'String' in n && n.String.sval === 'concat')) {
    const value = constant(node.FuncCall.args?.[0])
    if (typeof value === 'string' && /^[%_]/.test(value)) return 'infix'
  }
  return null
}

function firstOperand(node: Node): Node {
  return 'A_Expr' in node && node.A_Expr.lexpr !== undefined ? firstOperand(node.A_Expr.lexpr) : node
}

function refersToColumn(node: Node): boolean {
  let found = false
  walk(node, (kind) => {
    if (kind === 'ColumnRef' || kind === 'SelectStmt') found = true
    return true
  })
  return found
}

function isStar(node: Node): boolean {
  return 'ColumnRef' in node && (node.ColumnRef.fields ?? []).some((f) => 'A_Star' in f)
}

const aggregates = new Set(['count', 'sum', 'avg', 'min', 'max', 'bool_or', 'bool_and', 'array_agg', 'string_agg', 'json_agg', 'jsonb_agg', 'every'])

function isAggregate(node: Node): boolean {
  let found = false
  walk(node, (kind, value) => {
    if (kind === 'FuncCall') {
      const call = value as { funcname?: Node[]; over?: unknown }
      const name = call.funcname?.map((n) => 'String' in n ? n.String.sval ?? '' : '').at(-1) ?? ''
      if (aggregates.has(name) && call.over === undefined) found = true
    }
    return kind !== 'SelectStmt'
  })
  if ('SubLink' in node && node.SubLink.subLinkType === 'EXISTS_SUBLINK') return true
  return found
}

function limitOf(node: Node | undefined): number | 'dynamic' | null {
  if (node === undefined) return null
  const value = constant(node)
  return typeof value === 'number' ? value : value === null ? null : 'dynamic'
}

function orderColumn(sort: SortBy, select: SelectStmt, level: Level, state: State): Query['ordering'][number] | null {
  if (sort.node === undefined) return null
  const node = targetOf(sort.node, select) ?? sort.node
  if (!('ColumnRef' in node)) {
    columnRefs(node, level, state, 'order')
    return null
  }
  const found = resolveColumn(node.ColumnRef.fields ?? [], level)
  if (found === null) return null
  const place = state.world.place(node.ColumnRef.location)
  state.columns.push({ ...found, use: 'order', place })
  return { ...found, descending: sort.sortby_dir === 'SORTBY_DESC', place }
}

/** What `ORDER BY 2` and `ORDER BY alias` mean. */
function targetOf(node: Node, select: SelectStmt): Node | null {
  const ordinal = constant(node)
  if (typeof ordinal === 'number') {
    const target = select.targetList?.[ordinal - 1]
    return target !== undefined && 'ResTarget' in target ? target.ResTarget.val ?? null : null
  }
  if (!('ColumnRef' in node) || node.ColumnRef.fields?.length !== 1) return null
  const first = node.ColumnRef.fields[0]
  const name = first !== undefined && 'String' in first ? first.String.sval : undefined
  for (const target of select.targetList ?? []) if ('ResTarget' in target && target.ResTarget.name === name && name !== undefined) return target.ResTarget.val ?? null
  return null
}
