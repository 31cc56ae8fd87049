import { lookUp } from '../typescript/module.ts'
import type { Scope } from '../typescript/module.ts'
import { chainOf, unwrap } from '../typescript/nodes.ts'
import type { AnyFunction, ChainStep } from '../typescript/nodes.ts'
import type { Evaluate, Located } from '../typescript/objects.ts'

/** True for a call of a function that hands its first argument to a client of `pg`: `query(text, values)` of a module of its own. */
export function senderOf({ callee }: ChainStep, at: Located, evaluate: Evaluate): boolean {
  const value = callee === null ? null : evaluate(callee, at.scope, at.module)
  if (value?.is !== 'function') return false
  const returns = value.module.returns.get(value.node) ?? []
  return returns.some(({ node, scope }) => {
    const given = unwrap(node)
    // What was waited for first and then returned.
    const binding = given.type === 'Identifier' ? lookUp(scope, given.name) : null
    const chain = chainOf(binding?.is === 'variable' && binding.init !== null ? binding.init : given)
    const step = chain?.steps.find(({ name, args }) => name === 'query' && args !== null)
    return (
      step !== undefined &&
      isFirstParameter(step, scope, value.node) &&
      evaluate(step.object, scope, value.module)?.is === 'pg'
    )
  })
}

function isFirstParameter({ args }: ChainStep, scope: Scope, own: AnyFunction): boolean {
  const first = args?.[0]
  const binding = first?.type === 'Identifier' ? lookUp(scope, first.name) : null
  return binding?.is === 'parameter' && binding.index === 0 && binding.path.length === 0 && binding.frame.node === own
}
