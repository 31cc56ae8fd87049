import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

const model = (field: string): string => `datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client {
  provider = "prisma-client-js"
}

model User {
  id    String @id
  email String
${field}}

model Pet {
  id       String @id
  nickname String
}
`
const init =
  'CREATE TABLE "User" ("id" TEXT NOT NULL, "email" TEXT NOT NULL, "nickname" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));\nCREATE TABLE "Pet" ("id" TEXT NOT NULL, "nickname" TEXT NOT NULL, CONSTRAINT "Pet_pkey" PRIMARY KEY ("id"));\n'
const base = {
  'package.json': '{ "dependencies": { "@prisma/client": "6.5.0", "prisma": "6.5.0" } }',
  'prisma/schema.prisma': model('  nickname String?\n'),
  'prisma/migrations/20260101000000_init/migration.sql': init,
  'src/db.ts': `import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n`,
}
const dropped = {
  ...base,
  'prisma/schema.prisma': model(''),
  'prisma/migrations/20260201000000_drop/migration.sql': 'ALTER TABLE "User" DROP COLUMN "nickname";\n',
}

/** Places that the review says still use the dropped column, where `code` is in the repository and the pull request does not touch it. */
async function usesOf(code: Readonly<Record<string, string>>): Promise<string> {
  const report = await review(
    await changeSetOf(memoryTree({ ...base, ...code }), memoryTree({ ...dropped, ...code })),
    { rules: catalog, rehearse: false },
  )
  return report.findings
    .filter((it) => it.rule === 'no-used-column-drop')
    .map((it) => it.help)
    .join('\n')
}

describe('code that a pull request does not touch is read where it may use what the migration takes away', () => {
  it('in the call itself', async () => {
    expect(
      await usesOf({
        'src/a.ts': `import { prisma } from './db'\nexport const names = () => prisma.user.findMany({ select: { nickname: true } })\n`,
      }),
    ).toContain('src/a.ts:2')
  })

  it('in a part of the call that stands in another file', async () => {
    const code = {
      'src/parts.ts': `export const card = { id: true, nickname: true }\n`,
      'src/a.ts': `import { prisma } from './db'\nimport { card } from './parts'\nexport const cards = () => prisma.user.findMany({ select: card })\n`,
    }
    expect(await usesOf(code)).toMatch(/src\/(?:a\.ts:3|parts\.ts:1)/)
  })

  it('in a part that comes through a file that passes it on', async () => {
    const code = {
      'src/parts/card.ts': `export const card = { id: true, nickname: true }\n`,
      'src/parts/index.ts': `export * from './card'\n`,
      'src/a.ts': `import { prisma } from './db'\nimport { card } from './parts'\nexport const cards = () => prisma.user.findMany({ select: card })\n`,
    }
    expect(await usesOf(code)).toMatch(/src\/(?:a\.ts:3|parts\/card\.ts:1)/)
  })

  it('in SQL', async () => {
    expect(
      await usesOf({
        'src/a.ts': `import { prisma } from './db'\nexport const names = () => prisma.$queryRaw\`SELECT "nickname" FROM "User"\`\n`,
      }),
    ).toContain('src/a.ts:2')
  })

  it('and a field of the same name on another model is no use', async () => {
    expect(
      await usesOf({
        'src/a.ts': `import { prisma } from './db'\nexport const names = () => prisma.pet.findMany({ select: { nickname: true } })\n`,
      }),
    ).toBe('')
  })
})
