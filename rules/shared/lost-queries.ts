import { indexUse } from '../../src/schema/index-use.ts'
import type { Query } from '../../src/queries/query.ts'
import type { Key, Table } from '../../src/schema/model.ts'
import { branchesOf } from './query-words.ts'

/** The queries of the code that an index finds rows for, and nothing does once it is gone. */
export function queriesWithout(
  name: string,
  table: Key,
  was: Table,
  now: Table,
  queries: readonly Query[],
): readonly Query[] {
  return queries.filter((query) => {
    if (
      query.dynamic ||
      query.context.file !== 'source' ||
      query.tables[0]?.table !== table ||
      query.predicates.some((p) => p.joining === true)
    )
      return false
    return branchesOf(query).some((branch) => {
      if (branch.some((p) => p.table !== table)) return false
      const before = indexUse(was, branch)
      const after = indexUse(now, branch)
      return (
        before.verdict === 'served' &&
        before.path.name === name &&
        (after.verdict === 'none' || after.verdict === 'later')
      )
    })
  })
}
