import type { Tree } from '../changeset/tree.ts'
import type { Note } from '../finding.ts'
import { schemaBeforeMigrations } from '../project/baseline.ts'
import { isPostgres } from '../project/detect.ts'
import { readMigrations } from '../project/migrations.ts'
import type { Project } from '../project/project.ts'
import { transactionsOf } from '../project/transactions.ts'
import { readDeclaredSchema, type ReadSchema } from './declared-schema.ts'
import { dialectNames } from '../schema/dialect.ts'
import { replayHistory } from '../schema/replay.ts'

/** Where a schema is read from: what the ORM's schema declares, or what the migrations make. */
export type SchemaSource = 'prisma' | 'drizzle' | 'migrations'

/** The source that counts for a project where nobody names one: its ORM, else its migrations. */
export function usualSource(project: Project): SchemaSource {
  return project.orm ?? 'migrations'
}

/** The schema of a project in one tree, from one source; null where the source is not there or cannot be read. */
export async function schemaOfTree(
  project: Project,
  tree: Tree,
  source: SchemaSource,
  postgres: number,
): Promise<ReadSchema> {
  if (source !== 'migrations')
    return source === project.orm ? readDeclaredSchema(project, tree, postgres) : { schema: null, notes: [] }
  if (!project.migrations) return readDeclaredSchema({ ...project, orm: null }, tree, postgres)
  if (!isPostgres(project.dialect)) {
    const why = `Migrations for ${dialectNames[project.dialect]} are not replayed${project.orm === null ? '' : `: --source ${project.orm} reads the schema that is declared`}.`
    return {
      schema: null,
      notes: [{ kind: 'dialect', blocking: false, path: project.migrations.folder, line: 1, message: why }],
    }
  }
  const { history, orphans, notes } = await readMigrations(project, {
    base: tree,
    head: tree,
    files: [],
    truncated: false,
  })
  const replayed = replayHistory(schemaBeforeMigrations(project, history), history, {
    postgres,
    source: 'migrations',
    transactions: transactionsOf(project.runner, history),
  })
  const outside = orphans.map(({ path }): Note => ({
    kind: 'unresolved',
    blocking: false,
    path,
    line: 1,
    message: 'The runner does not take this file: it is not replayed.',
  }))
  return { schema: replayed.schema, notes: [...notes, ...outside, ...replayed.notes] }
}
