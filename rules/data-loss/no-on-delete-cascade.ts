import type { Rule } from '../../src/engine/rule.ts'
import type { ForeignKey, Key } from '../../src/schema/model.ts'
import { key } from '../../src/schema/model.ts'

export default {
  id: 'no-on-delete-cascade',
  severity: 'info',
  summary: 'ON DELETE CASCADE deletes rows that the statement does not name.',
  why: `One DELETE of a parent takes all its children along, and theirs, in one transaction and without asking. Some teams want each of them deleted by name.`,
  fix: 'Use RESTRICT and delete the children in a job of its own.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  enabled: false,
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint references users on delete cascade); create index on orders (user_id);`,
      message: 'Deleting a row of `users` deletes its rows of `orders`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint references users on delete restrict); create index on orders (user_id);`,
    },
  ],
  visit: {
    createTable: ({ table, to }, ctx) => to.foreignKeys.flatMap((each) => cascade(table, each, ctx.name) ?? []),
    addForeignKey: ({ table, to }, ctx) => cascade(table, to, ctx.name),
  },
} satisfies Rule

function cascade(table: Key, { name, onDelete, references }: ForeignKey, said: (of: Key) => string) {
  if (onDelete !== 'CASCADE') return null
  return {
    anySize: true,
    object: `${table}.${name}`,
    message: `Deleting a row of \`${said(key(references.schema, references.table))}\` deletes its rows of \`${said(table)}\` without naming them.`,
  }
}
