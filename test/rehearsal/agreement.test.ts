import { expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import type { CatalogRule, Claims, Problem } from '../../src/engine/rule.ts'
import { review } from '../../src/review.ts'

/** A rule that speaks about every statement and claims what it is given. */
function claiming(id: string, claims: Claims | readonly Claims[], problem: Partial<Problem> = {}): CatalogRule {
  return {
    id,
    group: 'locking',
    severity: 'warning',
    summary: '',
    why: '',
    fix: '',
    references: [],
    sources: [],
    claims,
    bad: [],
    good: [],
    visit: { statement: () => ({ message: 'Something happens.', ...problem }) },
  }
}

async function notesOf(sql: string, ...rules: readonly CatalogRule[]): Promise<readonly string[]> {
  const base = { 'migrations/0001_a.sql': 'create table users (id bigint primary key, n integer);', 'README.md': '' }
  const changeSet = await changeSetOf(
    memoryTree(base, 'base'),
    memoryTree({ ...base, 'migrations/0002_b.sql': sql }, 'head'),
  )
  const report = await review(changeSet, { rules, settings: { config: { ...defaultConfig, postgres: 16 }, notes: [] } })
  return report.notes.map((note) => `${note.kind} ${note.blocking} ${note.line} ${note.message}`)
}

const tail = 'in the rehearsal on PostgreSQL 18.6. One of the two is wrong.'

test('a claim that a rehearsal sees otherwise is a note', async () => {
  expect(
    await notesOf(
      'alter table users add column a integer;',
      claiming('no-rewrite-claim', { lock: 'AccessExclusiveLock', rewrites: true }),
      claiming('no-scan-claim', { scans: true }),
      claiming('no-failure-claim', { fails: '42701' }),
      claiming('no-true-claim', { lock: 'ShareLock', rewrites: false, scans: false }),
    ),
  ).toEqual([
    `unresolved false 1 \`no-rewrite-claim\` expects a table to be rewritten, and none was ${tail}`,
    `unresolved false 1 \`no-scan-claim\` expects a table to be read from end to end, and none was ${tail}`,
    `unresolved false 1 \`no-failure-claim\` expects this statement to fail (SQLSTATE 42701), and it ran ${tail}`,
  ])
  expect(
    await notesOf(
      'create index users_n on users (n);\nalter table users alter column n type bigint;',
      claiming('no-lock-claim', { lock: 'AccessExclusiveLock' }),
      claiming('no-quiet-claim', { rewrites: false }),
    ),
  ).toEqual([
    `unresolved false 1 \`no-lock-claim\` expects the lock ACCESS EXCLUSIVE, and SHARE was taken ${tail}`,
    `unresolved false 2 \`no-quiet-claim\` expects no table to be rewritten, and \`public.users\` was ${tail}`,
  ])
})

test('a statement that makes another of its transaction fail agrees', async () => {
  const twice = 'begin;\nalter table users add column a integer;\nalter table users add column a integer;\ncommit;'
  expect(
    (await notesOf(twice, claiming('no-twice-claim', { fails: '42701' }))).filter((note) =>
      note.includes('no-twice-claim'),
    ),
  ).toEqual([])
})

test('what an observation cannot know is no disagreement', async () => {
  const silent = [
    claiming('no-uncertain-claim', { rewrites: true }, { uncertain: true }),
    claiming('no-row-claim', { fails: '23505' }),
    claiming('no-old-claim', { rewrites: true, to: 15 }),
    claiming('no-new-claim', { rewrites: true, from: 17 }),
    claiming('no-either-claim', [{ rewrites: true }, { rewrites: false }]),
  ]
  expect(await notesOf('alter table users add column a integer;', ...silent)).toEqual([])
  expect(
    await notesOf(
      'create index concurrently users_n on users (n);',
      claiming('no-unseen-claim', { lock: 'ShareUpdateExclusiveLock' }),
    ),
  ).toEqual([])
  expect(
    await notesOf(
      'alter table users add column n integer;',
      claiming('no-claim-after-error', { lock: 'AccessExclusiveLock', rewrites: true }),
    ),
  ).toEqual([])
})
