import { expect, test } from 'vitest'
import { rollbackOf } from '../../src/planner/rollback/rollback.ts'
import type { Schema } from '../../src/schema/model.ts'
import type { Project } from '../../src/project/project.ts'
import { column, schema, table } from '../schema-diff/build.ts'

const project: Project = {
  root: '',
  name: '.',
  orm: 'prisma',
  dialect: 'postgresql',
  runner: { name: 'prisma', version: null },
  schemaFiles: [],
  migrations: null,
  evidence: '',
  settings: { push: true },
}

function back(before: Schema, after: Schema) {
  return rollbackOf({ project, before, after, changes: [], steps: [] })
}

test('a project that keeps no migrations goes back by the difference of its schemas', () => {
  const users = table('users', [column('id', 'integer')])
  expect(
    back(schema([users]), schema([{ ...users, columns: [...users.columns, column('name', 'text')] }])),
  ).toMatchObject({ project: '.', sql: 'ALTER TABLE users DROP COLUMN name;\n', lossy: [] })
  expect(back(schema([users]), schema([users])).sql).toBe('')
})

test('a column that was NOT NULL comes back nullable first', () => {
  const users = table('users', [column('id', 'integer')])
  expect(
    back(
      schema([{ ...users, columns: [...users.columns, column('name', 'text', { nullable: false })] }]),
      schema([users]),
    ).sql,
  ).toBe('ALTER TABLE users ADD COLUMN name text;\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n')
})
