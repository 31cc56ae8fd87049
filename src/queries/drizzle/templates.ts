import type { TemplateLiteral } from 'oxc-parser'
import type { Key } from '../../schema/model.ts'
import { chainOf, unwrap } from '../typescript/nodes.ts'
import type { Located } from '../typescript/objects.ts'
import { columnOf, tableOf } from './state.ts'
import type { DrizzleWorld } from './state.ts'

/** Text of a `sql` template with columns written out and values as `$n`, in their order; null where something else stands in it. */
export function templateText(
  quasi: TemplateLiteral,
  given: Located,
  world: DrizzleWorld,
  depth = 0,
  values: Located[] = [],
): { text: string; columns: { table: Key; column: string }[]; values: readonly Located[] } | null {
  let text = ''
  const columns: { table: Key; column: string }[] = []
  for (const [i, part] of quasi.quasis.entries()) {
    text += part.value.cooked ?? ''
    const inner = quasi.expressions[i]
    if (inner === undefined) continue
    const at = { ...given, node: inner }
    const column = columnOf(at, world)
    if (column !== null) {
      text += `"${column.table.slice(column.table.indexOf('.') + 1)}"."${column.column}"`
      columns.push(column)
      continue
    }
    const table = tableOf(at, world)
    if (table !== null) {
      text += `"${table.key.slice(0, table.key.indexOf('.'))}"."${table.key.slice(table.key.indexOf('.') + 1)}"`
      continue
    }
    const node = unwrap(inner)
    if (node.type === 'TaggedTemplateExpression') {
      const nested = depth > 4 ? null : templateText(node.quasi, { ...given, node }, world, depth + 1, values)
      if (nested === null) return null
      text += nested.text
      columns.push(...nested.columns)
      continue
    }
    if (node.type === 'CallExpression') {
      const chain = chainOf(node)
      const name = chain?.steps.at(-1)?.name
      if (name === 'raw' || name === 'join' || name === 'identifier' || name === 'empty') return null
    }
    text += `$${values.push(at)}`
  }
  return { text, columns, values }
}
