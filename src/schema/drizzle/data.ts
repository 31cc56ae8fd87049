import type { Argument, Expression, ObjectExpression, ObjectPropertyKind, Program, Statement } from 'oxc-parser'

/** Stands for what cannot be told without running the code. */
export const unknown = Symbol('unknown')

/** A value of a configuration file, read without running it. */
export type Data =
  | string
  | number
  | boolean
  | null
  | undefined
  | typeof unknown
  | readonly Data[]
  | { readonly [name: string]: Data }

/** The folder of the file that is read, as `__dirname` and `import.meta.dirname` give it; a path that begins with it is not relative to where a tool was started. */
export const ownFolder = '\u0001'

/** Names of `node:path` and `node:url` that only move paths around. */
const joiners = new Set(['join', 'resolve', 'normalize'])
const passers = new Set(['fileURLToPath', 'pathToFileURL', 'String', 'freeze', 'defineConfig'])

type Scope = ReadonlyMap<string, Expression>

/** The constants that a file declares at its top, by name; of what is assigned again nothing is said. */
export function constantsOf(program: Program): Scope {
  const scope = new Map<string, Expression>()
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration' || declaration.kind === 'var') continue
    for (const one of declaration.declarations)
      if (one.id.type === 'Identifier' && one.init && declaration.kind === 'const') scope.set(one.id.name, one.init)
  }
  return scope
}

/** What a file exports as its default: `export default x`, `export = x` and `module.exports = x`; a JSON text its object. */
export function defaultExport(program: Program): Expression | null {
  for (const statement of program.body) {
    const found = exportedBy(statement)
    if (found) return found
  }
  return null
}

function exportedBy(statement: Statement | Program['body'][number]): Expression | null {
  if (statement.type === 'ExportDefaultDeclaration') {
    const it = statement.declaration
    return it.type === 'FunctionDeclaration' || it.type === 'ClassDeclaration' || it.type === 'TSInterfaceDeclaration'
      ? null
      : (it as Expression)
  }
  if (statement.type === 'TSExportAssignment') return statement.expression
  if (statement.type === 'ExpressionStatement' && statement.expression.type === 'AssignmentExpression') {
    const { left, right } = statement.expression
    if (
      left.type === 'MemberExpression' &&
      left.object.type === 'Identifier' &&
      nameOfMember(left) === (left.object.name === 'module' ? 'exports' : 'default')
    )
      return right
  }
  return null
}

function nameOfMember(node: Extract<Expression, { type: 'MemberExpression' }>): string | null {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : null
  return node.property.type === 'Literal' && typeof node.property.value === 'string' ? node.property.value : null
}

/**
 * Reads an expression as data: literals, objects, arrays, constants of the same file, paths put together; everything else is
 * `unknown`, and so is what takes more than some thousand steps or goes round in a circle.
 */
export function dataOf(node: Expression | Argument | null | undefined, scope: Scope): Data {
  return evaluate(node, { scope, steps: 20_000 }, 0)
}

interface Reader {
  readonly scope: Scope
  steps: number
}

function evaluate(node: Expression | Argument | null | undefined, reader: Reader, depth: number): Data {
  if (!node || depth > 100 || --reader.steps < 0) return unknown
  const { scope } = reader
  const read = (it: Expression | Argument): Data => evaluate(it, reader, depth + 1)
  switch (node.type) {
    case 'Literal':
      return node.value === null ||
        typeof node.value === 'string' ||
        typeof node.value === 'number' ||
        typeof node.value === 'boolean'
        ? node.value
        : unknown
    case 'TemplateLiteral':
      return templateOf(node, read)
    case 'ArrayExpression':
      return node.elements.flatMap((it) => {
        if (it?.type !== 'SpreadElement') return [it ? read(it) : undefined]
        const inner = read(it.argument)
        return Array.isArray(inner) ? (inner as Data[]) : [unknown]
      })
    case 'ObjectExpression':
      return objectOf(node, read)
    case 'Identifier': {
      if (node.name === 'undefined') return undefined
      if (node.name === '__dirname') return ownFolder
      const value = scope.get(node.name)
      return value && value !== node ? read(value) : unknown
    }
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'ParenthesizedExpression':
      return read(node.expression)
    case 'MemberExpression':
      return memberOf(node, read)
    case 'BinaryExpression': {
      if (node.operator !== '+') return unknown
      const left = read(node.left)
      const right = read(node.right)
      return typeof left === 'string' && typeof right === 'string' ? left + right : unknown
    }
    case 'LogicalExpression': {
      const left = read(node.left)
      // `process.env.X ?? 'default'` is its default: what a fresh checkout would use.
      if (left === unknown) return node.operator === '&&' ? unknown : read(node.right)
      if (node.operator === '??') return left ?? read(node.right)
      return (node.operator === '||') === Boolean(left) ? left : read(node.right)
    }
    case 'ConditionalExpression': {
      const test = read(node.test)
      if (test === unknown) return agreed(read(node.consequent), read(node.alternate))
      return read(test ? node.consequent : node.alternate)
    }
    case 'UnaryExpression': {
      const value = read(node.argument)
      return node.operator === '!' && value !== unknown
        ? !value
        : node.operator === '-' && typeof value === 'number'
          ? -value
          : unknown
    }
    case 'CallExpression':
      return callOf(node, read)
    case 'NewExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'URL' && node.arguments[0]
        ? inOwnFolder(read(node.arguments[0]))
        : unknown
    case 'AwaitExpression':
      return read(node.argument)
    default:
      return unknown
  }
}

/** What two branches have in common, of which nobody knows which is taken. */
function agreed(one: Data, other: Data): Data {
  if (one === other) return one
  if (!isRecord(one) || !isRecord(other)) return unknown
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...names].map((name) => [name, agreed(one[name], other[name])]))
}

/** True for an object that is no list. */
export function isRecord(data: Data): data is { readonly [name: string]: Data } {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

function inOwnFolder(value: Data): Data {
  return typeof value === 'string' && !value.startsWith('/') ? `${ownFolder}/${value}` : value
}

function templateOf(node: Extract<Expression, { type: 'TemplateLiteral' }>, read: (it: Expression) => Data): Data {
  let text = node.quasis[0]?.value.cooked ?? ''
  for (const [i, part] of node.expressions.entries()) {
    const value = read(part)
    if (typeof value !== 'string' && typeof value !== 'number') return unknown
    text += String(value) + (node.quasis[i + 1]?.value.cooked ?? '')
  }
  return text
}

function objectOf(node: ObjectExpression, read: (it: Expression) => Data): Data {
  const entries: [string, Data][] = []
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') {
      const inner = read(property.argument)
      if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) entries.push(...Object.entries(inner))
      continue
    }
    const name = keyOf(property)
    if (name !== null) entries.push([name, read(property.value as Expression)])
  }
  return Object.fromEntries(entries.filter(([name]) => name !== '__proto__'))
}

/** The name of a property of an object literal, null where it is computed or a spread. */
export function keyOf(property: ObjectPropertyKind): string | null {
  if (property.type !== 'Property') return null
  const { key } = property
  if (key.type === 'Identifier' && !property.computed) return key.name
  return key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number')
    ? String(key.value)
    : null
}

function memberOf(node: Extract<Expression, { type: 'MemberExpression' }>, read: (it: Expression) => Data): Data {
  const name = nameOfMember(node)
  if (node.object.type === 'MetaProperty')
    return name === 'dirname' ? ownFolder : name === 'url' || name === 'filename' ? `${ownFolder}/x` : unknown
  if (name === null || node.object.type === 'Super') return unknown
  const object = read(node.object)
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return unknown
  const record = object as { readonly [name: string]: Data }
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function callOf(
  node: Extract<Expression, { type: 'CallExpression' }>,
  read: (it: Expression | Argument) => Data,
): Data {
  const { callee } = node
  const name =
    callee.type === 'Identifier' ? callee.name : callee.type === 'MemberExpression' ? nameOfMember(callee) : null
  if (name === null) return unknown
  if (callee.type === 'MemberExpression' && name === 'cwd') return '.'
  const values = node.arguments.map(read)
  if (joiners.has(name)) {
    const last = values.findLastIndex(
      (it) => typeof it === 'string' && (it.startsWith('/') || it.startsWith(ownFolder)),
    )
    const parts = values.slice(Math.max(0, last))
    return parts.length > 0 && parts.every((it) => typeof it === 'string') ? parts.join('/') : unknown
  }
  if (name === 'dirname' && typeof values[0] === 'string')
    return values[0].includes('/') ? values[0].slice(0, values[0].lastIndexOf('/')) : '.'
  if (passers.has(name) || name.startsWith('define')) return values[0] ?? unknown
  return unknown
}
