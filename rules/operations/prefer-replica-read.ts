import type { Rule } from '../../src/engine/rule.ts'
import { drizzleShop, large, prismaShop } from '../shared/query-examples.ts'
import { at, callOf, inService, mainTable } from '../shared/query-words.ts'

const replicas = `import { PrismaClient } from '@prisma/client'
  import { readReplicas } from '@prisma/extension-read-replicas'
  const base = new PrismaClient()
  export const prisma = base.$extends(readReplicas({ url: process.env.REPLICA_URL! }))`

export default {
  id: 'prefer-replica-read',
  severity: 'info',
  summary: 'A heavy read asks the primary, although the repository has read replicas.',
  why: 'Reports over many rows take memory and disk from the requests that only the primary can serve. That is what the replicas are for.',
  fix: 'Take the default client, which reads from a replica, or `$replica()`, where a result that is a moment old will do.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/read-replicas',
    'https://orm.drizzle.team/docs/read-replicas',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'read-replicas',
  bad: [
    {
      ...prismaShop,
      rows: large,
      typescript: `import { prisma } from './db'\n  export const report = () => prisma.$primary().order.groupBy({ by: ['status'], _count: true })`,
      files: { 'src/db.ts': replicas },
      message: '`groupBy` over `orders`',
    },
    {
      ...prismaShop,
      rows: large,
      title: 'A client of its own for the replica.',
      message: '`count` over `orders`',
      typescript: `import { prisma } from './db'\n  export const open = () => prisma.order.count({ where: { status: 'open' } })`,
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  export const prisma = new PrismaClient()\n  export const replica = new PrismaClient({ datasources: { db: { url: process.env.DATABASE_READ_REPLICA_URL } } })`,
      },
    },
    {
      ...drizzleShop,
      rows: large,
      message: 'over `orders`',
      typescript: `import { db } from './db'\n  import { orders } from './schema'\n  export const total = () => db.$primary.select({ status: orders.status }).from(orders).groupBy(orders.status)`,
      files: {
        'src/db.ts': `import { drizzle } from 'drizzle-orm/node-postgres'\n  import { withReplicas } from 'drizzle-orm/pg-core'\n  export const db = withReplicas(drizzle(process.env.DATABASE_URL!), [drizzle(process.env.REPLICA_URL!)])`,
      },
    },
  ],
  good: [
    {
      ...prismaShop,
      rows: large,
      typescript: `import { prisma } from './db'\n  export const report = () => prisma.$replica().order.groupBy({ by: ['status'], _count: true })`,
      files: { 'src/db.ts': replicas },
    },
    {
      ...prismaShop,
      rows: large,
      title: 'A client that reads from a replica where there is one.',
      typescript: `import { prisma } from './db'\n  export const report = () => prisma.order.groupBy({ by: ['status'], _count: true })`,
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\n  import { readReplicas } from '@prisma/extension-read-replicas'\n  function connect() {\n    const base = new PrismaClient()\n    if (!process.env.REPLICA_URL) return base\n    return base.$extends(readReplicas({ url: process.env.REPLICA_URL }))\n  }\n  export const prisma = connect()`,
      },
      severity: 'info',
    },
    {
      ...prismaShop,
      rows: large,
      title: 'There are no replicas.',
      typescript: `export const report = () => prisma.order.groupBy({ by: ['status'], _count: true })`,
    },
  ],
  visit: {
    query(query, ctx) {
      const replica = ctx.code?.replicas[0]
      const table = mainTable(query, ctx)
      if (
        replica === undefined ||
        table === null ||
        !inService(query) ||
        query.operation !== 'select' ||
        query.context.transaction !== null
      )
        return
      if (query.replica !== false || ctx.size(table.key) !== 'large') return
      const heavy =
        ['groupBy', 'aggregate', 'count', '$count'].includes(query.call) ||
        query.grouped === true ||
        query.call.endsWith('(aggregate)') ||
        (query.limit === null && query.predicates.length === 0)
      return heavy
        ? {
            object: table.key,
            // A service asks the primary out of habit: it is said once.
            alike: at(replica.place),
            message: `\`${callOf(query)}\` over \`${ctx.name(table.key)}\` asks the primary, while reads go to replicas elsewhere (\`${at(replica.place)}\`).`,
          }
        : null
    },
  },
} satisfies Rule
