import type { Rule } from '../../src/engine/rule.ts'
import { indexUse, isIndexable } from '../../src/schema/index-use.ts'
import { builtBy } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { large, prismaShop } from '../shared/query-examples.ts'
import { branchesOf, createIndex, quote, rowsOf, searchIn } from '../shared/query-words.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'require-containment-index',
  severity: 'warning',
  summary: 'Rows are found by an element of a list or a part of a document, which only a GIN index serves.',
  why: '`has`, `hasSome`, `@>` and `&&` ask what is inside of a value. A B-tree compares whole values and cannot answer; without a GIN index the whole table is read.',
  fix: 'Create a GIN index on the column.',
  references: [
    'https://www.postgresql.org/docs/current/gin.html',
    'https://www.prisma.io/docs/orm/prisma-schema/data-model/indexes#generalized-inverted-index-gin',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const tagged = (tag: string) => prisma.order.findMany({ where: { tags: { has: tag } }, take: 20 })`,
      message: '`tags`',
    },
    {
      ...prismaShop,
      typescript:
        'export const tagged = (tag: string) => prisma.$queryRaw`SELECT id FROM orders WHERE tags @> ${[tag]} LIMIT 20`',
      severity: 'info',
    },
  ],
  good: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const tagged = (userId: string, tag: string) => prisma.order.findMany({ where: { userId, tags: { has: tag } }, take: 20 })`,
    },
    {
      given: `create table notes (id bigint primary key, tags text[]); create index on notes using gin (tags);`,
      rows: { notes: 9_000_000 },
      typescript: `import { Pool } from 'pg'\n  const pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\n  await pool.query('SELECT id FROM notes WHERE tags @> $1 LIMIT 5', [tags])`,
    },
  ],
  visit: {
    query(query, ctx) {
      const search = searchIn(query, ctx)
      if (search === null) return
      const { table, severity } = search
      // An alternative in another table reads the whole of this one.
      if (query.predicates.some((p) => p.table !== table.key)) return
      for (const branch of branchesOf(query)) {
        const own = branch.filter((p) => p.table === table.key)
        const asked = own.find((p) => p.operator === 'has' && p.expression === null)
        if (
          asked === undefined ||
          own.length !== branch.length ||
          own.some((p) => isIndexable(p) && p.operator === '=') ||
          indexUse(table, own).verdict === 'served'
        )
          continue
        const column = asked.column ?? ''
        const name = withSuffix(`${table.name}_${column}`, '_idx')
        const build = createIndex(table, { name, on: `USING gin (${quote(column)})` }, ctx)
        return {
          object: table.key,
          severity,
          message: `Finding rows of \`${ctx.name(table.key)}\`${rowsOf(ctx, table.key)} by what \`${column}\` holds reads the whole table: no GIN index serves it.`,
          help: `${builtBy(table.key, [build], ctx)}${indexSpelling(table.key, { name, method: 'gin', keys: [{ column, expression: null }] }, ctx)}`,
        }
      }
    },
  },
} satisfies Rule
