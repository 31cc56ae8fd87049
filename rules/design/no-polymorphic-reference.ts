import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'

export default {
  id: 'no-polymorphic-reference',
  severity: 'info',
  summary: 'A pair of type and id refers to rows of several tables, and no foreign key can hold it.',
  why: `Postgres cannot check such a reference: rows are left behind when what they refer to is deleted, and every join needs a condition on the type.
    One nullable foreign key for each table, with a CHECK that exactly one is set, keeps the integrity for the price of some columns.`,
  fix: 'Use a foreign key for each table and CHECK (num_nonnulls(…) = 1), or a table for each kind.',
  references: ['https://www.postgresql.org/docs/current/functions-comparison.html#FUNCTIONS-COMPARISON-FUNC-TABLE'],
  sources: [],
  bad: [
    {
      sql: `
        create table comments (id bigint generated always as identity primary key, subject_type text not null, subject_id bigint not null, body text);
        create index on comments (subject_type, subject_id);`,
      message: '`subject_id` refers to rows of several tables',
    },
    {
      prisma: {
        before: '',
        after:
          'model Comment {\n  id BigInt @id\n  subjectType String\n  subjectId BigInt\n\n  @@index([subjectType, subjectId])\n}\n',
      },
      message: '`subjectId` refers to rows of several tables',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const comments = pgTable('comments', { id: bigint('id', { mode: 'number' }).primaryKey(), subjectType: text('subject_type').notNull(), subjectId: bigint('subject_id', { mode: 'number' }).notNull() })\n`,
      },
    },
  ],
  good: [
    {
      given: `create table posts (id bigint primary key); create table photos (id bigint primary key);`,
      sql: `
        create table comments (
          id bigint generated always as identity primary key, post_id bigint references posts (id) on delete cascade, photo_id bigint references photos (id) on delete cascade,
          check (num_nonnulls(post_id, photo_id) = 1));
        create index on comments (post_id);
        create index on comments (photo_id);`,
    },
    {
      title: 'A row of one table, and of what kind it is.',
      sql: `create table charges (id bigint generated always as identity primary key, environment_id text, environment_type text);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const after = ctx.after.tables.get(table)
    const noun = /^(.+)_id$/.exec(snake(column.name))?.[1]
    if (!after || noun === undefined || !open.test(noun) || after.primaryKey?.columns.join() === column.name)
      return null
    if (
      !/^(?:bigint|integer|uuid|text|character varying(?:\(\d+\))?)$/.test(column.type ?? '') ||
      after.foreignKeys.some((f) => f.columns.includes(column.name))
    )
      return null
    const type = after.columns.find((c) => snake(c.name) === `${noun}_type`)
    if (!type || after.foreignKeys.some((f) => f.columns.includes(type.name))) return null
    return {
      message: `\`${column.name}\` refers to rows of several tables by \`${type.name}\`, so no foreign key can hold it.`,
      help: 'Use one nullable foreign key for each table, and a CHECK that `num_nonnulls` of them is 1, unless the kinds are open.',
    }
  }),
} satisfies Rule

/** Nouns that say nothing of the table: with any other one the type is a property of the row that the id names. */
const open =
  /^(?:subject|object|target|owner|resource|entity|item|record|ref|reference|related|content|actor|model|linked|[a-z_]+able)$/
