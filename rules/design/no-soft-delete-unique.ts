import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { uniquesOf } from '../shared/unique-keys.ts'
import { byOrm } from '../shared/by-orm.ts'
import { indexSpelling } from '../shared/declare.ts'
import { snake, withSuffix } from '../shared/names.ts'
import { ident, idents, sqlName } from '../shared/sql.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'

export default {
  id: 'no-soft-delete-unique',
  severity: 'info',
  summary: 'A unique constraint that counts rows marked as deleted keeps their values taken.',
  why: `A row with deleted_at set is still a row. A user who is deleted that way cannot sign up again with the same address, and a project
    cannot be made anew under its name, unless the values are meant to stay taken.`,
  fix: 'Make it a unique index over the rows that are not deleted.',
  references: ['https://www.postgresql.org/docs/current/indexes-partial.html'],
  sources: [],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, email text not null, deleted_at timestamptz, unique (email));`,
      message: '`email` of a deleted row stays taken',
    },
    {
      given: `create table projects (id bigint primary key, org_id bigint not null, slug text not null, unique (org_id, slug));`,
      sql: `set lock_timeout = '5s'; alter table projects add column deleted_at timestamptz;`,
    },
    {
      prisma: { before: '', after: 'model Tag {\n  id Int @id\n  name String @unique\n  deletedAt DateTime?\n}\n' },
      sql: `CREATE TABLE "Tag" ("id" INTEGER NOT NULL, "name" TEXT NOT NULL, "deletedAt" TIMESTAMP(3), CONSTRAINT "Tag_pkey" PRIMARY KEY ("id")); CREATE UNIQUE INDEX "Tag_name_key" ON "Tag"("name");`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text, timestamp } from 'drizzle-orm/pg-core'\nexport const tags = pgTable('tags', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name').notNull().unique(), deletedAt: timestamp('deleted_at', { withTimezone: true }) })\n`,
      },
    },
  ],
  good: [
    {
      sql: `
        create table users (id bigint generated always as identity primary key, email text not null, deleted_at timestamptz);
        create unique index users_email on users (email) where deleted_at is null;`,
    },
    {
      title: 'What is archived comes back, with its name.',
      sql: `create table surveys (id bigint generated always as identity primary key, slug text not null unique, archived_at timestamptz);`,
    },
    {
      title: 'A token is never used again.',
      sql: `create table sessions (id bigint generated always as identity primary key, token_hash text not null unique, deleted_at timestamptz);`,
    },
  ],
  visit: {
    *createTable({ table }, ctx) {
      yield* taken(table, ctx)
    },
    *addColumn({ table, to }, ctx) {
      if (isDeletion(to.name) && !ctx.isNew(table)) yield* taken(table, ctx)
    },
    *addUnique({ table, to }, ctx) {
      if (!ctx.isNew(table)) yield* taken(table, ctx, to.name)
    },
    *addIndex({ table, index }, ctx) {
      if (!ctx.isNew(table)) yield* taken(table, ctx, index.name)
    },
  },
} satisfies Rule

const natural = /^(?:code|title)$|(?:^|_)(?:email|slug|name|username|handle|phone|domain|subdomain)$/

function isDeletion(column: string): boolean {
  return /^(?:deleted_at|deleted_on|removed_at)$/.test(snake(column))
}

function* taken(table: Key, ctx: RuleContext, only?: string): Iterable<Problem> {
  const after = ctx.after.tables.get(table)
  const deletion = after?.columns.find((column) => isDeletion(column.name) && column.nullable)
  if (!after || !deletion || after.persistence === 'temporary') return
  for (const { name, columns } of uniquesOf(after)) {
    if (
      (only !== undefined && only !== name) ||
      columns.includes(deletion.name) ||
      !columns.some((column) => natural.test(snake(column)))
    )
      continue
    const live = withSuffix(`${after.name}_${columns.join('_')}`, '_live')
    const shape = {
      name: live,
      unique: true,
      keys: columns.map((column) => ({ column, expression: null })),
      where: `${ident(deletion.name)} IS NULL`,
    }
    const inSchema = byOrm(ctx, {
      prisma: `\nTake its \`@unique\` out of the Prisma schema.${indexSpelling(table, shape, ctx)}`,
      drizzle: `\nTake \`${name}\` out of the Drizzle schema.${indexSpelling(table, shape, ctx)}`,
      sql: '',
    })
    yield {
      object: `${table}.${name}`,
      message: `\`${columns.join(', ')}\` of a deleted row stays taken: \`${name}\` counts rows with \`${deletion.name}\` as well.`,
      help: `${builtBy(table, [`CREATE UNIQUE INDEX ${concurrently(table, ctx)}${ident(live)} ON ${sqlName(table, ctx)} (${idents(columns)}) WHERE ${ident(deletion.name)} IS NULL;`], ctx, 'Unless that is meant, let this take its place, which counts only what is there')}${inSchema}`,
    }
  }
}
