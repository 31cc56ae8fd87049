import type { A_Expr, Node } from 'libpg-query'
import type { Key } from '../../schema/model.ts'
import { always, both, either, negate } from '../conditions.ts'
import type { Condition, Term } from '../conditions.ts'
import type { ColumnUse, Predicate } from '../query.ts'
import { columnRefs, columnsOf, sourceOfColumn } from './names.ts'
import type { Level, SqlWorld, State } from './names.ts'
import { constant, parameterOf, patternOf, print, refersToColumn, typeOf, walk } from './tree.ts'

/** The condition of an expression on its own, as a `sql` template in `where(…)` holds it. */
export function sqlCondition(
  expression: Node,
  world: SqlWorld,
  sources: readonly Key[],
): { condition: Condition | null; columns: readonly ColumnUse[] } {
  const state: State = { world, tables: [], joins: [], columns: [], drafts: [] }
  const level: Level = {
    parent: null,
    ctes: new Set(),
    sources: sources.map((table) => ({
      alias: table.slice(table.indexOf('.') + 1),
      table,
      columns: columnsOf(table, world),
    })),
  }
  const condition = conditionOf(expression, level, state)
  return { condition, columns: state.columns }
}

/** Reads a condition; null where its alternatives grow too many or a part of it is not known. `choice` says that it is part of an OR. */
export function conditionOf(node: Node, level: Level, state: State, choice = false): Condition | null {
  if ('BoolExpr' in node) {
    const inChoice = choice || node.BoolExpr.boolop === 'OR_EXPR'
    const parts = (node.BoolExpr.args ?? []).map((arg) => conditionOf(arg, level, state, inChoice))
    if (node.BoolExpr.boolop === 'AND_EXPR') return parts.reduce<Condition | null>((a, b) => both(a, b), always)
    if (node.BoolExpr.boolop === 'OR_EXPR')
      return parts.slice(1).reduce<Condition | null>((a, b) => either(a, b), parts[0] ?? always)
    return negate(parts[0] ?? always)
  }
  if ('NullTest' in node) {
    const test = node.NullTest
    const operator = test.nulltesttype === 'IS_NULL' ? 'is null' : 'is not null'
    return single(test.arg, operator, level, state)
  }
  if ('A_Expr' in node) return expression(node.A_Expr, level, state)
  if ('ColumnRef' in node || 'BooleanTest' in node)
    return single('BooleanTest' in node ? node.BooleanTest.arg : node, '=', level, state)
  if ('SubLink' in node) {
    const link = node.SubLink
    // Only where it has to hold can Postgres make a join of it; in an OR it looks each row up in what the subquery found.
    if (link.subLinkType === 'ANY_SUBLINK' && link.testexpr !== undefined && !choice)
      return single(link.testexpr, 'in', level, state)
    columnRefs(link.testexpr, level, state, 'filter')
    return choice ? unreadable(level, state) : [[]]
  }
  // A whole condition that the code puts in is not known, and may be all that finds the rows.
  if ('ParamRef' in node) return null
  columnRefs(node, level, state, 'filter')
  return 'A_Const' in node ? always : unreadable(level, state)
}

/** What holds in every alternative of a condition that has too many of them. */
export function certainOf(node: Node, level: Level, state: State): readonly Term[] {
  const aside: State = { ...state, columns: [], joins: [] }
  const parts = 'BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR' ? (node.BoolExpr.args ?? []) : [node]
  return parts.flatMap((part) => {
    const [only = [], ...others] = conditionOf(part, level, aside) ?? []
    return others.length === 0 ? only : []
  })
}

function unreadable(level: Level, state: State): Condition {
  const place = state.world.place(undefined)
  return [[{ table: mainOf(level), column: null, expression: null, operator: 'unknown', place }]]
}

function mainOf(level: Level): Key {
  return level.sources.find((s) => s.table !== null)?.table ?? ''
}

function single(
  node: Node | undefined,
  operator: Predicate['operator'],
  level: Level,
  state: State,
  more: Partial<Term> = {},
): Condition {
  if (node !== undefined && 'RowExpr' in node) return row(node.RowExpr.args ?? [], operator, level, state)
  const side = node === undefined ? null : sideOf(node, level)
  if (side === null) {
    columnRefs(node, level, state, 'filter')
    return [
      [
        {
          table: mainOf(level),
          column: null,
          expression: null,
          operator: 'unknown',
          place: state.world.place(undefined),
        },
      ],
    ]
  }
  return [
    [
      {
        table: side.table,
        column: side.column,
        expression: side.expression,
        operator,
        place: state.world.place(side.location),
        ...more,
      },
    ],
  ]
}

/** `(a, b) IN (…)` holds for each column, `(a, b) > (…)` bounds the first: https://www.postgresql.org/docs/current/functions-comparisons.html */
function row(parts: readonly Node[], operator: Predicate['operator'], level: Level, state: State): Condition {
  const equal = operator === '=' || operator === 'in'
  const terms = parts.flatMap((part, i) => single(part, equal || i === 0 ? operator : 'unknown', level, state).flat())
  return [terms]
}

const comparisons: Readonly<Record<string, Predicate['operator']>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '@>': 'has',
  '<@': 'has',
  '&&': 'has',
  '?': 'json',
  '?|': 'json',
  '?&': 'json',
  '@@': 'text search',
  '~~': 'like',
  '~~*': 'ilike',
  '!~~': 'unknown',
  '!~~*': 'unknown',
}

const flipped: Partial<Record<Predicate['operator'], Predicate['operator']>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function expression(expr: A_Expr, level: Level, state: State): Condition | null {
  const name = expr.name?.map((n) => ('String' in n ? n.String.sval : '')).at(-1) ?? ''
  const left = expr.lexpr
  const right = expr.rexpr
  if (left === undefined || right === undefined) return [[]]
  switch (expr.kind) {
    case 'AEXPR_IN': {
      const items = 'List' in right ? (right.List.items ?? []).map(constant).filter((v) => typeof v === 'string') : []
      return single(left, name === '<>' ? 'not in' : 'in', level, state, items.length === 0 ? {} : { values: items })
    }
    case 'AEXPR_OP_ANY':
      return single(left, name === '=' ? 'in' : 'unknown', level, state, sourceOf(right))
    case 'AEXPR_OP_ALL':
      return single(left, name === '<>' ? 'not in' : 'unknown', level, state)
    case 'AEXPR_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
      return single(left, 'between', level, state)
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE': {
      if (name.startsWith('!')) return single(left, 'unknown', level, state)
      const pattern = patternOf(right)
      const value = constant(right)
      return single(left, expr.kind === 'AEXPR_LIKE' ? 'like' : 'ilike', level, state, {
        ...(pattern ? { pattern } : {}),
        ...(value === undefined ? {} : { value }),
      })
    }
    case 'AEXPR_OP':
      break
    default:
      return single(left, 'unknown', level, state)
  }
  const operator = comparisons[name] ?? 'unknown'
  if (operator === '=' && 'RowExpr' in left && 'RowExpr' in right) {
    const others = right.RowExpr.args ?? []
    return (left.RowExpr.args ?? []).reduce<Condition | null>((all, lexpr, i) => {
      const rexpr = others[i]
      return rexpr === undefined ? all : both(all, expression({ ...expr, lexpr, rexpr }, level, state))
    }, always)
  }
  if ('RowExpr' in left && !refersToColumn(right)) return single(left, operator, level, state)
  const a = sideOf(left, level)
  const b = sideOf(right, level)
  if (a !== null && b !== null) {
    const at = state.world.place(expr.location)
    // Two columns of one row are compared once it is read.
    if (a.from === b.from) {
      columnRefs([left, right], level, state, 'filter')
      return unreadable(level, state)
    }
    if (a.table !== b.table && a.expression === null && b.expression === null && operator === '=') {
      state.joins.push({
        from: a.table,
        fromColumns: [a.column],
        to: b.table,
        toColumns: [b.column],
        many: false,
        place: at,
      })
    }
    return [
      [
        {
          table: a.table,
          column: a.column,
          expression: a.expression,
          operator,
          place: state.world.place(a.location),
          joining: true,
        },
        {
          table: b.table,
          column: b.column,
          expression: b.expression,
          operator: flipped[operator] ?? operator,
          place: state.world.place(b.location),
          joining: true,
        },
      ],
    ]
  }
  const side = a ?? b
  if (side === null) {
    columnRefs(left, level, state, 'filter')
    columnRefs(right, level, state, 'filter')
    const x = constant(left)
    const y = constant(right)
    if (x !== undefined && x === y && operator === '=') return always
    return [
      [
        {
          table: mainOf(level),
          column: null,
          expression: null,
          operator: 'unknown',
          place: state.world.place(expr.location),
        },
      ],
    ]
  }
  const other = a === null ? left : right
  columnRefs(other, level, state, 'filter')
  const value = constant(other)
  const compared = typeOf(other)
  return [
    [
      {
        table: side.table,
        column: side.column,
        expression: side.expression,
        place: state.world.place(side.location),
        operator: a === null ? (flipped[operator] ?? operator) : operator,
        ...(value === undefined ? {} : { value }),
        ...sourceOf(other),
        ...(compared === null ? {} : { comparedType: compared }),
        ...(refersToColumn(other) ? { joining: true } : {}),
      },
    ],
  ]
}

function sourceOf(node: Node): Pick<Term, 'source'> {
  const source = parameterOf(node)
  return source === null ? {} : { source }
}

interface Side {
  readonly table: Key
  /** The source in FROM whose column it is. */
  readonly from: object
  readonly column: string
  readonly expression: string | null
  readonly location: number | undefined
}

/** A column, or an expression over exactly one. */
function sideOf(node: Node, level: Level): Side | null {
  if ('ColumnRef' in node) {
    return columnSide(node.ColumnRef.fields ?? [], level, null, node.ColumnRef.location)
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
  const printed = print(node)
  return printed === null ? null : columnSide(only.fields ?? [], level, printed, only.location)
}

function columnSide(
  fields: readonly Node[],
  level: Level,
  expression: string | null,
  location: number | undefined,
): Side | null {
  const found = sourceOfColumn(fields, level)
  return found?.source.table == null
    ? null
    : { table: found.source.table, from: found.source, column: found.column, expression, location }
}
