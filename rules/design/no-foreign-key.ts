import type { Rule } from '../../src/engine/rule.ts'
import { newForeignKeys, parentOf } from '../shared/foreign-keys.ts'

export default {
  id: 'no-foreign-key',
  severity: 'warning',
  summary: 'A foreign key in a database of a team that does without them.',
  why: 'Databases that are sharded or whose tables are moved between servers keep references in the application: a foreign key there fails, or holds rows that have to move.',
  fix: 'Leave the foreign key out, keep the index, and check the reference in the application.',
  references: [
    'https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK',
    'https://www.prisma.io/docs/orm/prisma-schema/data-model/relations/relation-mode',
  ],
  enabled: false,
  dialects: 'all',
  sources: ['bytebase/table.no-foreign-key'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint references users (id) on delete cascade); create index on orders (user_id);`,
      message: 'refers to `users`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint); create index on orders (user_id);`,
    },
  ],
  visit: newForeignKeys((foreignKey, table, ctx) => ({
    message: `\`${foreignKey.columns.join(', ')}\` of \`${ctx.name(table)}\` refers to \`${ctx.name(parentOf(foreignKey))}\`, and the team does without foreign keys.`,
    help: 'Leave the foreign key out and keep the index.',
  })),
} satisfies Rule
