import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import type { TreeEntry } from '../../src/changeset/tree.ts'
import { filesInQuestion } from '../../src/queries/scope.ts'
import { featuresOf, fileKind } from '../../src/queries/typescript/features.ts'
import { moduleResolver } from '../../src/queries/typescript/resolver.ts'
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

describe('code that cannot use it is not parsed', () => {
  const texts = {
    'src/cards/parts.ts': 'export const card = { select: { nickname: true } }',
    'src/pets/parts.ts': 'export const card = { select: { name: true } }',
    'src/a.ts': `import { card } from './cards/parts'\nawait db.user.findMany(card)`,
    'src/b.ts': `import { card } from './pets/parts'\nawait db.user.findMany(card)`,
    'src/c.ts': 'await db.user.findMany({ select: { nickname: true } })',
    'src/d.ts': 'await db.pet.findMany({ select: { nickname: true } })',
  }
  const entries = Object.keys(texts).map((path): TreeEntry => ({ path, oid: path, size: 1, mode: 'file' }))
  const chosen = async (column: RegExp | null, changed: readonly string[] = []): Promise<readonly string[]> =>
    filesInQuestion(
      {
        entries,
        features: new Map(Object.entries(texts).map(([path, text]) => [path, featuresOf(text)])),
        changed: { has: (path) => changed.includes(path), touches: () => false },
        queries: (path) => !path.endsWith('parts.ts') || changed.includes(path),
        resolve: moduleResolver(entries, new Map()).resolve,
      },
      changed.length > 0 ? [] : [{ table: /\buser\b/, column }],
      (paths) => Promise.resolve(new Map(Object.entries(texts).filter(([path]) => paths.includes(path)))),
    )

  it('where it names the table and not the column, in the file or in what it imports', async () => {
    expect(await chosen(/\bnickname\b/)).toEqual(['src/a.ts', 'src/c.ts'])
    expect(await chosen(null)).toEqual(['src/a.ts', 'src/b.ts', 'src/c.ts'])
  })

  it('where it imports another file of the same name as the changed one', async () => {
    texts['src/a.ts'] = `import { card } from './cards/parts'\nfor (const id of ids) await card(id)`
    texts['src/b.ts'] = `import { card } from './pets/parts'\nfor (const id of ids) await card(id)`
    expect(await chosen(null, ['src/pets/parts.ts'])).toEqual(['src/pets/parts.ts', 'src/b.ts'])
  })
})

describe('the kind of a file', () => {
  it.each([
    ['prisma/reset-password.ts', 'script'],
    ['packages/db/prisma/fix.ts', 'script'],
    ['packages/database/setup-roles.ts', 'script'],
    ['packages/database/src/verify-users.ts', 'source'],
    ['prisma/client.ts', 'source'],
    ['lib/prisma/users.ts', 'source'],
    ['src/prisma/prisma.service.ts', 'source'],
    ['prisma/seed.ts', 'seed'],
    ['src/mocks/redis.ts', 'test'],
    ['src/test.ts', 'test'],
    ['app/src/test-only-migrations/V901__rows.sql', 'test'],
    ['src/integrationTest/resources/db/testdata/V2__rows.sql', 'test'],
    ['src/it/resources/rows.sql', 'test'],
    ['src/it/page.ts', 'source'],
    ['apps/ab-test/latest/page.ts', 'source'],
    ['prisma/ts-migrations/remove-duplicates.ts', 'script'],
    ['prisma/production-seed/data.ts', 'seed'],
  ])('%s is %s', (path, kind) => {
    expect(fileKind(path)).toBe(kind)
  })
})
