import { placeOf } from '../location.ts'
import type { ChangedLines } from './changed.ts'
import { loopOf } from './context.ts'
import type { Query, Repeat } from './query.ts'
import { functionOf } from './typescript/frames.ts'
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
  const loops: { target: string; repeat: Omit<Repeat, 'occupied'> }[] = []
  for (const module of modules) {
    // What a browser calls in a loop are requests of its own.
    if (module.directives.includes('use client')) continue
    for (const site of module.sites) {
      const last = site.chain.steps.at(-1)
      if (last?.args == null || last.name === null) continue
      const loop = loopOf(site, module)
      if (loop === null) continue
      const called = calledBy(site, module, evaluate)
      if (called === null) continue
      const { path, own } = called
      const place = placeOf(module.file, site.chain.start, site.chain.end)
      if (isRemembering(site.chain.root, site, module)) continue
      if (functionOf(site.frame)?.name === own && path === module.path) continue
      loops.push({
        target: `${path}\n${own}`,
        repeat: {
          place,
          changed: changed.touches(place),
          function: own,
          loop,
          file: module.kind,
          keys: /\[\s*\.\.\.|\b(?:\w*Ids|ids|keys)\b/.test(module.file.text.slice(last.start, last.end)),
        },
      })
    }
  }
  if (loops.length === 0) return [...queries]
  const byFunction = new Map<string, Query[]>()
  for (const query of queries) {
    const key = `${query.place.path}\n${query.context.function ?? ''}`
    byFunction.set(key, [...(byFunction.get(key) ?? []), query])
  }
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const byTarget = new Map<string, Repeat[]>()
  for (const { target, repeat } of loops) {
    const [path = '', own = ''] = target.split('\n')
    const before = byTarget.get(target)
    if (before !== undefined) {
      byTarget.set(target, [...before, ...before.slice(0, 1).map(({ occupied }) => ({ ...repeat, occupied }))])
      continue
    }
    const text = textOf(own, byPath.get(path))
    // What a function has asked once, its cache answers from then on.
    byTarget.set(
      target,
      remembering.test(text) ? [] : [{ ...repeat, occupied: isOccupied(text, byFunction.get(target) ?? []) }],
    )
  }
  return queries.map((query) => {
    const found =
      query.context.function === null || query.context.loop !== null || !query.context.certain
        ? undefined
        : byTarget.get(`${query.place.path}\n${query.context.function}`)
    return found === undefined ? query : { ...query, repeats: found }
  })
}

/** The source of a function of a module; empty where no chain that was kept stands in it. */
function textOf(own: string, module: Module | undefined): string {
  const site = module?.sites.find(({ frame }) => functionOf(frame)?.name === own)
  const node = functionOf(site?.frame ?? null)?.node
  return module === undefined || node === undefined ? '' : module.file.text.slice(node.start, node.end)
}

const remembering = /\b\w*cache\w*\s*[.(]|\bredis\b/i

/** True where a function waits for more than its queries: what it does besides is work of its own, of which the queries are a part. */
function isOccupied(text: string, queries: readonly Query[]): boolean {
  const waits = text.match(/\bawait\b(?!\s+Promise\.)/g) ?? []
  const awaited = new Set(queries.filter((q) => q.awaited === true).map(({ place }) => `${place.line}:${place.column}`))
  return waits.length > awaited.size
}

/** The file and name of the function that a chain calls: one of the module or an imported one, a method of the class or of what it holds. */
export function calledBy(
  site: Site,
  module: Module,
  evaluate: (node: Site['chain']['root'], scope: Site['scope'], module: Module) => Value | null,
): { readonly path: string; readonly own: string } | null {
  const { root, steps } = site.chain
  const [first, second] = steps
  if (steps.length === 1 && root.type === 'ThisExpression' && first?.name != null)
    return { path: module.path, own: first.name }
  if (steps.length === 1 && first?.name === '' && root.type === 'Identifier') {
    const value = evaluate(root, site.scope, module)
    if (value?.is !== 'function') return null
    return { path: value.module.path, own: value.node.id?.name ?? exportedName(value.module, root.name, module) }
  }
  if (steps.length !== 2 || root.type !== 'ThisExpression' || second?.name == null) return null
  const held = evaluate(second.object, site.scope, module)
  return held?.is === 'instance' ? { path: held.module.path, own: second.name } : null
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
