import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { reviewExample } from '../example.ts'

test('a required column that is dropped and added again is one finding, not that of a new column too', async () => {
  const rule = catalog.find(({ id }) => id === 'no-drop-and-recreate-column')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key, age text not null);'
  const sql = 'alter table users drop column age, add column age integer not null;'
  const { findings } = await reviewExample({ given, sql }, rule, catalog)
  expect(findings.filter(({ severity }) => severity === 'error').map((each) => each.rule)).toEqual([rule.id])
})

test('an index that a foreign key lacks is not missed again by a query over the same column', async () => {
  const rule = catalog.find(({ id }) => id === 'require-foreign-key-index')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key);'
  const sql = `create table reviews (id bigint primary key, user_id bigint not null references users (id), sku text not null);`
  const typescript = `import { Pool } from 'pg'
    const pool = new Pool()
    export const of = (id: string) => pool.query('SELECT id FROM reviews WHERE user_id = $1 LIMIT 9', [id])
    export const about = (sku: string) => pool.query('SELECT id FROM reviews WHERE sku = $1 LIMIT 9', [sku])`
  const told = async (ddl: string, rules: typeof catalog): Promise<readonly string[]> => {
    const { findings } = await reviewExample({ given, sql: ddl, typescript }, rule, rules)
    return findings
      .filter((each) => each.group !== 'operations')
      .map((each) => `${each.rule} ${/`(?:user_id|sku)`/.exec(each.message)?.[0] ?? ''}`)
  }
  const pair = catalog.filter(({ id }) => id === rule.id || id === 'require-index-for-filter')
  expect(await told(sql, pair)).toEqual(['require-foreign-key-index `user_id`', 'require-index-for-filter `sku`'])
  expect(
    await told(
      sql,
      pair.filter((each) => each !== rule),
    ),
  ).toEqual(['require-index-for-filter `user_id`'])
})

test('a constraint that waits to be validated is told of at the next change of its table, and not at each one after', async () => {
  const added = {
    'db/migrations/0001_made.sql': 'create table orders (id bigint primary key, total numeric);',
    'db/migrations/0002_checked.sql':
      'alter table orders add constraint orders_total check (total >= 0) not valid;\ncreate index concurrently on orders (total);',
  }
  const next = { ...added, 'db/migrations/0003_note.sql': 'alter table orders add column note text;' }
  const later = { ...next, 'db/migrations/0004_place.sql': 'alter table orders add column place text;' }
  const told = async (base: Readonly<Record<string, string>>, head: Readonly<Record<string, string>>) => {
    const { findings } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
      rules: catalog,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    return findings.filter(({ rule }) => rule === 'require-validation').map(({ place }) => place.path)
  }
  expect(await told(added, next)).toEqual(['db/migrations/0003_note.sql'])
  expect(await told(next, later)).toEqual([])
})

test('a MERGE that the server does not know is not held against its locks as well', async () => {
  const rule = catalog.find(({ id }) => id === 'no-newer-syntax')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key, name text); create table names (id bigint primary key);'
  const sql = `merge into users using names on users.id = names.id when matched then update set name = 'x';`
  const { findings } = await reviewExample({ given, sql, postgres: 14 }, rule, catalog)
  expect(findings.map((each) => each.rule)).toEqual([rule.id])
})
