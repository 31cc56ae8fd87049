import type { RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Key, type View } from '../../src/schema/model.ts'
import { outsideTransaction } from './outside-transaction.ts'
import { ident, idents, sql, sqlName } from './sql.ts'
import { withSuffix } from './names.ts'

/** How to make a unique index over all rows of a materialized view, with its columns where its query tells them: those of GROUP BY, or the key of the one table that it reads. */
export function uniqueIndexHelp(of: Key, view: View | undefined, ctx: RuleContext): string {
  const columns = view ? keyColumns(view, ctx) : null
  const isNew = ctx.steps.some(({ changes }) =>
    changes.some((change) => change.kind === 'createView' && change.object === of),
  )
  const name = ident(withSuffix(`${nameOf(of)}_${columns?.join('_')}`, '_idx'))
  return columns === null
    ? 'A unique index over columns that tell its rows apart, without WHERE, makes it work.'
    : `It wants a unique index over all rows${isNew ? '' : `; ${outsideTransaction(ctx).how}`}:\n${sql(`CREATE UNIQUE INDEX ${isNew ? '' : 'CONCURRENTLY '}${name} ON ${sqlName(of, ctx)} (${idents(columns)});`)}`
}

function keyColumns(view: View, ctx: RuleContext): readonly string[] | null {
  const query = (view.definition ?? '').replace(/\s+/g, ' ').replace(/;? *$/, '')
  const has = (names: readonly string[]) => names.length > 0 && names.every((name) => view.columns?.includes(name))
  if (/\b(?:union|intersect|except|distinct|lateral|unnest)\b/i.test(query)) return null
  const grouped = /\bgroup by ([\w$"., ]+?)(?: having .*| order by .*| limit .*)?$/i.exec(query)?.[1]
  if (grouped !== undefined) {
    const names = grouped.split(',').map((part) => part.trim().replace(/^.*\./, '').replaceAll('"', ''))
    return has(names) ? names : null
  }
  // Aggregates of all rows are one row, which any of them tells apart.
  const items = /^select (.+?) from /i.exec(query)?.[1]?.split(/,(?![^(]*\))/) ?? []
  const [only] = view.columns ?? []
  if (
    only !== undefined &&
    items.length > 0 &&
    items.every((item) => /^ *(?:count|sum|min|max|avg)\(/i.test(item)) &&
    !/\bgroup by\b/i.test(query)
  )
    return [only]
  if (/\b(?:join|group)\b|\bfrom [\w$".]+(?: \w+)?,/i.test(query) || view.reads.length !== 1) return null
  const key = (ctx.step?.before ?? ctx.after).tables.get(view.reads[0]?.table ?? '')?.primaryKey?.columns ?? []
  return has(key) ? key : null
}
