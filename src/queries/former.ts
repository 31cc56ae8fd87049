import type { ChangedFile, ChangeSet } from '../changeset/tree.ts'
import { readQueries, type QueriesRead } from './read.ts'
import type { Query } from './query.ts'
import type { ReadQueriesRequest } from './request.ts'

type ProjectQuery = QueriesRead['queries'][number]

/**
 * Queries with what stood in their place before the pull request, for those that it changes and whose forerunner is beyond doubt: the only other
 * query of the same kind, on the same table, in the function of the same name of the same file.
 */
export async function withFormer(
  queries: readonly ProjectQuery[],
  request: ReadQueriesRequest,
): Promise<readonly ProjectQuery[]> {
  const { changeSet } = request
  const paths = new Set(queries.filter((query) => query.changed && query.sql !== null).map(({ place }) => place.path))
  const files = changeSet.files.filter(
    (file) => paths.has(file.path) && (file.status === 'modified' || file.previousPath !== null),
  )
  if (files.length === 0) return queries
  const former = await readQueries({ ...request, changeSet: backwards(changeSet, files), changedOnly: true })
  const paired = pairs(
    queries.filter(({ place }) => paths.has(place.path)),
    former.queries,
    new Map(files.map((file) => [file.previousPath ?? file.path, file.path])),
  )
  return queries.map((query) => {
    const was = paired.get(query)?.sql
    return typeof was === 'string' ? { ...query, was } : query
  })
}

/** The base as if it were the head, with all lines of some files changed. */
function backwards(changeSet: ChangeSet, files: readonly ChangedFile[]): ChangeSet {
  return {
    ...changeSet,
    head: changeSet.base,
    files: files.map((file): ChangedFile => ({
      path: file.previousPath ?? file.path,
      previousPath: null,
      status: 'modified',
      hunks: null,
    })),
  }
}

function pairs(
  now: readonly Query[],
  then: readonly Query[],
  moved: ReadonlyMap<string, string>,
): ReadonlyMap<Query, Query> {
  const before = byRole(then, (path) => moved.get(path) ?? path)
  const found = new Map<Query, Query>()
  for (const [role, queries] of byRole(now, (path) => path)) {
    const others = before.get(role) ?? []
    const fresh = queries.filter(({ changed, sql }) => changed && !others.some((other) => other.sql === sql))
    const gone = others.filter(({ sql }) => !queries.some((query) => query.sql === sql))
    if (fresh.length === 1 && gone.length === 1 && fresh[0] && gone[0]) found.set(fresh[0], gone[0])
  }
  return found
}

function byRole(queries: readonly Query[], pathOf: (path: string) => string): ReadonlyMap<string, readonly Query[]> {
  const groups = new Map<string, Query[]>()
  for (const query of queries) {
    const table = query.tables.find(({ role }) => role === 'main')?.table
    if (table === undefined || query.sql === null) continue
    const role = JSON.stringify([pathOf(query.place.path), query.context.function, query.operation, table])
    groups.set(role, [...(groups.get(role) ?? []), query])
  }
  return groups
}
