import type { Note } from '../finding.ts'
import { notRead } from '../changeset/content.ts'
import type { Tree } from '../changeset/tree.ts'
import { sourceFile } from '../location.ts'
import { emptySchema } from '../schema/model.ts'
import type { Schema } from '../schema/model.ts'
import { applyStatement, refusalNotes } from '../schema/replay.ts'
import type { RefusedStatement } from '../schema/replay.ts'
import { loadParser } from '../sql/parser.ts'
import { readSql } from '../sql/read.ts'
import type { Statement } from '../sql/statement.ts'
import type { Project } from './project.ts'

/** True where SQL files that are edited in place are all that declares the schema: no ORM, no ordered migrations beside them. */
export function declaresInSql(project: Project): boolean {
  return (
    project.orm === null &&
    (project.sqlSchema?.length ?? 0) > 0 &&
    (project.migrations === null || project.migrations.loose === true)
  )
}

/**
 * The schema that the SQL files of a project declare in one tree, null where the tree has none of them. Files may stand in any order: a
 * statement that needs what comes later waits for it. What cannot be applied at all is a note.
 */
export async function readSqlSchema(
  tree: Tree,
  project: Project,
  postgres: number,
): Promise<{ readonly schema: Schema | null; readonly notes: readonly Note[] }> {
  const [contents] = await Promise.all([tree.read(project.sqlSchema ?? []), loadParser()])
  if (contents.size === 0) return { schema: null, notes: [] }
  const notes: Note[] = []
  let waiting: readonly Statement[] = []
  for (const [path, content] of contents) {
    if (content.kind === 'text') waiting = [...waiting, ...readSql(sourceFile(path, content.text)).statements]
    else
      notes.push({
        kind: 'unread',
        blocking: true,
        path,
        line: 1,
        message: notRead('the schema', content.reason),
      })
  }
  let schema = emptySchema(project.dialect)
  for (;;) {
    const refused: RefusedStatement[] = []
    for (const statement of waiting) {
      const applied = applyStatement(schema, statement, { postgres, source: 'migrations' })
      schema = applied.schema
      if (applied.refused === null) notes.push(...applied.notes)
      else refused.push({ statement, why: applied.refused })
    }
    if (refused.length === 0) return { schema, notes }
    if (refused.length === waiting.length) {
      notes.push(...refusalNotes(refused))
      return { schema, notes }
    }
    waiting = refused.map(({ statement }) => statement)
  }
}
