import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { reviewExample } from '../example.ts'

/** The severities of `require-lock-timeout` where a project of so many migrations adds a column with a default. */
async function said(
  migrations: number,
  options: { readonly sets?: boolean; readonly rows?: number } = {},
): Promise<readonly string[]> {
  const base: Record<string, string> = { 'migrations/0001_users.sql': 'create table users (id bigint primary key);' }
  for (let n = 2; n <= migrations; n++)
    base[`migrations/${String(n).padStart(4, '0')}_more.sql`] =
      `${options.sets && n === 2 ? "set local lock_timeout = '3s'; " : ''}comment on table users is 'migration ${n}';`
  const head = {
    ...base,
    'migrations/9000_active.sql': 'alter table users add column active boolean not null default true;',
  }
  const changeSet = await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head'))
  const config = { ...defaultConfig, tables: options.rows === undefined ? {} : { users: { rows: options.rows } } }
  const report = await review(changeSet, {
    rules: catalog,
    settings: { config, notes: [] },
    rehearse: false,
    today: '2026-01-01',
  })
  return report.findings.filter((finding) => finding.rule === 'require-lock-timeout').map((finding) => finding.severity)
}

test('a young project hears of it once a review', async () => {
  expect(await said(3)).toEqual(['info'])
})

test('a project of ten migrations that never set one has made its choice', async () => {
  expect(await said(10)).toEqual([])
})

test('one that sets it elsewhere has forgotten it here', async () => {
  expect(await said(12, { sets: true })).toEqual(['info'])
})

test('of a table declared large it is always said', async () => {
  expect(await said(12, { rows: 50_000_000 })).toEqual(['info'])
})

test('one click sets it before the first lock of the file, and never after that', async () => {
  const rule = catalog.find(({ id }) => id === 'require-lock-timeout')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key); create table orders (id bigint primary key);'
  const suggested = async (sql: string, runner = 'psql') =>
    (await reviewExample({ given, sql, runner }, rule, catalog)).findings.find((each) => each.rule === rule.id)
      ?.suggestion?.text
  const locks = 'alter table users add column active boolean not null default true;'
  expect(await suggested(locks)).toBe(`SET lock_timeout = '3s';\n${locks}`)
  expect(await suggested(locks, 'drizzle@0.45')).toBe(
    `SET LOCAL lock_timeout = '3s';\n--> statement-breakpoint\n${locks}`,
  )
  expect(await suggested(`alter table orders add column note text;\n${locks}`)).toBeUndefined()
})
