import type { ChangeSet } from '../changeset/tree.ts'
import type { ProjectReading } from '../reading.ts'
import type { Settings } from '../settings.ts'
import { readQueries, type QueriesRead } from './read.ts'
import { tablesInQuestion } from './scope.ts'

/**
 * Reads the queries that a review asks for: those that the change set touches, and every use of what it takes away from the schema.
 * A tree behind an API gives its changed code only, unless something is taken away.
 */
export function readCode(changeSet: ChangeSet, readings: readonly ProjectReading[], settings: Settings): Promise<QueriesRead> {
  const remote = changeSet.head.remote === true
  const tables = tablesInQuestion(readings.flatMap((reading) => reading.steps), { indexes: !remote })
  return readQueries({
    changeSet, tables,
    config: settings.config,
    changedOnly: remote && tables.size === 0,
    projects: readings.map(({ project, declared, before, after }) => ({ project, declared, before, after })),
  })
}
