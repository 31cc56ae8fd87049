import type { Rule } from '../../src/engine/rule.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'
import { declare } from '../shared/declare.ts'

export default {
  id: 'prefer-uuid-type',
  severity: 'info',
  summary:
    'A UUID kept as text takes more than twice the bytes, in the table and in every index and foreign key on it.',
  why: `As text a UUID takes 37 bytes and is compared by collation; as uuid it takes 16 and is compared as bytes. It also accepts any other text.
    The type is hard to change once foreign keys refer to the column.`,
  fix: 'Use the type uuid; in Prisma add @db.Uuid.',
  references: [
    'https://www.postgresql.org/docs/current/datatype-uuid.html',
    'https://www.prisma.io/docs/orm/reference/prisma-schema-reference#string',
  ],
  once: 'review',
  sources: [],
  bad: [
    {
      sql: `create table users (id text primary key default gen_random_uuid());`,
      message: '`id` holds a UUID as `text`',
    },
    {
      sql: `create table users (id text primary key default gen_random_uuid()::text);`,
      message: '`id` holds a UUID as `text`',
    },
    {
      prisma: { before: '', after: 'model User {\n  id String @id @default(uuid())\n}\n' },
      sql: `CREATE TABLE "User" ("id" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      message: '`id` holds a UUID as `text`',
    },
    {
      drizzle: {
        before: '',
        after: `
          import { randomUUID } from 'node:crypto'
          import { pgTable, text, varchar } from 'drizzle-orm/pg-core'
          import { sql } from 'drizzle-orm'
          export const users = pgTable('users', { id: text('id').primaryKey().default(sql\`gen_random_uuid()::text\`) })`,
      },
      sql: `CREATE TABLE "users" ("id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL);`,
    },
  ],
  good: [
    { sql: `create table users (id uuid primary key default gen_random_uuid());` },
    {
      prisma: { before: '', after: 'model User {\n  id String @id @default(uuid()) @db.Uuid\n}\n' },
      sql: `CREATE TABLE "User" ("id" UUID NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
    },
    {
      title: 'Not a UUID.',
      prisma: { before: '', after: 'model User {\n  id String @id @default(cuid())\n}\n' },
      sql: `CREATE TABLE "User" ("id" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
    },
    {
      title: 'Where the other tables keep them as text, one alone would not fit.',
      given: `create table teams (id text primary key default gen_random_uuid()::text);`,
      sql: `create table users (id text primary key default gen_random_uuid()::text);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (column.type === null || !/^(?:text|character varying)/.test(column.type)) return null
    const after = ctx.after.tables.get(table)
    if (after?.primaryKey?.columns.length !== 1 || after.primaryKey.columns[0] !== column.name) return null
    const declared = ctx.declared?.tables.get(table)?.columns.find((c) => c.name === column.name)
    const uuid =
      (declared?.clientDefault ?? column.clientDefault ?? '').startsWith('uuid(') ||
      /^\(*(?:gen_random_uuid|uuid_generate_v[1-7]|uuidv[47])\(\)/.test(column.default ?? '')
    if (!uuid) return null
    const others = [...ctx.before.tables.values()].some(
      (t) =>
        t.primaryKey?.columns.length === 1 &&
        t.columns.some((c) => c.name === t.primaryKey?.columns[0] && /^(?:text|character varying)/.test(c.type ?? '')),
    )
    if (others) return null
    const { words, offer } = declare({ kind: 'setType', table, column: column.name, type: 'uuid' }, ctx)
    return {
      ...offer,
      ...otherTypes([column], table, ctx, ({ default: value }, { inTable }) =>
        inTable && !/::/.test(value ?? '') ? 'uuid' : null,
      ),
      message: `\`${column.name}\` holds a UUID as \`${column.type}\`, in more than twice the bytes.`,
      help: `${words || `Declare \`${column.name}\` as \`uuid\`. `}Columns that refer to it need the same type.`,
    }
  }),
} satisfies Rule
