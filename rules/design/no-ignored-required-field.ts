import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-ignored-required-field',
  severity: 'error',
  summary: 'A required field that Prisma ignores and that has no default makes every create fail.',
  why: 'The client leaves an @ignore field out of every INSERT, so the database puts NULL there, which the column refuses.',
  fix: 'Give the field a default in the database, or make it optional.',
  references: ['https://www.prisma.io/docs/orm/reference/prisma-schema-reference#ignore'],
  sources: ['prisma-lint/forbid-required-ignored-field'],
  bad: [
    {
      prisma: {
        before: 'model User {\n  id Int @id\n  legacy String?\n}\n',
        after: 'model User {\n  id Int @id\n  legacy String @ignore\n}\n',
      },
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, "legacy" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      sql: `ALTER TABLE "User" ALTER COLUMN "legacy" SET NOT NULL;`,
      message: 'leaves `legacy` out of every INSERT',
    },
  ],
  good: [
    {
      prisma: {
        before: 'model User {\n  id Int @id\n}\n',
        after: 'model User {\n  id Int @id\n  legacy String? @ignore\n  source String @default("web") @ignore\n}\n',
      },
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      sql: `SET lock_timeout = '5s'; ALTER TABLE "User" ADD COLUMN "legacy" TEXT, ADD COLUMN "source" TEXT NOT NULL DEFAULT 'web';`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const table of ctx.declared?.tables.values() ?? []) {
        if (table.ignored) continue
        for (const column of table.columns) {
          if (
            !column.ignored ||
            column.nullable ||
            column.default !== null ||
            column.identity !== null ||
            column.generated !== null ||
            column.clientDefault != null
          )
            continue
          const before = ctx.declaredBefore?.tables.get(table.key)?.columns.find((c) => c.name === column.name)
          if (before?.ignored && !before.nullable && before.default === null) continue
          const place = column.declared[0]
          yield {
            ...(place ? { place } : {}),
            object: `${table.key}.${column.name}`,
            message: `Prisma leaves \`${column.property ?? column.name}\` out of every INSERT, and the column takes no NULL: creating a \`${ctx.name(table.key)}\` fails.`,
          }
        }
      }
    },
  },
} satisfies Rule
