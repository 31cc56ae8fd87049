import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { drizzleImports, drizzleShop, prismaShop } from '../shared/query-examples.ts'
import { at, callOf } from '../shared/query-words.ts'

export default {
  id: 'no-outer-client-in-transaction',
  severity: 'error',
  summary: 'A query inside of a transaction uses the client outside, so that it is not part of the transaction.',
  why: `The query takes a second connection: it does not see what the transaction wrote, stays when the transaction rolls back, waits for the transaction's own
    locks (which then never end), and exhausts a small pool when many requests do it at once.`,
  fix: 'Send it through the client of the transaction.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/queries/transactions#interactive-transactions',
    'https://orm.drizzle.team/docs/transactions',
  ],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...prismaShop,
      typescript: `import { PrismaClient } from '@prisma/client'\n  const prisma = new PrismaClient()\n  export const move = (id: string) => prisma.$transaction(async (tx) => {\n    await tx.user.update({ where: { id }, data: { plan: 'paid' } })\n    await prisma.order.updateMany({ where: { userId: id }, data: { status: 'paid' } })\n  })`,
      message: '`updateMany` on `orders`',
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const move = (id: string) => db.transaction(async (tx) => {\n    await tx.update(users).set({ plan: 'paid' }).where(eq(users.id, id))\n    await db.delete(orders).where(eq(orders.userId, id))\n  })`,
      files: {
        'src/db.ts': `import { drizzle } from 'drizzle-orm/node-postgres'\n  export const db = drizzle(process.env.DATABASE_URL!)`,
      },
    },
    {
      ...prismaShop,
      title: 'A client of which only the name is known.',
      typescript: `import { clients } from '@acme/clients'\n  const { dbWrite } = clients()\n  export const move = (id: string) => dbWrite.$transaction(async (tx) => {\n    await tx.user.update({ where: { id }, data: { plan: 'paid' } })\n    await dbWrite.order.updateMany({ where: { userId: id }, data: { status: 'paid' } })\n  })`,
      message: '`updateMany` on `orders`',
    },
  ],
  good: [
    {
      ...prismaShop,
      typescript: `import { PrismaClient } from '@prisma/client'\n  const prisma = new PrismaClient()\n  export const move = (id: string) => prisma.$transaction(async (tx) => {\n    await tx.user.update({ where: { id }, data: { plan: 'paid' } })\n    await tx.order.updateMany({ where: { userId: id }, data: { status: 'paid' } })\n  })`,
    },
    {
      ...prismaShop,
      title: 'A list of queries is one transaction.',
      typescript: `import { PrismaClient } from '@prisma/client'\n  const prisma = new PrismaClient()\n  export const both = (id: string) => prisma.$transaction([prisma.user.delete({ where: { id } }), prisma.order.deleteMany({ where: { userId: id } })])`,
    },
  ],
  visit: {
    query(query, ctx) {
      const { transaction, file } = query.context
      if (
        transaction === null ||
        transaction.usesOwnClient ||
        file === 'test' ||
        file === 'seed' ||
        // What is started by hand, once, may look things up beside it.
        (file === 'script' && query.operation === 'select') ||
        query.call.endsWith('(nested)') ||
        isPart(query, ctx)
      )
        return
      const table = query.tables[0]?.table ?? ''
      return {
        object: table,
        alike: at(transaction.place),
        ...(query.operation === 'select' ? { severity: 'warning' as const } : {}),
        message: `\`${callOf(query)}\` on \`${ctx.name(table)}\` runs outside the transaction that begins in line ${transaction.place.line}: it uses the client around it.`,
      }
    },
    *pullRequest(ctx) {
      for (const query of ctx.queries) {
        if (query.context.file === 'test') continue
        const table = query.tables[0]?.table ?? ''
        for (const call of query.outside ?? []) {
          if (!call.changed && !query.changed) continue
          yield {
            place: call.place,
            object: table,
            severity: 'warning',
            alike: at(call.transaction),
            message: `\`${call.function}\` runs \`${callOf(query)}\` on \`${ctx.name(table)}\` (${at(query.place)}) outside the transaction that begins in line ${call.transaction.line}: it uses the client around it.`,
            help: 'Give it the client of the transaction as an argument.',
          }
        }
      }
    },
  },
} satisfies Rule

/** True for a query of Drizzle that is put together, given a name and never waited for: it is a part of another, which the transaction sends. */
function isPart({ awaited, client, place, statement, variable }: Query, ctx: RuleContext): boolean {
  if (client !== 'drizzle' || statement !== undefined || awaited === true || variable == null || variable === '{}')
    return false
  const name = variable.replaceAll('$', String.raw`\$`)
  return !new RegExp(
    String.raw`\bawait\s+${name}(?![\w$])|\breturn\s+${name}(?![\w$])|(?<![\w$.])${name}\.(?:then|execute|catch)\b|\bPromise\.\w+\([^)]*(?<![\w$.])${name}(?![\w$])`,
  ).test(ctx.text(place.path)?.text ?? '')
}
