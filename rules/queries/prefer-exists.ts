import type { SelectStmt } from 'libpg-query'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import type { Table } from '../../src/schema/model.ts'
import { pool, sqlShop } from '../shared/query-examples.ts'
import { isNewSearch, matchesOne } from '../shared/query-words.ts'
import { columnRef, selectsOf, sourcesOf, walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'prefer-exists',
  severity: 'info',
  summary: 'A join multiplies rows that DISTINCT then takes away, where EXISTS would ask whether there is one.',
  why: 'The join builds a row for each match and DISTINCT sorts or hashes all of them to drop the copies. EXISTS stops at the first match.',
  fix: 'Replace the join by `WHERE EXISTS (SELECT 1 FROM … WHERE …)` and leave out DISTINCT.',
  references: ['https://www.postgresql.org/docs/current/functions-subquery.html#FUNCTIONS-SUBQUERY-EXISTS'],
  sources: [],
  checklist: 'joins-vs-subqueries',
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const buyers = (s: string) => pool.query('SELECT DISTINCT u.id, u.email FROM users u JOIN orders o ON o.user_id = u.id WHERE o.number = $1', [s])`,
      message: '`o`',
    },
  ],
  good: [
    {
      ...sqlShop,
      title: 'Several rows have the same name, with the join and without it.',
      typescript: `${pool}\n  export const names = (s: string) => pool.query('SELECT DISTINCT u.name FROM users u JOIN orders o ON o.user_id = u.id WHERE o.number = $1', [s])`,
    },
    {
      ...sqlShop,
      title: 'A join along a key finds one row for each, and what a WITH part holds may have copies of its own.',
      typescript: `${pool}\n  export const buyers = (s: string) => pool.query('SELECT DISTINCT o.status FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = $1', [s])\n  export const recent = (t: Date) => pool.query('WITH recent AS (SELECT user_id AS id FROM orders WHERE created_at > $1) SELECT DISTINCT r.id FROM recent r JOIN users u ON u.plan = r.plan', [t])`,
    },
    {
      ...sqlShop,
      typescript: `${pool}\n  export const buyers = (s: string) => pool.query('SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.number = $1) AND u.email = $1', [s])\n  export const pairs = (s: string) => pool.query('SELECT DISTINCT u.id, o.status FROM users u JOIN orders o ON o.user_id = u.id WHERE u.email = $1', [s])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (!isNewSearch(query)) return
      if (query.client === 'drizzle' && query.call === 'selectDistinct') {
        const joined = multiplying(query, ctx)
        return joined === null
          ? null
          : {
              object: query.tables[0]?.table ?? '',
              message: `The join with \`${joined}\` makes copies of rows of \`${ctx.name(query.tables[0]?.table ?? '')}\` that DISTINCT takes away again.`,
              help: 'Replace the join by `exists(db.select(…).from(…).where(…))` and take `select` in place of `selectDistinct`.',
            }
      }
      for (const select of selectsOf(query)) {
        const plain = select.distinctClause?.length === 1 && Object.keys(select.distinctClause[0] ?? {}).length === 0
        const tables = sourcesOf(select)
        const sources = [...tables.keys()]
        if (
          !plain ||
          sources.length !== 2 ||
          select.groupClause !== undefined ||
          !JSON.stringify(select.fromClause ?? []).includes('"JOIN_INNER"')
        )
          continue
        const chosen = (select.targetList ?? []).map((t) =>
          'ResTarget' in t ? (columnRef(t.ResTarget.val)?.qualifier ?? null) : null,
        )
        const only = chosen[0]
        const columns = (select.targetList ?? []).flatMap((t) =>
          'ResTarget' in t ? (columnRef(t.ResTarget.val)?.name ?? []) : [],
        )
        if (only == null || chosen.some((n) => n !== only)) continue
        const sorted = (select.sortClause ?? []).map((s) =>
          'SortBy' in s ? (columnRef(s.SortBy.node)?.qualifier ?? only) : only,
        )
        const other = sources.find((s) => s !== only)
        if (other === undefined || sorted.some((s) => s !== only)) continue
        const named = (alias: string): Table | undefined =>
          [...ctx.after.tables.values()].find(({ name }) => name === tables.get(alias))
        const joined = named(other)
        // Copies are made only by a table of which several rows may match, and of rows that had none.
        const own = named(only)
        if (joined === undefined || own === undefined || matchesOne(joined, comparedOf(select, other))) continue
        // Without a key of its own several rows of the table look alike, and DISTINCT is there for them.
        if (!matchesOne(own, columns)) continue
        return {
          object: query.tables[0]?.table ?? '',
          message: `The join with \`${other}\` makes copies of rows of \`${only}\` that DISTINCT takes away again.`,
        }
      }
    },
  },
} satisfies Rule

/** The only table that Drizzle joins, where it gives no column and may match several times; null for anything else. */
function multiplying({ tables, joins, columns = [], ordering, text = '' }: Query, ctx: RuleContext): string | null {
  const [main, other, ...more] = tables
  if (main === undefined || other === undefined || more.length > 0 || !/\.innerJoin\(/.test(text)) return null
  const own = ctx.after.tables.get(main.table)
  const joined = ctx.after.tables.get(other.table)
  const gives = columns.some((c) => c.table === other.table && c.use === 'read' && c.column !== null)
  if (own === undefined || joined === undefined || gives || ordering.some((o) => o.table !== main.table)) return null
  const by = joins.flatMap((j) => (j.to === joined.key ? j.toColumns : j.from === joined.key ? j.fromColumns : []))
  if (by.length === 0 || matchesOne(joined, by) || !matchesOne(own, main.columns ?? [])) return null
  return ctx.name(joined.key)
}

/** Columns of a source that a SELECT compares with `=`. */
function comparedOf(select: SelectStmt, alias: string): readonly string[] {
  const found: string[] = []
  walkTree([select.fromClause ?? [], select.whereClause], (kind, value) => {
    if (kind !== 'A_Expr' || !JSON.stringify(value['name']).includes('"="')) return kind !== 'SelectStmt'
    for (const side of [value['lexpr'], value['rexpr']]) {
      const column = columnRef(side as Parameters<typeof columnRef>[0])
      if (column?.qualifier === alias) found.push(column.name)
    }
    return false
  })
  return found
}
