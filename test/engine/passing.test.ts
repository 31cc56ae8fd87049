import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

/** What the design rules say of migrations that come in one pull request. */
async function said(...migrations: readonly string[]): Promise<readonly string[]> {
  const base = { 'db/migrations/0.sql': 'create table teams (id bigint primary key);' }
  const head = { ...base, ...Object.fromEntries(migrations.map((sql, i) => [`db/migrations/${i + 1}.sql`, sql])) }
  const report = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return report.findings
    .filter((finding) => ['design', 'indexes'].includes(finding.group))
    .map((finding) => finding.message)
}

const users = 'create table users (id bigint primary key, seen timestamp);'

it('says nothing of the shape of what a later migration takes away', async () => {
  expect(await said(users)).toHaveLength(1)
  expect(await said(users, 'drop table users;')).toEqual([])
  expect(await said(users, 'alter table users rename to people;', 'drop table people;')).toEqual([])
  expect(await said('alter table teams add column seen timestamp;', 'alter table teams drop column seen;')).toEqual([])
})

it('speaks of what is renamed, and of what takes the place of something dropped', async () => {
  expect(await said(users, 'alter table users rename to people;')).toHaveLength(1)
  expect(await said(users, 'drop table users;', users)).toHaveLength(1)
  expect(
    await said('alter table teams add column seen timestamp;', 'alter table teams rename column seen to seen_at;'),
  ).toHaveLength(1)
})
