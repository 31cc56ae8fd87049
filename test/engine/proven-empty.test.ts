import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { reviewExample } from '../example.ts'

const rule = catalog.find(({ id }) => id === 'require-concurrent-index')

it('locks a table for no time where the migration succeeds on an empty one only', async () => {
  if (!rule) throw new Error('the rule is gone')
  const severities = async (column: string) => {
    const report = await reviewExample(
      {
        runner: 'prisma@6',
        given: `CREATE DOMAIN filled AS text DEFAULT 'x'; CREATE TABLE "Chat" ("id" TEXT PRIMARY KEY); CREATE TABLE "Team" ("id" TEXT PRIMARY KEY, "name" TEXT);`,
        sql: `CREATE INDEX "early" ON "Chat"("id", "id"); ALTER TABLE "Chat" ADD COLUMN ${column}; CREATE INDEX "late" ON "Chat"("team"); CREATE INDEX "other" ON "Team"("name");`,
      },
      rule,
      catalog,
    )
    return report.findings.filter((finding) => finding.rule === rule.id).map(({ severity }) => severity)
  }
  expect(await severities('"team" TEXT')).toEqual(['error', 'error', 'error'])
  expect(await severities('"team" TEXT NOT NULL')).toEqual(['error', 'info', 'info'])
  expect(await severities('IF NOT EXISTS "team" TEXT NOT NULL')).toEqual(['error', 'error', 'error'])
  expect(await severities('"team" filled NOT NULL')).toEqual(['error', 'error', 'error'])
})
