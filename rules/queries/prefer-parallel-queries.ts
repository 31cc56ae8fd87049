import type { Rule } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { prismaShop, sqliteShelf } from '../shared/query-examples.ts'
import { at, inService } from '../shared/query-words.ts'

export default {
  id: 'prefer-parallel-queries',
  severity: 'info',
  summary: 'Three or more reads wait for each other, although none needs what another found.',
  why: 'Each read costs a round trip to the server. One after the other they add up; sent together the slowest one decides.',
  fix: 'Send them together: `await Promise.all([…])`.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/queries/query-optimization-performance',
    'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Promise/all',
  ],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...prismaShop,
      message: 'lines 2, 3 and 4',
      typescript: `export async function board(userId: string) {\n    const user = await prisma.user.findUnique({ where: { id: userId } })\n    const orders = await prisma.order.findMany({ where: { userId }, take: 5 })\n    const total = await prisma.order.count({ where: { userId } })\n    return { user, orders, total }\n  }`,
    },
  ],
  good: [
    {
      ...prismaShop,
      typescript: `export async function board(userId: string) {\n    const [user, orders, total] = await Promise.all([prisma.user.findUnique({ where: { id: userId } }), prisma.order.findMany({ where: { userId }, take: 5 }), prisma.order.count({ where: { userId } })])\n    return { user, orders, total }\n  }`,
    },
    {
      ...prismaShop,
      title: 'One needs what another found.',
      typescript: `export async function board(id: string) {\n    const user = await prisma.user.findUnique({ where: { id } })\n    const orders = await prisma.order.findMany({ where: { userId: user.id }, take: 5 })\n    const total = await prisma.order.count({ where: { userId: user.id } })\n    return { orders, total }\n  }`,
    },
    {
      ...prismaShop,
      title: 'What was not found ends the function.',
      typescript: `export async function board(userId: string) {\n    const user = await prisma.user.findUnique({ where: { id: userId } })\n    if (!user) throw new Error('nobody')\n    const orders = await prisma.order.findMany({ where: { userId }, take: 5 })\n    const total = await prisma.order.count({ where: { userId } })\n    return { user, orders, total }\n  }`,
    },
    {
      ...prismaShop,
      title: 'One call that reads three tables is one read.',
      typescript: `export async function board(id: string) {\n    const rows = await prisma.$queryRaw\`WITH a AS (SELECT id FROM users WHERE id = \${id}), b AS (SELECT id FROM orders WHERE user_id = \${id}), c AS (SELECT id FROM orders WHERE id = \${id}) SELECT a.id, b.id, c.id FROM a JOIN b ON true JOIN c ON true\`\n    return rows\n  }`,
    },
    {
      ...prismaShop,
      title: 'The transaction of the caller has one connection.',
      typescript: `export async function board(tx: Prisma.TransactionClient, userId: string) {\n    const user = await tx.user.findUnique({ where: { id: userId } })\n    const orders = await tx.order.findMany({ where: { userId }, take: 5 })\n    const total = await tx.order.count({ where: { userId } })\n    return { user, orders, total }\n  }`,
    },
    {
      title: 'SQLite in the process answers one after the other, and without a round trip.',
      ...sqliteShelf,
      typescript: `import Database from 'better-sqlite3'\n  import { eq } from 'drizzle-orm'\n  import { drizzle } from 'drizzle-orm/better-sqlite3'\n  import { books, notes } from './schema'\n  const db = drizzle(new Database('notes.db'))\n  export async function shelf(id: number) {\n    const book = await db.select().from(books).where(eq(books.id, id)).limit(1)\n    const first = await db.select().from(notes).where(eq(notes.bookId, id)).limit(1)\n    const note = await db.select().from(notes).where(eq(notes.id, id)).limit(1)\n    return { book, first, note }\n  }`,
    },
    {
      ...prismaShop,
      title: 'A transaction has one connection.',
      typescript: `export const board = (userId: string) => prisma.$transaction(async (tx) => {\n    const user = await tx.user.findUnique({ where: { id: userId } })\n    const orders = await tx.order.findMany({ where: { userId }, take: 5 })\n    const total = await tx.order.count({ where: { userId } })\n    return { user, orders, total }\n  })`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      // SQLite in the process answers without a round trip.
      if (ctx.dialect === 'sqlite' && ctx.project.settings.remote !== true) return
      let run: Query[] = []
      for (const query of [...ctx.queries, null]) {
        const last = run.at(-1)
        // One call may read several tables.
        if (query !== null && last !== undefined && at(query.place) === at(last.place)) continue
        if (query !== null && isAlone(query) && (last === undefined || follows(query, last, run))) {
          run.push(query)
          continue
        }
        const [first] = run
        if (run.length >= 3 && first !== undefined && run.some((q) => q.changed)) {
          const lines = run.map((q) => String(q.place.line))
          yield {
            place: first.place,
            object: first.context.function ?? '',
            message: `The reads of lines ${lines.slice(0, -1).join(', ')} and ${lines.at(-1) ?? ''} wait for each other, although none needs what another found.`,
          }
        }
        run = query !== null && isAlone(query) ? [query] : []
      }
    },
  },
} satisfies Rule

/** A read that its function waits for, always and by itself. */
function isAlone(query: Query): boolean {
  return (
    inService(query) &&
    query.operation === 'select' &&
    query.awaited === true &&
    query.context.certain &&
    query.context.function !== null &&
    query.context.loop === null &&
    query.context.transaction === null &&
    !query.context.borrowed &&
    query.variable != null &&
    /^[\w$]+$/.test(query.variable)
  )
}

/** True for the next statement or nearly so, which names none of the results before it. */
function follows(query: Query, last: Query, run: readonly Query[]): boolean {
  if (
    query.place.path !== last.place.path ||
    query.context.function !== last.context.function ||
    query.place.line - last.place.endLine > 2
  )
    return false
  if ((query.left?.length ?? 0) !== (last.left?.length ?? 0) || query.text === undefined) return false
  return run.every(
    (earlier) =>
      earlier.variable != null &&
      !new RegExp(`(?<![\\w.$])${earlier.variable.replaceAll('$', '\\$')}(?![\\w$])`).test(query.text ?? ''),
  )
}
