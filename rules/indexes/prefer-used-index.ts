import type { Rule } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import { key, schemaOf } from '../../src/schema/model.ts'
import { indexesOf } from '../shared/index-prefix.ts'
import { at } from '../shared/query-words.ts'

export default {
  id: 'prefer-used-index',
  severity: 'info',
  summary: 'An index that no query in the code asks for is written with every row and read by nobody.',
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
      if (filtering.length < 3 || asking.some((query) => query.dynamic || names(query, table, leading))) return null
      const [example] = filtering
      const planned = asking.filter((query) => query.plan?.after).length
      return {
        message: `\`${index.name}\` has no reader: of ${asking.length} queries of \`${ctx.name(table)}\` that could be read, no query was found that filters or orders by \`${leading}\`.`,
        help: `Name the query that it is for, or leave it out until there is one.${planned > 0 ? ` None of the ${planned} that were planned at the declared sizes uses it.` : ''}${example ? ` One that was found: ${at(example.place)}.` : ''}`,
      }
    },
  },
} satisfies Rule

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
