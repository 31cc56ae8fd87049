import type { Rule } from '../../src/engine/rule.ts'
import { prismaShop } from '../shared/query-examples.ts'

export default {
  id: 'no-remote-call-in-transaction',
  severity: 'warning',
  summary: 'A transaction stays open while the code waits for another server.',
  why: `For as long as the other server takes, the transaction holds its locks and its connection. When that server is slow, all connections of the pool are
    taken by waiting transactions, and the rows they changed are locked for everybody else.`,
  fix: 'Call the other server before or after the transaction; where both have to happen, write the wish to a table (an outbox) and carry it out afterwards.',
  references: ['https://www.prisma.io/docs/orm/prisma-client/queries/transactions#interactive-transactions'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...prismaShop,
      typescript: `export const pay = (id: string) => prisma.$transaction(async (tx) => {\n    await tx.user.update({ where: { id }, data: { plan: 'paid' } })\n    await fetch('https://example.com/pay', { method: 'POST' })\n  })`,
      message: '`fetch`',
    },
    {
      ...prismaShop,
      typescript: `export const pay = (id: string) => prisma.$transaction(async (tx) => {\n    const user = await tx.user.findUnique({ where: { id } })\n    await stripe.customers.create({ email: user.email })\n  })`,
      message: '`stripe.customers.create`',
    },
    {
      ...prismaShop,
      title: 'Calls in one transaction are told once.',
      typescript: `export const pay = (id: string) => prisma.$transaction(async (tx) => {\n    await tx.user.update({ where: { id }, data: { plan: 'paid' } })\n    await fetch('https://example.com/pay')\n    await fetch('https://example.com/tell')\n  })`,
      count: 1,
    },
  ],
  good: [
    {
      ...prismaShop,
      typescript: `export async function pay(id: string) {\n    await fetch('https://example.com/pay', { method: 'POST' })\n    await prisma.$transaction(async (tx) => {\n      await tx.user.update({ where: { id }, data: { plan: 'paid' } })\n    })\n  }`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const { call, place, changed, transaction, file } of ctx.code?.remoteCalls ?? []) {
        if (!changed || file !== 'source') continue
        const isPause = /^(?:sleep|delay|setTimeout)$/.test(call)
        yield {
          place,
          object: call,
          alike: `${transaction.path}:${transaction.line}`,
          message: `The transaction that begins in line ${transaction.line} stays open, with its locks and its connection, while \`${call}\` ${isPause ? 'lets time pass' : 'waits for an answer'}.`,
          ...(isPause ? { help: 'Wait before the transaction or after it.' } : {}),
        }
      }
    },
  },
} satisfies Rule
