import { printStatsQuery } from '../config/stats.ts'
import { SchemagateError } from '../errors.ts'
import type { Io } from './io.ts'
import { parseOptions } from './options.ts'
import { usages } from './usage.ts'

/** `schemagate stats --print-query`: the query whose result is `.github/schemagate-stats.json`. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseOptions(usages.stats, args)
  if (!values['print-query']) {
    throw new SchemagateError(
      'usage',
      'schemagate stats: it never connects to a database. Run what --print-query prints and commit its result as .github/schemagate-stats.json',
    )
  }
  io.stdout(printStatsQuery())
  return 0
}
