import type { ChangeSet } from '../changeset/tree.ts'
import type { ProjectReading } from '../reading.ts'
import type { Settings } from '../settings.ts'
import { readQueries, type QueriesRead, wantsWholeTree } from './read.ts'

/** Reads the queries of the head tree. A tree behind an API gives its changed code only, unless a change of the schema asks who uses what it takes away. */
export function readCode(changeSet: ChangeSet, readings: readonly ProjectReading[], settings: Settings): Promise<QueriesRead> {
  return readQueries({
    changeSet,
    config: settings.config,
    changedOnly: changeSet.head.remote === true && !wantsWholeTree(readings.flatMap((reading) => reading.steps)),
    projects: readings.map(({ project, declared, before, after }) => ({ project, declared, before, after })),
  })
}
