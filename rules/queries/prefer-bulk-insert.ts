import type { Rule } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { isShort } from '../../src/queries/loops.ts'
import { comparePlaces } from '../../src/location.ts'
import { drizzleImports, drizzleShop, pool, prismaShop, sqlShop } from '../shared/query-examples.ts'
import { at, byClient, callOf, inService } from '../shared/query-words.ts'

export default {
  id: 'prefer-bulk-insert',
  severity: 'warning',
  summary: 'Rows are inserted one at a time in a loop, where one statement can insert them all.',
  why: 'Each insert is a round trip and, outside a transaction, a commit that waits for the disk. One statement with many rows is many times faster.',
  fix: 'Collect the rows and insert them at once: `createMany`, `createManyAndReturn`, `insert(…).values(rows)`.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/queries/crud#create-multiple-records',
    'https://orm.drizzle.team/docs/insert#insert-multiple-rows',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'n-plus-one',
  bad: [
    {
      ...prismaShop,
      typescript: `export async function save(rows: { id: string; email: string }[]) {\n    for (const row of rows) await prisma.user.create({ data: { id: row.id, email: row.email } })\n  }`,
      message: '`users`',
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const save = (rows: { id: string; email: string }[]) => Promise.all(rows.map((row) => db.insert(users).values(row)))`,
    },
    {
      ...sqlShop,
      typescript: `${pool}\n  export async function save(rows: { id: string; email: string }[]) {\n    for (const row of rows) await pool.query('INSERT INTO users (id, email) VALUES ($1, $2)', [row.id, row.email])\n  }`,
      message: 'sends one statement for each element',
    },
  ],
  good: [
    {
      ...sqlShop,
      title: 'All rows in one statement, and one that is there already gets values of its own.',
      typescript: `${pool}\n  export const save = (ids: string[]) => pool.query('INSERT INTO users (id) SELECT unnest($1::text[])', [ids])\n  export async function keep(rows: { id: string; email: string }[]) {\n    for (const row of rows) await pool.query('INSERT INTO users (id, email) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email', [row.id, row.email])\n  }`,
    },
    {
      ...prismaShop,
      title: 'Each element has a transaction of its own.',
      typescript: `export async function accept(invites: { id: string; email: string }[]) {\n    await Promise.allSettled(invites.map(async (invite) => prisma.$transaction(async (tx) => {\n      await tx.user.create({ data: { id: invite.id, email: invite.email } })\n      await tx.order.deleteMany({ where: { id: invite.id } })\n    })))\n  }`,
    },
    {
      ...prismaShop,
      title: 'What came of each delivery is written down at once.',
      typescript: `export async function deliver(hooks: { id: string; url: string }[]) {\n    for (const { id, url } of hooks) {\n      const { status } = await makeWebhookRequest(url)\n      await prisma.user.create({ data: { id, email: String(status) } })\n    }\n  }`,
    },
    {
      ...prismaShop,
      typescript: `export const save = (rows: { id: string; email: string }[]) => prisma.user.createMany({ data: rows.map((row) => ({ id: row.id, email: row.email })) })`,
    },
    {
      ...drizzleShop,
      title: 'A row that is there already gets values of its own.',
      typescript: `${drizzleImports}\n  export async function keep(rows: { id: string; email: string }[]) {\n    for (const row of rows) await db.insert(users).values(row).onConflictDoUpdate({ target: users.id, set: { email: row.email } })\n  }`,
    },
    {
      ...prismaShop,
      title: 'Related rows are created with each.',
      typescript: `for (const row of rows) await prisma.user.create({ data: { id: row.id, email: row.email, orders: { create: [] } } })`,
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const save = (rows: { id: string; email: string }[]) => db.insert(users).values(rows)`,
    },
  ],
  visit: {
    query(query, ctx) {
      const { loop } = query.context
      if (
        loop === null ||
        loop.known === true ||
        loop.batching ||
        !inService(query) ||
        query.operation !== 'insert' ||
        query.call.endsWith('(nested)')
      )
        return
      // Where the error of each row is caught, one bad row must not stop the others.
      if (isShort(loop) || loop.guarded) return
      // A transaction for each element is a piece of work of its own.
      if (query.context.transaction !== null && comparePlaces(query.context.transaction.place, loop.place) > 0) return
      // What came of a delivery, a payment or a run is written down at once.
      if (loop.works) return
      // What the next insert needs from this one cannot be collected; related rows and upserts have no bulk form of their own.
      if (!(insertsRow(query) || ['create', 'insert'].includes(query.call)) || query.variable != null) return
      // Where a row is there already it gets values of its own.
      if (/\.onConflictDoUpdate\(/.test(query.text ?? '')) return
      // The rows of each element go together already.
      if (query.client === 'drizzle' && /\.values\(\s*[\w.?!]+\.map\(/.test(query.text ?? '')) return
      const table = query.tables[0]?.table ?? ''
      const nested = ctx.queries.some(
        (q) =>
          q.call.endsWith('(nested)') &&
          q.place.path === query.place.path &&
          q.place.line >= query.place.line &&
          q.place.endLine <= query.place.endLine,
      )
      if (
        nested ||
        query.columns?.some((c) => c.table !== table) === true ||
        (query.nested !== undefined && query.nested.length > 0)
      )
        return
      const isOpen = query.writes === null && query.client === 'prisma'
      // Related rows may be made or connected with it on a condition.
      if (query.client === 'prisma' && /\b(?:create|createMany|connect|connectOrCreate)\s*:/.test(query.text ?? ''))
        return
      // Rows that are made on a condition, or beside other queries, have to be collected first.
      const beside = ctx.queries.filter(
        (q) =>
          q.context.loop !== null &&
          at(q.context.loop.place) === at(loop.place) &&
          !q.call.endsWith('(nested)') &&
          (q.operation !== 'insert' || q.variable != null),
      )
      // A row that is looked for first is one question of the loop, which is told as such.
      if (beside.some((q) => q.tables[0]?.table === table)) return
      const alone = !loop.conditional && beside.length === 0
      return {
        object: table,
        alike: at(loop.place),
        ...(!alone || isOpen ? { severity: 'info' as const } : {}),
        help: `Collect the rows and insert them at once: ${byClient(query, { prisma: ctx.dialect === 'mysql' || ctx.dialect === 'sqlserver' ? '`createMany`' : '`createMany`, or `createManyAndReturn` where the rows are needed', drizzle: '`insert(…).values(rows)`', sql: ctx.dialect === 'postgresql' ? '`INSERT INTO … SELECT * FROM unnest($1::text[], …)`' : '`INSERT INTO … VALUES (…), (…)`' })}.`,
        message: `\`${callOf(query)}\` on \`${ctx.name(table)}\` sends one statement for each element of the loop in line ${loop.place.line}.`,
      }
    },
  },
} satisfies Rule

/** True for SQL that inserts one row of values and leaves a row that is there as it is. */
function insertsRow({ statement }: Query): boolean {
  if (statement === undefined || !('InsertStmt' in statement.node)) return false
  const { selectStmt, onConflictClause, withClause } = statement.node.InsertStmt
  return (
    withClause === undefined &&
    onConflictClause?.action !== 'ONCONFLICT_UPDATE' &&
    selectStmt !== undefined &&
    'SelectStmt' in selectStmt &&
    selectStmt.SelectStmt.valuesLists?.length === 1
  )
}
