import type { Rule } from '../../src/engine/rule.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { ident, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-btree-on-document',
  severity: 'warning',
  summary: 'A B-tree on an array or jsonb column finds only values that are equal as a whole.',
  why: `Operators that look inside, such as @>, && and ?, cannot use it, and an entry of more than 2,704 bytes makes the INSERT fail. A GIN index holds the
    elements.`,
  fix: 'Use a GIN index, or a B-tree on the expression that is searched.',
  references: [
    'https://www.postgresql.org/docs/current/datatype-json.html#JSON-INDEXING',
    'https://www.postgresql.org/docs/current/gin.html',
  ],
  sources: [],
  bad: [
    {
      sql: `
        create table posts (id bigint generated always as identity primary key, tags text[] not null);
        create index posts_tags on posts (tags);`,
      message: '`posts_tags` finds only whole values of `tags`',
    },
    {
      prisma: { before: '', after: 'model Post {\n  id Int @id\n  data Json\n\n  @@index([data])\n}\n' },
      sql: `CREATE TABLE "Post" ("id" INTEGER NOT NULL, "data" JSONB NOT NULL, CONSTRAINT "Post_pkey" PRIMARY KEY ("id")); CREATE INDEX "Post_data_idx" ON "Post"("data");`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, index, jsonb, pgTable } from 'drizzle-orm/pg-core'\nexport const events = pgTable('events', { id: bigint('id', { mode: 'number' }).primaryKey(), data: jsonb('data').notNull() }, (table) => [index('events_data_idx').on(table.data)])\n`,
      },
    },
  ],
  good: [
    {
      sql: `
        create table posts (id bigint generated always as identity primary key, tags text[] not null, data jsonb not null);
        create index posts_tags on posts using gin (tags);
        create index posts_author on posts ((data ->> 'author'));`,
    },
    {
      title: 'A foreign key looks for whole values.',
      sql: `
        create table paths (steps bigint[] primary key, above bigint[] references paths);
        create index paths_above on paths (above);`,
    },
    {
      title: 'Unique as a whole.',
      sql: `
        create table paths (id bigint generated always as identity primary key, steps bigint[] not null);
        create unique index paths_steps on paths (steps);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      if (index.method !== 'btree' || index.unique) return null
      const of = ctx.after.tables.get(table)
      for (const { column: name } of index.keys) {
        const column = of?.columns.find((c) => c.name === name)
        if (of?.foreignKeys.some((fk) => fk.columns.includes(name ?? ''))) continue
        if (!column?.type || (!column.type.endsWith('[]') && column.type !== 'jsonb')) continue
        return {
          message: `\`${index.name}\` finds only whole values of \`${column.name}\`: nothing that looks inside it can use a B-tree.`,
          help: `${builtBy(table, [`CREATE INDEX ${concurrently(table, ctx)}${ident(index.name)} ON ${sqlName(table, ctx)} USING gin (${ident(column.name)});`], ctx, 'Index the elements')}${indexSpelling(table, { name: index.name, method: 'gin', keys: [{ column: column.name, expression: null }] }, ctx)}`,
        }
      }
      return null
    },
  },
} satisfies Rule
