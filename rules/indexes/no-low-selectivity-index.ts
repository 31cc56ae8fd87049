import type { Rule } from '../../src/engine/rule.ts'
import type { Column } from '../../src/schema/model.ts'
import { snake, withSuffix } from '../shared/names.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { ident, idents, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-low-selectivity-index',
  severity: 'info',
  summary: 'An index on a column with two or three values alone is read only for the rare one.',
  why: `Where a value stands in half of the rows, reading the table is cheaper than going through the index, so the planner does not use it. A partial
    index over the rare value is small, is used, and costs nothing for the other rows.`,
  fix: 'Make it a partial index over the rows that are looked for, or put the column behind another one.',
  references: ['https://www.postgresql.org/docs/current/indexes-partial.html'],
  sources: [],
  checklist: 'query-patterns-before-indexes',
  bad: [
    {
      sql: `
        create table jobs (id bigint generated always as identity primary key, done boolean not null default false);
        create index jobs_done on jobs (done);`,
      message: '`jobs_done` has two values to tell rows apart',
    },
    {
      sql: `
        create table users (id bigint generated always as identity primary key, deleted_at timestamptz);
        create index users_deleted on users (deleted_at);`,
      message: 'is empty in most rows',
    },
    {
      drizzle: {
        before: '',
        after: `
          import { bigint, boolean, index, pgTable } from 'drizzle-orm/pg-core'
          export const jobs = pgTable('jobs', { id: bigint('id', { mode: 'number' }).primaryKey(), done: boolean('done').notNull() }, (table) => [index('jobs_done').on(table.done)])`,
      },
      sql: `CREATE TABLE "jobs" ("id" bigint PRIMARY KEY NOT NULL, "done" boolean NOT NULL); CREATE INDEX "jobs_done" ON "jobs" USING btree ("done");`,
    },
    {
      prisma: {
        before: '',
        after: 'model Job {\n  id BigInt @id\n  done Boolean @default(false)\n\n  @@index([done])\n}\n',
      },
    },
  ],
  good: [
    {
      sql: `
        create table jobs (id bigint generated always as identity primary key, queue text not null, done boolean not null default false);
        create index jobs_open on jobs (queue) where not done;
        create index jobs_queue_done on jobs (done, queue);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      const [only] = index.keys
      if (index.unique || index.where !== null || index.method !== 'btree' || index.keys.length !== 1 || !only)
        return null
      const column = ctx.after.tables.get(table)?.columns.find((c) => c.name === only.column)
      const values = column && ctx.after.enums.get(enumKey(column.type, ctx.after.defaultSchema))?.values
      const reason = column ? poor(column, values?.length) : null
      if (!column || reason === null) return null
      const name = withSuffix(`${index.name}`, '_partial')
      const keys = ctx.after.tables.get(table)?.primaryKey?.columns ?? [column.name]
      const where =
        column.type === 'boolean'
          ? ident(column.name)
          : reason.empty
            ? `${ident(column.name)} IS NOT NULL`
            : `${ident(column.name)} = '${values?.[0] ?? ''}'`
      return {
        message: `\`${index.name}\` has ${reason.words}, so reading the table is often cheaper.`,
        help: `${builtBy(
          table,
          [
            `CREATE INDEX ${concurrently(table, ctx)}${ident(name)} ON ${sqlName(table, ctx)} (${idents(keys)}) WHERE ${where};`,
          ],
          ctx,
          'Index only the rows that are looked for, by what else the queries ask of them or by the key',
        )}${indexSpelling(table, { name, keys: keys.map((each) => ({ column: each, expression: null })), where }, ctx)}`,
      }
    },
  },
} satisfies Rule

function enumKey(type: string | null, defaultSchema: string): string {
  const bare = (type ?? '').replaceAll('"', '')
  return bare.includes('.') ? bare : `${defaultSchema}.${bare}`
}

function poor(column: Column, values: number | undefined): { readonly words: string; readonly empty: boolean } | null {
  if (column.type === 'boolean') return { words: 'two values to tell rows apart', empty: false }
  if (values !== undefined && values <= 3)
    return {
      words: values === 1 ? 'one value, so nothing to tell rows apart' : `${values} values to tell rows apart`,
      empty: false,
    }
  if (column.nullable && /^(?:deleted_at|archived_at|removed_at)$/.test(snake(column.name)))
    return { words: 'only a column that is empty in most rows', empty: true }
  return null
}
