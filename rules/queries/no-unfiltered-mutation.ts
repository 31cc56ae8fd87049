import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { drizzleImports, drizzleShop, pool, prismaShop, sqlShop } from '../shared/query-examples.ts'
import { callOf, mainTable, standsAlone } from '../shared/query-words.ts'

export default {
  id: 'no-unfiltered-mutation',
  severity: 'error',
  summary: 'Code updates or deletes every row of a table, because the query has no condition.',
  why: 'Without a condition every row is locked and changed or lost. Most often the condition was forgotten, or is empty when a variable is undefined.',
  fix: 'Say which rows are meant. Where all of them are, say so in a comment that suppresses this.',
  references: [
    'https://www.prisma.io/docs/orm/reference/prisma-client-reference#deletemany',
    'https://orm.drizzle.team/docs/delete',
  ],
  dialects: 'all',
  sources: ['pgfence/delete-without-where', 'diesel-guard/MutationWithoutWhereCheck'],
  bad: [
    {
      ...prismaShop,
      typescript: `export const clear = () => prisma.order.deleteMany()`,
      message: '`deleteMany` deletes every row of `orders`',
    },
    {
      ...prismaShop,
      typescript: `export const all = () => prisma.user.updateMany({ where: {}, data: { plan: 'free' } })`,
      message: 'changes every row of `users`',
    },
    { ...drizzleShop, typescript: `${drizzleImports}\n  export const clear = () => db.delete(orders)` },
    {
      ...prismaShop,
      title: 'All orders of one user were meant.',
      typescript: `export const deleteAllOrders = (userId: string) => prisma.order.deleteMany()`,
    },
    { ...sqlShop, typescript: `${pool}\n  export const clear = () => pool.query('UPDATE users SET name = null')` },
    {
      ...drizzleShop,
      title: 'Tables that one function empties are told once.',
      typescript: `${drizzleImports}\n  export async function reset() {\n    await db.delete(orders)\n    await db.delete(users)\n  }`,
      message: 'deletes every row of',
      count: 1,
    },
  ],
  good: [
    {
      ...prismaShop,
      title: 'Tests begin with empty tables, also where the file is only their helper.',
      files: {
        'src/testing.ts': `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport const clear = () => prisma.order.deleteMany()`,
      },
    },
    {
      given: 'CREATE TABLE "onboarding" ("id" TEXT PRIMARY KEY, "step" TEXT NOT NULL);',
      title: 'The one row of a table that stands alone, and nobody says of this very table that it has more.',
      rows: { '*': 5_000_000 },
      typescript: `${pool}\n  export const next = (step: string) => pool.query('UPDATE onboarding SET step = $1', [step])`,
    },
    {
      ...prismaShop,
      typescript: `export const clear = (userId: string) => prisma.order.deleteMany({ where: { userId } })`,
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const clear = (id: string) => db.delete(orders).where(eq(orders.id, id))`,
    },
    {
      given: `${prismaShop.given} CREATE TABLE "mail_settings" ("host" TEXT PRIMARY KEY);`,
      title: 'Settings that are emptied: no other table refers to them, and nobody says that there are many.',
      typescript: `import { Pool } from 'pg'\n  const pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\n  export const forget = () => pool.query('DELETE FROM mail_settings')`,
    },
    {
      ...prismaShop,
      title: 'A function that says so by its name.',
      typescript: `export const deleteAllOrders = () => prisma.order.deleteMany()`,
    },
    {
      ...prismaShop,
      title: 'Tests begin with empty tables.',
      files: { 'src/orders.test.ts': `beforeEach(() => prisma.order.deleteMany())` },
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (table === null || query.dynamic || query.filtered === true || query.predicates.length > 0) return
      if (query.context.file === 'test' || query.context.file === 'seed' || query.context.file === 'script') return
      // A function of such a name that takes nothing says that all are meant.
      const { parameters, function: name } = query.context
      if (parameters === 0 && (query.operation === 'delete' ? ofAll : ofNone).test(name ?? '')) return
      const many =
        query.client === 'prisma'
          ? query.call === 'deleteMany' || query.call.startsWith('updateMany') || query.statement !== undefined
          : true
      if (
        !many ||
        (query.operation !== 'update' && query.operation !== 'delete') ||
        query.limit !== null ||
        query.tables.length > 1
      )
        return
      // Where one function empties so many tables, it is what it is for: a copy is read in, or all begins anew.
      if (query.operation === 'delete' && emptiedWith(query, ctx) >= 3) return
      // One row that holds the state of the whole is changed without a condition, and settings are emptied.
      if (!ctx.isSized(table.key) && standsAlone(table, ctx)) return
      return {
        object: table.key,
        // Tables that one function empties one after the other are emptied on purpose, or not at all.
        ...(query.operation === 'delete' ? { alike: `${query.place.path} ${query.context.function ?? ''}` } : {}),
        message: `\`${callOf(query)}\` ${query.operation === 'delete' ? 'deletes' : 'changes'} every row of \`${ctx.name(table.key)}\`.`,
      }
    },
  },
} satisfies Rule

const ofAll = /^(?:delete|remove|clear|reset|wipe|purge|empty|flush)All(?![a-z])/
const ofNone = /^reset(?![a-z])/

/** How many tables the function of a query empties. */
function emptiedWith({ place, context }: Query, { queries }: RuleContext): number {
  const emptied = queries.filter(
    (other) =>
      other.operation === 'delete' &&
      other.predicates.length === 0 &&
      other.filtered !== true &&
      other.place.path === place.path &&
      other.context.function === context.function,
  )
  return new Set(emptied.map(({ tables }) => tables[0]?.table)).size
}
