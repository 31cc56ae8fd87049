import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

const schema = (fields: string): string => `datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n\nmodel User {\n  id String @id\n${fields}}\n`
const init = 'CREATE TABLE "User" (\n    "id" TEXT NOT NULL,\n\n    CONSTRAINT "User_pkey" PRIMARY KEY ("id")\n);\n'
const project = (folder: string, fields = ''): Record<string, string> => ({
  [`${folder}/package.json`]: '{ "dependencies": { "prisma": "6.5.0" } }',
  [`${folder}/prisma/schema.prisma`]: schema(fields),
  [`${folder}/prisma/migrations/20260101000000_init/migration.sql`]: init,
  [`${folder}/prisma/migrations/migration_lock.toml`]: 'provider = "postgresql"\n',
})

const reviewOf = async (base: Record<string, string>, head: Record<string, string>) =>
  review(await changeSetOf(memoryTree(base), memoryTree(head)), { rules: catalog, rehearse: false })

describe('a project whose folder gets another name', () => {
  it('changes nothing', async () => {
    const report = await reviewOf(project('packages/database'), project('internal/database'))
    expect(report.findings.map((it) => `${it.rule}: ${it.message}`)).toEqual([])
    expect(report.projects.flatMap((it) => it.changes)).toEqual([])
    expect(report.coverage.statements).toBe(0)
  })

  it('is reviewed for what changes besides', async () => {
    const head = { ...project('internal/database', '  name String?\n'), 'internal/database/prisma/migrations/20260201000000_name/migration.sql': 'ALTER TABLE "User" ADD COLUMN "name" TEXT;\n' }
    const report = await reviewOf(project('packages/database'), head)
    expect(report.projects.flatMap((it) => it.changes.map((change) => change.kind))).toEqual(['addColumn'])
    expect(report.findings.filter((it) => it.severity !== 'info')).toEqual([])
  })

  it('is told of a migration that is lost on the way', async () => {
    const base = { ...project('packages/database'), 'packages/database/prisma/migrations/20260102000000_tag/migration.sql': 'CREATE TABLE "Tag" ("id" TEXT PRIMARY KEY);\n' }
    const report = await reviewOf(base, project('internal/database'))
    expect(report.findings.map((it) => it.rule)).toContain('no-edited-migration')
  })

  it('is followed where only the migrations move', async () => {
    const base = { ...project('db'), 'db/prisma.config.ts': 'export default { schema: "prisma/schema.prisma", migrations: { path: "prisma/migrations" } }\n' }
    const head = Object.fromEntries(Object.entries(project('db')).map(([path, text]) => [path.replace('prisma/migrations', 'migrations'), text]))
    const report = await reviewOf(base, { ...head, 'db/prisma.config.ts': 'export default { schema: "prisma/schema.prisma", migrations: { path: "migrations" } }\n' })
    expect(report.findings.map((it) => `${it.rule}: ${it.message}`)).toEqual([])
  })
})
