import type { Node } from 'libpg-query'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import type { Table } from '../../src/schema/model.ts'
import { drizzleImports, drizzleShop, pool, sqlShop } from '../shared/query-examples.ts'
import { columnRef, selectsOf, sourcesOf, tablesOf } from '../shared/sql-tree.ts'
import { ident } from '../shared/sql.ts'
import { uniquesOf } from '../shared/unique-keys.ts'

export default {
  id: 'require-order-with-distinct-on',
  severity: 'warning',
  summary: '`DISTINCT ON` without an order keeps any row of each group.',
  why: 'Postgres keeps the first row of each group. Without ORDER BY which one comes first changes with the plan, the data and the version.',
  fix: 'Sort by the columns of `DISTINCT ON` and then by what decides: `ORDER BY user_id, created_at DESC`.',
  references: ['https://www.postgresql.org/docs/current/sql-select.html#SQL-DISTINCT'],
  sources: [],
  bad: [
    {
      ...sqlShop,
      typescript: `${pool}\n  export const last = (id: string) => pool.query('SELECT DISTINCT ON (user_id) user_id, number FROM orders WHERE user_id = $1', [id])`,
      message: '`orders`',
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const last = (id: string) => db.selectDistinctOn([orders.userId]).from(orders).where(eq(orders.userId, id))`,
    },
  ],
  good: [
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const last = (id: string) => db.selectDistinctOn([orders.userId]).from(orders).where(eq(orders.userId, id)).orderBy(orders.userId, orders.createdAt)`,
    },
    {
      ...sqlShop,
      typescript: `${pool}\n  export const last = (id: string) => pool.query('SELECT DISTINCT ON (user_id) user_id, number FROM orders WHERE user_id = $1 ORDER BY user_id, created_at DESC', [id])`,
    },
    {
      ...sqlShop,
      title: 'A key has one row, so there is nothing to choose.',
      typescript: `${pool}\n  export const some = (id: string) => pool.query('SELECT DISTINCT ON (id) id, number FROM orders WHERE user_id = $1 LIMIT 5', [id])`,
    },
    {
      ...drizzleShop,
      title: 'Nor where only columns of that row are asked for.',
      typescript: `${drizzleImports}\n  export const some = (id: string) => db.selectDistinctOn([users.id], { id: users.id, email: users.email }).from(users).innerJoin(orders, eq(orders.userId, users.id)).where(eq(users.id, id)).limit(5)`,
    },
    {
      ...sqlShop,
      title: 'Nothing is taken of a row but what all of its group have.',
      typescript: `${pool}\n  export const users = (id: string) => pool.query('WITH own AS (SELECT user_id, number FROM orders WHERE user_id = $1), each AS (SELECT DISTINCT ON (o.user_id) o.user_id FROM own o) SELECT id FROM users WHERE id IN (SELECT user_id FROM each)', [id])`,
    },
    {
      ...sqlShop,
      title: 'Each group is one row.',
      typescript: `${pool}\n  export const counts = (id: string) => pool.query('SELECT DISTINCT ON (status) status, count(*) FROM orders WHERE user_id = $1 GROUP BY status', [id])`,
    },
    {
      ...drizzleShop,
      title: 'Each group of Drizzle is one row, too.',
      typescript: `${drizzleImports}\n  import { count } from 'drizzle-orm'\n  export const counts = (id: string) => db.selectDistinctOn([orders.status], { status: orders.status, number: count() }).from(orders).where(eq(orders.userId, id)).groupBy(orders.status)`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (query.context.file === 'test' || query.familiar === true) return
      const chance = (of: string): Problem => ({
        object: query.tables[0]?.table ?? '',
        message: `Which row of \`${of}\` stays in each group of \`DISTINCT ON\` is left to chance: there is no ORDER BY.`,
      })
      if (query.call === 'selectDistinctOn') {
        const isDecided =
          query.dynamic ||
          /\.orderBy\(/.test(query.text ?? '') ||
          groupsByKey(query) ||
          isOfOneRow(query, drizzleKey(query), ctx)
        return isDecided ? null : chance(ctx.name(query.tables[0]?.table ?? ''))
      }
      for (const select of selectsOf(query)) {
        const keys = (select.distinctClause ?? []).filter((item) => Object.keys(item).length > 0)
        if (keys.length === 0 || (select.sortClause?.length ?? 0) > 0) continue
        const names = keys.map((item) => columnRef(item)?.name)
        const areKeys = (items: readonly (Node | undefined)[]): boolean =>
          items.length > 0 &&
          items.map((item) => columnRef(item)?.name).every((name) => name !== undefined && names.includes(name))
        // Each group is one row, or all that is taken of it is alike.
        const taken = (select.targetList ?? []).map((item) => ('ResTarget' in item ? item.ResTarget.val : undefined))
        if (areKeys(select.groupClause ?? []) || areKeys(taken)) continue
        const [source] = sourcesOf(select).values()
        const isPlain = select.fromClause?.length === 1 && 'RangeVar' in (select.fromClause[0] ?? {})
        if (source === undefined || (isPlain && isOfOneRow(query, names, ctx))) continue
        const [table] = tablesOf(select, query, ctx.after)
        const order = keys.map((item) => printed(item))
        return {
          ...chance(table === undefined ? source : ctx.name(table.key)),
          ...(order.includes(null)
            ? {}
            : {
                help: `Sort by the columns of \`DISTINCT ON\`, then by what decides: \`ORDER BY ${order.join(', ')}, …\`.`,
              }),
        }
      }
    },
  },
} satisfies Rule

/** A column as the query names it; null for anything else. */
function printed(item: Node): string | null {
  const column = columnRef(item)
  if (column === null) return null
  return `${column.qualifier === null ? '' : `${ident(column.qualifier)}.`}${ident(column.name)}`
}

/** True where a group has one row for each value of `selectDistinctOn` already. */
function groupsByKey({ text = '' }: Query): boolean {
  const columns = (list = ''): string[] => list.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]))
  const keys = columns(/selectDistinctOn\(\s*\[([^\]]*)\]/.exec(text)?.[1])
  const groups = columns(/\.groupBy\(([^()]*)\)/.exec(text)?.[1])
  return groups.length > 0 && groups.every((one) => keys.includes(one))
}

/** True where the columns of `DISTINCT ON` are a key of the one table that is read, or of the table that all that is read belongs to. */
function isOfOneRow(query: Query, names: readonly (string | undefined)[] | null, ctx: RuleContext): boolean {
  const [main, ...others] = query.tables
  const table = ctx.after.tables.get(main?.table ?? '')
  if (!table || names === null || (others.length > 0 && query.call !== 'selectDistinctOn')) return false
  const columns = names.map((name) => table.columns.find((c) => c.name === name || c.property === name)?.name)
  return keysOf(table).some((key) => key.every((column) => columns.includes(column)))
}

/** The columns of each key; of one that takes NULLs several rows are alike. */
function keysOf(table: Table): readonly (readonly string[])[] {
  const isFilled = (name: string) => table.columns.find((column) => column.name === name)?.nullable === false
  const uniques = uniquesOf(table).map(({ columns }) => columns)
  return [...(table.primaryKey ? [table.primaryKey.columns] : []), ...uniques.filter((key) => key.every(isFilled))]
}

/** The properties that `selectDistinctOn` is given; null where what is selected beside them may be of another row. */
function drizzleKey({ text = '', tables }: Query): readonly string[] | null {
  const [, key, selected] = /selectDistinctOn\(\s*\[([^\]]*)\]\s*(?:,\s*(\{[^{}()]*\})\s*)?,?\s*\)/.exec(text) ?? []
  const members = [...(key ?? '').matchAll(/(\w+)\.(\w+)/g)]
  const owner = members[0]?.[1]
  if (owner === undefined || members.some(([, of]) => of !== owner)) return null
  const isOfOwner = [...(selected ?? '').matchAll(/:\s*(\w+)\.\w+/g)].every(([, of]) => of === owner)
  return (tables.length === 1 && selected === undefined) || (selected !== undefined && isOfOwner)
    ? members.map(([, , property]) => property ?? '')
    : null
}
