import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { reviewExample } from '../example.ts'

test('a required column that is dropped and added again is one finding, not that of a new column too', async () => {
  const rule = catalog.find(({ id }) => id === 'no-drop-and-recreate-column')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key, age text not null);'
  const sql = 'alter table users drop column age, add column age integer not null;'
  const { findings } = await reviewExample({ given, sql }, rule, catalog)
  expect(findings.filter(({ severity }) => severity === 'error').map((each) => each.rule)).toEqual([rule.id])
})
