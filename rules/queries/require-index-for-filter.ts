import type { Rule } from '../../src/engine/rule.ts'
import { indexUse, isIndexable } from '../../src/schema/index-use.ts'
import { drizzleImports, drizzleShop, large, pool, prismaShop, sqlShop } from '../shared/query-examples.ts'
import {
  branchesOf,
  bySize,
  indexAdvice,
  indexStatement,
  inService,
  listed,
  mainTable,
  rowsOf,
} from '../shared/query-words.ts'

export default {
  id: 'require-index-for-filter',
  severity: 'warning',
  summary: 'A query filters a table by columns that no index begins with, so that every run reads the whole table.',
  why: `Without an index that begins with one of the columns in WHERE, Postgres reads every row to find the ones that are meant. That is fast on the
    laptop and slow in production, and it gets slower with every row. Partial, expression and composite indexes count here as far as they serve the query.`,
  fix: 'Create an index that begins with the columns that are compared with `=`, followed by the one that is compared with a range or sorted by.',
  references: [
    'https://www.postgresql.org/docs/current/indexes-multicolumn.html',
    'https://www.prisma.io/docs/orm/prisma-schema/data-model/indexes',
    'https://orm.drizzle.team/docs/indexes-constraints',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const open = () => prisma.order.findMany({ where: { status: 'open' }, take: 50 })`,
      message: '`orders` is filtered by `status`, which no index begins with',
    },
    {
      ...prismaShop,
      title: 'The size of the table is not known: information.',
      typescript: `export const open = () => prisma.order.findMany({ where: { status: 'open' }, take: 50 })`,
      severity: 'info',
    },
    {
      ...drizzleShop,
      rows: large,
      typescript: `${drizzleImports}\n  export const open = () => db.select().from(orders).where(and(eq(orders.status, 'open'), eq(orders.note, 'x'))).limit(10)`,
      message: '`status` and `note`',
    },
    {
      ...sqlShop,
      rows: large,
      typescript: `${pool}\n  export const byName = (name: string) => pool.query('SELECT id FROM users WHERE name = $1', [name])`,
      message: '`users` is filtered by `name`',
    },
    {
      ...prismaShop,
      rows: large,
      title: 'One of two alternatives without an index reads the whole table.',
      typescript: `export const find = (number: number, note: string) => prisma.order.findMany({ where: { OR: [{ number }, { note }] }, take: 50 })`,
      message: '`note`',
    },
    {
      title: 'The schema is in the diff: the suggestion declares the index there.',
      given: prismaShop.given,
      rows: large,
      prisma: {
        before: prismaShop.prisma.before,
        after: prismaShop.prisma.before.replace('note      String?', 'note      String?\n    city      String?'),
      },
      typescript: `export const from = (city: string) => prisma.order.findMany({ where: { city }, take: 50 })`,
      message: '`city`',
    },
  ],
  good: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId, status: 'open' }, take: 50 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Each alternative has an index.',
      typescript: `export const find = (number: number, userId: string) => prisma.order.findMany({ where: { OR: [{ number }, { userId }] }, take: 50 })`,
    },
    {
      ...prismaShop,
      rows: { orders: 500 },
      title: 'A small table.',
      typescript: `export const open = () => prisma.order.findMany({ where: { status: 'open' }, take: 50 })`,
    },
    {
      given: `create table events (id bigint primary key, session text, kind text not null, at timestamptz); create index on events (at); create index on events (kind);`,
      rows: { events: 5_000_000 },
      title: 'A subquery in an OR is looked up for each row: an index on the column would not be read.',
      typescript: `${pool}\n  await pool.query("DELETE FROM events WHERE (at IS NOT NULL AND session IN (SELECT session FROM events WHERE kind = 'end')) OR at < $1", [when])`,
    },
    {
      given: `create table jobs (id bigint primary key, state text not null, email text); create index on jobs (state) where state = 'waiting'; create index on jobs (lower(email));`,
      rows: { jobs: 5_000_000 },
      title: 'A partial index and one on an expression.',
      typescript: `${pool}\n  await pool.query("SELECT id FROM jobs WHERE state = 'waiting' LIMIT 10")\n  await pool.query('SELECT id FROM jobs WHERE lower(email) = $1', [email])`,
      severity: 'info',
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        !table.complete ||
        query.dynamic ||
        !inService(query) ||
        query.operation === 'insert' ||
        ctx.project.dialect !== 'postgresql'
      )
        return
      if (query.predicates.length === 0 || query.predicates.some((p) => p.joining === true && p.table !== table.key))
        return
      const severity = bySize(ctx, table.key, 'warning')
      if (severity === null) return
      const branches = branchesOf(query)
      for (const branch of branches) {
        const own = branch.filter((p) => p.table === table.key)
        // A condition on a joined table may be where Postgres begins.
        if (own.length !== branch.length) return
        const use = indexUse(table, own)
        if (use.verdict !== 'none' && !(use.verdict === 'later' && ctx.postgres < 18)) continue
        const columns = own.filter(isIndexable)
        if (columns.every((p) => isCoarse(p.column ?? '', p.operator))) continue
        if (own.some((p) => p.expression !== null)) continue
        const ordered = query.ordering.length > 0 && query.limit !== null
        const equal = columns
          .filter((p) => p.operator === '=' || p.operator === 'in' || p.operator === 'is null')
          .map((p) => p.column ?? '')
        const ranged = columns.filter((p) => !equal.includes(p.column ?? '')).map((p) => p.column ?? '')
        const keys = equal.filter((c) => !isFlag(c))
        // A flag beside a key makes an index for each flag that is asked for, and few rows less to read.
        const wanted = [...new Set([...(keys.length > 0 ? keys : equal), ...ranged.slice(0, 1)])].slice(0, 3)
        const names = listed(columns.map((p) => p.column ?? ''))
        const which =
          use.verdict === 'later'
            ? `${names}, which stands behind \`${use.leading}\` in \`${use.path.name}\``
            : new Set(columns.map((p) => p.column)).size > 1
              ? `${names}, and no index begins with one of them`
              : `${names}, which no index begins with`
        const { help, offer } = indexAdvice(table, wanted, ctx)
        return {
          object: table.key,
          expects: 'scan',
          index: indexStatement(table, wanted, ctx),
          severity:
            use.verdict === 'later' || (ordered && severity !== 'info' && branches.length === 1 && orderedByIndex())
              ? 'info'
              : severity,
          message: `\`${ctx.name(table.key)}\` is filtered by ${which}: each run reads the whole table${rowsOf(ctx, table.key)}.`,
          help: `Create an index for it:\n\n${help}`,
          ...offer,
        }
      }

      function orderedByIndex(): boolean {
        const first = query.ordering[0]
        return (
          first !== undefined &&
          [table?.primaryKey?.columns[0], ...(table?.indexes.map((i) => i.keys[0]?.column) ?? [])].includes(
            first.column,
          )
        )
      }

      function isFlag(column: string): boolean {
        const type = table?.columns.find((c) => c.name === column)?.type ?? ''
        return type === 'boolean' || ctx.after.enums.has(`${ctx.after.defaultSchema}.${type.replaceAll('"', '')}`)
      }

      function isCoarse(column: string, operator: string): boolean {
        return operator === 'is null' || isFlag(column)
      }
    },
  },
} satisfies Rule
