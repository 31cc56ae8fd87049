import type {
  Argument,
  ArrowFunctionExpression,
  Expression,
  Function as FunctionNode,
  JSXElement,
  Node,
  TemplateLiteral,
} from 'oxc-parser'

export type AnyFunction = FunctionNode | ArrowFunctionExpression

export interface ChainStep {
  readonly name: string | null
  /** Arguments of the call; null where the member is only read. */
  readonly args: readonly Argument[] | null
  readonly template: TemplateLiteral | null
  /** What stands in front of it. */
  readonly object: Expression
  /** What is called; null where the member is only read. */
  readonly callee: Expression | null
  readonly start: number
  readonly end: number
}

/** `root.a.b(…).c` taken apart: what it starts from and its members and calls in order. */
export interface Chain {
  readonly root: Expression
  readonly steps: readonly ChainStep[]
  readonly start: number
  readonly end: number
}

const wrappers = new Set([
  'ParenthesizedExpression',
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'ChainExpression',
])

/** The expression inside parentheses, type assertions and `await`. */
export function unwrap(node: Expression): Expression {
  let at = node
  for (;;) {
    if (wrappers.has(at.type) && 'expression' in at) at = at.expression as Expression
    else if (at.type === 'AwaitExpression') at = at.argument
    else return at
  }
}

/** Takes a chain of members and calls apart; null where the node is none. */
export function chainOf(node: Expression): Chain | null {
  const steps: ChainStep[] = []
  let at = unwrap(node)
  for (;;) {
    if (at.type === 'CallExpression' || at.type === 'TaggedTemplateExpression') {
      const callee = unwrap(at.type === 'CallExpression' ? at.callee : at.tag)
      const args = at.type === 'CallExpression' ? at.arguments : null
      const template = at.type === 'TaggedTemplateExpression' ? at.quasi : null
      if (callee.type === 'MemberExpression') {
        steps.push({
          name: memberName(callee),
          args,
          template,
          object: callee.object,
          callee,
          start: callee.property.start,
          end: at.end,
        })
        at = unwrap(callee.object)
      } else {
        steps.push({ name: '', args, template, object: callee, callee, start: at.start, end: at.end })
        at = callee
      }
    } else if (at.type === 'MemberExpression') {
      steps.push({
        name: memberName(at),
        args: null,
        template: null,
        object: at.object,
        callee: null,
        start: at.property.start,
        end: at.end,
      })
      at = unwrap(at.object)
    } else {
      break
    }
  }
  return steps.length === 0 ? null : { root: at, steps: steps.reverse(), start: node.start, end: node.end }
}

/** The call of a component that an element is: `Row(…)` for `<Row … />`; null for an element of HTML. */
export function renderingOf({ openingElement, start, end }: JSXElement): Chain | null {
  const { name } = openingElement
  if (name.type !== 'JSXIdentifier' || !/^[A-Z]/.test(name.name)) return null
  const root: Expression = { type: 'Identifier', name: name.name, start: name.start, end: name.end }
  return { root, steps: [{ name: '', args: [], template: null, object: root, callee: root, start, end }], start, end }
}

/** True for a call whose first argument is SQL. */
export function takesSql({ args }: ChainStep): boolean {
  const first = args?.[0]
  const text =
    first?.type === 'TemplateLiteral'
      ? (first.quasis[0]?.value.cooked ?? '')
      : first?.type === 'Literal' && typeof first.value === 'string'
        ? first.value
        : ''
  return /^\s*(?:select|insert|update|delete|with)\s/i.test(text)
}

function memberName(node: Expression): string | null {
  if (node.type !== 'MemberExpression') return null
  if (node.property.type === 'PrivateIdentifier') return `#${node.property.name}`
  if (!node.computed && node.property.type === 'Identifier') return node.property.name
  return node.property.type === 'Literal' && typeof node.property.value === 'string' ? node.property.value : null
}

/** The name of an object's key; null where it is computed. */
export function keyName(key: Node, computed = false): string | null {
  if (key.type === 'Identifier' && !computed) return key.name
  if (key.type === 'PrivateIdentifier') return `#${key.name}`
  return key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number')
    ? String(key.value)
    : null
}

/** True for a function written as an expression or a declaration. */
export function isFunction(node: Node): node is AnyFunction {
  return (
    node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration'
  )
}
