import { expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

async function rehearsedOf(up: string, down = '') {
  const files = (name: string, sql: string): Record<string, string> => ({
    [`migrations/${name}.sql`]: `-- +goose Up\n-- +goose StatementBegin\n${sql}\n-- +goose StatementEnd\n${down}`,
  })
  const base = files('00001_init', 'CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL);')
  const report = await review(
    await changeSetOf(memoryTree(base), memoryTree({ ...base, ...files('00002_next', up) })),
    { rules: [] },
  )
  return report.rollback.map((r) => r.rehearsed)
}

test('the generated way back is rehearsed, and what a rehearsal found stands beside it', async () => {
  expect(
    await rehearsedOf('ALTER TABLE users DROP COLUMN email, ADD COLUMN name text;\nCREATE INDEX i ON users (name);'),
  ).toMatchObject([{ result: 'proven', detail: null }])
  expect(
    await rehearsedOf(
      "ALTER TABLE users ADD COLUMN name text;\nDO $$ BEGIN EXECUTE 'CREATE TABLE ' || current_schema() || '.made'; EXCEPTION WHEN others THEN EXECUTE 'CREATE TABLE ' || current_schema() || '.made (id integer)'; END $$;",
    ),
  ).toMatchObject([{ result: 'differs', detail: expect.stringContaining('made') as string }])
}, 60_000)

test('a project that brings its own way back has that one rehearsed', async () => {
  expect(
    await rehearsedOf('CREATE TABLE posts (id integer PRIMARY KEY);', '-- +goose Down\nDROP TABLE posts;\n'),
  ).toEqual([undefined])
}, 60_000)
