import type { Expression } from 'oxc-parser'
import { prismaMethods } from './prisma/calls.ts'
import { lookUp } from './typescript/module.ts'
import type { Module, Scope, Site } from './typescript/module.ts'
import { senderOf } from './raw/sender.ts'
import { chainOf, keyName, takesSql, unwrap } from './typescript/nodes.ts'
import type { Evaluate } from './typescript/objects.ts'

const tableSteps = new Set([
  'from',
  'insert',
  'update',
  'delete',
  '$count',
  'leftJoin',
  'rightJoin',
  'innerJoin',
  'fullJoin',
])
const rawSteps = new Set(['query', 'unsafe', 'execute'])

/** Evaluates what a chain starts from and what its arguments name, so that the modules they come from are known to be wanted. */
export function reach(
  site: Site,
  module: Module,
  isChanged: boolean,
  delegates: ReadonlySet<string>,
  withDrizzle: boolean,
  evaluate: Evaluate,
): void {
  const { chain, scope } = site
  // A loop that calls a function of another module may run its queries.
  if (isChanged && chain.steps.length === 1 && chain.steps[0]?.name === '') evaluate(chain.root, scope, module)
  const [held, method] = chain.steps
  if (isChanged && chain.root.type === 'ThisExpression' && method?.args != null && held?.args === null)
    evaluate(method.object, scope, module)
  let asked = false
  for (const [index, step] of chain.steps.entries()) {
    const name = step.name ?? ''
    const prisma = name in prismaMethods && delegates.has(chain.steps[index - 1]?.name ?? '')
    const drizzle = withDrizzle && (tableSteps.has(name) || name === 'query')
    const raw = name.startsWith('$') || step.template !== null || rawSteps.has(name) || (name === '' && takesSql(step))
    if (!asked && (prisma || raw || drizzle)) {
      evaluate(chain.root, scope, module)
      if (raw && step.callee !== null) senderOf(step, { node: chain.root, scope, module }, evaluate)
      asked = true
    }
    if (!prisma && !(asked && withDrizzle)) continue
    for (const argument of step.args ?? [])
      parts(argument.type === 'SpreadElement' ? argument.argument : argument, scope, module, evaluate, 0)
  }
}

/** Properties whose value is a part of the query, and no value that is sent. */
const structure = new Set([
  'where',
  'select',
  'include',
  'omit',
  'data',
  'create',
  'update',
  'connectOrCreate',
  'createMany',
  'orderBy',
  'with',
  'columns',
  'AND',
  'OR',
  'NOT',
  'some',
  'every',
  'none',
  'is',
  'isNot',
])
const joining = new Set(['and', 'or', 'not'])

/** Evaluates the parts of a query that an argument takes from other modules. */
function parts(given: Expression, scope: Scope, module: Module, evaluate: Evaluate, depth: number): void {
  if (depth > 8) return
  const node = unwrap(given)
  const inside = (one: Expression): void => parts(one, scope, module, evaluate, depth + 1)
  switch (node.type) {
    case 'ObjectExpression':
      for (const property of node.properties) {
        if (property.type === 'SpreadElement') inside(property.argument)
        else if (
          unwrap(property.value).type === 'ObjectExpression' ||
          structure.has(keyName(property.key, property.computed) ?? '')
        )
          inside(property.value)
        else constants(property.value, scope, module, evaluate)
      }
      return
    case 'ArrayExpression':
      for (const element of node.elements)
        if (element !== null) inside(element.type === 'SpreadElement' ? element.argument : element)
      return
    case 'ConditionalExpression':
      inside(node.consequent)
      inside(node.alternate)
      return
    case 'LogicalExpression':
      inside(node.left)
      inside(node.right)
      return
    case 'CallExpression':
      if (node.callee.type === 'Identifier' && joining.has(node.callee.name)) {
        for (const argument of node.arguments) inside(argument.type === 'SpreadElement' ? argument.argument : argument)
        return
      }
      for (const argument of node.arguments)
        if (argument.type !== 'SpreadElement') constants(argument, scope, module, evaluate)
      break
    default:
  }
  const root =
    node.type === 'Identifier'
      ? node
      : node.type === 'MemberExpression' || node.type === 'CallExpression'
        ? chainOf(node)?.root
        : null
  if (root?.type !== 'Identifier') return
  const binding = lookUp(scope, root.name)
  if (binding?.is === 'import') evaluate(node, scope, module)
  else if (node.type === 'Identifier' && binding?.is === 'variable' && binding.init !== null)
    parts(binding.init, binding.scope, module, evaluate, depth + 1)
}

/** Evaluates the constants of other modules among the values that are sent: those of enums, by the habit of capitals. */
function constants(given: Expression, scope: Scope, module: Module, evaluate: Evaluate): void {
  const node = unwrap(given)
  if (node.type === 'ArrayExpression')
    for (const element of node.elements)
      if (element !== null && element.type !== 'SpreadElement') constants(element, scope, module, evaluate)
  if (node.type === 'ConditionalExpression')
    for (const side of [node.consequent, node.alternate]) constants(side, scope, module, evaluate)
  const root = node.type === 'MemberExpression' ? chainOf(node)?.root : node
  if (root?.type === 'Identifier' && /^[A-Z]/.test(root.name) && lookUp(scope, root.name)?.is === 'import')
    evaluate(root, scope, module)
}
