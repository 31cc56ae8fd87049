import type { Rule } from '../../src/engine/rule.ts'
import type { Column } from '../../src/schema/model.ts'
import { byClient, callOf, inService, mainTable } from '../shared/query-words.ts'

const visits = (key: string) =>
  `model Visit {\n  id        String   @id ${key}\n  createdAt DateTime @default(now())\n}\n`
const visitsSql = (key: string) =>
  `CREATE TABLE "Visit" ("id" ${key}, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Visit_pkey" PRIMARY KEY ("id"));`
const random = visits('@default(uuid())')
const ordered = visits('@default(uuid(7))')

export default {
  id: 'no-order-by-random-key',
  severity: 'info',
  summary: 'The last rows by a random key are any rows, not the newest.',
  why: `A UUID of version 4 is a random number. Sorting by it gives an order that stays the same, which is all that pages need, and says nothing of when a row was made:
    whoever takes the first few from the end gets arbitrary ones. Keys of version 7, cuid and ulid begin with the time and can be sorted by.`,
  fix: 'Sort by the time at which the row was made, the key behind it.',
  references: ['https://www.postgresql.org/docs/current/functions-uuid.html'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      given: visitsSql('TEXT NOT NULL'),
      prisma: { before: random, after: random },
      typescript: `
        import { PrismaClient } from '@prisma/client'
        const prisma = new PrismaClient()
        export const latest = () => prisma.visit.findMany({ orderBy: { id: 'desc' }, take: 10 })`,
      message: '`id` is random',
    },
    {
      given: `create table visits (id uuid primary key default gen_random_uuid(), created_at timestamptz not null default now());`,
      typescript: `
        import { Pool } from 'pg'
        const pool = new Pool()
        export const latest = () => pool.query('SELECT id, created_at FROM visits ORDER BY id DESC LIMIT 10')`,
    },
  ],
  good: [
    {
      title: 'Keys that begin with the time.',
      given: visitsSql('TEXT NOT NULL'),
      prisma: { before: ordered, after: ordered },
      typescript: `
        import { PrismaClient } from '@prisma/client'
        const prisma = new PrismaClient()
        export const latest = () => prisma.visit.findMany({ orderBy: { id: 'desc' }, take: 10 })`,
    },
    {
      title: 'Page after page in an order that stays the same.',
      given: `create table visits (id uuid primary key default gen_random_uuid(), created_at timestamptz not null default now());`,
      typescript: `
        import { Pool } from 'pg'
        const pool = new Pool()
        export const next = (last: string) => pool.query('SELECT id FROM visits WHERE id < $1 ORDER BY id DESC LIMIT 500', [last])
        export const some = () => pool.query('SELECT id FROM visits ORDER BY id LIMIT 500')`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      const [order, another] = query.ordering
      if (table === null || query.dynamic || !inService(query) || query.operation !== 'select') return
      if (!order?.descending || another !== undefined || order.table !== table.key) return
      // An offset or a condition on the key goes on from page to page, for which any order does that stays.
      if (query.limit === null || query.offset !== null || query.predicates.some((p) => p.column === order.column))
        return
      if (table.primaryKey?.columns.length !== 1 || table.primaryKey.columns[0] !== order.column) return
      const key = (ctx.declared?.tables.get(table.key) ?? table).columns.find((c) => c.name === order.column)
      if (!key || !isRandom(key)) return
      const column = table.columns.find((c) => c.default === 'now()' || c.default === 'CURRENT_TIMESTAMP')
      const time = column?.property ?? column?.name ?? 'createdAt'
      return {
        object: `${table.key}.${order.column}`,
        place: order.place,
        message: `\`${order.column}\` is random, so \`${callOf(query)}\` takes any rows of \`${ctx.name(table.key)}\`, not the newest.`,
        help: byClient(query, {
          prisma: `Sort by the time: \`orderBy: [{ ${time}: 'desc' }, { ${key.property ?? key.name}: 'desc' }]\`.`,
          drizzle: `Sort by the time: \`.orderBy(desc(table.${time}), desc(table.${key.property ?? key.name}))\`.`,
          sql: `Sort by the time: \`ORDER BY ${column?.name ?? 'created_at'} DESC, ${order.column} DESC\`.`,
        }),
      }
    },
  },
} satisfies Rule

function isRandom({ default: made, clientDefault }: Column): boolean {
  return (
    /^(?:gen_random_uuid|uuid_generate_v4|uuidv4)\(\)$/.test(made ?? '') || /^uuid\(4?\)$/.test(clientDefault ?? '')
  )
}
