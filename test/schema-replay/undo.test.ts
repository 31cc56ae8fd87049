import { beforeAll, expect, test } from 'vitest'
import { parseRunner } from '../../src/project/runners.ts'
import { transactionsOf } from '../../src/project/transactions.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory, replaySteps } from '../../src/schema/replay.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { migration, plain, schemaOf } from './support.ts'

beforeAll(loadParser)

test('what a history holds has run: a statement that could not is passed over, and what stands around it counts', () => {
  const files = [
    migration(
      '0001_dump',
      `CREATE EXTENSION pg_cron; CREATE TABLE users (id bigint); ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
      ALTER TABLE missing ADD a int; ALTER TABLE users ADD a int; CREATE TABLE posts (by uuid REFERENCES auth.users (id));`,
    ),
  ]
  const { schema, notes } = replayHistory(emptySchema(), files, plain)
  expect(schema.tables.get('public.users')?.columns.map(({ name }) => name)).toEqual(['id', 'a'])
  expect(schema.tables.has('public.posts')).toBe(true)
  expect(notes.map(({ message }) => message)).toEqual([
    'this statement cannot succeed here: relation "missing" does not exist',
  ])
})

const before = 'CREATE TABLE users (id bigint PRIMARY KEY)'

test.each([
  ['psql', 'BEGIN; ALTER TABLE users ADD a int; ROLLBACK; ALTER TABLE users ADD b int', 'id,b'],
  ['psql', 'ALTER TABLE users ADD a int; BEGIN; ALTER TABLE users ADD b int; ROLLBACK', 'id,a'],
  ['psql', 'BEGIN; ALTER TABLE users ADD a int; COMMIT; ROLLBACK', 'id,a'],
  ['psql', 'BEGIN; ALTER TABLE users ADD a int; ROLLBACK AND CHAIN; ALTER TABLE users ADD b int; COMMIT', 'id,b'],
  [
    'psql',
    'BEGIN; ALTER TABLE users ADD a int; SAVEPOINT s; ALTER TABLE users ADD b int; ROLLBACK TO s; ALTER TABLE users ADD c int; ROLLBACK TO s; COMMIT',
    'id,a',
  ],
  ['psql', 'BEGIN; SAVEPOINT s; ALTER TABLE users ADD a int; RELEASE s; ALTER TABLE users ADD b int; COMMIT', 'id,a,b'],
  ['prisma@6', 'ALTER TABLE users ADD a int; ROLLBACK; ALTER TABLE users ADD b int', 'id,b'],
  ['flyway', 'ALTER TABLE users ADD a int; ROLLBACK; ALTER TABLE users ADD b int', 'id,b'],
])('with %s, %s', (name, sql, columns) => {
  const runner = parseRunner(name)
  expect.assert(runner !== null)
  const migrations = [migration('0002_change', sql, true)]
  const transactions = transactionsOf(runner, migrations)
  const { steps, after, notes } = replaySteps(schemaOf(before), migrations, transactions, plain)
  const named = (schema: typeof after) =>
    schema.tables
      .get('public.users')
      ?.columns.map((each) => each.name)
      .join()
  expect([named(after), notes]).toEqual([columns, []])
  expect(named(replayHistory(schemaOf(before), migrations, { ...plain, transactions }).schema)).toBe(columns)
  const kept = steps.flatMap(({ changes }) => changes.map((each) => each.kind === 'addColumn' && each.to.name))
  expect(['id', ...kept].join()).toBe(columns)
  const all = steps.flatMap(({ changes, undone = [] }) => [...changes, ...undone]).length
  expect(all).toBe(sql.split(' ADD ').length - 1)
})
