import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

const prisma = (type: string) => ({
  'prisma/schema.prisma': `datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n\nmodel User {\n  id String @id\n  name ${type}\n}\n`,
})
const drizzle = (value: string) => ({
  'package.json': '{ "dependencies": { "drizzle-orm": "0.45.0" } }',
  'drizzle.config.ts': `export default { dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' }\n`,
  'src/schema.ts': `import { pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { name: ${value} })\n`,
})

test.each([
  ['Prisma', prisma('Strnig'), prisma('String')],
  ['Drizzle', drizzle('missing()'), drizzle(`text('name')`)],
])('a change that mends a schema of %s is not red, and its tables are not new', async (_, broken, mended) => {
  const changeSet = await changeSetOf(memoryTree(broken), memoryTree(mended))
  const { findings, notes, projects } = await review(changeSet, { rules: catalog, rehearse: false })
  expect(findings).toEqual([])
  expect(projects.flatMap(({ changes }) => changes)).toEqual([])
  expect(notes).toMatchObject([
    { blocking: false, message: expect.stringContaining('before this change cannot be read') as string },
  ])
})

test('a statement of CockroachDB in a file that speaks of it is a note', async () => {
  const head = (comment: string) => ({
    'migrations/1_init.up.sql': 'create table users (id bigint primary key);',
    'migrations/2_notes.up.sql': `${comment}create table notes (id bigint, at timestamptz, primary key (id, at asc));`,
  })
  const told = async (comment: string) => {
    const base = memoryTree({ 'migrations/1_init.up.sql': head('')['migrations/1_init.up.sql'] })
    const report = await review(await changeSetOf(base, memoryTree(head(comment))), { rules: catalog, rehearse: false })
    return [...report.findings.map(({ rule }) => rule), ...report.notes.map(({ kind }) => kind)]
  }
  expect(await told('-- cockroach cannot read this the other way round\n')).toEqual(['unsupported'])
  expect(await told('')).toEqual(['no-syntax-error'])
})
