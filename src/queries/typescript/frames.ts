import type { Expression, Node } from 'oxc-parser'
import type { Frame, FunctionFrame } from './module.ts'
import { unwrap } from './nodes.ts'

export const ending = new Set<Node['type']>(['BreakStatement', 'ReturnStatement'])
export const leaving = new Set<Node['type']>(['ReturnStatement', 'ThrowStatement', 'ContinueStatement'])

/** True where one of some statements stands in a body, functions and loops inside of it aside. */
export function holds(body: Node, wanted: ReadonlySet<Node['type']>): boolean {
  const open: Node[] = [body]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (wanted.has(node.type)) return true
    switch (node.type) {
      case 'BlockStatement':
        open.push(...node.body)
        break
      case 'IfStatement':
        open.push(node.consequent)
        if (node.alternate !== null) open.push(node.alternate)
        break
      case 'TryStatement':
        open.push(node.block)
        if (node.handler !== null) open.push(node.handler.body)
        break
      default:
    }
  }
  return false
}

/** The function that a frame stands in. */
export function nearestFunction(frame: Frame | null): FunctionFrame | null {
  for (let at = frame; at !== null; at = at.parent) if (at.kind === 'function') return at
  return null
}

/** The function of its own that a frame belongs to: callbacks that a call takes and runs are part of the function around them. */
export function functionOf(frame: Frame | null): FunctionFrame | null {
  let last: FunctionFrame | null = null
  for (let at = frame; at !== null; at = at.parent) {
    if (at.kind !== 'function') continue
    if (at.argumentOf === null) return at
    last = at
  }
  return last
}

/** All functions around a frame, innermost first. */
export function functionsAround(frame: Frame | null): FunctionFrame[] {
  const found: FunctionFrame[] = []
  for (let at = frame; at !== null; at = at.parent) if (at.kind === 'function') found.push(at)
  return found
}

/** True where nothing of the function around decides whether what stands in a frame runs. */
export function isCertain(frame: Frame | null): boolean {
  for (let at = frame; at !== null; at = at.parent) {
    if (at.kind === 'branch' || (at.kind === 'function' && at.shortcut)) return false
    if (at.kind === 'function' && at.argumentOf === null) return true
  }
  return true
}

/** True for a value that the code has already, such as an entry of a cache. */
export function isKept(node: Expression): boolean {
  const at = unwrap(node)
  if (at.type === 'Identifier') return at.name !== 'undefined'
  if (at.type === 'MemberExpression') return true
  return (
    at.type === 'CallExpression' &&
    at.callee.type === 'MemberExpression' &&
    !at.callee.computed &&
    at.callee.property.name === 'get'
  )
}

/**
 * How far the statements of a list are left for good once they have run: out of the nearest loop, or out of the function around;
 * null where what comes behind the list runs too. `index` is that of the statement that leaves.
 */
export function leaves(
  body: readonly Node[],
  frame: Frame | null,
): { readonly index: number; readonly by: 'loop' | 'function' } | null {
  const index = body.findIndex((one) => ends.has(one.type))
  if (index < 0) return null
  if (body[index]?.type !== 'BreakStatement') return { index, by: 'function' }
  for (let at = frame; at !== null && at.kind !== 'loop'; at = at.parent)
    if (at.kind === 'function' || (at.kind === 'branch' && at.cases === true)) return null
  return { index, by: 'loop' }
}

const ends = new Set<Node['type']>(['ReturnStatement', 'ThrowStatement', 'BreakStatement'])
