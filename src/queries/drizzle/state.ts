import type { Expression } from 'oxc-parser'
import type { Key, Schema } from '../../schema/model.ts'
import type { ModelField } from '../prisma/models.ts'
import type { ColumnUse, NestedRead, Query, QueryTable } from '../query.ts'
import { unwrap } from '../typescript/nodes.ts'
import { literalOf, placeOfNode } from '../typescript/objects.ts'
import type { Evaluate, Located } from '../typescript/objects.ts'
import type { DrizzleTable } from '../typescript/value.ts'

/** What reading Drizzle needs besides the code: which column a property is, and the relations that `with` follows. */
export interface DrizzleWorld {
  readonly evaluate: Evaluate
  column(table: DrizzleTable, property: string): string | null
  /** A table by the name that `db.query.<name>` uses. */
  table(name: string): DrizzleTable | null
  relation(table: Key, name: string): (ModelField & { readonly is: 'relation'; readonly target: DrizzleTable }) | null
  readonly schemas: readonly Schema[]
}

/** What reading one call gathers on the way. */
export interface State {
  readonly world: DrizzleWorld
  readonly tables: QueryTable[]
  readonly joins: Query['joins'][number][]
  readonly nested: NestedRead[]
  readonly columns: ColumnUse[]
  readonly flags: { dynamic: boolean }
}

/** The table that an expression stands for. */
export function tableOf(given: Located, world: DrizzleWorld): DrizzleTable | null {
  const value = world.evaluate(given.node, given.scope, given.module)
  return value?.is === 'table' ? value.table : null
}

/** A literal number, `dynamic` for anything else that stands there. */
export function number(given: Located | null, evaluate: Evaluate): number | 'dynamic' | null {
  if (given === null) return null
  const literal = literalOf(given, evaluate)
  return typeof literal === 'number' ? literal : 'dynamic'
}

/** The column that an expression stands for. */
export function columnOf(given: Located, world: DrizzleWorld): { table: Key; column: string } | null {
  const value = world.evaluate(given.node, given.scope, given.module)
  if (value?.is !== 'column') return null
  const column = world.column(value.table, value.property)
  return column === null ? null : { table: value.table.key, column }
}

/** Notes every column that an expression names. */
export function mention(given: Located, state: State, use: ColumnUse['use'], depth = 0): void {
  if (depth > 12) return
  const node = unwrap(given.node)
  const column = columnOf({ ...given, node }, state.world)
  if (column !== null) {
    state.columns.push({ ...column, use, place: placeOfNode(given) })
    return
  }
  const inside: Expression[] = []
  if (node.type === 'CallExpression') {
    for (const one of node.arguments) inside.push(one.type === 'SpreadElement' ? one.argument : one)
    if (node.callee.type === 'MemberExpression') inside.push(node.callee.object)
  } else if (node.type === 'TaggedTemplateExpression') {
    inside.push(...node.quasi.expressions)
    if (node.tag.type === 'MemberExpression') inside.push(node.tag.object)
  } else if (node.type === 'ObjectExpression') {
    for (const property of node.properties)
      inside.push(property.type === 'SpreadElement' ? property.argument : property.value)
  } else if (node.type === 'ArrayExpression') {
    for (const element of node.elements)
      if (element !== null) inside.push(element.type === 'SpreadElement' ? element.argument : (element as Expression))
  } else if (node.type === 'ConditionalExpression') {
    inside.push(node.consequent, node.alternate)
  } else if (node.type === 'MemberExpression') {
    inside.push(node.object)
  }
  for (const one of inside) mention({ ...given, node: one }, state, use, depth + 1)
}
