import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { detectProjects } from '../../src/project/detect.ts'
import { readMigrations } from '../../src/project/migrations.ts'
import { journalEntries } from '../../src/project/order.ts'
import { sectionsOf } from '../../src/project/sections.ts'
import { serverVersionOf } from '../../src/project/server-version.ts'
import { transactionsOf } from '../../src/project/transactions.ts'
import { loadParser } from '../../src/sql/parser.ts'

beforeAll(loadParser)

/** Files that detection reads, each at the root and in a package. */
const names = [
  'package.json',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'go.mod',
  'Cargo.toml',
  'Cargo.lock',
  'pom.xml',
  'build.gradle',
  'diesel.toml',
  'atlas.hcl',
  'flyway.conf',
  'sqlc.yaml',
  'prisma.config.ts',
  'prisma/schema.prisma',
  'prisma/migrations/migration_lock.toml',
  'prisma/migrations/1_a/migration.sql',
  'drizzle.config.ts',
  'drizzle/meta/_journal.json',
  'drizzle/0000_a.sql',
  'migrations/1_a.sql',
  'migrations/1_a.up.sql',
  'migrations/1_a/up.sql',
  'migrations/1_a/metadata.toml',
  'migrations/V1__a.sql',
  'migrations/V1__a.sql.conf',
  'migrations/atlas.sum',
  'db/schema.sql',
  'x.sql',
  'supabase/config.toml',
  'supabase/migrations/1_a.sql',
  'docker-compose.yml',
  '.github/workflows/ci.yml',
  'main.tf',
]

const snippets = [
  'datasource db {\n  provider = "postgresql"',
  'provider = "',
  'export default defineConfig({ schema: "..", out: "../../..", migrations: { path: "/etc" } })',
  'export default {',
  '{"prisma": {"schema": "../.."}}',
  '{"entries": [{"tag": "../../x"}, 3, null]}',
  '-- +goose Up\n',
  '-- +goose Down',
  '-- migrate:up transaction:false\n',
  '-- Up Migration',
  '-- atlas:txmode none\n\n',
  'CREATE TABLE a (id int);\n',
  'BEGIN;',
  'COMMIT;',
  'CREATE INDEX CONCURRENTLY i ON a (id);',
  "SELECT 'unclosed",
  '$$',
  'DO $$ BEGIN',
  '\nname = "sqlx"\nversion = "',
  '  prisma@',
  'importers:\n  .:\n    dependencies:\n      prisma:\n',
  '{"packages": {"node_modules/prisma": {"version": 3}}}',
  'require github.com/pressly/goose/v3',
  'flyway-core',
  'sql:\n- schema: ..\n  queries: [3]',
  'image: postgres:',
  '\0',
  '\uFEFF',
  '\r\n',
  '}',
  ')',
]

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.array(fc.constantFrom(...snippets), { maxLength: 6 }).map((parts) => parts.join('')),
)
const files = fc.dictionary(fc.constantFrom(...names, ...names.map((name) => `packages/p/${name}`)), text, {
  maxKeys: 14,
})

describe('whatever the files hold', () => {
  test('detection, migrations and transactions come to an end without an exception', async () => {
    await fc.assert(
      fc.asyncProperty(files, files, async (base, head) => {
        const changeSet = await changeSetOf(memoryTree(base), memoryTree(head))
        const { projects } = await detectProjects(changeSet.head, defaultConfig)
        expect(new Set(projects.map(({ name }) => name)).size).toBe(projects.length)
        for (const project of projects) {
          const result = await readMigrations(project, changeSet)
          for (const list of [result.before, result.history, result.fresh]) {
            expect(transactionsOf(project.runner, list)).toHaveLength(
              list.reduce((sum, { statements }) => sum + statements.length, 0),
            )
          }
          for (const { path } of result.fresh) expect(Object.keys(head)).toContain(path)
          for (const { path } of result.changed) expect(Object.keys(base)).toContain(path)
        }
        await serverVersionOf(changeSet.head)
      }),
      { numRuns: 150 },
    )
  })

  test('a journal is entries or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (garbage) => {
        for (const entry of journalEntries(garbage) ?? []) expect(typeof entry.tag).toBe('string')
      }),
    )
  })

  test('sections never overlap', () => {
    fc.assert(
      fc.property(text, (garbage) => {
        const { up, down } = sectionsOf(garbage)
        const ranges = [...up, ...down].sort((a, b) => a.start - b.start)
        for (const [i, range] of ranges.entries()) {
          expect(range.end).toBeGreaterThanOrEqual(range.start)
          expect(range.start).toBeGreaterThanOrEqual(ranges[i - 1]?.end ?? 0)
        }
      }),
    )
  })

  test('long lines and deep nesting come to an end', async () => {
    const long = 200_000
    const hostile = {
      'package.json': `{"a": ${'['.repeat(5000)}`,
      'pnpm-lock.yaml': `${' '.repeat(long)}x\n${'a:'.repeat(long / 4)}`,
      'yarn.lock': `"${'prisma@'.repeat(long / 10)}`,
      'go.mod': `require${' '.repeat(long)}`,
      'Cargo.toml': ' '.repeat(long),
      'pom.xml': `flyway-core${'1.'.repeat(long / 4)}`,
      'prisma.config.ts': `export default ${'('.repeat(20_000)}`,
      'drizzle.config.ts': `export default ${'{a:'.repeat(20_000)}`,
      'prisma/schema.prisma': `datasource db {${' '.repeat(long)}`,
      'migrations/1_a.sql': `--${' -'.repeat(long / 4)}`,
      'migrations/2_b.sql': `${' '.repeat(long)}-- +goose`,
      'docker-compose.yml': `image: ${'a/'.repeat(long / 4)}postgres`,
      'main.tf': `postgres ${'engine_version = '.repeat(long / 40)}`,
      'sqlc.yaml': `${'['.repeat(3000)}`,
    }
    const tree = memoryTree(hostile)
    const { projects } = await detectProjects(tree, defaultConfig)
    expect(projects.flatMap(({ schemaFiles }) => schemaFiles)).toEqual(['prisma/schema.prisma'])
    expect(await serverVersionOf(tree)).toBeNull()
  })
})
