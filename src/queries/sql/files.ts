import type { Node } from 'libpg-query'
import type { Tree, TreeEntry } from '../../changeset/tree.ts'
import { placeOf, sourceFile } from '../../location.ts'
import { placeInStatement } from '../../sql/place.ts'
import { readSql } from '../../sql/read.ts'
import type { ChangedLines } from '../changed.ts'
import type { Query, QueryContext } from '../query.ts'
import type { QueriedProject } from '../request.ts'
import { fileKind } from '../typescript/features.ts'
import { withNumbers } from './parameters.ts'
import { sqlQueries } from './statements.ts'

const typedSql = /(?:^|\/)prisma\/sql\/[^/]+\.sql$/
const named = /^--\s*name:\s*\w+/m
/** A file of these is a schema, a dump or a script that sets something up. */
const notQueries = /^\s*(?:create|alter|drop|grant|revoke|comment\s+on|truncate|copy|do(?!\s+(?:update|nothing)\b))\b/im
/** Files that people run by hand, by the habits of naming. */
const handRun =
  /(?:^|[/_-])(?:backfill|cleanup|fix|hotfix|manual|one-?off|ad-?hoc|data-?(?:fix|migration)s?|check|debug|maintenance)(?:[/._-]|$)/i
const elsewhere = /(?:^|\/)(?:node_modules|migrations?|migrate|clickhouse|seeds?|fixtures?|testdata|vendor)\//

/**
 * Queries of `.sql` files: those of sqlc, each after its `-- name:`, Prisma's TypedSQL files, and every other file outside of migrations
 * that holds queries alone. Named parameters, `:id` and `@id`, are read as values.
 */
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
    const isNamed = named.test(content.text) || typedSql.test(path)
    if (!isNamed && notQueries.test(content.text)) continue
    const file = sourceFile(path, content.text)
    const { statements } = readSql(sourceFile(path, withNumbers(content.text)))
    if (!isNamed && !statements.some(({ node }) => !('InsertStmt' in node) && isQuery(node))) continue
    for (const statement of statements) {
      if (statement.inside !== null) continue
      const drafts = sqlQueries(statement.node, statement.text, {
        schemas,
        place: (offset) => (offset === undefined ? statement.place : placeInStatement(statement, offset)),
      })
      const name = /--\s*name:\s*(\w+)[^\n]*$/.exec(content.text.slice(0, statement.start).trimEnd())?.[1] ?? null
      for (const { start: _start, end: _end, ...draft } of drafts) {
        const table = draft.tables[0]?.table ?? ''
        const owner =
          projects.find((p) => p.after.tables.has(table)) ??
          projects.find((p) => p.before?.tables.has(table) === true) ??
          (draft.tables.length === 0 ? first : undefined)
        if (owner === undefined) continue
        const place = placeOf(file, statement.start, statement.end)
        queries.push({
          ...draft,
          place,
          context: {
            loop: null,
            borrowed: false,
            transaction: null,
            file: kindOf(path, isNamed),
            function: name,
            parameters: 0,
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

function isQuery(node: Node): boolean {
  return 'SelectStmt' in node || 'InsertStmt' in node || 'UpdateStmt' in node || 'DeleteStmt' in node
}

function kindOf(path: string, isNamed: boolean): QueryContext['file'] {
  // At the top of a repository code is a script, and a file of queries is not.
  const kind = fileKind(path.includes('/') ? path : `queries/${path}`)
  return kind === 'source' && !isNamed && handRun.test(path) ? 'script' : kind
}
