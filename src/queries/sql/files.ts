import type { Tree, TreeEntry } from '../../changeset/tree.ts'
import { placeOf, sourceFile } from '../../location.ts'
import { placeInStatement } from '../../sql/place.ts'
import { readSql } from '../../sql/read.ts'
import type { ChangedLines } from '../changed.ts'
import type { Query } from '../query.ts'
import type { QueriedProject } from '../request.ts'
import { fileKind } from '../typescript/features.ts'
import { sqlQueries } from './statements.ts'

const typedSql = /(?:^|\/)prisma\/sql\/[^/]+\.sql$/
const elsewhere = /(?:^|\/)(?:node_modules|migrations?|migrate|clickhouse|seeds?|fixtures?|testdata|vendor)\//

/** Queries of `.sql` files: those of sqlc, each after its `-- name:`, and Prisma's TypedSQL files. */
export async function sqlFileQueries(
  tree: Tree,
  entries: readonly TreeEntry[],
  projects: readonly QueriedProject[],
  changed: ChangedLines,
): Promise<(Query & { readonly project: string })[]> {
  const first = projects[0]
  if (first === undefined) return []
  const folders = projects.flatMap((p) => (p.project.migrations === null ? [] : [`${p.project.migrations.folder}/`]))
  const paths = entries
    .filter(
      (e) =>
        e.path.endsWith('.sql') &&
        (e.size ?? 0) < 400_000 &&
        !elsewhere.test(e.path) &&
        !folders.some((f) => e.path.startsWith(f)),
    )
    .map((e) => e.path)
  if (paths.length === 0) return []
  const schemas = projects.flatMap(({ declared, after, before }) => [
    after,
    ...(declared === null ? [] : [declared]),
    ...(before === undefined ? [] : [before]),
  ])
  const queries: (Query & { readonly project: string })[] = []
  for (const [path, content] of await tree.read(paths)) {
    if (content.kind !== 'text') continue
    if (!/^--\s*name:\s*\w+/m.test(content.text) && !typedSql.test(path)) continue
    const file = sourceFile(path, content.text)
    for (const statement of readSql(file).statements) {
      if (statement.inside !== null) continue
      const drafts = sqlQueries(statement.node, statement.text, {
        schemas,
        place: (offset) => (offset === undefined ? statement.place : placeInStatement(statement, offset)),
      })
      const name = /--\s*name:\s*(\w+)[^\n]*$/.exec(content.text.slice(0, statement.start).trimEnd())?.[1] ?? null
      for (const { start: _start, end: _end, ...draft } of drafts) {
        const table = draft.tables[0]?.table ?? ''
        const owner =
          projects.find((p) => p.after.tables.has(table)) ?? projects.find((p) => p.before?.tables.has(table) === true)
        if (owner === undefined) continue
        const place = placeOf(file, statement.start, statement.end)
        queries.push({
          ...draft,
          place,
          context: {
            loop: null,
            borrowed: false,
            transaction: null,
            file: fileKind(path),
            function: name,
            certain: true,
          },
          changed: changed.touches(place),
          project: owner.project.name,
        })
      }
    }
  }
  return queries
}
