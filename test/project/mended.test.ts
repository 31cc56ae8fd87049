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
