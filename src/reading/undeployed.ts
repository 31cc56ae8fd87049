import type { Step } from '../step.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import { readMigrations, type ProjectMigrations } from '../project/migrations.ts'
import type { Project } from '../project/project.ts'
import { transactionsOf } from '../project/transactions.ts'
import type { Schema } from '../schema/model.ts'
import { replayHistory, replaySteps } from '../schema/replay.ts'

/**
 * The steps of the base that production has not run yet: what they make has no readers there, as if the pull request made it. None
 * where the base is what production runs, and where production has no migrations of the project at the same place.
 */
export async function undeployedSteps(
  project: Project,
  migrations: ProjectMigrations | null,
  empty: Schema,
  { deployed }: ChangeSet,
  postgres: number,
): Promise<readonly Step[]> {
  if (deployed === undefined || migrations === null) return []
  const { history } = await readMigrations(project, { base: deployed, head: deployed, files: [], truncated: false })
  const names = new Set(history.map(({ name }) => name))
  const ran = migrations.before.filter(({ name }) => names.has(name))
  const waiting = migrations.before.filter(({ name }) => !names.has(name))
  if (ran.length === 0 || waiting.length === 0) return []
  const { schema } = replayHistory(empty, ran, {
    postgres,
    source: 'migrations',
    transactions: transactionsOf(project.runner, ran),
  })
  return replaySteps(schema, waiting, transactionsOf(project.runner, waiting), { postgres, source: 'migrations' }).steps
}
