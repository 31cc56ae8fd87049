import type { Expression, SpreadElement } from 'oxc-parser'
import { placeOf } from '../../location.ts'
import type { Place } from '../../location.ts'
import { lookUp } from './module.ts'
import type { Module, Scope } from './module.ts'
import { keyName, unwrap } from './nodes.ts'
import type { Value } from './value.ts'

/** An expression with where its names are looked up. */
export interface Located {
  readonly node: Expression
  readonly scope: Scope
  readonly module: Module
}

export interface Property extends Located {
  readonly name: string
  readonly place: Place
  /** True where it stands in a spread that a condition decides about. */
  readonly maybe: boolean
}

/** The properties of an object literal; `complete` is false where some are not known: a spread, a computed key, a variable that changes. */
export interface ObjectValue {
  readonly properties: readonly Property[]
  readonly complete: boolean
  readonly at: Located
}

export type Evaluate = (node: Expression, scope: Scope, module: Module) => Value | null

/** Reads an expression as an object literal, through constants and imports; null where it is none. */
export function objectOf(given: Located, evaluate: Evaluate, depth = 0): ObjectValue | null {
  if (depth > 8) return null
  const node = unwrap(given.node)
  if (node.type === 'ObjectExpression') {
    const properties: Property[] = []
    let complete = true
    for (const property of node.properties) {
      if (property.type === 'SpreadElement') {
        const spread = spreadOf({ ...given, node: property.argument }, evaluate, depth + 1)
        if (spread === null) complete = false
        else {
          properties.push(...spread.properties)
          complete &&= spread.complete
        }
        continue
      }
      const name = keyName(property.key, property.computed)
      if (name === null) {
        complete = false
        continue
      }
      properties.push({
        name,
        node: property.value,
        scope: given.scope,
        module: given.module,
        place: placeOf(given.module.file, property.start, property.end),
        maybe: false,
      })
    }
    return { properties, complete, at: { ...given, node } }
  }
  if (node.type === 'Identifier') {
    const binding = lookUp(given.scope, node.name)
    if (binding?.is === 'variable' && binding.path.length === 0 && binding.init !== null) {
      const found = objectOf({ node: binding.init, scope: binding.scope, module: given.module }, evaluate, depth + 1)
      if (found === null) return null
      const added = binding.members.map((m): Property => ({
        name: m.name,
        node: m.node,
        scope: m.scope,
        module: given.module,
        place: placeOf(given.module.file, m.start, m.node.end),
        maybe: true,
      }))
      return {
        ...found,
        properties: [...found.properties, ...added],
        complete: found.complete && !binding.mutated && binding.assigned.length === 0,
      }
    }
    if (binding?.is !== 'import') return null
  }
  if (node.type === 'ConditionalExpression') return null
  if (node.type === 'CallExpression') {
    const returned = returnedObject({ ...given, node: node.callee }, evaluate, depth)
    if (returned !== undefined) return returned
  }
  const value = evaluate(node, given.scope, given.module)
  return value?.is === 'object'
    ? objectOf({ node: value.node, scope: value.scope, module: value.module }, evaluate, depth + 1)
    : null
}

/** The object that a function of the repository gives back: what it may hold where there are several. Undefined where it is no such function. */
function returnedObject(callee: Located, evaluate: Evaluate, depth: number): ObjectValue | null | undefined {
  const called = evaluate(callee.node, callee.scope, callee.module)
  if (called?.is !== 'function') return undefined
  const { module } = called
  const returns = module.returns.get(called.node) ?? []
  const objects = returns.map((one) => objectOf({ ...one, module }, evaluate, depth + 1))
  const [first] = objects
  if (first === undefined || first === null) return objects.length > 0 ? null : undefined
  if (objects.length === 1) return first
  return {
    properties: objects.flatMap((one) => one?.properties ?? []).map((p) => ({ ...p, maybe: true })),
    complete: false,
    at: first.at,
  }
}

function spreadOf(
  given: Located,
  evaluate: Evaluate,
  depth: number,
): { properties: readonly Property[]; complete: boolean } | null {
  const node = unwrap(given.node)
  if (node.type === 'LogicalExpression' && node.operator === '&&') {
    const inner = objectOf({ ...given, node: node.right }, evaluate, depth)
    return inner === null ? null : { properties: inner.properties.map((p) => ({ ...p, maybe: true })), complete: false }
  }
  if (node.type === 'ConditionalExpression') {
    const parts = [node.consequent, node.alternate].map((one) => objectOf({ ...given, node: one }, evaluate, depth))
    return {
      properties: parts.flatMap((p) => p?.properties ?? []).map((p) => ({ ...p, maybe: true })),
      complete: false,
    }
  }
  return objectOf({ ...given, node }, evaluate, depth)
}

/** The elements of an array literal; `complete` is false where a spread or a changing variable stands in it. Null for anything else. */
export function arrayOf(
  given: Located,
  depth = 0,
): { readonly elements: readonly Located[]; readonly complete: boolean } | null {
  if (depth > 8) return null
  const node = unwrap(given.node)
  if (node.type === 'ArrayExpression') {
    const elements: Located[] = []
    let complete = true
    for (const element of node.elements) {
      if (element === null) continue
      if (element.type !== 'SpreadElement') {
        elements.push({ ...given, node: element })
        continue
      }
      const inner = arrayOf({ ...given, node: (element as SpreadElement).argument }, depth + 1)
      if (inner === null) complete = false
      else {
        elements.push(...inner.elements)
        complete &&= inner.complete
      }
    }
    return { elements, complete }
  }
  if (node.type === 'Identifier') {
    const binding = lookUp(given.scope, node.name)
    if (binding?.is === 'variable' && binding.path.length === 0 && binding.init !== null) {
      const found = arrayOf({ node: binding.init, scope: binding.scope, module: given.module }, depth + 1)
      return found === null
        ? null
        : { elements: found.elements, complete: found.complete && !binding.mutated && binding.assigned.length === 0 }
    }
  }
  return null
}

/** The literal that an expression is, through constants; undefined where it is none. */
export function literalOf(given: Located, evaluate: Evaluate): string | number | boolean | null | undefined {
  const node = unwrap(given.node)
  if (
    node.type === 'UnaryExpression' &&
    node.operator === '-' &&
    node.argument.type === 'Literal' &&
    typeof node.argument.value === 'number'
  )
    return -node.argument.value
  if (!isSteady(node, given.scope)) return undefined
  const value = evaluate(node, given.scope, given.module)
  return value?.is === 'literal' ? value.value : undefined
}

/** True for what has one value only: literals, constants and their members; what a function gives back differs from call to call. */
function isSteady(given: Expression, scope: Scope, depth = 0): boolean {
  const node = unwrap(given)
  if (node.type === 'MemberExpression') return node.object.type !== 'Super' && isSteady(node.object, scope, depth)
  if (node.type === 'CallExpression') return false
  if (node.type !== 'Identifier') return true
  const binding = lookUp(scope, node.name)
  if (binding?.is !== 'variable') return binding?.is !== 'parameter'
  return (
    !binding.mutated &&
    binding.assigned.length === 0 &&
    binding.path.length === 0 &&
    (binding.init === null || (depth < 8 && isSteady(binding.init, binding.scope, depth + 1)))
  )
}

/** The texts that an expression may be: literals, either side of a choice, elements of a list, properties of an object, members of a generated enum. */
export function textsOf(given: Located, evaluate: Evaluate, depth = 0): string[] {
  const node = unwrap(given.node)
  const inside = (nodes: readonly Expression[]): string[] =>
    nodes.flatMap((one) => textsOf({ ...given, node: one }, evaluate, depth + 1))
  if (depth > 4) return []
  if (node.type === 'ConditionalExpression') return inside([node.consequent, node.alternate])
  if (node.type === 'LogicalExpression') return inside([node.left, node.right])
  if (node.type === 'ObjectExpression')
    return inside(node.properties.flatMap((p) => (p.type === 'SpreadElement' ? [] : [p.value])))
  const array = arrayOf(given)
  if (array !== null) return array.elements.flatMap((one) => textsOf(one, evaluate, depth + 1))
  const literal = literalOf(given, evaluate)
  if (literal !== undefined) return typeof literal === 'string' ? [literal] : []
  if (
    node.type !== 'MemberExpression' ||
    node.computed ||
    node.property.type !== 'Identifier' ||
    (node.object.type !== 'Identifier' && node.object.type !== 'MemberExpression')
  )
    return []
  const root = evaluate(node.object, given.scope, given.module)
  return root?.is === 'package' && root.source.includes('prisma') ? [node.property.name] : []
}

/** True for `undefined`, which Prisma reads as a property that is not there. */
export function isUndefined(node: Expression): boolean {
  const at = unwrap(node)
  return (
    (at.type === 'Identifier' && at.name === 'undefined') || (at.type === 'UnaryExpression' && at.operator === 'void')
  )
}

/** Text of an expression on one line, at most 120 characters. */
export function sourceOf(given: Located): string {
  return given.module.file.text.slice(given.node.start, given.node.end).replace(/\s+/g, ' ').slice(0, 120)
}

/** The place of an expression. */
export function placeOfNode(given: Located): Place {
  return placeOf(given.module.file, given.node.start, given.node.end)
}
