import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

const schema = (more = '') =>
  `datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id Int @id\n  email String @unique\n${more}}\n`
const init =
  'CREATE TABLE "User" ("id" INTEGER NOT NULL, "email" TEXT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));\nCREATE UNIQUE INDEX "User_email_key" ON "User"("email");\n'
const next = 'ALTER TABLE "User" ADD COLUMN "plan" TEXT NOT NULL;\n'
const base = { 'package.json': '{"dependencies":{"prisma":"6.0.0"}}', 'prisma/schema.prisma': schema() }

async function said(head: Readonly<Record<string, string>>) {
  const { findings, notes } = await review(await changeSetOf(memoryTree(base), memoryTree({ ...base, ...head })), {
    rules: catalog.filter(({ group }) => group !== 'design'),
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return {
    findings: findings.filter((f) => f.severity === 'error').map((f) => [f.rule, f.place.path, f.place.line]),
    notes: notes.map((n) => n.message),
  }
}

test('the first migrations of a schema that was pushed make what is there', async () => {
  expect(await said({ 'prisma/migrations/0_init/migration.sql': init })).toEqual({
    findings: [],
    notes: [
      'This migration makes what is there already. Where it is, mark it as applied: `npx prisma migrate resolve --applied 0_init`.',
    ],
  })
})

test('what comes behind them is reviewed as what runs', async () => {
  const { findings } = await said({
    'prisma/schema.prisma': schema('  plan String\n'),
    'prisma/migrations/0_init/migration.sql': init,
    'prisma/migrations/1_plan/migration.sql': next,
  })
  expect(findings).toEqual([['no-required-column-without-default', 'prisma/migrations/1_plan/migration.sql', 1]])
})

test('where one file holds the change too, that comes as it did before', async () => {
  const { findings, notes } = await said({
    'prisma/schema.prisma': schema('  plan String\n'),
    'prisma/migrations/0_init/migration.sql': init.replace(
      '"email" TEXT NOT NULL',
      '"email" TEXT NOT NULL, "plan" TEXT NOT NULL',
    ),
  })
  expect(findings).toEqual([['no-required-column-without-default', 'prisma/schema.prisma', 8]])
  expect(notes).toEqual([expect.stringContaining('bring the database to the new schema first')])
})

test('a migration that makes something else fails where the tables are', async () => {
  const { notes } = await said({ 'prisma/migrations/0_init/migration.sql': init.replace('TEXT', 'VARCHAR(9)') })
  expect(notes[0]).toContain('relation "User" already exists')
})
