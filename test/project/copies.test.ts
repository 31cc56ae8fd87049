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

test('migrations of an ORM that were left behind ask for none where another tool makes them', async () => {
  const left = { '0000_init': 'CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL, "name" text);' }
  const of = (columns: string, atlas: Record<string, string>) =>
    memoryTree({ ...files(columns, left), 'db/migrations/atlas.sum': `h1:${Object.keys(atlas).join()}`, ...atlas })
  const init = { 'db/migrations/20260101000000_init.sql': left['0000_init'] }
  const added = { 'db/migrations/20260102000000_age.sql': 'ALTER TABLE "users" ADD COLUMN "age" text;' }
  const told = async (atlas: Record<string, string>) => {
    const change = await changeSetOf(of(`name: text('name')`, init), of(`name: text('name'), age: text('age')`, atlas))
    const { findings } = await review(change, { rules: catalog, rehearse: false })
    return findings.map(({ rule }) => rule).filter((rule) => rule === 'require-migration')
  }
  expect(await told(init)).toEqual(['require-migration'])
  expect(await told({ ...init, ...added })).toEqual([])
})

const datasource = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n\n'
const model = (rest: string) => `${datasource}model users {\n  id BigInt @id\n  name String?\n${rest}}\n`
const toldIn = async (base: Record<string, string>, head: Record<string, string>) => {
  const report = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    rehearse: false,
  })
  return report.findings
    .filter(({ group }) => group !== 'transactions')
    .map(({ rule, place }) => `${rule} ${place.path}`)
}

test('what Prisma drew of a database that other migrations make has no steps of its own', async () => {
  const base = {
    'db/migration/V1__init.sql': 'create table users (id bigint primary key, name text);',
    'web/prisma/schema.prisma': model(''),
  }
  const head = {
    ...base,
    'db/migration/V2__age.sql': `alter table users add column age integer;\nupdate users set age = 0 where name is null;`,
    'web/prisma/schema.prisma': model('  age Int\n'),
  }
  const told = await toldIn(base, head)
  expect(told.filter((each) => each.endsWith('.prisma'))).toEqual([])
  expect(
    await toldIn({ 'web/prisma/schema.prisma': model('') }, { 'web/prisma/schema.prisma': model('  age Int\n') }),
  ).toEqual(['no-required-column-without-default web/prisma/schema.prisma'])
})

test('a schema in SQL beside the same tables in Prisma is told of where Prisma has them', async () => {
  const sql = 'create table users (id bigint primary key, name text);\n'
  const of = (posts: string, post: string) => ({
    'db/schema.sql': `${sql}${posts}`,
    'prisma/schema.prisma': `${model('')}${post}`,
  })
  const head = of(
    'create table posts (id bigint primary key, at timestamp);\n',
    'model posts {\n  id BigInt @id\n  at DateTime?\n}\n',
  )
  expect(await toldIn({ 'db/schema.sql': sql }, { 'db/schema.sql': head['db/schema.sql'] })).toEqual([
    'prefer-timestamptz db/schema.sql',
  ])
  expect(await toldIn(of('', ''), head)).toEqual(['prefer-timestamptz prisma/schema.prisma'])
})

test('a dump beside the migrations that make it is no change of its own', async () => {
  const base = {
    'migrations/committed/000001.sql':
      '--! Previous: -\n--! Hash: sha1:1\n\ncreate table users (id bigint primary key);\n',
    'migrations/extensions.sql': 'create extension if not exists citext;\n',
    'data/schema.sql': 'create table users (id bigint primary key);\n',
  }
  const made = 'create function users() returns int language sql security definer as $$ select 1 $$;\n'
  const head = {
    ...base,
    'migrations/committed/000002.sql': `--! Previous: sha1:1\n--! Hash: sha1:2\n\n${made}`,
    'data/schema.sql': `${base['data/schema.sql']}${made}`,
  }
  expect(await toldIn(base, head)).toEqual(['require-search-path migrations/committed/000002.sql'])
})
