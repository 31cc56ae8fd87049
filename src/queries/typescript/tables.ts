import type { Expression } from 'oxc-parser'
import { lookUp } from './module.ts'
import type { Module, Scope } from './module.ts'
import { chainOf, isFunction, keyName, unwrap } from './nodes.ts'
import type { Chain } from './nodes.ts'
import type { Evaluation, Value } from './value.ts'

const tableMakers =
  /^(?:pg|mysql|sqlite|singlestore|mssql|cockroach|gel)(?:Table|MaterializedView|View)$|^snakeCase\.table$/
const creators = /^(?:pg|mysql|sqlite|singlestore)TableCreator$/

/** `pgTable('users', { … })`, with the functions that `pgTableCreator` and `pgSchema` give. */
export function tableCall(on: Evaluation, chain: Chain, scope: Scope, module: Module, depth: number): Value | null {
  const last = chain.steps.at(0)
  if (last?.args === null || last === undefined || chain.root.type !== 'Identifier') return null
  let schema = on.world.defaultSchema(module.path)
  let rename: (name: string) => string | null = (name) => name
  let args = last.args
  if (last.name === '') {
    const callee = on.named(chain.root.name, scope, module, depth + 1)
    if (
      chain.root.name === 'alias' ||
      (callee?.is === 'package' && callee.name === 'alias' && callee.source.startsWith('drizzle-orm'))
    ) {
      const first = args[0]
      if (first === undefined || first.type === 'SpreadElement') return null
      const inner = on.run(first, scope, module, depth + 1)
      return inner?.is === 'table' ? inner : null
    }
    if (!(callee?.is === 'package' && callee.source.startsWith('drizzle-orm') && tableMakers.test(callee.name))) {
      const creator = creatorOf(on, chain.root.name, scope, module)
      if (creator === null) return null
      rename = creator
    }
  } else if (last.name === 'table' || last.name === 'view' || last.name === 'materializedView') {
    const binding = schemaName(on, chain.root.name, scope, module, depth)
    if (binding === null) return null
    schema = binding
  } else {
    return null
  }
  const [name, columns] = args
  if (name === undefined || name.type === 'SpreadElement') return null
  const literal = on.run(name, scope, module, depth + 1)
  if (literal?.is !== 'literal' || typeof literal.value !== 'string') return null
  const actual = rename(literal.value)
  if (actual === null) return null
  const found = new Map<string, string>()
  const types = new Map<string, string>()
  if (columns !== undefined && columns.type !== 'SpreadElement')
    columnsOf(on, columns, scope, module, found, types, depth)
  return { is: 'table', table: { key: `${schema}.${actual}`, columns: found, types, path: module.path, name: '' } }
}

function columnsOf(
  on: Evaluation,
  node: Expression,
  scope: Scope,
  module: Module,
  found: Map<string, string>,
  types: Map<string, string>,
  depth: number,
): void {
  if (depth > 40) return
  let at = unwrap(node)
  if (isFunction(at)) {
    const inner = module.returns.get(at)?.[0]
    if (inner === undefined) return
    at = unwrap(inner.node)
  }
  const value = at.type === 'ObjectExpression' ? { node: at, scope, module } : on.run(at, scope, module, depth + 1)
  if (value === null || !('node' in value) || value.node.type !== 'ObjectExpression') return
  for (const property of value.node.properties) {
    if (property.type === 'SpreadElement') {
      columnsOf(on, property.argument, value.scope, value.module, found, types, depth + 1)
      continue
    }
    const name = keyName(property.key, property.computed)
    if (name === null) continue
    const chain = chainOf(property.value)
    if (chain === null) continue
    const called = chain.steps.findIndex((s) => s.args !== null)
    // `reference('user')('user_id')`: the last of the calls makes the column.
    const own = chain.steps.slice(called + 1).findIndex((s) => s.name !== '')
    const maker = called < 0 ? undefined : chain.steps.at(own < 0 ? -1 : called + own)
    const first = maker?.args?.[0]
    const text =
      first !== undefined &&
      first.type !== 'SpreadElement' &&
      first.type === 'Literal' &&
      typeof first.value === 'string'
        ? first.value
        : null
    found.set(name, text ?? on.world.columnName(module.path, name))
    types.set(name, maker?.name === '' && chain.root.type === 'Identifier' ? chain.root.name : (maker?.name ?? ''))
  }
}

function creatorOf(
  on: Evaluation,
  name: string,
  scope: Scope,
  module: Module,
): ((name: string) => string | null) | null {
  const binding = lookUp(scope, name)
  let init: Expression | null = null
  let at = module
  if (binding?.is === 'variable') {
    init = binding.init
  } else if (binding?.is === 'import') {
    const path = on.world.resolve(module.path, binding.source)
    const loaded = path === null ? null : on.world.module(path)
    const local = loaded?.exports.get(binding.name)
    const other = local?.is === 'local' ? loaded?.scope.names.get(local.name) : undefined
    if (loaded && other?.is === 'variable') {
      init = other.init
      at = loaded
    }
  }
  if (
    init === null ||
    init.type !== 'CallExpression' ||
    init.callee.type !== 'Identifier' ||
    !creators.test(init.callee.name)
  )
    return null
  const rename = init.arguments[0]
  if (rename === undefined || rename.type === 'SpreadElement' || !isFunction(rename)) return () => null
  const body = at.returns.get(rename)?.[0]?.node
  return (given) => {
    if (body?.type === 'Identifier') return given
    if (body?.type !== 'TemplateLiteral' || body.expressions.length !== 1) return null
    return `${body.quasis[0]?.value.cooked ?? ''}${given}${body.quasis[1]?.value.cooked ?? ''}`
  }
}

function schemaName(on: Evaluation, name: string, scope: Scope, module: Module, depth: number): string | null {
  const binding = lookUp(scope, name)
  let init: Expression | null = null
  if (binding?.is === 'variable') {
    init = binding.init
  } else if (binding?.is === 'import' && depth < 20) {
    const path = on.world.resolve(module.path, binding.source)
    const loaded = path === null ? null : on.world.module(path)
    const local = loaded?.exports.get(binding.name)
    const other = local?.is === 'local' ? loaded?.scope.names.get(local.name) : undefined
    if (other?.is === 'variable') init = other.init
  }
  if (
    init === null ||
    init.type !== 'CallExpression' ||
    init.callee.type !== 'Identifier' ||
    !init.callee.name.endsWith('Schema')
  )
    return null
  const first = init.arguments[0]
  return first !== undefined && first.type === 'Literal' && typeof first.value === 'string' ? first.value : null
}
