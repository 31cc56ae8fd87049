import type { Expression, TemplateLiteral } from 'oxc-parser'
import type { Query } from '../query.ts'
import type { FunctionFrame, Module, Scope } from '../typescript/module.ts'
import { lookUp } from '../typescript/module.ts'
import { chainOf, isFunction, unwrap } from '../typescript/nodes.ts'
import type { Chain } from '../typescript/nodes.ts'
import { arrayOf, literalOf, placeOfNode, sourceOf } from '../typescript/objects.ts'
import type { Evaluate, Located } from '../typescript/objects.ts'

/** `sql.raw(…)` and `Prisma.raw(…)` that stand anywhere in a file and get text that is not fixed. */
export function rawFragment(
  chain: Chain,
  scope: Scope,
  module: Module,
  evaluate: Evaluate,
): NonNullable<Query['unsafe']> | null {
  const last = chain.steps.at(-1)
  if (last?.name !== 'raw' || last.args === null || chain.steps.length !== 1 || chain.root.type !== 'Identifier')
    return null
  const value = evaluate(chain.root, scope, module)
  const known =
    value?.is === 'package' &&
    ((value.source.startsWith('drizzle-orm') && value.name === 'sql') || value.name === 'Prisma')
  return known ? rawArgument(chain, { node: chain.root, scope, module }, evaluate) : null
}

/** What `raw(…)` is given besides fixed text. */
export function rawArgument(chain: Chain, at: Located, evaluate: Evaluate): NonNullable<Query['unsafe']> {
  const first = chain.steps.at(-1)?.args?.[0]
  return first === undefined || first.type === 'SpreadElement' ? [] : unsafeText({ ...at, node: first }, evaluate)
}

const quoting = /quote|escape|ident|literal|format/i

/** What a text that is put together takes in besides literals. */
export function unsafeText(given: Located, evaluate: Evaluate, depth = 0): NonNullable<Query['unsafe']> {
  const node = unwrap(given.node)
  if (depth > 4) return []
  if (node.type === 'TemplateLiteral') return unsafeIn(node, given, evaluate, true)
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    return [node.left, node.right].flatMap((one) => partOf({ ...given, node: one as Expression }, evaluate, depth + 1))
  }
  if (node.type === 'Identifier' && depth === 0) {
    for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
      const binding = scope.names.get(node.name)
      if (binding === undefined) continue
      if (binding.is !== 'variable' || binding.init === null || binding.path.length > 0) return []
      return unsafeText({ node: binding.init, scope: binding.scope, module: given.module }, evaluate, depth + 1)
    }
  }
  return []
}

function partOf(given: Located, evaluate: Evaluate, depth: number): NonNullable<Query['unsafe']> {
  const node = unwrap(given.node)
  if (node.type === 'BinaryExpression' || node.type === 'TemplateLiteral') return unsafeText(given, evaluate, depth)
  const quoted = isQuoted(given)
  return isFixed(given, evaluate) || (quoted && isEscaped(given))
    ? []
    : [{ text: sourceOf(given), place: placeOfNode(given), from: originOf(given), quoted }]
}

/** What a template takes in as text; nothing for a tag that turns it into values. */
export function unsafeIn(
  quasi: TemplateLiteral,
  at: Located,
  evaluate: Evaluate,
  plain = false,
): NonNullable<Query['unsafe']> {
  if (!plain) return []
  return quasi.expressions.flatMap((node) => partOf({ ...at, node }, evaluate, 1))
}

// What a server puts on a request itself, such as the tenant or the user that it has found, is none of the caller's.
const requests =
  /(?:^|\W)(?:(?:input|searchParams|body|query|params|payload|formData|args)(?:\?*\.|\[)|req(?:uest)?\?*\.(?:body|query|params?|headers?|cookies?|url|originalUrl|nextUrl|path|files?|hostname|json|text|formData|valid)\b)/

/** Where a value comes from, as far as its name says: a request, a parameter of the function, or elsewhere. */
function originOf(given: Located): 'request' | 'parameter' | 'unknown' {
  if (requests.test(sourceOf(given))) return 'request'
  const node = unwrap(given.node)
  if (node.type !== 'Identifier') return 'unknown'
  for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
    const binding = scope.names.get(node.name)
    if (binding === undefined) continue
    // The schemas of tenants are made by the application, and no list holds them.
    if (binding.is === 'parameter')
      return binding.type?.type === 'TSStringKeyword' &&
        binding.frame.argumentOf === null &&
        !qualifies(given) &&
        !isPrivate(binding.frame, given.module)
        ? 'parameter'
        : 'unknown'
    if (binding.is === 'variable' && binding.init !== null && requests.test(sourceOf({ ...given, node: binding.init })))
      return 'request'
    return 'unknown'
  }
  return 'unknown'
}

/** True for a function that only its own file calls, or the function around it: what it is given stands there. */
function isPrivate({ name, parent }: FunctionFrame, module: Module): boolean {
  if (name === null) return false
  for (let at = parent; at !== null; at = at.parent) if (at.kind === 'function' && at.scope.names.has(name)) return true
  if (!module.scope.names.has(name)) return false
  return ![...module.exports.values()].some(
    (one) =>
      (one.is === 'local' && one.name === name) ||
      (one.is === 'expression' && 'name' in one.node && one.node.name === name),
  )
}

/** True for the name of a schema, or what else stands before the point of a name. */
function qualifies({ node, module }: Located): boolean {
  return /^\}"?\./.test(module.file.text.slice(node.end, node.end + 3))
}

/** True where it stands between quotes of SQL: a value, and no name. */
function isQuoted(given: Located): boolean {
  const before = given.module.file.text.slice(Math.max(0, given.node.start - 12), given.node.start)
  return /'%?(?:\$\{|["'`]\s*\+\s*)$/.test(before)
}

/** True for a text whose quotes are doubled or taken away: between quotes it stays a value. */
function isEscaped(given: Located): boolean {
  const node = unwrap(given.node)
  const binding = node.type === 'Identifier' ? lookUp(given.scope, node.name) : null
  const made =
    binding?.is === 'variable' && binding.init !== null && binding.path.length === 0 && binding.assigned.length === 0
      ? unwrap(binding.init)
      : node
  return (
    made.type === 'CallExpression' &&
    /\.(?:replace\(\s*\/(?:'|\[['"\\]+\]|\[\^[\w\\-]+\]\+?)\/\w*g|replaceAll\(\s*(?:"'"|'\\''))/.test(
      sourceOf({ ...given, node: made }),
    )
  )
}

/** True for what cannot carry SQL of a stranger: literals, choices between literals, numbers and what stands in for one, quoted names, constants. */
function isFixed(given: Located, evaluate: Evaluate): boolean {
  const node = unwrap(given.node)
  if (literalOf(given, evaluate) !== undefined) return true
  if (node.type === 'ConditionalExpression')
    return (
      isFixed({ ...given, node: node.consequent }, evaluate) && isFixed({ ...given, node: node.alternate }, evaluate)
    )
  if (node.type === 'LogicalExpression')
    return (
      isFixed({ ...given, node: node.right }, evaluate) &&
      (typeof literalOf({ ...given, node: node.right }, evaluate) === 'number' ||
        isFixed({ ...given, node: node.left }, evaluate))
    )
  if (node.type === 'TemplateLiteral') return node.expressions.every((e) => isFixed({ ...given, node: e }, evaluate))
  if (node.type === 'CallExpression') {
    const callee = sourceOf({ ...given, node: node.callee })
    if (
      /^(?:Number|BigInt|parseInt|parseFloat|encodeURIComponent|Math\.\w+|(?:crypto\.)?randomUUID)$|\.(?:toISOString|getTime|valueOf|toFixed|getFullYear)$/.test(
        callee,
      ) ||
      quoting.test(callee)
    )
      return true
    // A part of a date, or of a number.
    if (
      node.callee.type === 'MemberExpression' &&
      /\.(?:slice|substring|substr|split|trim|padStart|padEnd|toString)$/.test(callee)
    )
      return isFixed({ ...given, node: node.callee.object }, evaluate)
    // `ids.map((_, i) => `$${i + 1}`).join(', ')` makes placeholders.
    const { callee: method } = node
    return (
      method.type === 'MemberExpression' &&
      method.property.type === 'Identifier' &&
      method.property.name === 'join' &&
      /\$\$?\{|=>\s*['"`]\?/.test(given.module.file.text.slice(method.start, method.end))
    )
  }
  if (node.type === 'UnaryExpression') return true
  if (node.type === 'BinaryExpression') return ['-', '*', '/', '%'].includes(node.operator)
  if (node.type === 'MemberExpression' && node.property.type === 'Literal')
    return (
      (unwrap(node.object).type === 'CallExpression' && isFixed({ ...given, node: node.object }, evaluate)) ||
      isOfChoice(node, given, evaluate)
    )
  if (node.type === 'MemberExpression')
    return (
      (node.property.type === 'Identifier' && (node.property.name === 'length' || isOfFoundElement(node, given))) ||
      isOfChoice(node, given, evaluate)
    )
  if (node.type === 'Identifier') {
    if (/^[A-Z][A-Z0-9_]+$/.test(node.name)) return true
    for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
      const binding = scope.names.get(node.name)
      if (binding === undefined) continue
      if (
        binding.is === 'variable' &&
        binding.init !== null &&
        binding.path.length === 0 &&
        binding.assigned.length === 0
      ) {
        const init = unwrap(binding.init)
        return (
          init.type !== 'Identifier' && isFixed({ node: init, scope: binding.scope, module: given.module }, evaluate)
        )
      }
      // What a name of another module or a parameter with a type of fixed words holds is not known to be hostile.
      if (binding.is === 'parameter' && isOfFixedList(binding.frame, given.module)) return true
      if (binding.is === 'parameter' || binding.is === 'variable')
        return binding.type !== null && fixedType(binding.type)
      return false
    }
  }
  return false
}

/** True for a part of what code has found in a list of its own: `monster.id`, where `const monster = monsters.find((m) => …)` and another module holds them. */
function isOfFoundElement(node: Expression, { scope, module }: Located): boolean {
  const chain = chainOf(node)
  const binding =
    chain?.root.type === 'Identifier' && chain.steps.every(({ args }) => args === null)
      ? lookUp(scope, chain.root.name)
      : null
  if (binding?.is !== 'variable' || binding.init === null || binding.path.length > 0 || binding.assigned.length > 0)
    return false
  const found = chainOf(binding.init)
  const [step, ...more] = found?.steps ?? []
  const test = step?.args?.[0]
  if (step?.name !== 'find' || more.length > 0 || test === undefined || !isFunction(test)) return false
  const list = found?.root.type === 'Identifier' ? lookUp(binding.scope, found.root.name) : null
  return (
    list?.is === 'import' ||
    (list?.is === 'variable' && list.scope === module.scope && list.init !== null && isWrittenOut(list.init))
  )
}

/** True for what stands under a key of an object that the code writes out, whoever chooses the key: `ORDERS[request.query.sort]`. */
function isOfChoice(node: Expression, { scope, module }: Located, evaluate: Evaluate): boolean {
  const chain = chainOf(node)
  if (chain?.root.type !== 'Identifier' || chain.steps.some(({ args }) => args !== null)) return false
  const binding = lookUp(scope, chain.root.name)
  const held = evaluate(chain.root, scope, module)
  return held?.is === 'object' && isWrittenOut(held.node) && !(binding?.is === 'variable' && binding.mutated)
}

/** True for what runs once for each element of a list that the code writes out: `COLUMNS.map(({ name }) => …)`. */
function isOfFixedList({ argumentOf, scope }: FunctionFrame, module: Module): boolean {
  if (argumentOf === null || argumentOf.step !== 0 || argumentOf.index !== 0) return false
  if (!/^(?:map|flatMap|forEach|filter)$/.test(argumentOf.chain.steps[0]?.name ?? '')) return false
  const { root } = argumentOf.chain
  const given = root.type === 'Identifier' ? lookUp(scope.parent ?? module.scope, root.name) : null
  // What a list of a type with a name holds is not known to be hostile.
  if (
    given?.is === 'parameter' &&
    given.type?.type === 'TSArrayType' &&
    given.type.elementType.type === 'TSTypeReference'
  )
    return true
  const list = arrayOf({ node: argumentOf.chain.root, scope: scope.parent ?? module.scope, module })
  return list?.complete === true && list.elements.every(({ node }) => isWrittenOut(node))
}

function isWrittenOut(node: Expression): boolean {
  const value = unwrap(node)
  if (value.type === 'ObjectExpression')
    return value.properties.every((p) => p.type === 'Property' && isWrittenOut(p.value as Expression))
  if (value.type === 'ArrayExpression')
    return value.elements.every((e) => e !== null && e.type !== 'SpreadElement' && isWrittenOut(e))
  return value.type === 'Literal'
}

function fixedType(type: { readonly type: string }): boolean {
  const at = type as { readonly type: string; readonly types?: readonly { readonly type: string }[] }
  if (
    at.type === 'TSNumberKeyword' ||
    at.type === 'TSBooleanKeyword' ||
    at.type === 'TSBigIntKeyword' ||
    at.type === 'TSLiteralType'
  )
    return true
  return at.type === 'TSUnionType' && (at.types ?? []).every(fixedType)
}
