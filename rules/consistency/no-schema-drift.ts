import type { Rule } from '../../src/engine/rule.ts'
import { printChanges } from '../../src/schema/sql/changes.ts'
import type { Change } from '../../src/schema/change.ts'
import { driftClause, driftPlace, isUndeclared, newDrift, type Disagreement } from '../shared/drift.ts'
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
    {
      title: 'A foreign key that does something else on a delete.',
      runner: 'prisma@6',
      given: `CREATE TABLE "Team" ("id" INTEGER NOT NULL, CONSTRAINT "Team_pkey" PRIMARY KEY ("id")); CREATE TABLE "User" ("id" INTEGER NOT NULL, "teamId" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"), CONSTRAINT "User_teamId_fkey" FOREIGN KEY ("teamId") REFERENCES "Team"("id") ON DELETE RESTRICT ON UPDATE CASCADE);`,
      prisma: {
        before: `model Team {\n  id    Int    @id\n  users User[]\n}\n\nmodel User {\n  id     Int  @id\n  teamId Int\n  team   Team @relation(fields: [teamId], references: [id])\n}`,
        after: `model Team {\n  id    Int    @id\n  users User[]\n}\n\nmodel User {\n  id     Int     @id\n  teamId Int\n  team   Team    @relation(fields: [teamId], references: [id], onDelete: Cascade)\n  name   String?\n}`,
      },
      sql: `ALTER TABLE "User" ADD COLUMN "name" TEXT;`,
      message:
        'is `ON DELETE CASCADE ON UPDATE CASCADE` in the schema and `ON DELETE RESTRICT ON UPDATE CASCADE` after',
      count: 1,
    },
    {
      title: 'Defaults that the schema leaves to the client are told once.',
      runner: 'prisma@6',
      prisma: {
        before: '',
        after: `model User {\n  id        String   @id @default(uuid())\n  updatedAt DateTime @updatedAt\n}`,
      },
      sql: `CREATE TABLE "User" ("id" TEXT NOT NULL DEFAULT gen_random_uuid(), "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      message:
        '`id` of `User` has no default in the schema and the default `gen_random_uuid()` after the migrations, and 1 more',
      severity: 'warning',
      count: 1,
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
      if (!drift) return
      const groups = grouped(drift.disagreements)
      const shown = groups.slice(0, 5)
      for (const [i, group] of shown.entries()) {
        const [first] = group
        const left = i === shown.length - 1 ? groups.slice(shown.length).flat().length : 0
        const others = group.length - 1 + left
        const { change } = first
        yield {
          place: driftPlace(change, ctx),
          object: 'table' in change ? change.table : change.object,
          anySize: true,
          ...(isHarmless(change) ? { severity: 'warning' as const } : {}),
          message: `Schema and migrations disagree: ${driftClause(first, ctx)}${others > 0 ? `, and ${others} more` : ''}.`,
          help: `${isUndeclared(change) || change.kind === 'dropDefault' ? 'Declare it in the schema. Where it is not wanted, the next migration takes it away' : 'To make the database what the schema declares'}:\n${sql(
            printChanges(
              group.flatMap(({ changes }) => changes),
              drift.from,
              drift.to,
            ).trimEnd(),
          )}`,
        }
      }
    },
  },
} satisfies Rule

/** True for what no query notices: a name, and a default of a column that the client always sets. */
function isHarmless(change: Change): boolean {
  return change.kind === 'renameIndex' || change.kind === 'renameConstraint' || change.kind === 'dropDefault'
}

/** Names that differ are one finding, and so are defaults that the schema does not declare; all else is one each. */
function grouped(all: readonly Disagreement[]): readonly (readonly [Disagreement, ...Disagreement[]])[] {
  const groups = new Map<unknown, [Disagreement, ...Disagreement[]]>()
  for (const one of all) {
    const { kind } = one.change
    const group = isHarmless(one.change) ? (kind === 'dropDefault' ? 'default' : 'name') : one
    const known = groups.get(group)
    if (known) known.push(one)
    else groups.set(group, [one])
  }
  return [...groups.values()]
}
