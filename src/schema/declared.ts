import type { Tree } from '../changeset/tree.ts'
import type { Note } from '../engine/finding.ts'
import type { Migration } from '../engine/rule.ts'
import { sourceFile } from '../location.ts'
import type { Project } from '../project/project.ts'
import { loadParser } from '../sql/parser.ts'
import { readSql } from '../sql/read.ts'
import { readDrizzleSchema } from './drizzle.ts'
import { emptySchema, type Schema } from './model.ts'
import { readPrismaSchema } from './prisma.ts'
import { replayHistory } from './replay.ts'

/** A schema with what could not be seen; null where there is none or it cannot be read. */
export interface ReadSchema {
  readonly schema: Schema | null
  readonly notes: readonly Note[]
}

/** The schema that a project declares in a tree: in Prisma's language, in Drizzle's TypeScript, or in SQL files that are edited in place. */
export async function readDeclaredSchema(project: Project, tree: Tree, postgres: number): Promise<ReadSchema> {
  if (project.orm === 'prisma') return prisma(project, tree)
  if (project.orm === 'drizzle') return readDrizzleSchema(tree, project)
  return project.sqlSchema?.length ? sql(project.sqlSchema, tree, postgres) : { schema: null, notes: [] }
}

async function prisma(project: Project, tree: Tree): Promise<ReadSchema> {
  const { texts, notes } = await readTexts(project.schemaFiles, tree)
  if (notes.length) return { schema: null, notes }
  return readPrismaSchema(texts, project)
}

async function sql(paths: readonly string[], tree: Tree, postgres: number): Promise<ReadSchema> {
  const [{ texts, notes }] = await Promise.all([readTexts(paths, tree), loadParser()])
  if (texts.size === 0) return { schema: null, notes }
  const read = [...texts].map(([path, text]) => readSql(sourceFile(path, text)))
  const migrations = read.map(({ file, statements }): Migration => ({ name: file.path, path: file.path, statements, down: null, isNew: false }))
  const replayed = replayHistory(emptySchema(), migrations, { postgres, source: 'migrations' })
  return { schema: replayed.schema, notes: [...notes, ...replayed.notes] }
}

async function readTexts(paths: readonly string[], tree: Tree): Promise<{ readonly texts: ReadonlyMap<string, string>; readonly notes: readonly Note[] }> {
  const contents = await tree.read(paths)
  const texts = new Map<string, string>()
  const notes: Note[] = []
  for (const [path, content] of contents) {
    if (content.kind === 'text') texts.set(path, content.text)
    else notes.push({ kind: 'unread', blocking: true, path, line: 1, message: `This schema file cannot be read: it is ${content.reason}.` })
  }
  return { texts, notes }
}
