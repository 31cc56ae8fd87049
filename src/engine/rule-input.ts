import type { Migration, Step } from '../step.ts'
import type { Config } from '../config.ts'
import type { ChangedFile } from '../changeset/tree.ts'
import type { SourceFile } from '../location.ts'
import type { Project } from '../project/project.ts'
import type { CodeFacts } from '../queries/facts.ts'
import type { Query } from '../queries/query.ts'
import type { Schema } from '../schema/model.ts'
import type { SqlProblem } from '../sql/statement.ts'
import type { RuleContext } from './rule.ts'

/** Everything that the rules of one project may look at. */
export interface RuleInput {
  readonly project: Project
  /** What findings call the project; null where files are linted on their own. */
  readonly label: string | null
  readonly config: Config
  readonly postgres: number
  readonly postgresAssumed: boolean
  readonly postgresMinor: number | null
  readonly before: Schema
  readonly after: Schema
  readonly declared: Schema | null
  readonly declaredBefore: Schema | null
  readonly steps: readonly Step[]
  /** Steps of the base that production has not run yet: what they make is new too. */
  readonly undeployed?: readonly Step[]
  readonly history: readonly Migration[]
  readonly queries: readonly Query[]
  readonly code?: CodeFacts
  readonly files: readonly ChangedFile[]
  readonly sqlProblems: readonly SqlProblem[]
  readonly migrated: RuleContext['migrated']
  readonly journal: RuleContext['journal']
  readonly lock?: RuleContext['lock']
  readonly orphans: RuleContext['orphans']
  readonly roundTrips: RuleContext['roundTrips']
  readonly reruns?: NonNullable<RuleContext['reruns']>
  readonly migrationsChanged: readonly {
    readonly path: string
    readonly status: ChangedFile['status']
    readonly sameSql?: boolean
  }[]
  readonly merged?: NonNullable<RuleContext['merged']>
  /** True where the steps come from the difference of the declared schemas, because no migration says it. */
  readonly generated: boolean
  /** Texts of the files that findings may point at. */
  readonly texts: ReadonlyMap<string, SourceFile>
  readonly alone: boolean
  /** Also run the rules that are off, as information. */
  readonly allRules: boolean
}
