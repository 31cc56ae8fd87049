import { parseSync } from 'oxc-parser'
import type { Node } from 'oxc-parser'

/** A value of a configuration file as far as its text tells it without running; what only running would tell is left out. */
export type StaticValue = string | number | boolean | null | readonly StaticValue[] | { readonly [name: string]: StaticValue }

type Bindings = ReadonlyMap<string, Node>

const deepest = 60

/**
 * Reads what a JavaScript or TypeScript configuration file exports by default, without running it: literals, objects, arrays, constants of the
 * file, `defineConfig(…)`, `path.join(…)` and `a ?? b`. Undefined where nothing of it can be read.
 */
export function staticExport(path: string, text: string): StaticValue | undefined {
  if (text.length > 200_000 || nestsTooDeep(text)) return undefined
  let body: readonly Node[]
  try {
    body = parseSync(path, text).program.body
  } catch {
    return undefined
  }
  const bindings = new Map<string, Node>()
  let exported: Node | null = null
  for (const statement of body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type === 'VariableDeclaration') {
      for (const declarator of declaration.declarations) {
        if (declarator.id.type === 'Identifier' && declarator.init) bindings.set(declarator.id.name, declarator.init)
      }
    } else if (statement.type === 'ExportDefaultDeclaration') exported = statement.declaration
    else if (statement.type === 'ExpressionStatement' && statement.expression.type === 'AssignmentExpression') {
      const { left, right } = statement.expression
      if (text.slice(left.start, left.end).replace(/\s/g, '') === 'module.exports') exported = right
    }
  }
  return exported ? valueOf(exported, bindings, 0) : undefined
}

function valueOf(node: Node, bindings: Bindings, depth: number): StaticValue | undefined {
  if (depth > deepest) return undefined
  const next = (inner: Node) => valueOf(inner, bindings, depth + 1)
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' || typeof node.value === 'number' || typeof node.value === 'boolean' ? node.value : node.value === null ? null : undefined
    case 'TemplateLiteral': {
      const parts: string[] = []
      for (const [i, quasi] of node.quasis.entries()) {
        parts.push(quasi.value.cooked ?? quasi.value.raw)
        const expression = node.expressions[i]
        if (!expression) continue
        const value = next(expression)
        if (typeof value !== 'string' && typeof value !== 'number') return undefined
        parts.push(String(value))
      }
      return parts.join('')
    }
    case 'ObjectExpression': {
      const object: Record<string, StaticValue> = {}
      for (const property of node.properties) {
        if (property.type === 'SpreadElement') {
          const spread = next(property.argument)
          if (spread !== null && typeof spread === 'object' && !Array.isArray(spread)) Object.assign(object, spread)
          continue
        }
        const name = property.computed ? next(property.key) : property.key.type === 'Identifier' ? property.key.name : next(property.key)
        const value = next(property.value)
        if (typeof name === 'string' && name !== '__proto__' && value !== undefined) object[name] = value
      }
      return object
    }
    case 'ArrayExpression': {
      const items: StaticValue[] = []
      for (const element of node.elements) {
        if (!element) continue
        const value = next(element.type === 'SpreadElement' ? element.argument : element)
        if (value === undefined) continue
        if (element.type === 'SpreadElement' && Array.isArray(value)) items.push(...(value as readonly StaticValue[]))
        else items.push(value)
      }
      return items
    }
    case 'Identifier': {
      if (node.name === '__dirname') return '.'
      const bound = bindings.get(node.name)
      return bound ? valueOf(bound, bindings, depth + 10) : undefined
    }
    case 'MemberExpression':
      return memberOf(node, bindings, depth)
    case 'LogicalExpression': {
      const left = next(node.left)
      return node.operator === '&&' ? undefined : left === undefined || (node.operator === '||' && !left) ? next(node.right) : left
    }
    case 'BinaryExpression': {
      const [left, right] = [next(node.left), next(node.right)]
      return node.operator === '+' && typeof left === 'string' && typeof right === 'string' ? left + right : undefined
    }
    case 'CallExpression':
      return callOf(node, bindings, depth)
    case 'TSAsExpression': case 'TSSatisfiesExpression': case 'TSNonNullExpression': case 'ParenthesizedExpression': case 'TSTypeAssertion':
      return next(node.expression)
    case 'ArrowFunctionExpression':
      return node.expression ? next(node.body) : returned(node.body, bindings, depth)
    default:
      return undefined
  }
}

function memberOf(node: Extract<Node, { type: 'MemberExpression' }>, bindings: Bindings, depth: number): StaticValue | undefined {
  const property = node.property.type === 'Identifier' && !node.computed ? node.property.name : null
  if (node.object.type === 'MetaProperty') return property === 'dirname' ? '.' : undefined
  const object = valueOf(node.object, bindings, depth + 1)
  if (property === null || object === null || typeof object !== 'object' || Array.isArray(object)) return undefined
  const fields = object as { readonly [name: string]: StaticValue }
  return Object.hasOwn(fields, property) ? fields[property] : undefined
}

function callOf(node: Extract<Node, { type: 'CallExpression' }>, bindings: Bindings, depth: number): StaticValue | undefined {
  const callee = node.callee
  const name = callee.type === 'Identifier' ? callee.name : callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : ''
  const values = node.arguments.map((argument) => (argument.type === 'SpreadElement' ? undefined : valueOf(argument, bindings, depth + 1)))
  if (name === 'join' || name === 'resolve') {
    const parts = values.filter((value) => typeof value === 'string')
    return parts.length === values.length && parts.length > 0 ? parts.join('/') : undefined
  }
  if (name === 'cwd') return '.'
  return /^(define\w*|\w*[cC]onfig|require\w*|withDefaults)$/.test(name) ? values[0] : undefined
}

function returned(body: Node, bindings: Bindings, depth: number): StaticValue | undefined {
  if (body.type !== 'BlockStatement') return undefined
  const last = body.body.findLast((statement) => statement.type === 'ReturnStatement')
  return last?.type === 'ReturnStatement' && last.argument ? valueOf(last.argument, bindings, depth + 1) : undefined
}

/** True where brackets nest so deep that a native parser could overflow its stack. */
function nestsTooDeep(text: string): boolean {
  let depth = 0
  let most = 0
  for (const character of text) {
    if ('([{<'.includes(character)) most = Math.max(most, ++depth)
    else if (')]}>'.includes(character)) depth--
  }
  return most > 300 || /(?:[!~+-]\s*){300}/.test(text)
}

/** The object that a value is; undefined for any other value. */
export function objectOf(value: StaticValue | undefined): { readonly [name: string]: StaticValue } | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value as { readonly [name: string]: StaticValue } : undefined
}

/** The strings that a value is: one, or those of a list. */
export function stringsOf(value: StaticValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
