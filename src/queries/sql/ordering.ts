import type { Node, SelectStmt, SortBy } from 'libpg-query'
import type { Order } from '../query.ts'
import { columnRefs, resolveColumn } from './names.ts'
import type { Level, State } from './names.ts'
import { constant } from './tree.ts'

/** The column that an item of ORDER BY sorts by; null for anything but a column. */
export function orderColumn(sort: SortBy, select: SelectStmt, level: Level, state: State): Order | null {
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
  return { ...found, ...directionOf(sort), place }
}

/** Which way an item of ORDER BY sorts, and where it puts nulls. */
export function directionOf({ sortby_dir, sortby_nulls }: SortBy): Pick<Order, 'descending' | 'nullsFirst'> {
  const descending = sortby_dir === 'SORTBY_DESC'
  const isDefault = sortby_nulls === undefined || sortby_nulls === 'SORTBY_NULLS_DEFAULT'
  return { descending, nullsFirst: isDefault ? descending : sortby_nulls === 'SORTBY_NULLS_FIRST' }
}

/** What `ORDER BY 2` and `ORDER BY alias` mean. */
function targetOf(node: Node, select: SelectStmt): Node | null {
  const ordinal = constant(node)
  if (typeof ordinal === 'number') {
    const target = select.targetList?.[ordinal - 1]
    return target !== undefined && 'ResTarget' in target ? (target.ResTarget.val ?? null) : null
  }
  if (!('ColumnRef' in node) || node.ColumnRef.fields?.length !== 1) return null
  const first = node.ColumnRef.fields[0]
  const name = first !== undefined && 'String' in first ? first.String.sval : undefined
  for (const target of select.targetList ?? [])
    if ('ResTarget' in target && target.ResTarget.name === name && name !== undefined)
      return target.ResTarget.val ?? null
  return null
}
