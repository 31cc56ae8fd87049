import { placeOf } from '../location.ts'
import type { ChangedLines } from './changed.ts'
import { functionOf, loopOf } from './context.ts'
import type { Query, Repeat } from './query.ts'
import { fileKind } from './typescript/features.ts'
import { lookUp } from './typescript/module.ts'
import type { Module, Site } from './typescript/module.ts'
import type { Value } from './typescript/value.ts'

/** Notes the loops that call a function of the same file, or an imported one, in which a query stands. */
export function withRepeats(
  queries: readonly (Query & { readonly project: string })[],
  modules: readonly Module[],
  evaluate: (node: Site['chain']['root'], scope: Site['scope'], module: Module) => Value | null,
  changed: ChangedLines,
): (Query & { readonly project: string })[] {
  const loops: { target: string; repeat: Repeat }[] = []
  for (const module of modules) {
    // What a browser calls in a loop are requests of its own.
    if (module.directives.includes('use client')) continue
    for (const site of module.sites) {
      const last = site.chain.steps.at(-1)
      if (last?.args == null || last.name === null) continue
      const loop = loopOf(site.frame, module)
      if (loop === null) continue
      if (
        !(site.chain.steps.length === 1 && last.name === '') &&
        !(site.chain.root.type === 'ThisExpression' && site.chain.steps.length === 1)
      )
        continue
      const node = site.chain.root
      const value = node.type === 'ThisExpression' ? null : evaluate(node, site.scope, module)
      const name = node.type === 'ThisExpression' ? last.name : node.type === 'Identifier' ? node.name : null
      if (name === null) continue
      const path = value?.is === 'function' ? value.module.path : node.type === 'ThisExpression' ? module.path : null
      if (path === null) continue
      const own = value?.is === 'function' ? (value.node.id?.name ?? exportedName(value.module, name, module)) : name
      const place = placeOf(module.file, site.chain.start, site.chain.end)
      if (isRemembering(node, site, module)) continue
      if (functionOf(site.frame)?.name === own && path === module.path) continue
      loops.push({
        target: `${path}\n${own}`,
        repeat: { place, changed: changed.touches(place), function: own, loop, file: fileKind(module.path) },
      })
    }
  }
  if (loops.length === 0) return [...queries]
  const byTarget = new Map<string, Repeat[]>()
  for (const { target, repeat } of loops) byTarget.set(target, [...(byTarget.get(target) ?? []), repeat])
  return queries.map((query) => {
    const found =
      query.context.function === null || query.context.loop !== null || !query.context.certain
        ? undefined
        : byTarget.get(`${query.place.path}\n${query.context.function}`)
    return found === undefined ? query : { ...query, repeats: found }
  })
}

/** True for a function that a cache or a loader gives, which asks once for each key or for all of them together. */
function isRemembering(node: Site['chain']['root'], site: Site, module: Module): boolean {
  if (node.type !== 'Identifier') return false
  const binding = lookUp(site.scope, node.name)
  if (/cache|memo|loader/i.test(node.name)) return true
  return (
    binding?.is === 'variable' &&
    binding.init !== null &&
    /cache|memo|loader/i.test(
      module.file.text.slice(binding.init.start, Math.min(binding.init.end, binding.init.start + 60)),
    )
  )
}

/** A function that a constant holds has the name of the constant. */
function exportedName(target: Module, local: string, from: Module): string {
  const binding = from.scope.names.get(local)
  const name = binding?.is === 'import' ? binding.name : local
  const found = target.exports.get(name)
  return found?.is === 'local' ? found.name : name
}
