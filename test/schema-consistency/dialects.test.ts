import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { schemaChanges } from '../../src/report/changes.ts'
import { changeToJson } from '../../src/report/json.ts'
import { review } from '../../src/review.ts'

async function reviewed(base: Record<string, string>, head: Record<string, string>) {
  const report = await review(await changeSetOf(memoryTree(base), memoryTree({ ...base, ...head })), {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return {
    findings: report.findings.map(({ rule, place }) => [rule, place.line]),
    notes: report.notes.map(({ message }) => message),
    words: schemaChanges(report).join('\n'),
    changes: report.projects.flatMap((it) => it.changes.map((change) => changeToJson(change, it.project.name))),
    helps: report.findings.map(({ help }) => help).join('\n'),
  }
}

const schema = (provider: string, fields: string) =>
  `datasource db {\n  provider = "${provider}"\n}\n\nmodel User {\n  id BigInt @id\n${fields}}\n`

it.each([
  ['mysql', [['no-drop-column', 7]]],
  [
    'sqlite',
    [
      ['no-required-column-without-default', 7],
      ['no-drop-column', 7],
    ],
  ],
  [
    'sqlserver',
    [
      ['no-required-column-without-default', 7],
      ['no-drop-column', 7],
    ],
  ],
  ['mongodb', []],
])('what holds for every database is told of %s, without SQL of Postgres', async (provider, expected) => {
  const mongo = (text: string) => (provider === 'mongodb' ? text.replace('@id', '@id @map("_id")') : text)
  const { findings, notes, helps } = await reviewed(
    { 'prisma/schema.prisma': mongo(schema(provider, '  bio String?\n')) },
    { 'prisma/schema.prisma': mongo(schema(provider, '  age Int\n')) },
  )
  expect(findings).toEqual(expect.arrayContaining(expected))
  expect(findings.length).toBe(expected.length)
  expect(notes).toEqual([expect.stringContaining('read from its text alone')])
  expect(helps).not.toContain('```sql')
})

it('CockroachDB has its own types and syntax, and nothing is said of locks', async () => {
  const base = {
    'package.json': '{"dependencies":{"prisma":"6.0.0"}}',
    'prisma/schema.prisma': schema('cockroachdb', '  bio String\n'),
    'prisma/migrations/migration_lock.toml': 'provider = "cockroachdb"\n',
    'prisma/migrations/1_init/migration.sql':
      'CREATE TABLE "User" ("id" INT8 NOT NULL, "bio" STRING NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));',
  }
  const { findings, notes } = await reviewed(base, {
    'prisma/schema.prisma': schema(
      'cockroachdb',
      '  bio String\n  raw Bytes?\n  n BigInt?\n  nick String? @db.String(20)\n\n  @@index([nick])\n',
    ),
    'prisma/migrations/2_more/migration.sql':
      'ALTER TABLE "User" ADD COLUMN "raw" BYTES;\nALTER TABLE "User" ADD COLUMN "n" INT;\nALTER TABLE "User" ADD COLUMN "nick" STRING(20);\nCREATE INDEX "User_nick_idx" ON "User"("nick");',
  })
  expect(findings).toEqual([])
  expect(notes).toEqual([expect.stringContaining('CockroachDB changes a schema while reads and writes go on')])
  const own = await reviewed(base, {
    'prisma/migrations/2_more/migration.sql': 'CREATE INDEX "i" ON "User"("bio") USING HASH;',
  })
  expect(own.findings).toEqual([])
  expect(own.notes).toEqual([expect.stringContaining("CockroachDB's own syntax is not followed")])
})

it('the sequence behind a column of CockroachDB is altered under its own name', async () => {
  const text = (increment: number) => schema('cockroachdb', `  n Int @default(sequence(increment: ${increment}))\n`)
  const { findings, notes } = await reviewed({ 'prisma/schema.prisma': text(2) }, { 'prisma/schema.prisma': text(3) })
  expect([findings, notes]).toEqual([[], [expect.stringContaining('CockroachDB changes')]])
})

it.each(['mysql', 'mongodb'])(
  'a table of %s, which has no schemas within, is called by its name alone',
  async (provider) => {
    const text = (fields: string) =>
      schema(provider, fields).replace('@id', provider === 'mongodb' ? '@id @map("_id")' : '@id')
    const { words, changes } = await reviewed(
      { 'prisma/schema.prisma': text('  bio String?\n') },
      { 'prisma/schema.prisma': text('  bio String?\n  age Int?\n') },
    )
    if (provider === 'mysql') expect(words).toContain('`User`')
    expect(JSON.stringify([words, changes])).not.toMatch(/\.User|public/)
  },
)
