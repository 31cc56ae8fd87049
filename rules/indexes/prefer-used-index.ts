import type { Rule } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { key, schemaOf } from '../../src/schema/model.ts'
import type { Index, Key } from '../../src/schema/model.ts'
import { indexesOf } from '../shared/index-prefix.ts'
import { at, callOf, indexAdvice, inWords } from '../shared/query-words.ts'

const visits = `create table visits (id bigint generated always as identity primary key, user_id text not null, day date not null, page text not null);`

export default {
  id: 'prefer-used-index',
  severity: 'info',
  summary:
    'An index that no query in the code asks for, or in an order that none asks for, is written with every row and read by nobody.',
  why: `The queries that were found filter and order by other columns of the table. The index may serve a report, a job or a query that could not be read;
    if it serves none of them, it is only cost.`,
  fix: 'Name the query that the index is for, or leave it out until there is one.',
  references: ['https://www.postgresql.org/docs/current/monitoring-stats.html'],
  sources: [],
  checklist: 'query-patterns-before-indexes',
  bad: [
    {
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, "email" TEXT NOT NULL, "city" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id")); CREATE UNIQUE INDEX "User_email_key" ON "User"("email");`,
      prisma: {
        before: 'model User {\n  id Int @id\n  email String @unique\n  city String\n}\n',
        after: 'model User {\n  id Int @id\n  email String @unique\n  city String\n\n  @@index([city])\n}\n',
      },
      sql: `CREATE INDEX CONCURRENTLY "User_city_idx" ON "User"("city");`,
      typescript: `
        import { PrismaClient } from '@prisma/client'
        const prisma = new PrismaClient()
        export const one = (email: string) => prisma.user.findUnique({ where: { email } })
        export const two = (id: number) => prisma.user.findUnique({ where: { id } })
        export const three = (id: number) => prisma.user.delete({ where: { id } })`,
      message: 'no query was found that filters or orders by `city`',
    },
    {
      title: 'The queries look rows up by its second column.',
      given: visits,
      sql: `create index concurrently visits_day_user on visits (day, user_id);`,
      typescript: `
        import { Pool } from 'pg'
        const pool = new Pool()
        export const one = (id: string) => pool.query('SELECT day FROM visits WHERE user_id = $1 LIMIT 10', [id])
        export const two = (id: string) => pool.query('SELECT count(*) FROM visits WHERE user_id = $1', [id])
        export const three = (id: string) => pool.query('DELETE FROM visits WHERE user_id = $1', [id])`,
      message: 'filters or orders by `day`',
    },
    {
      title: 'Directions that no query asks for.',
      given: visits,
      sql: `create index concurrently visits_day_page on visits (day desc, page);`,
      typescript: `
        import { Pool } from 'pg'
        const pool = new Pool()
        export const latest = () => pool.query('SELECT day, page FROM visits ORDER BY day DESC, page DESC LIMIT 10')`,
      message: 'it goes by `day` downwards and `page` upwards',
    },
  ],
  good: [
    {
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, "email" TEXT NOT NULL, "city" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id")); CREATE UNIQUE INDEX "User_email_key" ON "User"("email");`,
      prisma: {
        before: 'model User {\n  id Int @id\n  email String @unique\n  city String\n}\n',
        after: 'model User {\n  id Int @id\n  email String @unique\n  city String\n\n  @@index([city])\n}\n',
      },
      sql: `CREATE INDEX CONCURRENTLY "User_city_idx" ON "User"("city");`,
      typescript: `
        import { PrismaClient } from '@prisma/client'
        const prisma = new PrismaClient()
        export const one = (email: string) => prisma.user.findUnique({ where: { email } })
        export const two = (id: number) => prisma.user.findUnique({ where: { id } })
        export const three = (city: string) => prisma.user.findMany({ where: { city }, take: 20, orderBy: { id: 'asc' } })`,
    },
    {
      title: 'An index is read backwards, too.',
      given: visits,
      sql: `create index concurrently visits_day_page on visits (day desc, page);`,
      typescript: `
        import { Pool } from 'pg'
        const pool = new Pool()
        export const first = () => pool.query('SELECT day, page FROM visits ORDER BY day, page DESC LIMIT 10')`,
    },
    {
      title: 'Without queries there is nothing to compare with.',
      sql: `create table users (id bigint generated always as identity primary key, city text); create index on users (city);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      const leading = index.keys[0]?.column
      const after = ctx.after.tables.get(table)
      if (!leading || index.unique || index.method !== 'btree' || !after) return null
      // Raw SQL that could not be read may ask for anything, and of an index that another one covers that is said.
      if (ctx.queries.some((query) => query.client === 'sql' && query.dynamic && query.tables.length === 0)) return null
      if (
        indexesOf(after).some(
          (other) =>
            other.name !== index.name && index.keys.every((k, i) => k.column !== null && other.columns[i] === k.column),
        )
      )
        return null
      // The index of a foreign key serves deletes of the parent, which no query names.
      if (after.foreignKeys.some((f) => f.columns.includes(leading))) return null
      const asking = ctx.queries.filter(
        (query) => query.context.file !== 'test' && query.tables.some((t) => t.table === table),
      )
      // What the planner uses has a reader, whatever could be read of the query.
      if (asking.some((query) => query.plan?.after?.indexes.includes(key(schemaOf(table), index.name)) === true))
        return null
      const filtering = asking.filter((query) => query.predicates.some((p) => p.table === table))
      const unread = asking.some((query) => query.dynamic)
      const order = unread ? null : unusedOrder(index, asking, table)
      if (order)
        return {
          message: `The order of \`${index.name}\` has no reader: it goes by ${directions(index.keys)}, and \`${callOf(order)}\` asks for ${directions(order.ordering)}.`,
          help: `Give its columns the directions of the query at ${at(order.place)}, or all of them one direction where no query mixes them.`,
        }
      if (filtering.length < 3 || unread || asking.some((query) => names(query, table, leading))) return null
      const [example] = filtering
      const planned = asking.filter((query) => query.plan?.after).length
      const wanted = index.keys.find(({ column }) => column !== null && looksUp(filtering, table, column))?.column
      const columns = index.keys.flatMap(({ column }) => column ?? [])
      return {
        message: `\`${index.name}\` has no reader: of ${asking.length} queries of \`${ctx.name(table)}\` that could be read, no query was found that filters or orders by \`${leading}\`.`,
        help:
          wanted && columns.length === index.keys.length
            ? indexAdvice(
                after,
                [[wanted, ...columns.filter((column) => column !== wanted)]],
                ctx,
                `Lead it with \`${wanted}\`, by which the queries look rows up`,
              ).help
            : `Name the query that it is for, or leave it out until there is one.${planned > 0 ? ` None of the ${planned} that were planned at the declared sizes uses it.` : ''}${example ? ` One that was found: ${at(example.place)}.` : ''}`,
      }
    },
  },
} satisfies Rule

/** True where a query finds rows by equality with a column. */
function looksUp(queries: readonly Query[], table: Key, column: string): boolean {
  return queries.some((query) =>
    query.predicates.some(
      (p) => p.table === table && p.column === column && p.expression === null && ['=', 'in'].includes(p.operator),
    ),
  )
}

/** A query that sorts by the columns of an index in directions which the index has neither forwards nor backwards, where none sorts as the index does. */
function unusedOrder({ keys }: Index, queries: readonly Query[], table: Key): Query | null {
  if (new Set(keys.map((key) => key.descending)).size < 2) return null
  let found: Query | null = null
  for (const query of queries) {
    const { ordering } = query
    const from = keys.findIndex((key) => key.column === ordering[0]?.column)
    if (from < 0) continue
    // By one column an index is read in either direction, whatever the others have.
    if (ordering.length === 1) return null
    const sorted = keys.slice(from, from + ordering.length)
    if (sorted.length < ordering.length) continue
    if (ordering.some((o, i) => o.table !== table || o.column !== sorted[i]?.column)) continue
    const turned = new Set(ordering.map((o, i) => o.descending === sorted[i]?.descending))
    if (turned.size === 1) return null
    found ??= query
  }
  return found
}

/** `` `a` upwards and `b` downwards ``. */
function directions(keys: readonly { readonly column: string | null; readonly descending: boolean }[]): string {
  return inWords(keys.map(({ column, descending }) => `\`${column ?? ''}\` ${descending ? 'downwards' : 'upwards'}`))
}

function names(query: Query, table: string, column: string): boolean {
  return (
    query.predicates.some(
      (p) => p.table === table && (p.column === column || (p.expression ?? '').includes(column) || p.column === null),
    ) ||
    query.ordering.some((o) => o.table === table && o.column === column) ||
    query.joins.some(
      (j) => (j.from === table && j.fromColumns.includes(column)) || (j.to === table && j.toColumns.includes(column)),
    ) ||
    (query.columns ?? []).some((c) => c.table === table && c.column === column && c.use !== 'read' && c.use !== 'write')
  )
}
