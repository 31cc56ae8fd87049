import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { defaultConfig } from '../../src/config.ts'
import { lint } from '../../src/lint.ts'
import { sourceFile } from '../../src/location.ts'

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
  expect(await severities(15)).toEqual(['warning'])
  expect(await severities(null)).toEqual(['info'])
  expect(await severities(18)).toEqual([])
})
