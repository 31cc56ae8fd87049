import type { ChangeSet } from '../changeset/tree.ts'
import type { Config } from '../config.ts'
import type { Project } from '../project/project.ts'
import type { Schema } from '../schema/model.ts'

/** One project with its schemas, as a review knows them. */
export interface QueriedProject {
  readonly project: Project
  readonly declared: Schema | null
  readonly after: Schema
  /** The schema before the pull request, so that what it drops is still known by name. */
  readonly before?: Schema
}

export interface ReadQueriesRequest {
  readonly changeSet: ChangeSet
  readonly projects: readonly QueriedProject[]
  readonly config: Config
  /** Read the changed files and what they import only; default is the whole head tree, which what a schema change does to code needs. */
  readonly changedOnly?: boolean
}
