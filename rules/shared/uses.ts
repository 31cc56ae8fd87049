import type { RuleContext } from '../../src/engine/rule.ts'
import type { ColumnUse, Query } from '../../src/queries/query.ts'
import type { Place } from '../../src/location.ts'
import type { Key } from '../../src/schema/model.ts'
import { at } from './query-words.ts'

/** A migration that is written in code, in a file or folder with a date or number in front: it runs at its place in the history, not in the application. */
const codeOfMigration = /(?:^|\/)(?:\d{8,}|migrations?\/(?:[^/]+\/)*\d{3,})[-_]/

/** True for code that runs against the schema of the head tree: neither a test nor a migration. */
export function runsNow(query: Query): boolean {
  return query.context.file !== 'test' && !codeOfMigration.test(query.place.path)
}

/** Where code of the head tree, tests and migrations aside, names a column of a table; or the table itself, where the column is null. */
export function usesOf(
  ctx: Pick<RuleContext, 'queries'>,
  table: Key,
  column: string | null,
): readonly { readonly query: Query; readonly use: ColumnUse }[] {
  const found: { query: Query; use: ColumnUse }[] = []
  const seen = new Set<string>()
  for (const query of ctx.queries) {
    if (!runsNow(query)) continue
    const own = (query.columns ?? []).filter((use) => use.table === table)
    // Where a query names the table, its columns say no more of it.
    const named = own.filter((use) => use.column === column)
    for (const use of column === null && named.length === 0 ? own : named) {
      const place = at(use.place)
      if (seen.has(place)) continue
      seen.add(place)
      found.push({ query, use })
    }
  }
  return found
}

/** `` `src/a.ts:12` ``, with how many more there are. */
export function placesIn(uses: readonly { readonly use: { readonly place: Place } }[], most = 3): string {
  const shown = uses.slice(0, most).map(({ use }) => `\`${at(use.place)}\``)
  const more = uses.length - shown.length
  const last = more > 0 ? `${more} more` : shown.pop()
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last ?? ''}`
}

/** The places as a list, for the help of a finding. */
export function placeList(uses: readonly { readonly use: ColumnUse }[]): string {
  const verbs = {
    read: 'reads it',
    write: 'writes it',
    filter: 'filters by it',
    order: 'sorts by it',
    join: 'joins by it',
  }
  return uses
    .slice(0, 20)
    .map(({ use }) => `- \`${at(use.place)}\` ${verbs[use.use]}`)
    .join('\n')
}
