import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { defaultConfig } from '../../src/config.ts'
import { lint } from '../../src/lint.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { sourceFile } from '../../src/location.ts'
import { reportToMarkdown } from '../../src/report/markdown.ts'
import { review } from '../../src/review.ts'

it('says of syntax that a version does not know less loudly where nobody named the version', async () => {
  const file = sourceFile('1.sql', 'alter table users add constraint age check (age > 0) not enforced;')
  const severities = async (postgres: number | null): Promise<readonly string[]> => {
    const { findings } = await lint([file], {
      rules: catalog,
      config: defaultConfig,
      postgres,
      runner: null,
      inTransaction: null,
      given: null,
      allRules: false,
      today: '2026-01-01',
    })
    return findings.filter((finding) => finding.rule === 'no-newer-syntax').map((finding) => finding.severity)
  }
  expect(await severities(15)).toEqual(['error'])
  expect(await severities(null)).toEqual(['info'])
  expect(await severities(18)).toEqual([])
})

it('names the file that the version comes from', async () => {
  const base = {
    'compose.yml': 'services:\n  db:\n    image: postgres:14-alpine\n',
    'db/migrations/1.sql': 'create table users (id bigint primary key);',
  }
  const head = { ...base, 'db/migrations/2.sql': 'alter table users add column name text;' }
  const said = async (postgres: number | null) =>
    reportToMarkdown(
      await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
        rules: catalog,
        settings: { config: { ...defaultConfig, postgres }, notes: [] },
        rehearse: false,
      }),
    )
  expect(await said(null)).toContain('PostgreSQL 14 (`compose.yml:3`).')
  expect(await said(17)).toContain('PostgreSQL 17.')
})
