import { describe, expect, it } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

async function reviewed(base: Record<string, string>, head: Record<string, string>) {
  const { notes, conclusion } = await review(await changeSetOf(memoryTree(base), memoryTree({ ...base, ...head })), {
    rules: [],
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return { conclusion, notes: notes.map(({ path, blocking, message }) => [path, blocking, message]) }
}

const table = `import { integer, pgTable } from 'drizzle-orm/pg-core'\nexport const a = pgTable('a', { id: integer() })\n`
const base = {
  'package.json': '{"dependencies":{"drizzle-orm":"0.45.0"}}',
  'drizzle.config.ts': `export default { dialect: 'postgresql', out: './drizzle', schema: './schema.ts' }`,
  'schema.ts': table,
  'drizzle/0000_a.sql': 'CREATE TABLE "a" ("id" integer);',
  'drizzle/meta/_journal.json': JSON.stringify({
    version: '7',
    dialect: 'postgresql',
    entries: [{ idx: 0, when: 1, tag: '0000_a' }],
  }),
}

describe('a Drizzle schema that cannot be read', () => {
  it('blocks where the change makes it so and no snapshot serves', async () => {
    expect(await reviewed(base, { 'schema.ts': `${table}throw new Error('boom')\n` })).toEqual({
      conclusion: 'failure',
      notes: [['schema.ts', true, 'The Drizzle schema could not be evaluated: Error: boom.']],
    })
  })

  it('is told where a file of it is too large', async () => {
    expect(await reviewed(base, { 'schema.ts': `${table}// ${'x'.repeat(2_000_000)}\n` })).toEqual({
      conclusion: 'failure',
      notes: [
        ['schema.ts', true, 'The Drizzle schema could not be evaluated: schema.ts cannot be read: larger than 2 MB.'],
      ],
    })
  })

  it('is told where its files export no table', async () => {
    expect((await reviewed(base, { 'schema.ts': 'export const nothing = 1\n' })).notes).toContainEqual([
      'schema.ts',
      false,
      'The files of the Drizzle schema export no table.',
    ])
  })

  it('in part is told with the change that edits the part, and no more', async () => {
    const open = {
      ...base,
      'schema.ts': table.replace("pgTable('a'", 'pgTable(process.env.NAME'),
    }
    expect(await reviewed(open, { 'README.md': 'more', 'src/other.ts': 'export {}' })).toEqual({
      conclusion: 'success',
      notes: [],
    })
    const head = (text: string) => reviewed(open, { 'schema.ts': text })
    expect((await head(`${open['schema.ts']}export const other = 1\n`)).notes).toEqual([])
    expect((await head(open['schema.ts'].replace('integer()', 'integer().notNull()'))).notes).toEqual([
      ['schema.ts', false, expect.stringContaining('`process.env.NAME`')],
    ])
  })
})

it('a schema that could not be read before either is told once, where new migrations are not held against it', async () => {
  const trees = {
    'package.json': '{"dependencies":{"prisma":"6.0.0"}}',
    'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n}\n\nmodel A {\n  id Missing @id\n}\n',
    'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
    'prisma/migrations/1_a/migration.sql': 'CREATE TABLE "A" ("id" INTEGER NOT NULL);',
  }
  const head = {
    'prisma/migrations/2_b/migration.sql': 'ALTER TABLE "A" ADD COLUMN "b" INTEGER;',
    'prisma/migrations/3_c/migration.sql': 'ALTER TABLE "A" ADD COLUMN "c" INTEGER;',
  }
  expect(await reviewed(trees, head)).toEqual({
    conclusion: 'neutral',
    notes: [['prisma/schema.prisma', false, expect.stringMatching(/^Prisma refuses this schema.* was not checked\.$/)]],
  })
  expect((await reviewed(trees, { 'src/a.ts': 'export {}' })).notes).toEqual([])
})

it('a Prisma schema that cannot be read is not told with a change of another', async () => {
  const file = (model: string) => `datasource db {\n  provider = "postgresql"\n}\n\n${model}\n`
  const trees = {
    'docs/schema.prisma': file('model A {\n  id Missing @id\n}'),
    'db/prisma/schema.prisma': file('model A {\n  id Int @id\n}'),
  }
  const head = { 'db/prisma/schema.prisma': file('model A {\n  id Int @id\n  b Int?\n}') }
  expect((await reviewed(trees, head)).notes).toEqual([])
  const touched = { 'docs/schema.prisma': `${trees['docs/schema.prisma']}// more\n` }
  expect((await reviewed(trees, touched)).notes).toEqual([
    ['docs/schema.prisma', true, expect.stringContaining('Prisma refuses this schema')],
  ])
})
