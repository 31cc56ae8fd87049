import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { detectProjects } from '../../src/project/detect.ts'
import { schemaOfTree } from '../../src/reading/of-tree.ts'
import { review } from '../../src/review.ts'

const head = 'datasource db {\n  provider = "postgresql"\n  schemas = ["public", "auth"]\n}\n\n'
const own = (more = '') => `model posts {\n  id Int @id\n${more}\n  @@schema("public")\n}\n`
const users =
  'model users {\n  id Int @id\n  role role\n\n  @@schema("auth")\n}\n\nenum role {\n  a\n  b\n\n  @@schema("auth")\n}\n'
const config = (external: string) =>
  `import { defineConfig } from 'prisma/config'\nexport default defineConfig({ schema: 'prisma/schema.prisma'${external} })\n`
const external = `, experimental: { externalTables: true }, tables: { external: ['auth.users'] }, enums: { external: ['auth.role'] }`

async function findings(settings: string, after: string, sql?: string, init = '') {
  const base: Record<string, string> = {
    'package.json': '{"dependencies":{"prisma":"7.0.0"}}',
    'prisma.config.ts': config(settings),
    'prisma/schema.prisma': head + own(),
    'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
    'prisma/migrations/1_init/migration.sql':
      'CREATE TABLE "posts" ("id" INTEGER NOT NULL, CONSTRAINT "posts_pkey" PRIMARY KEY ("id"));' + init,
  }
  const next = {
    ...base,
    'prisma/schema.prisma': head + after,
    ...(sql ? { 'prisma/migrations/2_next/migration.sql': sql } : {}),
  }
  const report = await review(await changeSetOf(memoryTree(base), memoryTree(next)), {
    rules: catalog.filter((rule) => rule.group === 'consistency'),
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return report.findings.map((finding) => [finding.rule, finding.message])
}

it('wants no migration for tables and enums that the configuration calls external', async () => {
  expect(await findings(external, own() + users)).toEqual([])
  expect(
    await findings(external, own('  name String?') + users, 'ALTER TABLE "posts" ADD COLUMN "name" TEXT;'),
  ).toEqual([])
  expect((await findings('', own() + users)).map(([rule]) => rule)).toEqual(['require-migration'])
})

it('knows an external table that a migration of its own makes', async () => {
  const tree = memoryTree({
    'package.json': '{"dependencies":{"prisma":"7.0.0"}}',
    'prisma.config.ts': config(external.replaceAll('auth.', 'public.')),
    'prisma/schema.prisma': head + own(),
    'prisma/migrations/1_init/migration.sql': 'CREATE TABLE users (id integer PRIMARY KEY);',
  })
  const [project] = (await detectProjects(tree, defaultConfig)).projects
  const { schema, notes } = await schemaOfTree(project!, tree, 'migrations', 15)
  expect(notes).toEqual([])
  expect(schema?.tables.get('public.users')?.columns.map((c) => c.name)).toEqual(['id'])
})

it('speaks of the rest', async () => {
  expect(await findings(external, own('  name String?') + users)).toEqual([
    ['require-migration', expect.stringContaining('`name`')],
  ])
})

it.each([
  ['that are only named', external],
  [
    'that SQL of the configuration makes',
    `${external.replace('}', '}, migrations: { initShadowDb: `CREATE SCHEMA auth; CREATE TABLE auth.users (id integer PRIMARY KEY);` }')}`,
  ],
])('follows migrations that refer to external tables %s', async (_, settings) => {
  const init =
    'ALTER TABLE "posts" ADD COLUMN "user" INTEGER; ALTER TABLE "posts" ADD CONSTRAINT "posts_user_fkey" FOREIGN KEY ("user") REFERENCES auth.users (id);'
  expect(await findings(settings, own('  user Int?\n  name String?') + users, undefined, init)).toEqual([
    ['require-migration', expect.stringContaining('`name`')],
  ])
})
