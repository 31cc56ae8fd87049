import type { Rule } from '../../src/engine/rule.ts'
import { large, pool, prismaShop } from '../shared/query-examples.ts'
import type { Query } from '../../src/queries/query.ts'
import { grows, isForOperators, isNewSearch, isSettings, mainTable, rowsOf } from '../shared/query-words.ts'
import { lastName } from '../shared/sql-tree.ts'

export default {
  id: 'no-count-all',
  severity: 'info',
  summary: 'Every row of a large table is counted.',
  why: 'Postgres keeps no number of rows: a count without a condition reads the whole table or a whole index each time.',
  fix: 'Show an estimate (`reltuples` of `pg_class`), count once and keep the number, or ask whether there is one more page.',
  references: [
    'https://www.postgresql.org/docs/current/functions-aggregate.html',
    'https://wiki.postgresql.org/wiki/Count_estimate',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'no-full-scans',
  bad: [
    { ...prismaShop, rows: large, typescript: `export const total = () => prisma.order.count()`, message: '`orders`' },
    {
      ...prismaShop,
      rows: large,
      typescript: `${pool}\n  export const total = () => pool.query('SELECT count(*) FROM orders')`,
      message: '`orders`',
    },
  ],
  good: [
    {
      ...prismaShop,
      title: 'The number is kept for a while.',
      rows: large,
      typescript: `import memoize from 'memoizee'\n  export const total = memoize(async () => prisma.order.count(), { maxAge: 60_000 })`,
    },
    {
      ...prismaShop,
      title: 'A page that only those who run the service open.',
      rows: large,
      files: {
        'src/admin/page.ts': `import { prisma } from '../db'\n  export const total = () => prisma.order.count()`,
      },
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.count({ where: { userId } })`,
    },
    {
      given: `create table app_settings (id int primary key, "maxUsers" int not null);`,
      rows: { '*': 5_000_000 },
      title: 'What somebody configures for the whole, of a size that nobody says.',
      typescript: `${pool}\n  export const total = () => pool.query('SELECT count(*) FROM app_settings')`,
    },
    { ...prismaShop, title: 'The size is not known.', typescript: `export const total = () => prisma.order.count()` },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        query.dynamic ||
        !isNewSearch(query) ||
        query.predicates.length > 0 ||
        query.filtered === true ||
        query.cached === true ||
        isForOperators(query.place.path)
      )
        return
      if (
        !(['count', '$count'].includes(query.call) || countsAll(query)) ||
        (ctx.size(table.key) !== 'large' && ctx.size(table.key) !== 'medium')
      )
        return
      // Of a table that nobody says the size of, and whose rows belong to nobody, it is not known that it grows.
      if (isSettings(table, ctx) || (!ctx.isSized(table.key) && !grows(table))) return
      return {
        object: table.key,
        message: `All rows of \`${ctx.name(table.key)}\`${rowsOf(ctx, table.key)} are counted each time.`,
      }
    },
  },
} satisfies Rule

/** `SELECT count(*) FROM t`, and nothing else. */
function countsAll({ statement }: Query): boolean {
  if (statement === undefined || !('SelectStmt' in statement.node)) return false
  const { targetList = [], fromClause = [], whereClause, groupClause, havingClause } = statement.node.SelectStmt
  const [target] = targetList
  if (targetList.length !== 1 || target === undefined || !('ResTarget' in target)) return false
  let value = target.ResTarget.val
  while (value !== undefined && 'TypeCast' in value) value = value.TypeCast.arg
  return (
    value !== undefined &&
    'FuncCall' in value &&
    lastName(value.FuncCall.funcname) === 'count' &&
    value.FuncCall.agg_filter === undefined &&
    fromClause.length === 1 &&
    fromClause.every((from) => 'RangeVar' in from) &&
    whereClause === undefined &&
    groupClause === undefined &&
    havingClause === undefined
  )
}
