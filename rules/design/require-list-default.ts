import type { Rule } from '../../src/engine/rule.ts'
import { byOrm } from '../shared/by-orm.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'require-list-default',
  severity: 'info',
  summary:
    'A list without a default is NULL in rows that do not set it, and a search for its absence has to know both.',
  why: `In Postgres an array may be empty or NULL. Prisma reads both as an empty list, but \`isEmpty\` and \`NOT has\` do not find NULL, and neither does SQL. With a default of the
    empty list there is one way to have no elements.`,
  fix: 'Give the list the empty list as its default.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/special-fields-and-types/working-with-scalar-lists-arrays#null-values-in-arrays',
  ],
  enabled: false,
  sources: ['prisma-lint/require-default-empty-arrays'],
  bad: [
    {
      prisma: { before: '', after: 'model User {\n  id   BigInt   @id\n  tags String[]\n}\n' },
      message: '`tags` is NULL in rows that do not set it',
    },
    {
      sql: `create table users (id bigint generated always as identity primary key, tags text[]);`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), tags: text('tags').array() })`,
      },
    },
  ],
  good: [
    { prisma: { before: '', after: 'model User {\n  id   BigInt   @id\n  tags String[] @default([])\n}\n' } },
    { sql: `create table users (id bigint generated always as identity primary key, tags text[] not null);` },
  ],
  visit: newColumns((column, _table, ctx) =>
    column.type?.endsWith('[]') && column.nullable && column.default === null && column.generated === null
      ? {
          message: `\`${column.name}\` is NULL in rows that do not set it, which is not the same as an empty list.`,
          help: `Give it the empty list: ${byOrm(ctx, { prisma: '`@default([])`', drizzle: '`.notNull().default([])`', sql: "`NOT NULL DEFAULT '{}'`" })}.`,
        }
      : null,
  ),
} satisfies Rule
