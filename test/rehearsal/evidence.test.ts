import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

it('shows what was seen of a statement where the finding is about how it runs, not where it is about what the schema is', async () => {
  const base = {
    'db/migrations/0.sql':
      'create table teams (id bigint primary key); create table users (id bigint primary key, team_id bigint);',
  }
  const head = {
    ...base,
    'db/migrations/1.sql': 'alter table users add constraint users_team foreign key (team_id) references teams (id);',
  }
  const { findings } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), { rules: catalog })
  const evidence = (rule: string) => findings.find((finding) => finding.rule === rule)?.evidence
  expect(evidence('require-not-valid-foreign-key')?.locks.map((lock) => lock.relation)).toEqual([
    'public.teams',
    'public.users',
  ])
  expect(evidence('require-foreign-key-index')).toBeNull()
})

it('does not bring a rule that is switched off back by way of what was seen', async () => {
  const base = {
    '.github/schemagate.yml': 'rules: { require-concurrent-index: off }',
    'db/migrations/0.sql': 'create table users (id bigint primary key, name text);',
  }
  const head = { ...base, 'db/migrations/1.sql': 'create index users_name on users (name);' }
  const { findings } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), { rules: catalog })
  expect(findings.map((finding) => finding.rule)).toEqual(['require-lock-timeout'])
})
