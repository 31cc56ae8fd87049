import type { Note } from '../finding.ts'
import type { Tree } from '../changeset/tree.ts'
import type { Project } from '../project/project.ts'
import { readSqlSchema } from '../project/sql-schema.ts'
import { readDrizzleSchema } from '../schema/drizzle.ts'
import type { Schema } from '../schema/model.ts'
import { readPrismaSchema } from '../schema/prisma.ts'

/** A schema with what could not be seen; null where there is none or it cannot be read. */
export interface ReadSchema {
  readonly schema: Schema | null
  readonly notes: readonly Note[]
  /** `snapshot` where drizzle-kit's own record stands in for a schema that cannot be read. */
  readonly from?: 'typescript' | 'snapshot' | null
}

/** The schema that a project declares in a tree: in Prisma's language, in Drizzle's TypeScript, or in SQL files that are edited in place. */
export async function readDeclaredSchema(project: Project, tree: Tree, postgres: number): Promise<ReadSchema> {
  if (project.orm === 'prisma') return prisma(project, tree)
  if (project.orm === 'drizzle') return readDrizzleSchema(tree, project)
  return readSqlSchema(tree, project, postgres)
}

async function prisma(project: Project, tree: Tree): Promise<ReadSchema> {
  const { texts, notes } = await readTexts(project.schemaFiles, tree)
  if (notes.length) return { schema: null, notes }
  return readPrismaSchema(texts, project)
}

async function readTexts(
  paths: readonly string[],
  tree: Tree,
): Promise<{ readonly texts: ReadonlyMap<string, string>; readonly notes: readonly Note[] }> {
  const contents = await tree.read(paths)
  const texts = new Map<string, string>()
  const notes: Note[] = []
  for (const [path, content] of contents) {
    if (content.kind === 'text') texts.set(path, content.text)
    else
      notes.push({
        kind: 'unread',
        blocking: true,
        path,
        line: 1,
        message: `This schema file cannot be read: it is ${content.reason}.`,
      })
  }
  return { texts, notes }
}
