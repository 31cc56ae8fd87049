import type { Migration } from '../../src/step.ts'
import { sourceFile } from '../../src/location.ts'
import type { Project } from '../../src/project/project.ts'
import type { ProjectReview } from '../../src/report/report.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory, replaySteps } from '../../src/schema/replay.ts'
import { readSql } from '../../src/sql/read.ts'

export const project: Project = {
  root: '',
  name: '.',
  orm: 'prisma',
  dialect: 'postgresql',
  runner: { name: 'prisma', version: null },
  schemaFiles: [],
  migrations: { folder: 'migrations', layout: 'up-down' },
  evidence: '',
  settings: {},
}

function migration(name: string, sql: string, down: string | null = null): Migration {
  const path = `migrations/${name}.sql`
  return {
    name,
    path,
    isNew: true,
    statements: readSql(sourceFile(path, sql)).statements,
    down:
      down === null
        ? null
        : {
            path: `migrations/${name}.down.sql`,
            statements: readSql(sourceFile(`migrations/${name}.down.sql`, down)).statements,
          },
  }
}

/** What a review finds of one migration on top of a schema; wants `loadParser` before. */
export function reviewOf(
  given: string,
  up: string,
  options: { readonly down?: string; readonly orm?: Project['orm'] } = {},
): ProjectReview {
  const replay = { postgres: 18, source: 'migrations' as const }
  const history = replayHistory(emptySchema(), [migration('0_given', given)], replay)
  if (history.notes.length) throw new Error(history.notes.map((n) => n.message).join('; '))
  const fresh = migration('1_up', up, options.down ?? null)
  const transactions = fresh.statements.map(() => ({ id: 1, block: true, because: '', survivesFailure: false }))
  const { steps, after } = replaySteps(history.schema, [fresh], transactions, replay)
  return {
    project: { ...project, orm: options.orm === undefined ? 'prisma' : options.orm },
    before: history.schema,
    after,
    changes: diffSchemas(history.schema, after),
    steps,
  }
}
