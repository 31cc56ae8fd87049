import { expect, it } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { catalog } from '../../rules/index.ts'

const datasource = `datasource db {
  provider   = "postgresql"
  extensions = [citext]
}
generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["postgresqlExtensions"]
}
`
const model = (key: string) => `model Member {
  user Int
  org  Int
  @@id(${key})
}
`

/** Reviews a change of a Prisma schema of two files that has no migrations. */
async function reviewed(head: Readonly<Record<string, string>>) {
  const base = {
    'prisma/schema/base.prisma': datasource,
    'prisma/schema/member.prisma': model('[user, org], map: "old_key"'),
  }
  const { findings, notes } = await review(await changeSetOf(memoryTree(base), memoryTree({ ...base, ...head })), {
    rules: catalog.filter((rule) => rule.id === 'no-extension'),
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return [...findings.map(({ place, message }) => ({ ...place, message })), ...notes].map((it) => [
    it.path,
    it.line,
    it.message,
  ])
}

it('points at the setting that names an extension', async () => {
  expect(await reviewed({ 'prisma/schema/base.prisma': datasource.replace('citext', 'citext, pg_trgm') })).toEqual([
    ['prisma/schema/base.prisma', 3, expect.stringContaining('`pg_trgm` has to be on the server')],
  ])
})

it('asks nothing of a table of which not all is known', async () => {
  const files = {
    'package.json': '{"dependencies":{"drizzle-orm":"0.45.0"}}',
    'drizzle.config.ts': `export default { dialect: 'postgresql', schema: './schema.ts' }`,
    'schema.ts': `import { integer, pgTable } from 'drizzle-orm/pg-core'\nexport const a = pgTable('a', { id: integer().primaryKey() })\n`,
  }
  const more = `import { id } from './elsewhere'\nexport const b = pgTable('b', { id: id() })\n`
  const next = { ...files, 'schema.ts': files['schema.ts'] + more }
  const { findings } = await review(await changeSetOf(memoryTree(files), memoryTree(next)), {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  expect(findings).toEqual([])
})

it('points at the model for which Prisma writes what cannot succeed, and shows that', async () => {
  expect(await reviewed({ 'prisma/schema/member.prisma': model('[org, user]') })).toEqual([
    [
      'prisma/schema/member.prisma',
      1,
      'what Prisma writes for this change cannot succeed: constraint "old_key" for table "Member" does not exist (`ALTER TABLE "Member" RENAME CONSTRAINT "old_key" TO "Member_pkey"`)',
    ],
  ])
})

it('points at the function of a schema that is kept in SQL', async () => {
  const base = { 'db/schema.sql': 'create table users (id bigint primary key);\n\n' }
  const made = `create function wipe() returns void language plpgsql security definer as $$ begin end $$;\n`
  const { findings } = await review(
    await changeSetOf(memoryTree(base), memoryTree({ 'db/schema.sql': base['db/schema.sql'] + made })),
    {
      rules: catalog.filter(({ id }) => id === 'require-search-path'),
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    },
  )
  expect(findings.map(({ place }) => place.line)).toEqual([3])
})
