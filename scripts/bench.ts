/**
 * Measures what the project costs: `npm run bench [-- PART…]`. A part is a file of scripts/bench/ that exports `measure`. Exits
 * with 1 where something is over its budget.
 */
import { parseArgs } from 'node:util'
import type { Measure } from './bench/measure.ts'

interface Part {
  measure(): Promise<readonly Measure[]>
}

const parts: Readonly<Record<string, () => Promise<Part>>> = {
  github: () => import('./bench/github.ts'),
  queries: () => import('./bench/queries.ts'),
  rehearsal: () => import('./bench/rehearsal.ts'),
  server: () => import('./bench/server.ts'),
}

const { positionals } = parseArgs({ allowPositionals: true })
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const load = parts[name]
  if (load === undefined) {
    console.error(`there is no part ${name}; there are ${Object.keys(parts).join(', ')}`)
    process.exitCode = 2
    continue
  }
  for (const measure of await (await load()).measure()) {
    console.log(
      `${measure.name}: ${measure.result}${measure.budget === null ? '' : ` (budget ${measure.budget}${measure.over ? ', OVER' : ''})`}`,
    )
    if (measure.over) process.exitCode = 1
  }
}
