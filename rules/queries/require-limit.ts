import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { drizzleImports, drizzleShop, large, pool, prismaShop, sqliteShelf } from '../shared/query-examples.ts'
import type { Query } from '../../src/queries/query.ts'
import { growsWithTime } from '../shared/growing.ts'
import {
  byClient,
  bySize,
  callOf,
  isNewSearch,
  isArranged,
  isForOperators,
  isSettings,
  mainTable,
  rowsOf,
  growsWithUsers,
} from '../shared/query-words.ts'

export default {
  id: 'require-limit',
  severity: 'warning',
  summary: 'A query loads a whole table into the memory of the application.',
  why: `Nothing bounds the number of rows: the query has no condition and no limit. It works while the table is small; later each call reads, sends and
    holds all of it, and the process ends with an error of memory.`,
  fix: 'Take a page (`take` and `cursor`, `limit` and a condition on the last key), or aggregate in the database.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/queries/pagination',
    'https://orm.drizzle.team/docs/select#limit--offset',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'no-full-scans',
  bad: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const all = () => prisma.order.findMany()`,
      message: '`findMany` loads all of `orders`',
    },
    {
      ...prismaShop,
      typescript: `export const all = () => prisma.order.findMany({ orderBy: { id: 'asc' } })`,
      severity: 'info',
    },
    {
      ...drizzleShop,
      rows: large,
      typescript: `${drizzleImports}\n  export const all = () => db.select().from(orders)`,
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `${pool}\n  export const all = () => pool.query('SELECT id, status FROM orders ORDER BY id')`,
      message: '`query` loads all of `orders`',
    },
    {
      given: `create table a (id bigint primary key, note text); create table b (id bigint primary key, a_id bigint references a);`,
      rows: { a: 5_000_000, b: 9_000_000 },
      title: 'A join of two large tables.',
      typescript: `${pool}\n  export const all = () => pool.query('SELECT b.id, a.note FROM b JOIN a ON a.id = b.a_id')`,
      message: '`b`',
    },
    {
      given: `create table audit_log (id bigint primary key, action text not null, created_at timestamptz not null);`,
      title: 'What gets a row for everything that happens.',
      typescript: `import { Pool } from 'pg'\n  const pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\n  export const all = () => pool.query('SELECT id, action FROM audit_log ORDER BY created_at DESC')`,
      severity: 'info',
    },
  ],
  good: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const page = (after: string) => prisma.order.findMany({ take: 100, skip: 1, cursor: { id: after } })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'The rows of one user.',
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId } })`,
    },
    {
      given: `${prismaShop.given} CREATE TABLE "flags" ("name" TEXT PRIMARY KEY);`,
      title: 'What does not grow with the users, and nobody says that it is large.',
      typescript: `${pool}\n  export const flags = () => pool.query('SELECT name FROM flags')`,
    },
    {
      ...prismaShop,
      title: 'What is loaded at the start is wanted as a whole, where nobody says that it is much.',
      typescript: `export const loadUsers = async () => new Map((await prisma.user.findMany()).map((user) => [user.id, user]))`,
    },
    {
      given: `${prismaShop.given} CREATE TABLE "sso_configs" ("domain" TEXT PRIMARY KEY, "provider" TEXT NOT NULL);`,
      rows: { '*': 5_000_000 },
      title: 'What somebody configures for the whole, beside large tables.',
      typescript: `${pool}\n  export const configs = () => pool.query('SELECT domain FROM sso_configs')`,
    },
    {
      given: `${prismaShop.given} CREATE TABLE "boards" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL);`,
      rows: { '*': 5_000_000 },
      title: 'What does not grow with the users, and nobody says of this very table that it is large.',
      typescript: `${pool}\n  export const boards = () => pool.query('SELECT id FROM boards')`,
    },
    {
      ...drizzleShop,
      rows: large,
      title: 'A subquery.',
      typescript: `${drizzleImports}\n  import { inArray } from 'drizzle-orm'\n  export const buyers = () => db.select().from(users).where(inArray(users.id, db.select({ id: orders.userId }).from(orders))).limit(10)`,
    },
    {
      ...prismaShop,
      title: 'The rows of a team, found through another table.',
      typescript: `export const ofTeam = (email: string) => prisma.order.findMany({ where: { user: { email } } })`,
    },
    {
      given: `${prismaShop.given} CREATE TABLE "providers" ("id" INTEGER PRIMARY KEY, "position" INTEGER NOT NULL, "owner" TEXT REFERENCES "users" ("id"));`,
      title: 'A list that somebody arranged by hand, and nobody says that it is long.',
      typescript: `${pool}\n  export const providers = () => pool.query('SELECT id FROM providers ORDER BY position')`,
    },
    {
      title: 'SQLite of unknown size: the rows of one user or one machine, read without a network.',
      ...sqliteShelf,
      typescript: `import Database from 'better-sqlite3'\n  import { drizzle } from 'drizzle-orm/better-sqlite3'\n  import { notes } from './schema'\n  const db = drizzle(new Database('notes.db'))\n  export const all = () => db.select().from(notes).all()`,
    },
    { ...prismaShop, rows: { orders: 200 }, typescript: `export const all = () => prisma.order.findMany()` },
    {
      ...drizzleShop,
      rows: large,
      title: 'One row comes back.',
      typescript: `${drizzleImports}\n  export const total = () => db.select({ highest: sql\`max(\${orders.number})\` }).from(orders)`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'One row or few come back.',
      typescript: `${pool}\n  await pool.query('SELECT max(created_at) FROM orders')\n  await pool.query('SELECT DISTINCT status FROM orders')`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        query.dynamic ||
        !isNewSearch(query) ||
        query.operation !== 'select' ||
        query.limit !== null ||
        query.predicates.some((one) => one.joining !== true) ||
        query.filtered === true
      )
        return
      if (
        !(['findMany', 'select', 'query.findMany'].includes(query.call) || selectsAll(query)) ||
        query.grouped === true ||
        query.cached === true
      )
        return
      // What somebody configures for the whole is read as a whole.
      if (isSettings(table, ctx)) return
      // A join leaves rows out unless both sides are large.
      if (query.tables.some((t) => t.role === 'join' && ctx.size(t.table) !== 'large')) return
      const severity = bySize(ctx, table.key, 'warning')
      if (severity === null) return
      // A table that nobody says the size of, and that grows neither with the users nor with what happens, holds what somebody configures. SQLite holds what one user or one machine has, and is read in the process.
      if (
        !ctx.isSized(table.key) &&
        (ctx.dialect === 'sqlite' || !(growsWithUsers(table) || growsWithTime(table) !== null))
      )
        return
      // What is loaded at the start is wanted as a whole.
      if (
        severity === 'info' &&
        (isArranged(query) ||
          isForOperators(query.place.path) ||
          /^(?:load|init|warm|prime|refresh)(?:[A-Z_]|$)/.test(query.context.function ?? ''))
      )
        return
      return {
        object: table.key,
        severity,
        // Of tables whose size nobody declares, one is enough to say it, and so is one of those that one function loads.
        alike: severity === 'info' ? '' : loadsMore(query, ctx) ? functionOf(query) : table.key,
        help: byClient(query, {
          prisma: 'Take a page, `take: 100` with `cursor`, or aggregate in the database.',
          drizzle: 'Take a page, `.limit(100)` with a condition on the last key, or aggregate in the database.',
          sql: 'Take a page, `WHERE id > $1 ORDER BY id LIMIT 100`, or aggregate in the database.',
        }),
        message: `\`${callOf(query).replace(/ SELECT$/, '')}\` loads all of \`${ctx.name(table.key)}\`${rowsOf(ctx, table.key)} into memory: it has neither a condition nor a limit.`,
      }
    },
  },
} satisfies Rule

/** True where the same function loads another table as a whole, too. */
function loadsMore(query: Query, { queries }: RuleContext): boolean {
  return (
    query.context.function !== null &&
    queries.some(
      (other) =>
        functionOf(other) === functionOf(query) &&
        other.call === query.call &&
        other.predicates.length === 0 &&
        other.limit === null &&
        other.tables[0]?.table !== query.tables[0]?.table,
    )
  )
}

function functionOf({ place, context }: Query): string {
  return `${place.path} ${context.function ?? ''}`
}

/** A SELECT of SQL that returns each row that it finds. */
function selectsAll({ call, statement }: Query): boolean {
  if (!/(?:^| )SELECT$/.test(call) || statement === undefined || !('SelectStmt' in statement.node)) return false
  const { op, fromClause = [], distinctClause, whereClause, withClause, lockingClause } = statement.node.SelectStmt
  return (
    (op ?? 'SETOP_NONE') === 'SETOP_NONE' &&
    fromClause.length === 1 &&
    distinctClause === undefined &&
    whereClause === undefined &&
    withClause === undefined &&
    lockingClause === undefined
  )
}
