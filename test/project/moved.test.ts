import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

const schema = (fields: string): string =>
  `datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n\nmodel User {\n  id String @id\n${fields}}\n`
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
    const head = {
      ...project('internal/database', '  name String?\n'),
      'internal/database/prisma/migrations/20260201000000_name/migration.sql':
        'ALTER TABLE "User" ADD COLUMN "name" TEXT;\n',
    }
    const report = await reviewOf(project('packages/database'), head)
    expect(report.projects.flatMap((it) => it.changes.map((change) => change.kind))).toEqual(['addColumn'])
    expect(report.findings.filter((it) => it.severity !== 'info')).toEqual([])
  })

  it('is told of a migration that is lost on the way', async () => {
    const base = {
      ...project('packages/database'),
      'packages/database/prisma/migrations/20260102000000_tag/migration.sql':
        'CREATE TABLE "Tag" ("id" TEXT PRIMARY KEY);\n',
    }
    const report = await reviewOf(base, project('internal/database'))
    expect(report.findings.map((it) => it.rule)).toContain('no-edited-migration')
  })

  it('is followed where only the migrations move', async () => {
    const base = {
      ...project('db'),
      'db/prisma.config.ts':
        'export default { schema: "prisma/schema.prisma", migrations: { path: "prisma/migrations" } }\n',
    }
    const head = Object.fromEntries(
      Object.entries(project('db')).map(([path, text]) => [path.replace('prisma/migrations', 'migrations'), text]),
    )
    const report = await reviewOf(base, {
      ...head,
      'db/prisma.config.ts': 'export default { schema: "prisma/schema.prisma", migrations: { path: "migrations" } }\n',
    })
    expect(report.findings.map((it) => `${it.rule}: ${it.message}`)).toEqual([])
  })
})

describe('a schema that moves to a package with a configuration of its own', () => {
  const declares = (columns = '') =>
    `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), password: text('password').notNull()${columns} })\n`
  const config = (schemaAt: string) =>
    `import { defineConfig } from 'drizzle-kit'\nexport default defineConfig({ dialect: 'postgresql', schema: '${schemaAt}', out: './drizzle' })\n`
  const app = {
    'apps/web/package.json': '{ "dependencies": { "drizzle-orm": "0.45.4" } }',
    'apps/web/drizzle/0000_init.sql':
      'CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL, "password" text NOT NULL);\n',
    'apps/web/drizzle/meta/_journal.json':
      '{"version":"7","dialect":"postgresql","entries":[{"idx":0,"version":"7","when":1,"tag":"0000_init","breakpoints":true}]}\n',
  }
  const base = { ...app, 'apps/web/drizzle.config.ts': config('./db/schema.ts'), 'apps/web/db/schema.ts': declares() }
  const moved = (columns = '') => ({
    ...app,
    'apps/web/drizzle.config.ts': config('../../packages/db/schema.ts'),
    'packages/db/package.json': '{ "dependencies": { "drizzle-orm": "0.45.4" } }',
    'packages/db/drizzle.config.ts': config('./schema.ts'),
    'packages/db/schema.ts': declares(columns),
  })

  it('declares nothing anew', async () => {
    const report = await reviewOf(base, moved())
    expect(report.findings.map((it) => `${it.rule}: ${it.message}`)).toEqual([])
    expect(report.projects.flatMap((it) => it.changes)).toEqual([])
  })

  it('is reviewed for what changes besides', async () => {
    const report = await reviewOf(base, moved(", apiKey: text('api_key')"))
    expect(report.findings.filter((it) => it.group === 'access').map((it) => it.message)).toEqual([
      'Whoever reads `users` or a backup can read `api_key`.',
    ])
  })
})
