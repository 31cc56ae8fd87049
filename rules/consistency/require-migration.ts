import type { Rule } from '../../src/engine/rule.ts'
import { printChanges } from '../../src/schema/sql/changes.ts'
import { driftClause, driftPlace, newDrift } from '../shared/drift.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'require-migration',
  severity: 'error',
  summary: 'A change of the schema without a migration never reaches the database.',
  why: 'The client is generated from the schema and asks for what is not there: each query of the table fails in production, while it works wherever somebody has pushed the schema by hand.',
  fix: 'Write the migration: `npx prisma migrate dev`, or `npx drizzle-kit generate`.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-migrate/getting-started',
    'https://orm.drizzle.team/docs/drizzle-kit-generate',
  ],
  sources: [],
  bad: [
    {
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: { before: `model User {\n  id Int @id\n}`, after: `model User {\n  id   Int     @id\n  name String?\n}` },
      message: 'no migration',
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
      title: 'A name that only the code sees needs no migration.',
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: `model User {\n  id Int @id\n}`,
        after: `/// Somebody who signs in.\nmodel Account {\n  key Int @id @map("id")\n\n  @@map("User")\n}`,
      },
    },
  ],
  visit: {
    pullRequest(ctx) {
      // A new file that the runner never takes is told as such.
      if (!ctx.generated || ctx.project.orm === null || ctx.orphans.some(({ isNew }) => isNew)) return
      const drift = newDrift(ctx)
      const [first] = drift?.changes ?? []
      if (!drift || !first) return
      const others = drift.changes.length > 1 ? `, and ${drift.changes.length - 1} more` : ''
      const command = ctx.project.orm === 'prisma' ? '`npx prisma migrate dev`' : '`npx drizzle-kit generate`'
      return {
        place: driftPlace(first, ctx),
        anySize: true,
        message: `The schema changes and no migration follows: ${driftClause(first, ctx)}${others}.`,
        help: `Write the migration with ${command}. It would hold:\n${sql(printChanges(drift.changes, drift.from, drift.to).trimEnd())}`,
      }
    },
  },
} satisfies Rule
