import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

const tables = (columns: string) =>
  `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), ${columns} })\n`
const config = `import { defineConfig } from 'drizzle-kit'\nexport default defineConfig({ schema: './src/schema.ts', dialect: 'postgresql', out: 'drizzle' })\n`
const files = (columns: string, migrations: Record<string, string>) => ({
  'packages/db/package.json': '{ "name": "@acme/db", "exports": { "./schema": "./src/schema.ts" } }',
  'packages/db/src/schema.ts': tables(columns),
  'packages/db/drizzle.config.ts': config,
  'apps/web/package.json': '{ "name": "web", "dependencies": { "@acme/db": "workspace:*", "drizzle-orm": "0.45.0" } }',
  'apps/web/src/schema.ts': `export * from '@acme/db/schema'\n`,
  'apps/web/drizzle.config.ts': config,
  'apps/web/drizzle/meta/_journal.json': JSON.stringify({
    version: '7',
    dialect: 'postgresql',
    entries: Object.keys(migrations).map((tag, idx) => ({ idx, version: '7', when: idx + 1, tag, breakpoints: true })),
  }),
  ...Object.fromEntries(Object.entries(migrations).map(([tag, sql]) => [`apps/web/drizzle/${tag}.sql`, sql])),
})

test('a second configuration of a schema that another package migrates is told of once', async () => {
  const first = { '0000_init': 'CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL, "name" text);' }
  const base = memoryTree(files(`name: text('name')`, first))
  const head = memoryTree(
    files(`name: text('name').notNull()`, {
      ...first,
      '0001_name': 'ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL;',
    }),
  )
  const report = await review(await changeSetOf(base, head), { rules: catalog, rehearse: false })
  expect(report.projects.map(({ project, changes }) => [project.root, changes.length])).toEqual([['apps/web', 1]])
  expect(report.findings.filter(({ rule }) => rule === 'no-set-not-null-scan')).toMatchObject([
    { place: { path: 'apps/web/drizzle/0001_name.sql' } },
  ])
})
