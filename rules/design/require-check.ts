import type { Rule } from '../../src/engine/rule.ts'
import { mentions } from '../../src/schema/replay/rewrite.ts'
import { nameOf } from '../../src/schema/model.ts'
import { newColumns } from '../shared/columns.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { snake, withSuffix } from '../shared/names.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-check',
  severity: 'info',
  summary: 'A text column for a few fixed values takes any text.',
  why: `A status or role that begins with a constant has a handful of values that code branches on. A misspelled one is stored without an error,
    and no branch handles it. A CHECK or an enum refuses it; with values that are made by users or change daily it would be in the way.`,
  fix: 'Add CHECK (column IN (…)) with the values that code knows, or use an enum type.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS'],
  sources: [],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, role text not null default 'member');`,
      message: '`role` takes any text',
    },
    {
      prisma: { before: '', after: 'model Order {\n  id Int @id\n  status String @default("open")\n}\n' },
      sql: `CREATE TABLE "Order" ("id" INTEGER NOT NULL, "status" TEXT NOT NULL DEFAULT 'open', CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const orders = pgTable('orders', { id: bigint('id', { mode: 'number' }).primaryKey(), status: text('status').notNull().default('open') })`,
      },
      sql: `CREATE TABLE "orders" ("id" bigint PRIMARY KEY NOT NULL, "status" text DEFAULT 'open' NOT NULL);`,
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, role text not null default 'member' check (role in ('member', 'admin')));`,
    },
    {
      sql: `create type role as enum ('member', 'admin'); create table users (id bigint generated always as identity primary key, role role not null default 'member');`,
    },
    {
      title: 'Free text.',
      sql: `create table users (id bigint generated always as identity primary key, locale text not null default 'en', title text not null default '');`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const after = ctx.after.tables.get(table)
    const value = /^'([a-zA-Z][\w-]*)'(?:::[\w\s]+(?:\(\d+\))?)?$/.exec(column.default ?? '')?.[1]
    if (!after || value === undefined || !/^(?:text|character varying)(?:\(\d+\))?$/.test(column.type ?? ''))
      return null
    if (
      !/(?:^|_)(?:status|state|role|kind|type|visibility|priority|severity|level|mode|phase|stage|plan|tier)$/.test(
        snake(column.name),
      )
    )
      return null
    if (
      after.checks.some((check) => mentions(check.expression, column.name)) ||
      after.foreignKeys.some((f) => f.columns.includes(column.name))
    )
      return null
    const name = sqlName(table, ctx)
    const constraint = ident(withSuffix(`${nameOf(table)}_${column.name}`, '_check'))
    const check = `CHECK (${ident(column.name)} IN ('${value}'))`
    return {
      alike: 'values',
      message: `\`${column.name}\` takes any text, though it begins as \`'${value}'\` and code knows a few values.`,
      help:
        ctx.project.orm === 'prisma'
          ? 'Make it an `enum` of the Prisma schema if its values seldom change.'
          : ctx.isNew(table)
            ? `If its values seldom change, list them in the table: \`${check}\`, with the others that code knows.`
            : `If its values seldom change, list those that code knows, the others beside this one:\n${sql(
                `ALTER TABLE ${name} ADD CONSTRAINT ${constraint} ${check} NOT VALID;`,
              )}\nand validate it ${separateDeploy(ctx)}:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint};`)}`,
    }
  }),
} satisfies Rule
