import type { Rule } from '../../src/engine/rule.ts'
import { printChanges } from '../../src/schema/sql/changes.ts'
import { driftClause, driftPlace, isUndeclared, newDrift } from '../shared/drift.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'no-schema-drift',
  severity: 'error',
  summary: 'The migrations of the pull request and its schema do not make the same database.',
  why: `The client is generated from the schema and the database is made by the migrations. Where they differ, queries fail or the next generated migration holds
    changes that nobody meant.`,
  fix: 'Make the two agree: correct the schema, or add what is missing to the migration.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/shadow-database#detecting-schema-drift',
  ],
  sources: [],
  bad: [
    {
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: `model User {\n  id Int @id\n}`,
        after: `model User {\n  id   Int     @id\n  name String?\n  nick String?\n}`,
      },
      sql: `ALTER TABLE "User" ADD COLUMN "name" TEXT;`,
      message: 'a column `nick`',
    },
  ],
  good: [
    {
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: { before: `model User {\n  id Int @id\n}`, after: `model User {\n  id   Int     @id\n  name String?\n}` },
      sql: `ALTER TABLE "User" ADD COLUMN "name" TEXT;`,
    },
    {
      title: 'What the schema cannot declare is no disagreement.',
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: { before: `model User {\n  id Int @id\n}`, after: `model User {\n  id   Int     @id\n  name String?\n}` },
      sql: `ALTER TABLE "User" ADD COLUMN "name" TEXT;\nALTER TABLE "User" ADD CONSTRAINT "User_name_check" CHECK (name <> '') NOT VALID;`,
    },
    {
      title: 'Two spellings of an empty list are one default.',
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: `model User {\n  id Int @id\n}`,
        after: `model User {\n  id   Int      @id\n  tags String[] @default([])\n}`,
      },
      sql: `ALTER TABLE "User" ADD COLUMN "tags" TEXT[] DEFAULT '{}';`,
    },
    {
      title: 'Nor is a constant that is cast to its column with or without the length.',
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: `model User {\n  id Int @id\n}`,
        after: `model User {\n  id   Int      @id\n  tags String[] @default(dbgenerated("'{}'::varchar[]")) @db.VarChar(24)\n}`,
      },
      sql: `ALTER TABLE "User" ADD COLUMN "tags" VARCHAR(24)[] DEFAULT '{}'::VARCHAR(24)[];`,
    },
    {
      title: 'A list without NOT NULL and the order of an enum are none either.',
      runner: 'prisma@6',
      given: `CREATE TYPE "Role" AS ENUM ('A', 'C'); CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: `enum Role {\n  A\n  C\n}\n\nmodel User {\n  id Int @id\n}`,
        after: `enum Role {\n  A\n  B\n  C\n}\n\nmodel User {\n  id   Int      @id\n  tags String[]\n}`,
      },
      sql: [`ALTER TABLE "User" ADD COLUMN "tags" TEXT[];`, `ALTER TYPE "Role" ADD VALUE 'B';`],
    },
  ],
  visit: {
    *pullRequest(ctx) {
      if (ctx.generated || ctx.steps.length === 0 || ctx.project.orm === null) return
      const drift = newDrift(ctx)
      const shown = drift?.changes.slice(0, 5) ?? []
      for (const [i, change] of shown.entries()) {
        if (!drift) return
        const more =
          i === shown.length - 1 && drift.changes.length > shown.length
            ? `, and ${drift.changes.length - shown.length} more`
            : ''
        const isName = change.kind === 'renameIndex' || change.kind === 'renameConstraint'
        yield {
          place: driftPlace(change, ctx),
          object: 'table' in change ? change.table : change.object,
          anySize: true,
          ...(isName ? { severity: 'warning' as const } : {}),
          message: `Schema and migrations disagree: ${driftClause(change, ctx)}${more}.`,
          help: `${isUndeclared(change) ? 'Declare it in the schema. Where it is not wanted, the next migration takes it away' : 'To make the database what the schema declares'}:\n${sql(printChanges([change], drift.from, drift.to).trimEnd())}`,
        }
      }
    },
  },
} satisfies Rule
