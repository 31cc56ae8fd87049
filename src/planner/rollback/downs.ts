import type { Migration, Step } from '../../step.ts'
import type { ProjectReview } from '../../report/report.ts'
import { diffSchemas } from '../../schema/diff/diff.ts'
import type { Schema } from '../../schema/model.ts'
import { joinStatements } from '../../schema/sql/schema.ts'
import { applyStatement } from '../../schema/replay.ts'
import { changesToText } from '../../schema/show/text.ts'
import { rollbackStatements } from './rollback.ts'
import { downFile, type WrittenFile } from '../files/runner-files.ts'

/** What the way back that a migration brings along really does. */
export interface DownCheck {
  readonly migration: string
  /** Path of the file that goes down; of the migration where there is none. */
  readonly path: string
  readonly state: 'right' | 'wrong' | 'missing'
  /** What it leaves different, or why it fails; '' where it is right. */
  readonly problem: string
  /** The way back that is offered instead, as SQL; '' where theirs is right. */
  readonly sql: string
  /** The same as a file of the project's runner; null where it has none or theirs is right. */
  readonly file?: WrittenFile | null
}

/** Layouts of migrations that have a way back of their own. */
const withDowns = new Set(['up-down', 'up-down-folders', 'sections'])

/** Runs the way back of each new migration on the model, newest first, and tells what it leaves behind. */
export function checkDowns(review: ProjectReview, postgres: number): readonly DownCheck[] {
  const layout = review.project.migrations?.layout
  const groups = new Map<Migration, Step[]>()
  for (const step of review.steps) groups.set(step.migration, [...(groups.get(step.migration) ?? []), step])
  return [...groups].toReversed().flatMap(([migration, steps]): DownCheck[] => {
    const [before, after] = [steps[0]!.before, steps.at(-1)!.after]
    const offer = () => {
      const statements = rollbackStatements({ before, after, steps })
      return { sql: joinStatements(statements), file: downFile(review.project, migration.path, statements) }
    }
    if (!migration.down) {
      return layout && withDowns.has(layout) && diffSchemas(before, after).length
        ? [
            {
              migration: migration.name,
              path: migration.path,
              state: 'missing',
              problem: 'it has no way back',
              ...offer(),
            },
          ]
        : []
    }
    const problem = problemOf(migration.down.statements, before, after, postgres)
    return [
      {
        migration: migration.name,
        path: migration.down.path,
        state: problem ? 'wrong' : 'right',
        problem,
        ...(problem ? offer() : { sql: '', file: null }),
      },
    ]
  })
}

function problemOf(statements: readonly Step['statement'][], before: Schema, after: Schema, postgres: number): string {
  let schema = after
  for (const statement of statements) {
    const applied = applyStatement(schema, statement, { postgres, source: 'migrations' })
    if (applied.refused) return `line ${statement.place.line} fails: ${applied.refused}`
    schema = applied.schema
  }
  const left = changesToText(diffSchemas(schema, before), before.defaultSchema).trim()
  return left ? `it leaves out: ${left.split('\n').join('; ')}` : ''
}
