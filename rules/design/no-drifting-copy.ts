import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'
import { parentOf } from '../shared/foreign-keys.ts'
import { singular, snake } from '../shared/names.ts'

export default {
  id: 'no-drifting-copy',
  severity: 'info',
  summary: 'A column that repeats what the referenced row says is wrong as soon as that row changes.',
  why: `A user's name beside user_id saves a join and has to be written again with every change of the user; where one place forgets it, two answers stand in the
    database. It is right where it means the value of that moment, as on an invoice, and where reads are measured to need it.`,
  fix: 'Read it from the referenced row, or call it what it is: the value at the time.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text not null);`,
      sql: `
        create table notes (id bigint generated always as identity primary key, user_id bigint not null references users (id) on delete cascade, user_name text not null);
        create index on notes (user_id);`,
      message: '`user_name` repeats `users.name`',
    },
    {
      given: `CREATE TABLE "User" ("id" BIGINT NOT NULL, "email" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: 'model User {\n  id BigInt @id\n  email String\n}\n',
        after: `
          model User {
            id    BigInt @id
            email String
            notes Note[]
          }

          model Note {
            id          BigInt @id
            author      User   @relation(fields: [authorId], references: [id])
            authorId    BigInt
            authorEmail String

            @@index([authorId])
          }`,
      },
      sql: `
        CREATE TABLE "Note" ("id" BIGINT NOT NULL, "authorId" BIGINT NOT NULL, "authorEmail" TEXT NOT NULL, CONSTRAINT "Note_pkey" PRIMARY KEY ("id"));
        CREATE INDEX "Note_authorId_idx" ON "Note"("authorId");
        ALTER TABLE "Note" ADD CONSTRAINT "Note_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;`,
    },
    {
      drizzle: {
        before: `
          import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name').notNull() })`,
        after: `
          import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name').notNull() })
          export const notes = pgTable('notes', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            userId: bigint('user_id', { mode: 'number' }).notNull().references(() => users.id, { onDelete: 'cascade' }),
            userName: text('user_name').notNull(),
          }, (table) => [index('notes_user_id_idx').on(table.userId)])`,
      },
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text not null);`,
      sql: `
        create table notes (id bigint generated always as identity primary key, user_id bigint not null references users (id) on delete cascade, name text not null);
        create index on notes (user_id);`,
    },
    {
      title: 'The key itself.',
      given: `create table subs (id bigint primary key, name text not null unique);`,
      sql: `
        create table domains (id bigint generated always as identity primary key, sub_name text not null references subs (name) on update cascade on delete cascade, sub_id bigint not null references subs (id) on delete cascade);
        create index on domains (sub_name);
        create index on domains (sub_id);`,
    },
    {
      title: 'What an invoice says stays as it was.',
      given: `create table customers (id bigint primary key, name text not null);`,
      sql: `
        create table invoices (id bigint generated always as identity primary key, customer_id bigint not null references customers (id) on delete restrict, customer_name text not null);
        create index on invoices (customer_id);`,
    },
    {
      title: 'It outlives the row.',
      given: `create table users (id bigint primary key, name text not null);`,
      sql: `
        create table notes (id bigint generated always as identity primary key, user_id bigint references users (id) on delete set null, user_name text not null);
        create index on notes (user_id);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const [, of = '', what = ''] =
      /^(.+)_(name|full_name|email|username|title|slug|phone|avatar_url|image_url)$/.exec(snake(column.name)) ?? []
    const after = ctx.after.tables.get(table)
    // What refers to the other row says nothing of it.
    if (after?.foreignKeys.some(({ columns }) => columns.includes(column.name)) === true) return null
    if (of === '' || !after || momentary.test(snake(after.name)) || column.generated !== null) return null
    for (const foreignKey of after.foreignKeys) {
      const [only] = foreignKey.columns
      const parent = ctx.after.tables.get(parentOf(foreignKey))
      if (
        foreignKey.columns.length !== 1 ||
        only === undefined ||
        !parent ||
        parent.key === table ||
        foreignKey.onDelete === 'SET NULL'
      )
        continue
      if (snake(only) !== `${of}_id` && singular(snake(parent.name)) !== of) continue
      const copied = parent.columns.find((other) => snake(other.name) === what && other.type === column.type)
      if (!copied) continue
      return {
        message: `\`${column.name}\` repeats \`${ctx.name(parent.key)}.${copied.name}\` and is wrong as soon as that changes.`,
        help: `Read it through \`${only}\`, unless it means the value of that moment or reads are measured to need it.`,
      }
    }
    return null
  }),
} satisfies Rule

/** Tables that say what was so at a time. */
const momentary =
  /(?:^|_)(?:log|audit|event|history|archive|snapshot|version|revision|invoice|order|receipt|payment|transaction|message|notification|activity|activities|delivery|deliveries|export|import|cache|invitation|invite|submission|report|stat|metric|line|item)s?(?:_|$)/
