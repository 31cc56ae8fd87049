import type { Rule } from '../../src/engine/rule.ts'
import { newForeignKeys, parentOf } from '../shared/foreign-keys.ts'

export default {
  id: 'require-on-delete',
  severity: 'info',
  summary: 'A foreign key without ON DELETE refuses to delete a row that something refers to.',
  why: `NO ACTION is a good default, but it is found out when the first delete in production fails. Naming the action says that somebody thought of
    it: CASCADE for parts, SET NULL for mentions, RESTRICT for what has to stay.`,
  fix: 'Write ON DELETE RESTRICT, CASCADE or SET NULL.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  once: 'review',
  sources: ['schemalint/reference-actions'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint not null references users (id)); create index on orders (user_id);`,
      message: 'does not say what happens to `orders`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint not null references users (id) on delete restrict); create index on orders (user_id);`,
    },
    {
      title: 'Prisma chooses by whether the relation is required, and writes it out.',
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" BIGINT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      sql: `
        CREATE TABLE "Order" ("id" BIGINT NOT NULL, "userId" BIGINT NOT NULL, CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));
        CREATE INDEX "Order_userId_idx" ON "Order"("userId");
        ALTER TABLE "Order" ADD CONSTRAINT "Order_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id");`,
    },
  ],
  visit: newForeignKeys((foreignKey, table, ctx) => {
    // An ORM has an action of its own for each relation; where SQL is written by hand the words are there or not.
    if (
      ctx.project.orm !== null ||
      foreignKey.onDelete !== 'NO ACTION' ||
      /\bon\s+delete\b/i.test(ctx.step?.statement.text ?? '')
    )
      return null
    return {
      message: `The foreign key on \`${foreignKey.columns.join(', ')}\` does not say what happens to \`${ctx.name(table)}\` when a row of \`${ctx.name(parentOf(foreignKey))}\` is deleted: the delete fails.`,
      help: 'Write `ON DELETE RESTRICT` if that is meant, else `CASCADE` or `SET NULL`.',
    }
  }),
} satisfies Rule
