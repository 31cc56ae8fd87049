import { expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { plansOf } from '../../src/planner/of-change-set.ts'
import { readSettings } from '../../src/settings.ts'

const schema = (fields: string) =>
  `datasource db {\n  provider = "cockroachdb"\n  url = env("DATABASE_URL")\n}\n\nmodel User {\n  id BigInt @id @default(autoincrement())\n${fields}}\n`
const base = {
  'prisma/schema.prisma': schema('  age Int?\n'),
  'prisma/migrations/migration_lock.toml': 'provider = "cockroachdb"\n',
  'prisma/migrations/1_init/migration.sql':
    'CREATE TABLE "User" ("id" INT8 NOT NULL DEFAULT unique_rowid(), "age" INT4, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));\n',
}

test('a plan for CockroachDB is the order and the way back', async () => {
  const head = {
    ...base,
    'prisma/schema.prisma': schema('  age Int\n\n  @@index([age])\n'),
    'prisma/migrations/2_age/migration.sql':
      'ALTER TABLE "User" ALTER COLUMN "age" SET NOT NULL;\nCREATE INDEX "User_age_idx" ON "User"("age");\n',
  }
  const changeSet = await changeSetOf(memoryTree(base), memoryTree(head))
  const { plans, notes } = await plansOf(changeSet, await readSettings(changeSet, []))
  expect(plans.map(({ plan }) => plan)).toMatchObject([
    { recipes: [], backfills: [], preflight: [], aftercare: [], mixed: true },
  ])
  expect(plans[0]?.plan.parts.flatMap((part) => part.statements)).toEqual([
    'CREATE INDEX "User_age_idx" ON "User"("age")',
    'ALTER TABLE "User" ALTER COLUMN "age" SET NOT NULL',
  ])
  expect(plans[0]?.plan.rollback.sql).toContain('ALTER TABLE "User" ALTER COLUMN age DROP NOT NULL;')
  expect(notes.map((note) => note.message)).toContain(
    'For CockroachDB a plan is the order and the way back: backfills and checks are written for PostgreSQL.',
  )
})
