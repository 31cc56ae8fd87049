import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { tableOf, type Change } from '../../src/schema/change.ts'
import { printChanges } from '../../src/schema/sql/changes.ts'
import { driftClause, driftPlace, newDrift } from '../shared/drift.ts'
import { keepName, probableRenames, type ProbableRename } from '../shared/renames.ts'
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
    {
      title: 'A field that gets another name is asked for, never guessed.',
      runner: 'prisma@6',
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, "name" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: `model User {\n  id   Int     @id\n  name String?\n}`,
        after: `model User {\n  id       Int     @id\n  fullName String?\n}`,
      },
      message: 'a column `name` that the schema does not declare, and 1 more',
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
      const [first] = drift?.disagreements ?? []
      if (!drift || !first) return
      const others = drift.disagreements.length > 1 ? `, and ${drift.disagreements.length - 1} more` : ''
      const renames = probableRenames(drift.changes, ctx)
      const command = ctx.project.orm === 'prisma' ? '`npx prisma migrate dev`' : '`npx drizzle-kit generate`'
      const renamed = renames.length > 0 && drift.changes.find((change) => isNewName(change, first.change, renames))
      return {
        place: driftPlace(renamed || first.change, ctx),
        anySize: true,
        message: `The schema changes and no migration follows: ${driftClause(first, ctx)}${others}.`,
        help: `${renames.map((rename) => question(rename, ctx)).join('')}${renames.length > 0 ? 'w' : 'W'}rite the migration with ${command}. It would hold:\n${sql(printChanges(drift.changes, drift.from, drift.to).trimEnd())}`,
      }
    },
  },
} satisfies Rule

/** True for the addition that gives what the first change takes away its new name. */
function isNewName(change: Change, gone: Change, renames: readonly ProbableRename[]): boolean {
  const sameTable = tableOf(change) === tableOf(gone)
  return (
    change.kind === 'addColumn' &&
    gone.kind === 'dropColumn' &&
    sameTable &&
    renames.some(({ from, to }) => from === gone.from.name && to === change.to.name)
  )
}

function question(rename: ProbableRename, ctx: RuleContext): string {
  const { what, from, to } = rename
  const kept = keepName(ctx, what, from)
  const keep = kept === null ? '' : `keep the name in the database, which needs no migration: ${kept}. Or `
  return `Is \`${to}\` the new name of \`${from}\`? Then ${keep}rename it in a migration by hand:\n${sql(...rename.sql)}\nOtherwise, `
}
