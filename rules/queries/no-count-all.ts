import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { drizzleImports, drizzleShop, large, pool, prismaShop } from '../shared/query-examples.ts'
import type { Query } from '../../src/queries/query.ts'
import { grows, isForOperators, isNewSearch, isSettings, mainTable, rowsOf } from '../shared/query-words.ts'
import { lastName } from '../shared/sql-tree.ts'

export default {
  id: 'no-count-all',
  severity: 'info',
  summary: 'Every row of a large table is counted or grouped.',
  why: 'Postgres keeps no number of rows: a count or a sum without a condition reads the whole table or a whole index each time.',
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
    {
      ...prismaShop,
      rows: large,
      typescript: `export const perStatus = () => prisma.order.groupBy({ by: ['status'], _count: true })`,
      message: 'are read each time to group them',
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `${pool}\n  export const perStatus = () => pool.query('SELECT status, count(*) FROM orders GROUP BY status')`,
      message: 'are read each time to group them',
    },
    {
      ...drizzleShop,
      rows: large,
      typescript: `${drizzleImports}\n  export const perStatus = () => db.select({ status: orders.status, total: sql\`count(*)\` }).from(orders).groupBy(orders.status)`,
      message: 'are read each time to group them',
    },
  ],
  good: [
    {
      ...drizzleShop,
      title: 'The highest number stands at the end of an index.',
      rows: large,
      typescript: `${drizzleImports}\n  import { max } from 'drizzle-orm'\n  export const last = () => db.select({ last: max(orders.number) }).from(orders)`,
    },
    {
      ...drizzleShop,
      title: 'A materialized view is grouped when it is refreshed.',
      rows: large,
      typescript: `${drizzleImports}\n  import { pgMaterializedView } from 'drizzle-orm/pg-core'\n  export const perStatus = pgMaterializedView('orders_per_status').as((qb) => qb.select({ status: orders.status, total: sql\`count(*)\`.as('total') }).from(orders).groupBy(orders.status))`,
    },
    {
      ...prismaShop,
      title: 'Rows of one owner are grouped, and the newest of all stands at the end of an index.',
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.groupBy({ by: ['status'], where: { userId }, _count: true })\n  export const newest = () => prisma.order.aggregate({ _max: { createdAt: true } })`,
    },
    {
      ...prismaShop,
      title: 'The rows that the same statement adds are counted.',
      rows: large,
      typescript: `${pool}\n  export const add = (ids: string[]) => pool.query('WITH added AS (INSERT INTO orders (id) SELECT unnest($1::text[]) RETURNING id) SELECT count(*) FROM added', [ids])`,
    },
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
      const groups = groupsAll(query)
      // The lowest and the highest stand at the ends of an index.
      if (query.client === 'drizzle' && /\b(?:max|min)\(/.test(query.text ?? '') && !/\bcount\(/.test(query.text ?? ''))
        return
      if (
        !(['count', '$count'].includes(query.call) || countsAll(query) || groups) ||
        (ctx.size(table.key) !== 'large' && ctx.size(table.key) !== 'medium')
      )
        return
      // Of a table that nobody says the size of, and whose rows belong to nobody, it is not known that it grows.
      if (isSettings(table, ctx) || (!ctx.isSized(table.key) && !grows(table))) return
      return {
        object: table.key,
        // Lists with their number are made alike in a whole service: it is said once.
        alike: groups ? table.key : (helpOf(query, ctx).help ?? ''),
        message: `All rows of \`${ctx.name(table.key)}\`${rowsOf(ctx, table.key)} are ${groups ? 'read each time to group them' : sumsUp(query) ? 'read each time to sum them up' : 'counted each time'}.`,
        ...(groups ? {} : helpOf(query, ctx)),
        ...(groups
          ? { help: 'Keep the numbers of each group in a table or a materialized view, or group only rows of a time.' }
          : {}),
      }
    },
  },
} satisfies Rule

/** True for sums and means of all rows beside no number of them. */
function sumsUp({ text = '', call }: Query): boolean {
  return /\b(?:sum|avg)\(/i.test(text) && !/\bcount\(/i.test(text === '' ? call : text)
}

/** What takes the place of the count; nothing where the words of the rule stand. */
function helpOf(query: Query, ctx: RuleContext): { readonly help?: string } {
  const behind =
    ctx
      .text(query.place.path)
      ?.text.split('\n')
      .slice(query.place.line - 1, query.place.endLine + 4) ?? []
  // A condition of the one number that is counted is none that an index serves.
  const filters = query.text?.match(/\bfilter\s*\(\s*where\b/gi) ?? []
  const numbers = query.text?.match(/\b(?:count|sum|avg|min|max)\s*\(/gi) ?? []
  if (filters.length === 1 && numbers.length === 1)
    return { help: 'Put the condition of `FILTER` into `WHERE`, where an index serves it.' }
  const next = new RegExp(`\\b${(query.variable ?? '').replaceAll('$', '\\$')}\\b[^;\\n+]*\\+\\s*1\\b`)
  if (query.variable != null && query.variable !== '{}' && next.test(behind.join('\n')))
    return {
      help: `Take the next number from ${ctx.dialect === 'postgresql' ? 'a sequence (`CREATE SEQUENCE …`, `nextval(…)`)' : 'a counter of its own'}: two requests at once count the same rows, and after a row is deleted a number comes again.`,
    }
  return ctx.dialect === 'postgresql'
    ? {}
    : { help: 'Count once and keep the number, or ask whether there is one more page.' }
}

/** True for groups of all rows of one table. */
function groupsAll({ call, client, grouped, limit, statement, tables }: Query): boolean {
  if (client === 'prisma' && call === 'groupBy') return true
  if (client === 'drizzle' && statement === undefined) return grouped === true && limit === null && tables.length === 1
  if (statement === undefined || !('SelectStmt' in statement.node)) return false
  const { fromClause = [], groupClause = [], whereClause, limitCount, withClause } = statement.node.SelectStmt
  return (
    withClause === undefined &&
    groupClause.length > 0 &&
    fromClause.length === 1 &&
    fromClause.every((from) => 'RangeVar' in from) &&
    whereClause === undefined &&
    limitCount === undefined
  )
}

/** `SELECT count(*) FROM t`, and nothing else. */
function countsAll({ statement }: Query): boolean {
  if (statement === undefined || !('SelectStmt' in statement.node)) return false
  const {
    targetList = [],
    fromClause = [],
    whereClause,
    groupClause,
    havingClause,
    withClause,
  } = statement.node.SelectStmt
  const [target] = targetList
  if (targetList.length !== 1 || target === undefined || !('ResTarget' in target)) return false
  let value = target.ResTarget.val
  while (value !== undefined && 'TypeCast' in value) value = value.TypeCast.arg
  return (
    withClause === undefined &&
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
