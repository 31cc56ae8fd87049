import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

const schema = (field: string) =>
  `datasource db {\n  provider = "mysql"\n  url      = env("DATABASE_URL")\n}\n\nmodel Event {\n  id   Int    @id\n  ${field} String\n}\n`

const dropsSaid = async (sql: string): Promise<number> => {
  const lock = { 'prisma/migrations/migration_lock.toml': 'provider = "mysql"' }
  const base = { ...lock, 'prisma/schema.prisma': schema('eventKey') }
  const head = { ...lock, 'prisma/schema.prisma': schema('dataKey'), 'prisma/migrations/2_key/migration.sql': sql }
  const { findings } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return findings.filter(({ rule }) => rule === 'no-drop-column').length
}

test('a column that a MySQL migration renames is not dropped, though its SQL is not reviewed', async () => {
  expect(await dropsSaid('ALTER TABLE `Event` RENAME COLUMN `eventKey` TO `dataKey`;')).toBe(0)
  expect(await dropsSaid('ALTER TABLE `Event` CHANGE `eventKey` `dataKey` VARCHAR(191) NOT NULL;')).toBe(0)
  expect(await dropsSaid('ALTER TABLE `Event` DROP COLUMN `eventKey`, ADD COLUMN `dataKey` VARCHAR(191);')).toBe(1)
})
