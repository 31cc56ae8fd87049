import { expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { detectProjects } from '../../src/project/detect.ts'
import { readMigrations } from '../../src/project/migrations.ts'

type Files = Readonly<Record<string, string>>

const change = (name: string) => `${name} 2026-01-01T00:00:00Z Ann <a@b.c> # a change\n`
const plan = (...lines: readonly string[]) => `%syntax-version=1.0.0\n%project=app\n\n${lines.join('')}`
const users = 'CREATE TABLE users (id bigint PRIMARY KEY);'

async function read(base: Files, head: Files) {
  const changeSet = await changeSetOf(memoryTree(base), memoryTree(head))
  const { projects, ignored } = await detectProjects(changeSet.head, defaultConfig)
  const [project] = projects
  if (project === undefined || projects.length > 1) throw new Error(`${projects.length} projects`)
  const { before, fresh, changed } = await readMigrations(project, changeSet)
  return { project, ignored, changed, before: before.map(({ name }) => name), fresh }
}

test('scripts run in the order of the plan that the configuration names, with their ways back', async () => {
  const base = {
    'sqitch.conf': '[core]\n\tengine = pg\n\ttop_dir = ./sql\n',
    'sqitch.plan': plan(change('old')),
    'sql/sqitch.plan': plan(change('users'), '@v1 2026-01-02T00:00:00Z Ann <a@b.c>\n', change('accounts [users]')),
    'sql/deploy/accounts.sql': 'ALTER TABLE users ADD COLUMN account text;',
    'sql/deploy/users.sql': users,
    'sql/verify/users.sql': 'SELECT 1;',
    'sql/dump.sql': `${users}\n`,
  }
  const { project, ignored, before, fresh } = await read(base, {
    ...base,
    'sql/sqitch.plan': `${base['sql/sqitch.plan']}${change('app/a')}`,
    'sql/deploy/app/a.sql': 'CREATE SCHEMA a;',
    'sql/revert/app/a.sql': 'DROP SCHEMA a;',
    'sql/deploy/unplanned.sql': 'CREATE SCHEMA b;',
  })
  expect([project.evidence, project.runner.name, project.sqlSchema]).toEqual([
    'sql/sqitch.plan',
    'psql',
    ['sql/dump.sql'],
  ])
  expect(before).toEqual(['users', 'accounts'])
  expect(fresh.map(({ name, down }) => [name, down?.path])).toEqual([['app/a', 'sql/revert/app/a.sql']])
  expect(ignored).toEqual([{ path: 'sql/deploy/unplanned.sql', reason: 'no plan' }])
})

test('a reworked change runs again, and its older script stands for what has run', async () => {
  const tag = '@v1 2026-01-02T00:00:00Z Ann <a@b.c>\n'
  const base = {
    'sqitch.plan': plan(change('login'), tag),
    'deploy/login.sql': 'CREATE FUNCTION a() RETURNS int RETURN 1;',
  }
  const { before, fresh, changed } = await read(base, {
    'sqitch.plan': plan(change('login'), tag, change('login [login@v1]')),
    'deploy/login@v1.sql': base['deploy/login.sql'],
    'deploy/login.sql': 'CREATE OR REPLACE FUNCTION a() RETURNS int RETURN 2;',
  })
  expect(before).toEqual(['login'])
  expect(fresh.map(({ name }) => name)).toEqual(['login'])
  expect(changed).toEqual([])
})
