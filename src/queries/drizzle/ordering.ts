import type { CallExpression, TemplateLiteral } from 'oxc-parser'
import type { Key } from '../../schema/model.ts'
import { parseQuery } from '../sql/parse.ts'
import type { Order } from '../query.ts'
import { directionOf } from '../sql/ordering.ts'
import { importedName } from '../typescript/module.ts'
import { unwrap } from '../typescript/nodes.ts'
import { arrayOf, placeOfNode } from '../typescript/objects.ts'
import type { Located } from '../typescript/objects.ts'
import { columnOf, mention } from './state.ts'
import type { State } from './state.ts'
import { templateText } from './templates.ts'

/** Reads the arguments of `orderBy(…)`, as far as they are columns from the first one on. */
export function orderOf(items: readonly Located[], state: State, sources: readonly Key[]): readonly Order[] {
  const ordering: Order[] = []
  let known = true
  for (const item of items) {
    const array = arrayOf(item)
    if (array !== null) {
      ordering.push(...orderOf(array.elements, state, sources))
      continue
    }
    let node = unwrap(item.node)
    let direction: Pick<Order, 'descending' | 'nullsFirst'> = { descending: false, nullsFirst: false }
    if (
      node.type === 'CallExpression' &&
      node.callee.type === 'Identifier' &&
      /^(?:asc|desc)$/.test(importedName(item.scope, node.callee.name))
    ) {
      const descending = importedName(item.scope, node.callee.name) === 'desc'
      direction = { descending, nullsFirst: descending }
      const inner = node.arguments[0]
      if (inner !== undefined && inner.type !== 'SpreadElement') node = unwrap(inner)
    }
    const written = node.type === 'TaggedTemplateExpression' ? templateOrder(node.quasi, item, state) : null
    if (written !== null) direction = written
    const column = written ?? columnOf({ ...item, node }, state.world)
    if (column === null) {
      const random =
        node.type === 'TaggedTemplateExpression' && /^\s*random\(\)\s*$/i.test(node.quasi.quasis[0]?.value.cooked ?? '')
      if (random)
        state.columns.push({ table: sources[0] ?? '', column: 'random()', use: 'order', place: placeOfNode(item) })
      else mention(item, state, 'order')
      known = false
      continue
    }
    const { table, column: name } = column
    if (known) ordering.push({ table, column: name, ...direction, place: placeOfNode(item) })
    state.columns.push({ table, column: name, use: 'order', place: placeOfNode(item) })
  }
  return ordering
}

/** A template that sorts by one column, `${users.name} desc nulls last`; null for any other. */
function templateOrder(quasi: TemplateLiteral, given: Located, state: State): Omit<Order, 'place'> | null {
  const nested = quasi.expressions[0]
  const called = nested === undefined ? null : unwrap(nested)
  if (called?.type === 'CallExpression' && quasi.expressions.length === 1)
    return calledOrder(quasi, called, given, state)
  const built = templateText(quasi, given, state.world)
  const [column, ...others] = built?.columns ?? []
  return built === null || column === undefined || others.length > 0 ? null : sortedBy(built.text, column)
}

function sortedBy(text: string, column: Pick<Order, 'table' | 'column'>): Omit<Order, 'place'> | null {
  const parsed = parseQuery(`SELECT 1 ORDER BY ${text}`)
  const node = 'nodes' in parsed ? parsed.nodes[0] : undefined
  const [item, ...more] = node !== undefined && 'SelectStmt' in node ? (node.SelectStmt.sortClause ?? []) : []
  if (item === undefined || more.length > 0 || !('SortBy' in item)) return null
  return item.SortBy.node !== undefined && 'ColumnRef' in item.SortBy.node
    ? { ...column, ...directionOf(item.SortBy) }
    : null
}

/** `${desc(users.name)} nulls last`. */
function calledOrder(
  quasi: TemplateLiteral,
  { callee, arguments: [inner] }: CallExpression,
  given: Located,
  state: State,
): Omit<Order, 'place'> | null {
  const direction = callee.type === 'Identifier' ? importedName(given.scope, callee.name) : ''
  if (direction !== 'desc' && direction !== 'asc') return null
  const column =
    inner === undefined || inner.type === 'SpreadElement' ? null : columnOf({ ...given, node: inner }, state.world)
  const [before, after] = quasi.quasis.map((part) => part.value.cooked ?? '')
  return column === null ? null : sortedBy(`${before ?? ''}x ${direction}${after ?? ''}`, column)
}
