import type { Argument, Expression } from 'oxc-parser'
import { lookUp } from './module.ts'
import type { Binding, FunctionFrame, Module, Scope } from './module.ts'
import { memberOf } from './members.ts'
import { chainOf, isFunction, unwrap } from './nodes.ts'
import type { AnyFunction, Chain } from './nodes.ts'
import { tableCall } from './tables.ts'
import { memberType, ofClass, ofType } from './types.ts'
import type { Evaluation, Value, World } from './value.ts'

/** Makes the evaluator over a world. Results are remembered until `forget`. */
export function evaluator(world: World): {
  evaluate: (node: Expression, scope: Scope, module: Module) => Value | null
  exported: (module: Module, name: string) => Value | null
  forget: () => void
} {
  const memo = new Map<Module, Map<string, Value | null>>()
  // Names and members are asked for many times over; what is found stays found, what is not may be once more is loaded.
  const found = new WeakMap<Expression, Value>()
  let missed = new WeakSet<Expression>()
  const resolving = new Set<Binding>()
  const returning = new Set<AnyFunction>()

  const exported = (module: Module, name: string, depth = 0): Value | null => {
    if (depth > 12) return null
    let known = memo.get(module)
    if (known === undefined) memo.set(module, (known = new Map()))
    const value = known.get(name)
    // Null while it is being looked for: modules export from each other in circles.
    if (value !== undefined) return value
    known.set(name, null)
    const found = exportedNow(module, name, depth)
    known.set(name, found)
    return found
  }

  const exportedNow = (module: Module, name: string, depth: number): Value | null => {
    if (name === '*') return { is: 'module', module }
    const found = module.exports.get(name)
    if (found === undefined) {
      for (const source of module.stars) {
        const value = imported(module, source, name, depth + 1)
        if (value !== null && value.is !== 'package') return value
      }
      return null
    }
    if (found.is === 'from') return imported(module, found.source, found.name, depth + 1)
    if (found.is === 'expression') return run(found.node, module.scope, module, depth + 1)
    return named(found.name, module.scope, module, depth + 1)
  }

  const imported = (module: Module, source: string, name: string, depth: number): Value | null => {
    const target = world.target(module.path, source)
    if (target !== null && world.isGenerated(target))
      return name === 'PrismaClient' || name === '*'
        ? { is: 'prismaClass', origin: target }
        : { is: 'package', source: '@prisma/client', name }
    const path = world.resolve(module.path, source)
    if (path === null) {
      if (name === 'PrismaClient' || (source === '@prisma/client' && (name === '*' || name === 'default')))
        return { is: 'prismaClass', origin: target ?? source }
      return { is: 'package', source, name }
    }
    const loaded = world.module(path)
    if (loaded === undefined || loaded === null) return null
    return exported(loaded, name, depth)
  }

  const named = (name: string, scope: Scope, module: Module, depth: number): Value | null => {
    const binding = lookUp(scope, name)
    if (binding === null) return null
    switch (binding.is) {
      case 'import':
        return imported(module, binding.source, binding.name, depth + 1)
      case 'function':
        return { is: 'function', node: binding.node, scope: binding.scope, module }
      case 'class':
        return name === 'this'
          ? { is: 'instance', node: binding.node, scope: binding.scope, module }
          : { is: 'class', node: binding.node, scope: binding.scope, module }
      case 'type':
        return null
      case 'element':
        return null
      case 'variable': {
        // `query = query.where(…)` in many places asks for itself each time, twice as often with each step down.
        if (resolving.has(binding)) return null
        resolving.add(binding)
        const value = variable(binding, name, module, depth)
        resolving.delete(binding)
        return value
      }
      case 'parameter': {
        const given = parameter(binding.frame, binding.index, module, depth)
        if (given !== null) {
          if (binding.path.length === 0) return given
          return binding.path.reduce<Value | null>((v, part) => (v === null ? null : member(v, part, depth + 1)), given)
        }
        if (binding.type === null) return null
        if (binding.path.length === 0) return ofType(on, binding.type, binding.scope, module, depth + 1)
        const inner = memberType(binding.type, binding.path[0] ?? '', binding.scope)
        return inner === null || binding.path.length > 1 ? null : ofType(on, inner, binding.scope, module, depth + 1)
      }
    }
  }

  const variable = (
    binding: Extract<Binding, { is: 'variable' }>,
    name: string,
    module: Module,
    depth: number,
  ): Value | null => {
    const typed = binding.type === null ? null : ofType(on, binding.type, binding.scope, module, depth + 1)
    for (const init of [binding.init, ...binding.assigned]) {
      if (init === null) continue
      let value: Value | null = isFunction(init)
        ? { is: 'function', node: init, scope: binding.scope, module }
        : run(init, binding.scope, module, depth + 1)
      for (const part of binding.path) value = value === null || part === '…' ? null : member(value, part, depth + 1)
      if (value?.is === 'table' && value.table.name === '') return { is: 'table', table: { ...value.table, name } }
      if (value !== null) return value
    }
    return binding.path.length === 0
      ? typed
      : typed === null
        ? null
        : binding.path.reduce<Value | null>((v, part) => (v === null ? null : member(v, part, depth + 1)), typed)
  }

  /** The first parameter of a transaction callback is the transaction's client. */
  const parameter = (frame: FunctionFrame, index: number, module: Module, depth: number): Value | null => {
    const call = frame.argumentOf
    if (call === null || index !== 0) return null
    const step = call.chain.steps[call.step]
    if (step === undefined || !['$transaction', 'transaction', 'begin', '$extends'].includes(step.name ?? ''))
      return null
    const receiver = prefix(
      call.chain,
      call.step,
      frame.parent === null ? module.scope : scopeOf(frame, module),
      module,
      depth + 1,
    )
    if (step.name === '$extends') return receiver
    if (receiver === null && step.name === '$transaction')
      return { is: 'prisma', origin: null, transaction: frame, replica: null }
    if (receiver?.is === 'prisma') return { ...receiver, replica: null, transaction: frame }
    if (receiver?.is === 'drizzle') return { is: 'drizzle', transaction: frame, replicas: false }
    if (receiver?.is === 'pg' && step.name !== '$transaction')
      return { is: 'pg', library: receiver.library, transaction: frame, single: true }
    return null
  }

  const prefix = (chain: Chain, upTo: number, scope: Scope, module: Module, depth: number): Value | null => {
    let value = run(chain.root, scope, module, depth + 1)
    for (const step of chain.steps.slice(0, upTo)) {
      if (value === null) return null
      value =
        step.args === null && step.template === null
          ? member(value, step.name ?? '?', depth + 1)
          : called(value, step.name, depth + 1)
      // Reads that say nothing else go to a replica from here on.
      if (value?.is === 'prisma' && step.name === '$extends' && isReadReplicas(step.args?.[0]))
        value = { ...value, replica: true }
    }
    return value
  }

  /** `value.name(…)`, or `value(…)` where the name is empty. */
  const called = (value: Value, name: string | null, depth: number): Value | null => {
    if (depth > 40 || name === null) return null
    if (value.is === 'prisma') {
      if (name === '$replica') return { ...value, replica: true }
      if (name === '$primary') return { ...value, replica: false }
      return ['$extends', '$on', '$use', 'withAccelerate'].includes(name) ? value : null
    }
    if (value.is === 'drizzle')
      return name === '$withAuth' || name === '' ? value : value.replicas && name === '$primary' ? value : null
    if (value.is === 'pg') return ['connect', 'reserve'].includes(name) ? { ...value, single: true } : null
    if (value.is === 'table') return ['enableRLS', 'withRLS', 'as', '$type', 'existing'].includes(name) ? value : null
    if (value.is === 'package') return packageCall(name === '' ? value : { ...value, name: `${value.name}.${name}` })
    if (name !== '') {
      const found = member(value, name, depth + 1)
      if (value.is === 'class' && found === null && name === 'getInstance')
        return { is: 'instance', node: value.node, scope: value.scope, module: value.module }
      return found === null ? null : called(found, '', depth + 1)
    }
    if (value.is === 'function') return returned(value, depth + 1)
    return null
  }

  const packageCall = (value: { readonly source: string; readonly name: string }): Value | null => {
    const { source, name } = value
    if (name === 'default' && (source === 'postgres' || source === '@neondatabase/serverless'))
      return { is: 'pg', library: source, transaction: null, single: false }
    if (source === '@neondatabase/serverless' && name === 'neon')
      return { is: 'pg', library: source, transaction: null, single: false }
    if (name === 'drizzle' && source.startsWith('drizzle-orm'))
      return { is: 'drizzle', transaction: null, replicas: false }
    if (name === 'withReplicas' && source.startsWith('drizzle-orm'))
      return { is: 'drizzle', transaction: null, replicas: true }
    return null
  }

  const returned = (
    value: { readonly node: AnyFunction; readonly module: Module; readonly scope: Scope },
    depth: number,
  ): Value | null => {
    if (returning.has(value.node)) return null
    returning.add(value.node)
    const result = returnedNow(value, depth)
    returning.delete(value.node)
    return result
  }

  const returnedNow = (
    value: { readonly node: AnyFunction; readonly module: Module; readonly scope: Scope },
    depth: number,
  ): Value | null => {
    const found = anyOf(
      (value.module.returns.get(value.node) ?? []).map(({ node, scope }) =>
        isFunction(node)
          ? { is: 'function', node, scope, module: value.module }
          : run(node, scope, value.module, depth + 1),
      ),
    )
    if (found !== null) return found
    const type = value.node.returnType?.typeAnnotation
    return type === undefined ? null : ofType(on, type, value.scope, value.module, depth + 1)
  }

  const member = (value: Value, name: string, depth: number): Value | null => memberOf(on, value, name, depth)

  const run = (given: Expression, scope: Scope, module: Module, depth: number): Value | null => {
    if (depth > 40) return null
    const node = unwrap(given)
    if (given.type === 'TSAsExpression' || given.type === 'TSSatisfiesExpression') {
      const value = run(given.expression, scope, module, depth + 1)
      return value ?? ofType(on, given.typeAnnotation, scope, module, depth + 1)
    }
    switch (node.type) {
      case 'Identifier':
        return named(node.name, scope, module, depth + 1)
      case 'ThisExpression':
        return named('this', scope, module, depth + 1)
      case 'Literal':
        return typeof node.value === 'string' ||
          typeof node.value === 'number' ||
          typeof node.value === 'boolean' ||
          node.value === null
          ? { is: 'literal', value: node.value }
          : null
      case 'TemplateLiteral':
        return node.expressions.length === 0 ? { is: 'literal', value: node.quasis[0]?.value.cooked ?? '' } : null
      case 'ObjectExpression':
        return { is: 'object', node, scope, module }
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        return { is: 'function', node, scope, module }
      case 'LogicalExpression':
        return eitherOf(run(node.left, scope, module, depth + 1), run(node.right, scope, module, depth + 1))
      case 'ConditionalExpression':
        return eitherOf(run(node.consequent, scope, module, depth + 1), run(node.alternate, scope, module, depth + 1))
      case 'AssignmentExpression':
        return run(node.right, scope, module, depth + 1)
      case 'SequenceExpression': {
        const last = node.expressions.at(-1)
        return last === undefined ? null : run(last, scope, module, depth + 1)
      }
      case 'NewExpression': {
        const callee = run(node.callee, scope, module, depth + 1)
        if (callee === null && node.callee.type === 'Identifier' && node.callee.name === 'PrismaClient')
          return { is: 'prisma', origin: null, transaction: null, replica: false }
        const made = ofClass(on, callee, depth + 1)
        return made?.is === 'prisma'
          ? { ...made, replica: /replica/i.test(module.file.text.slice(node.start, node.end)) }
          : made
      }
      case 'MemberExpression':
      case 'CallExpression':
      case 'TaggedTemplateExpression': {
        const chain = chainOf(node)
        if (chain === null) return null
        // `Prisma.validator<Prisma.UserSelect>()({ … })` gives its argument back.
        const given =
          chain.steps.at(-1)?.name === '' && chain.steps.at(-2)?.name === 'validator'
            ? chain.steps.at(-1)?.args?.[0]
            : undefined
        if (given !== undefined && given.type !== 'SpreadElement') return run(given, scope, module, depth + 1)
        const table = tableCall(on, chain, scope, module, depth)
        if (table !== null) return table
        if (
          node.type === 'MemberExpression' &&
          chain.root.type === 'Identifier' &&
          ['globalThis', 'global', 'window', 'process'].includes(chain.root.name)
        )
          return null
        return prefix(chain, chain.steps.length, scope, module, depth + 1)
      }
      default:
        return null
    }
  }

  const on: Evaluation = { world, run, named, member, exported, returned }
  return {
    evaluate: (node, scope, module) => {
      const known = found.get(node)
      if (known !== undefined) return known
      if (missed.has(node)) return null
      const value = run(node, scope, module, 0)
      if (value === null) missed.add(node)
      else found.set(node, value)
      return value
    },
    exported: (module, name) => exported(module, name),
    forget: () => {
      for (const known of memo.values()) for (const [name, value] of known) if (value === null) known.delete(name)
      missed = new WeakSet()
    },
  }
}

/** What a choice stands for: the side that is known, a literal only where both sides are the same. */
function eitherOf(left: Value | null, right: Value | null): Value | null {
  return anyOf([left, right]) ?? sameLiteral(left, right)
}

/** The first that is known of several values of which each may hold; where reads go is known if all agree. */
function anyOf(values: readonly (Value | null)[]): Value | null {
  const known = values.filter((value) => value !== null && value.is !== 'literal')
  const first = known[0] ?? null
  return first?.is === 'prisma' && known.some((value) => value?.is === 'prisma' && value.replica !== first.replica)
    ? { ...first, replica: null }
    : first
}

function sameLiteral(left: Value | null, right: Value | null): Value | null {
  return left?.is === 'literal' && right?.is === 'literal' && left.value === right.value ? left : null
}

function isReadReplicas(argument: Argument | undefined): boolean {
  return (
    argument?.type === 'CallExpression' &&
    argument.callee.type === 'Identifier' &&
    argument.callee.name === 'readReplicas'
  )
}

function scopeOf(frame: FunctionFrame, module: Module): Scope {
  return frame.scope.parent ?? module.scope
}
