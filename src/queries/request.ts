import type { ChangeSet } from '../changeset/tree.ts'
import type { Config } from '../config.ts'
import type { Project } from '../project/project.ts'
import type { Key, Schema } from '../schema/model.ts'

/** One project with its schemas, as a review knows them. */
export interface QueriedProject {
  readonly project: Project
  readonly declared: Schema | null
  readonly after: Schema
  /** The schema before the pull request, so that what it drops is still known by name. */
  readonly before?: Schema
}

/** The columns of each table whose uses in the code decide over a change; null where all uses of the table do. */
export type TablesInQuestion = ReadonlyMap<Key, ReadonlySet<string> | null>

export interface ReadQueriesRequest {
  readonly changeSet: ChangeSet
  readonly projects: readonly QueriedProject[]
  readonly config: Config
  /** Tables of which every use in the tree is wanted, besides what the pull request changes; left out for all of them. */
  readonly tables?: TablesInQuestion
  /** Look at no files but the changed ones and those that set up clients by their names. */
  readonly changedOnly?: boolean
  /** Files to look at all the same, where only the changed ones are. */
  readonly besides?: ReadonlySet<string>
}
