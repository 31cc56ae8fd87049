import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { inlineComment } from '../../src/report/comment.ts'
import { reportToJson } from '../../src/report/json.ts'
import { review } from '../../src/review.ts'

const base = {
  'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n}\n',
  'package.json': '{"dependencies":{"prisma":"6.0.0"}}',
  'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
  'prisma/migrations/1_init/migration.sql': `CREATE TYPE "Role" AS ENUM ('A', 'B');
CREATE TABLE "users" ("id" INTEGER NOT NULL, "name" TEXT, "email" TEXT, "role" "Role", CONSTRAINT "users_pkey" PRIMARY KEY ("id"));
CREATE TABLE "old" ("id" INTEGER NOT NULL, CONSTRAINT "old_pkey" PRIMARY KEY ("id"));`,
}

const column = 'You are about to drop the column `name` on the `users` table. All the data in the column will be lost.'
const unique =
  'A unique constraint covering the columns `[nick]` on the table `users` will be added. If there are existing duplicate values, this will fail.'

async function reviewed(lines: readonly string[], sql: string) {
  const header = ['/*', '  Warnings:', '', ...lines.map((line) => `  - ${line}`), '*/', ''].join('\n')
  const change = await changeSetOf(
    memoryTree(base),
    memoryTree({ ...base, 'prisma/migrations/2_change/migration.sql': header + sql }),
  )
  return review(change, { rules: catalog, settings: { config: defaultConfig, notes: [] }, rehearse: false })
}

const warnedOf = (report: Awaited<ReturnType<typeof reviewed>>) =>
  report.findings.filter((f) => f.warned).map((f) => [f.rule, f.warned?.line])

describe('the header that Prisma writes above a migration', () => {
  it('is evidence of the finding at the statement that it is about', async () => {
    const report = await reviewed(
      [
        column,
        'You are about to drop the `old` table. If the table is not empty, all the data it contains will be lost.',
        'A unique constraint covering the columns `[email]` on the table `users` will be added. If there are existing duplicate values, this will fail.',
      ],
      `ALTER TABLE "users" DROP COLUMN "name";\nDROP TABLE "old";\nCREATE UNIQUE INDEX "users_email_key" ON "users"("email");`,
    )
    expect(warnedOf(report).toSorted()).toEqual([
      ['no-drop-column', 4],
      ['no-drop-table', 5],
      ['no-unique-over-duplicates', 6],
    ])
    expect(report.notes).toEqual([])
    const finding = report.findings.find((f) => f.rule === 'no-drop-column')
    expect(inlineComment(finding!, { url: null, repository: null } as never, false)).toContain(
      'Prisma warns of it in line 4 of the file.',
    )
    expect(reportToJson(report)['findings']).toContainEqual(
      expect.objectContaining({ rule: 'no-drop-column', warned: { line: 4, message: column } }),
    )
  })

  it('tells two columns of one statement apart', async () => {
    const report = await reviewed(
      [column.replace('`name`', '`email`'), column],
      `ALTER TABLE "users" DROP COLUMN "name", DROP COLUMN "email";`,
    )
    expect(report.findings.filter((f) => f.rule === 'no-drop-column').map((f) => [f.object, f.warned?.line])).toEqual([
      ['public.users.name', 5],
      ['public.users.email', 4],
    ])
  })

  it('is silent where the statement was edited away, and where the rules know better', async () => {
    const renamed = await reviewed([column], `ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";`)
    expect([warnedOf(renamed), renamed.notes]).toEqual([[], []])
    const fresh = await reviewed(
      [unique],
      `ALTER TABLE "users" ADD COLUMN "nick" TEXT;\nCREATE UNIQUE INDEX "users_nick_key" ON "users"("nick");`,
    )
    expect([warnedOf(fresh), fresh.notes]).toEqual([[], []])
    expect(fresh.findings.map((f) => f.rule)).not.toContain('no-unique-over-duplicates')
  })

  it('maps values that leave an enum', async () => {
    const report = await reviewed(
      [
        'The values [B] on the enum `Role` will be removed. If these variants are still used in the database, this will fail.',
      ],
      `CREATE TYPE "Role_new" AS ENUM ('A');\nALTER TABLE "users" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");\nALTER TYPE "Role" RENAME TO "Role_old";\nALTER TYPE "Role_new" RENAME TO "Role";\nDROP TYPE "Role_old";`,
    )
    expect(warnedOf(report)).toEqual([['no-enum-recreate', 4]])
  })

  it('makes a note of words that no rule can check', async () => {
    const report = await reviewed(['THIS IS BREAKING'], `ALTER TABLE "users" ADD COLUMN "nick" TEXT;`)
    expect(report.notes).toEqual([
      expect.objectContaining({
        kind: 'unresolved',
        blocking: false,
        line: 4,
        message: expect.stringContaining('THIS IS BREAKING'),
      }),
    ])
  })
})
