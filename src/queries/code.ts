import type { ChangeSet } from '../changeset/tree.ts'
import type { ProjectReading } from '../reading.ts'
import type { Settings } from '../settings.ts'
import { withFormer } from './former.ts'
import { readQueries, type QueriesRead } from './read.ts'
import type { ReadQueriesRequest } from './request.ts'
import { allAskedFor } from './asked.ts'
import { tablesInQuestion, withWholeTables } from './scope.ts'

/**
 * Reads the queries that a review asks for: those that the change set touches, and every use of what it takes away from the schema.
 * A tree behind an API gives its changed code only, unless something is taken away.
 */
export async function readCode(
  changeSet: ChangeSet,
  readings: readonly ProjectReading[],
  settings: Settings,
): Promise<QueriesRead> {
  const remote = changeSet.head.remote === true
  const steps = readings.flatMap((reading) => reading.steps)
  const tables = tablesInQuestion(steps, { indexes: !remote })
  const request: ReadQueriesRequest = {
    changeSet,
    tables,
    config: settings.config,
    changedOnly: remote && tables.size === 0,
    projects: readings.map(({ project, declared, before, after }) => ({ project, declared, before, after })),
  }
  let read = await readQueries(request)
  // That nothing asks for an index is told only after a look at every query of its table.
  if (!remote && !readings.every((one) => allAskedFor(one.steps, one.after, read.queries)))
    read = await readQueries({ ...request, tables: withWholeTables(tables, steps) })
  // Plans want declared sizes.
  return withFormer(read, request, { plans: Object.keys(settings.config.tables).length > 0 })
}
