import type { Rule } from '../../src/engine/rule.ts'
import type { Place } from '../../src/location.ts'
import { drizzleImports, drizzleShop, prismaShop } from '../shared/query-examples.ts'
import { callOf, inService } from '../shared/query-words.ts'

const replicas = `import { PrismaClient } from '@prisma/client'
  import { readReplicas } from '@prisma/extension-read-replicas'
  export const prisma = new PrismaClient().$extends(readReplicas({ url: process.env.REPLICA_URL! }))`

const drizzleReplicas = `import { drizzle } from 'drizzle-orm/node-postgres'
  import { withReplicas } from 'drizzle-orm/pg-core'
  const primary = drizzle(process.env.DATABASE_URL!)
  export const db = withReplicas(primary, [drizzle(process.env.REPLICA_URL!)])`

export default {
  id: 'no-replica-read-after-write',
  severity: 'warning',
  summary: 'A row is read from a replica right after it was written to the primary.',
  why: 'A replica is a moment behind. The read finds the row as it was, or not at all, most often under load, when nobody can reproduce it.',
  fix: 'Read from the primary (`$primary()`) after a write, or use what the write returns.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/read-replicas',
    'https://www.postgresql.org/docs/current/warm-standby.html',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'read-replicas',
  bad: [
    {
      ...prismaShop,
      title: 'The default client reads from a replica.',
      message: '`users`',
      typescript: `import { prisma } from './db'\n  export async function rename(id: string, name: string) {\n    await prisma.user.update({ where: { id }, data: { name } })\n    return prisma.user.findUnique({ where: { id } })\n  }`,
      files: { 'src/db.ts': replicas },
    },
    {
      ...drizzleShop,
      message: '`users`',
      typescript: `${drizzleImports}\n  export async function rename(id: string, name: string) {\n    await db.update(users).set({ name }).where(eq(users.id, id))\n    return db.select().from(users).where(eq(users.id, id))\n  }`,
      files: { 'src/db.ts': drizzleReplicas },
    },
    {
      ...prismaShop,
      typescript: `import { prisma } from './db'\n  export async function rename(id: string, name: string) {\n    await prisma.user.update({ where: { id }, data: { name } })\n    return prisma.$replica().user.findUnique({ where: { id } })\n  }`,
      files: { 'src/db.ts': replicas },
      message: '`users`',
    },
  ],
  good: [
    {
      ...prismaShop,
      typescript: `import { prisma } from './db'\n  export async function rename(id: string, name: string) {\n    await prisma.user.update({ where: { id }, data: { name } })\n    return prisma.$primary().user.findUnique({ where: { id } })\n  }`,
      files: { 'src/db.ts': replicas },
    },
    {
      ...prismaShop,
      title: 'A transaction stays on the primary.',
      files: { 'src/db.ts': replicas },
      typescript: `import { prisma } from './db'\n  export const rename = (id: string, name: string) => prisma.$transaction(async (tx) => {\n    await tx.user.update({ where: { id }, data: { name } })\n    return tx.user.findUnique({ where: { id } })\n  })`,
    },
    {
      ...prismaShop,
      title: 'One or the other.',
      files: { 'src/db.ts': replicas },
      typescript: `import { prisma } from './db'\n  export async function put(id: string, name?: string) {\n    if (name) {\n      await prisma.user.update({ where: { id }, data: { name } })\n    } else {\n      return prisma.user.findUnique({ where: { id } })\n    }\n  }`,
    },
    {
      ...drizzleShop,
      files: { 'src/db.ts': drizzleReplicas },
      typescript: `${drizzleImports}\n  export async function rename(id: string, name: string) {\n    await db.update(users).set({ name }).where(eq(users.id, id))\n    return db.$primary.select().from(users).where(eq(users.id, id))\n  }`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (
        (ctx.code?.replicas.length ?? 0) === 0 ||
        query.replica !== true ||
        query.operation !== 'select' ||
        !inService(query) ||
        query.context.function === null ||
        query.context.transaction !== null
      )
        return
      const table = query.tables[0]?.table ?? ''
      const write = ctx.queries.find(
        (q) =>
          q.place.path === query.place.path &&
          q.context.function === query.context.function &&
          q.operation !== 'select' &&
          isBefore(q.place, query.place) &&
          q.tables[0]?.table === table &&
          (q.branches ?? []).every((test) => query.branches?.includes(test)),
      )
      if (write === undefined) return
      return {
        object: table,
        message: `\`${callOf(query)}\` reads \`${ctx.name(table)}\` from a replica, which may not have what line ${write.place.line} wrote.`,
      }
    },
  },
} satisfies Rule

function isBefore(one: Place, other: Place): boolean {
  return one.line < other.line || (one.line === other.line && one.column < other.column)
}
