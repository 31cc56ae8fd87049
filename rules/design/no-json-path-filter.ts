import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import type { Table } from '../../src/schema/model.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { inService } from '../shared/query-words.ts'
import { ident, sqlName } from '../shared/sql.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'no-json-path-filter',
  severity: 'info',
  summary: 'Rows are found by a path inside of a JSON column that no index knows.',
  why: `Each run takes every document apart. Nothing checks that the path is there or of which type it is, and the planner guesses how many rows match. A column of its own has
    type, constraint, statistics and index; JSON keeps what is only read as a whole and what nobody can foresee.`,
  fix: 'Make a column of what queries ask for, or index the expression.',
  references: [
    'https://www.postgresql.org/docs/current/datatype-json.html#JSON-INDEXING',
    'https://www.postgresql.org/docs/current/indexes-expressional.html',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      given: `create table events (id bigint primary key, payload jsonb not null);`,
      files: {
        'src/events.ts': `import { Pool } from 'pg'\nconst pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\nexport const ofKind = (kind: string) => pool.query("SELECT id FROM events WHERE payload->>'kind' = $1 LIMIT 20", [kind])\n`,
      },
      message: 'a path inside of `payload`',
    },
    {
      given: `CREATE TABLE "Event" ("id" BIGINT NOT NULL, "payload" JSONB NOT NULL, CONSTRAINT "Event_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: 'model Event {\n  id BigInt @id\n  payload Json\n}\n',
        after: 'model Event {\n  id BigInt @id\n  payload Json\n}\n',
      },
      typescript: `
        import { PrismaClient } from '@prisma/client'
        const prisma = new PrismaClient()
        export const ofKind = (kind: string) => prisma.event.findMany({ where: { payload: { path: ['kind'], equals: kind } }, take: 20 })`,
    },
    {
      given: `CREATE TABLE "events" ("id" bigint PRIMARY KEY NOT NULL, "payload" jsonb NOT NULL);`,
      drizzle: {
        before: `import { bigint, jsonb, pgTable } from 'drizzle-orm/pg-core'\nexport const events = pgTable('events', { id: bigint('id', { mode: 'number' }).primaryKey(), payload: jsonb('payload').notNull() })\n`,
        after: `import { bigint, jsonb, pgTable } from 'drizzle-orm/pg-core'\nexport const events = pgTable('events', { id: bigint('id', { mode: 'number' }).primaryKey(), payload: jsonb('payload').notNull() })\n`,
      },
      typescript: `
        import { drizzle } from 'drizzle-orm/node-postgres'
        import { sql } from 'drizzle-orm'
        import { events } from './schema'
        const db = drizzle(process.env.DATABASE_URL!)
        export const ofKind = (kind: string) => db.select({ id: events.id }).from(events).where(sql\`\${events.payload}->>'kind' = \${kind}\`).limit(20)`,
    },
  ],
  good: [
    {
      title: 'An index knows the expression.',
      given: `create table events (id bigint primary key, payload jsonb not null); create index events_kind on events ((payload ->> 'kind'));`,
      files: {
        'src/events.ts': `import { Pool } from 'pg'\nconst pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\nexport const ofKind = (kind: string) => pool.query("SELECT id FROM events WHERE payload->>'kind' = $1 LIMIT 20", [kind])\n`,
      },
    },
    {
      title: 'The path is there, whatever it holds; and a path that is a value.',
      given: `create table events (id bigint primary key, payload jsonb not null);`,
      files: {
        'src/events.ts': `import { Pool } from 'pg'\nconst pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\nexport const kinds = () => pool.query("SELECT id FROM events WHERE payload->>'kind' IS NOT NULL LIMIT 20")\nexport const having = (key: string, value: string) => pool.query('SELECT id FROM events WHERE payload->>$1 = $2 LIMIT 20', [key, value])\n`,
      },
    },
    {
      title: 'Another column finds the rows.',
      given: `create table events (id bigint primary key, user_id bigint not null, payload jsonb not null); create index events_user on events (user_id);`,
      files: {
        'src/events.ts': `import { Pool } from 'pg'\nconst pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\nexport const ofKind = (id: number, kind: string) => pool.query("SELECT id FROM events WHERE user_id = $1 AND payload->>'kind' = $2 LIMIT 20", [id, kind])\n`,
      },
    },
  ],
  visit: {
    query(query, ctx) {
      const path = pathOf(query, ctx)
      if (path === null) return null
      // Said once for a column, at the first of the queries that ask for it.
      const first = ctx.queries.find((other) => other.changed && pathOf(other, ctx)?.object === path.object)
      if (first !== query) return null
      const { table, column, predicate, object } = path
      const { expression } = predicate
      return {
        object,
        place: predicate.place,
        message: `Rows of \`${ctx.name(table.key)}\` are found by a path inside of \`${column}\`, which no index knows: each run takes every document apart.`,
        help: `Make a column of it where queries keep asking for it, or ${expression === null ? 'index the expression that the client sends.' : indexOf(path, expression, ctx)}`,
      }
    },
  },
} satisfies Rule

/** An index on the expression, with the word of the ORM's schema for it. */
function indexOf({ table, column }: Path, expression: string, ctx: RuleContext): string {
  const name = withSuffix(`${table.name}_${column}_path`, '_idx')
  const build = `CREATE INDEX ${concurrently(table.key, ctx)}${ident(name)} ON ${sqlName(table.key, ctx)} (${expression});`
  return `${builtBy(table.key, [build], ctx, 'index the expression')}${indexSpelling(table.key, { name, keys: [{ column: null, expression }] }, ctx)}`
}

interface Path {
  readonly table: Table
  readonly column: string
  readonly predicate: Predicate
  readonly object: string
}

/** The first path inside of a document by which a query finds rows, where nothing else that it asks for finds them; null for none. */
function pathOf(query: Query, ctx: RuleContext): Path | null {
  if (query.dynamic || !inService(query) || ctx.project.dialect !== 'postgresql') return null
  const predicate = query.predicates.find(
    (p) =>
      (p.operator === 'json' || /->>?|#>>?|jsonb_path_/.test(p.expression ?? '')) &&
      // That a path is there at all is asked of few documents, and a path that comes when the query runs has no index.
      p.operator !== 'is not null' &&
      !/\$\d/.test(p.expression ?? '') &&
      !(p.operator === 'json' && /[\w$]/.test((p.source ?? '').replaceAll(/'[^']*'|"[^"]*"/g, ''))),
  )
  const table = predicate ? ctx.after.tables.get(predicate.table) : undefined
  const column = predicate?.column
  if (
    !predicate ||
    !table?.complete ||
    column == null ||
    !/^jsonb?$/.test(table.columns.find((one) => one.name === column)?.type ?? '')
  )
    return null
  if (
    query.predicates.some(
      (p) =>
        p !== predicate &&
        p.column !== null &&
        p.column !== column &&
        p.expression === null &&
        /^(?:=|in)$/.test(p.operator),
    )
  )
    return null
  const known = table.indexes.some((index) =>
    index.keys.some(
      (k) => (k.column === column && index.method === 'gin') || (k.expression ?? '').split(/[^\w$]+/).includes(column),
    ),
  )
  return known ? null : { table, column, predicate, object: `${table.key}.${column}` }
}
