import { parseSync, visitorKeys } from 'oxc-parser'
import type { Expression, NewExpression, Node, Program } from 'oxc-parser'
import { sourceFile } from '../../location.ts'
import { nestingOf } from '../../nesting.ts'
import { maxNesting } from '../../typescript.ts'
import { declare, declareStatements, noteMutation, resultName } from './declare.ts'
import { collectExports } from './exports.ts'
import { endsItself, fileKind } from './features.ts'
import { ending, functionsAround, holds, isCertain, isKept, leaves, leaving, nearestFunction } from './frames.ts'
import { lookUp } from './module.ts'
import type { Construction, Frame, FunctionFrame, LoopFrame, Module, ModuleExport, Scope, Site } from './module.ts'
import { chainOf, keyName, renderingOf } from './nodes.ts'
import type { AnyFunction, Chain } from './nodes.ts'

const mutators = new Set(['push', 'unshift', 'splice', 'set'])
/** Drizzle's operators that take a subquery. */
const operators = new Set(['inArray', 'notInArray', 'exists', 'notExists', 'eq', 'ne', 'gt', 'gte', 'lt', 'lte'])
const batches = new Set(['all', 'allSettled', 'race', 'any', '$transaction', 'batch'])

/** Parses a file; one that does not parse gives an empty module with `readable` false. `interest` says which chains are kept. */
export function readModule(
  path: string,
  text: string,
  interest: (chain: Chain, frame: Frame | null) => boolean,
): Module {
  const file = sourceFile(path, text)
  const top: Scope = { parent: null, names: new Map() }
  const exports = new Map<string, ModuleExport>()
  const stars: string[] = []
  const sites: Site[] = []
  const constructions: Construction[] = []
  const returns = new Map<Node, { node: Expression; scope: Scope }[]>()
  const functions = new Map<AnyFunction, FunctionFrame>()
  const directives: string[] = []
  const kind = fileKind(path)
  const module = {
    path,
    kind: kind === 'source' && endsItself(text) ? 'script' : kind,
    file,
    scope: top,
    exports,
    stars,
    sites,
    constructions,
    returns,
    directives,
  } as const
  let program: Program
  let readable = true
  if (nestingOf(path, text) > maxNesting) return { ...module, readable: false }
  try {
    const result = parseSync(path, text, {
      preserveParens: false,
      ...(/\.[cm]?js$/.test(path) ? { lang: 'jsx' as const } : {}),
    })
    program = result.program
    if (program.body.length === 0 && result.errors.length > 0) readable = false
  } catch {
    return { ...module, readable: false }
  }

  const block = (body: readonly Node[], parent: Scope, frame: Frame | null): void => {
    const scope: Scope = { parent, names: new Map() }
    declareStatements(body, scope)
    statements(body, scope, frame)
  }

  const statements = (body: readonly Node[], scope: Scope, frame: Frame | null): void => {
    const left = leaves(body, frame)
    for (const [index, statement] of body.entries())
      visit(
        statement,
        scope,
        left !== null && index <= left.index ? { kind: 'last', parent: frame, of: left.by } : frame,
        null,
      )
  }

  const enterFunction = (
    node: AnyFunction,
    name: string | null,
    scope: Scope,
    frame: Frame | null,
    argumentOf: FunctionFrame['argumentOf'],
  ): void => {
    const inner: Scope = { parent: scope, names: new Map() }
    const own: FunctionFrame = {
      kind: 'function',
      parent: frame,
      node,
      name: node.id?.name ?? name,
      scope: inner,
      argumentOf,
      shortcut: false,
      left: [],
    }
    functions.set(node, own)
    for (const [index, parameter] of node.params.entries()) {
      declare(parameter, (way, type) => ({ is: 'parameter', frame: own, index, path: way, type, scope: inner }), inner)
      if (parameter.type === 'AssignmentPattern') visit(parameter.right, inner, own, null)
    }
    if (node.body === null) return
    if (node.body.type === 'BlockStatement') {
      declareStatements(node.body.body, inner)
      for (const statement of node.body.body) visit(statement, inner, own, null)
    } else {
      returns.set(node, [{ node: node.body as Expression, scope: inner }])
      visit(node.body, inner, own, 'returned')
    }
  }

  const visitChain = (
    chain: Chain,
    scope: Scope,
    frame: Frame | null,
    used: Site['used'],
    awaited: boolean,
    variable: string | null,
  ): void => {
    if (interest(chain, frame))
      sites.push({
        chain,
        scope,
        frame,
        awaited,
        variable,
        used,
        certain: isCertain(frame),
        left: functionsAround(frame).flatMap((f) => f.left),
      })
    const namespace = chain.root.type === 'Identifier' ? chain.root.name : ''
    if (mutators.has(chain.steps.at(-1)?.name ?? '') || (namespace === 'Object' && chain.steps[0]?.name === 'assign')) {
      const first = chain.steps[0]?.args?.[0]
      noteMutation(
        namespace === 'Object' && first !== undefined && first.type !== 'SpreadElement' ? first : chain.root,
        scope,
      )
    }
    for (const [step, { name, args, template }] of chain.steps.entries()) {
      if (template !== null) for (const one of template.expressions) visit(one, scope, frame, null)
      if (args === null) continue
      const inside: Frame | null =
        name !== null && batches.has(name) && (namespace === 'Promise' || name === '$transaction' || name === 'batch')
          ? { kind: 'batch', parent: frame, name }
          : frame
      for (const [index, argument] of args.entries()) {
        const value = argument.type === 'SpreadElement' ? argument.argument : argument
        if (value.type === 'ArrowFunctionExpression' || value.type === 'FunctionExpression')
          enterFunction(value, null, scope, inside === frame ? frame : inside, { chain, step, index })
        else visit(value, scope, inside, name === '' && operators.has(namespace) ? 'operand' : null)
      }
    }
    if (chain.root.type !== 'Identifier' && chain.root.type !== 'ThisExpression') visit(chain.root, scope, frame, null)
  }

  const visit = (
    node: Node,
    scope: Scope,
    frame: Frame | null,
    used: Site['used'] | null,
    variable: string | null = null,
  ): void => {
    switch (node.type) {
      case 'CallExpression':
      case 'TaggedTemplateExpression':
      case 'MemberExpression':
      case 'ChainExpression':
      case 'AwaitExpression': {
        const chain = chainOf(node)
        if (chain === null) {
          if (node.type === 'AwaitExpression') visit(node.argument, scope, frame, 'awaited', variable)
          else if (node.type === 'ChainExpression') visit(node.expression, scope, frame, used, variable)
          return
        }
        // `(await find()).name` waits, too.
        const awaited = node.type === 'AwaitExpression' || /\bawait\b/.test(text.slice(node.start, chain.root.start))
        visitChain(chain, scope, frame, awaited ? 'awaited' : (used ?? 'other'), awaited, variable)
        return
      }
      case 'JSXElement': {
        const chain = renderingOf(node)
        if (chain !== null)
          visitChain(chain, scope, { kind: 'batch', parent: frame, name: 'render' }, 'other', false, null)
        visitChildren(node, scope, frame)
        return
      }
      case 'BlockStatement':
      case 'StaticBlock':
        block(node.body, scope, frame)
        return
      case 'TryStatement':
        visit(node.block, scope, node.handler === null ? frame : { kind: 'try', parent: frame }, null)
        if (node.handler !== null) visitChildren(node.handler, scope, { kind: 'branch', parent: frame, test: 'catch' })
        if (node.finalizer !== null) visit(node.finalizer, scope, frame, null)
        return
      case 'IfStatement': {
        visit(node.test, scope, frame, null)
        const test = text.slice(node.test.start, node.test.end)
        visit(node.consequent, scope, { kind: 'branch', parent: frame, test }, null)
        if (holds(node.consequent, leaving)) nearestFunction(frame)?.left.push(test)
        if (node.alternate !== null)
          visit(node.alternate, scope, { kind: 'branch', parent: frame, test: `!(${test})` }, null)
        return
      }
      case 'ConditionalExpression': {
        visit(node.test, scope, frame, null)
        const test = text.slice(node.test.start, node.test.end)
        visit(node.consequent, scope, { kind: 'branch', parent: frame, test }, used, variable)
        visit(node.alternate, scope, { kind: 'branch', parent: frame, test: `!(${test})` }, used, variable)
        return
      }
      case 'LogicalExpression':
        visit(node.left, scope, frame, used, variable)
        visit(
          node.right,
          scope,
          { kind: 'branch', parent: frame, test: text.slice(node.left.start, node.left.end) },
          used,
          variable,
        )
        return
      case 'SwitchStatement': {
        visit(node.discriminant, scope, frame, null)
        const test = text.slice(node.discriminant.start, node.discriminant.end)
        const inner: Scope = { parent: scope, names: new Map() }
        for (const one of node.cases) declareStatements(one.consequent, inner)
        for (const one of node.cases)
          statements(one.consequent, inner, { kind: 'branch', parent: frame, test, cases: true })
        return
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement': {
        const inner: Scope = { parent: scope, names: new Map() }
        const over = node.type === 'ForOfStatement' || node.type === 'ForInStatement' ? node.right : null
        let named: string | null = null
        if (node.type === 'ForOfStatement' || node.type === 'ForInStatement') {
          if (node.left.type === 'VariableDeclaration') {
            for (const one of node.left.declarations) {
              if (one.id.type === 'Identifier') named = one.id.name
              declare(one.id, (way) => ({ is: 'element', of: node.right, path: way, scope }), inner)
            }
          }
          visit(node.right, scope, frame, null)
        } else if (node.type === 'ForStatement' && node.init !== null) {
          declareStatements([node.init], inner)
          visit(node.init, inner, frame, null)
        }
        const form =
          node.type === 'ForStatement'
            ? 'for'
            : node.type === 'WhileStatement' || node.type === 'DoWhileStatement'
              ? 'while'
              : 'for-of'
        const loop: LoopFrame = {
          kind: 'loop',
          parent: frame,
          form,
          start: node.start,
          end: node.body.start,
          last: node.body.end,
          over,
          variable: named,
          scope: inner,
          exits: holds(node.body, ending),
          head:
            node.type === 'DoWhileStatement'
              ? text.slice(node.test.start, node.test.end)
              : text.slice(node.start, node.body.start),
        }
        if (node.type === 'WhileStatement' || node.type === 'DoWhileStatement') visit(node.test, inner, loop, null)
        if (node.type === 'ForStatement') {
          if (node.test !== null) visit(node.test, inner, loop, null)
          if (node.update !== null) visit(node.update, inner, loop, null)
        }
        visit(node.body, inner, loop, null)
        return
      }
      case 'VariableDeclaration':
        for (const one of node.declarations) {
          if (one.init === null) continue
          const name = resultName(one.id)
          if (one.init.type === 'ArrowFunctionExpression' || one.init.type === 'FunctionExpression')
            enterFunction(one.init, name, scope, frame, null)
          else visit(one.init, scope, frame, 'assigned', name ?? '{}')
        }
        return
      case 'AssignmentExpression': {
        const name = node.left.type === 'Identifier' ? node.left.name : null
        if (name !== null) {
          const binding = lookUp(scope, name)
          if (binding?.is === 'variable') binding.assigned.push(node.right)
        } else if (node.left.type === 'MemberExpression') {
          noteMutation(node.left.object, scope)
          const target = node.left.object.type === 'Identifier' ? lookUp(scope, node.left.object.name) : null
          const member = keyName(node.left.property, node.left.computed)
          if (target?.is === 'variable' && member !== null)
            target.members.push({ name: member, node: node.right, scope, start: node.left.start })
          visit(node.left.object, scope, frame, null)
        }
        visit(node.right, scope, frame, 'assigned', name)
        return
      }
      case 'ReturnStatement':
        if (node.argument !== null) {
          const own = nearestFunction(frame)
          if (own !== null) {
            returns.set(own.node, [...(returns.get(own.node) ?? []), { node: node.argument, scope }])
            if (isKept(node.argument) && !isCertain(frame)) own.shortcut = true
          }
          visit(node.argument, scope, { kind: 'last', parent: frame, of: 'function' }, 'returned')
        }
        return
      case 'ExpressionStatement':
        if (node.directive !== undefined && node.directive !== null) directives.push(node.directive)
        visit(node.expression, scope, frame, used ?? 'dropped', variable)
        return
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        enterFunction(node, null, scope, frame, null)
        return
      case 'MethodDefinition':
      case 'TSAbstractMethodDefinition':
        enterFunction(node.value, keyName(node.key, node.computed), scope, frame, null)
        return
      case 'Property':
        if (node.computed) visit(node.key, scope, frame, null)
        if (node.value.type === 'ArrowFunctionExpression' || node.value.type === 'FunctionExpression')
          enterFunction(node.value, keyName(node.key, node.computed), scope, frame, null)
        else visit(node.value, scope, frame, null)
        return
      case 'PropertyDefinition':
        if (node.value === null) return
        if (node.value.type === 'ArrowFunctionExpression' || node.value.type === 'FunctionExpression')
          enterFunction(node.value, keyName(node.key, node.computed), scope, frame, null)
        else visit(node.value, scope, frame, null)
        return
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const inner: Scope = { parent: scope, names: new Map() }
        inner.names.set('this', { is: 'class', node, scope: inner })
        if (node.superClass !== null) visit(node.superClass, scope, frame, null)
        for (const member of node.body.body) visit(member, inner, frame, null)
        return
      }
      case 'NewExpression':
        constructions.push({ node, scope, frame })
        visitNewArguments(node, scope, frame)
        return
      case 'ImportDeclaration':
      case 'TSTypeAliasDeclaration':
      case 'TSInterfaceDeclaration':
      case 'TSTypeAnnotation':
      case 'Identifier':
      case 'Literal':
        return
      case 'ExportNamedDeclaration':
        if (node.declaration !== null) visit(node.declaration, scope, frame, null)
        return
      default:
        visitChildren(node, scope, frame)
    }
  }

  const visitNewArguments = (node: NewExpression, scope: Scope, frame: Frame | null): void => {
    for (const argument of node.arguments)
      visit(argument.type === 'SpreadElement' ? argument.argument : argument, scope, frame, null)
  }

  const visitChildren = (node: Node, scope: Scope, frame: Frame | null): void => {
    for (const name of visitorKeys[node.type] ?? []) {
      const child = (node as unknown as Record<string, unknown>)[name]
      if (Array.isArray(child)) {
        for (const one of child as (Node | null)[])
          if (one !== null && typeof one === 'object') visit(one, scope, frame, null)
      } else if (child !== null && typeof child === 'object') {
        visit(child as Node, scope, frame, null)
      }
    }
  }

  declareStatements(program.body, top)
  collectExports(program, exports, stars)
  for (const statement of program.body) visit(statement, top, null, null)
  for (const scope of [top]) {
    for (const [name, binding] of scope.names) {
      if (binding.is === 'function') scope.names.set(name, { ...binding, frame: functions.get(binding.node) ?? null })
    }
  }
  forgetBodies(functions.keys())
  return { ...module, readable }
}

/** Lets go of the statements of functions, so that a module that is kept stays small. */
function forgetBodies(functions: Iterable<AnyFunction>): void {
  for (const node of functions) if (node.body?.type === 'BlockStatement') node.body.body = []
}
