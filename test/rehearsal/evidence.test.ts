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
