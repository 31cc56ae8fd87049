import { describe, expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { detectProjects, isSameProject } from '../../src/project/detect.ts'
import type { Project } from '../../src/project/project.ts'
import { declaresInSql, readSqlSchema } from '../../src/project/sql-schema.ts'
import { readProjects } from '../../src/reading.ts'

type Files = Readonly<Record<string, string>>

const settings = { config: defaultConfig, notes: [] }
const users = 'CREATE TABLE users (\n  id bigint PRIMARY KEY,\n  name text\n);\n'

async function read(base: Files, head: Files) {
  const { projects, notes } = await readProjects(await changeSetOf(memoryTree(base), memoryTree(head)), settings)
  return { projects, notes: [...notes, ...projects.flatMap((project) => project.notes)] }
}

describe('a schema that SQL files declare', () => {
  test('is read whatever the order of its files and statements', async () => {
    const tree = memoryTree({
      'db/tables/a_posts.sql':
        'CREATE TABLE posts (id bigint PRIMARY KEY, author bigint REFERENCES users (id));\nCREATE INDEX posts_author ON posts (author);',
      'db/tables/users.sql': users,
    })
    const [project] = (await detectProjects(tree, defaultConfig)).projects
    if (!project) throw new Error('no project')
    expect(declaresInSql(project)).toBe(true)
    const { schema, notes } = await readSqlSchema(tree, project, 15)
    expect([...(schema?.tables.keys() ?? [])].sort()).toEqual(['public.posts', 'public.users'])
    expect(schema?.tables.get('public.posts')?.foreignKeys).toHaveLength(1)
    expect(notes).toEqual([])
  })

  test('with what cannot be is read as far as it goes', async () => {
    const tree = memoryTree({ 'db/schema.sql': `${users}CREATE TABLE posts (author bigint REFERENCES nobody (id));\n` })
    const [project] = (await detectProjects(tree, defaultConfig)).projects
    const result = project && (await readSqlSchema(tree, project, 15))
    expect([...(result?.schema?.tables.keys() ?? [])]).toEqual(['public.users'])
    expect(result?.notes).toMatchObject([{ kind: 'unresolved', blocking: false, path: 'db/schema.sql', line: 5 }])
  })

  test('edited in place is the change between both sides, at the lines that declare it', async () => {
    const { projects } = await read(
      { 'db/schema.sql': users },
      { 'db/schema.sql': users.replace('name text\n', 'name text,\n  email text NOT NULL\n') },
    )
    expect(projects).toHaveLength(1)
    expect(projects[0]?.steps.flatMap(({ changes }) => changes)).toMatchObject([
      { kind: 'addColumn', table: 'public.users', place: { path: 'db/schema.sql', line: 4 } },
    ])
    expect(projects[0]?.before.tables.get('public.users')?.columns).toHaveLength(2)
  })

  test('with a mistake says so', async () => {
    const { projects } = await read(
      { 'db/schema.sql': users },
      { 'db/schema.sql': `${users}CREATE TABEL posts (id int);\n` },
    )
    expect(projects[0]?.problems).toMatchObject([{ kind: 'syntax', place: { path: 'db/schema.sql', line: 5 } }])
  })

  test('beside a script that the change adds is not what the script is judged by', async () => {
    const { projects } = await read(
      { 'db/schema.sql': users },
      { 'db/schema.sql': users, 'db/add_email.sql': 'ALTER TABLE users ADD COLUMN email text;\n' },
    )
    expect(projects[0]?.steps.flatMap(({ changes }) => changes)).toMatchObject([
      { kind: 'addColumn', table: 'public.users', place: { path: 'db/add_email.sql' } },
    ])
    expect(projects[0]?.declared).toBeNull()
  })
})

describe('the same project on both sides', () => {
  const project = (over: Partial<Project>): Project => ({
    root: '',
    name: '.',
    orm: null,
    dialect: 'postgresql',
    runner: { name: 'psql', version: null },
    schemaFiles: [],
    migrations: null,
    evidence: 'x',
    settings: {},
    ...over,
  })

  test('is told by its migrations or schema, whatever it is called', () => {
    const one = project({ migrations: { folder: 'db/a', layout: 'plain' } })
    expect(isSameProject(one, { ...one, name: 'db/a', root: 'db' })).toBe(true)
    expect(isSameProject(one, project({ migrations: { folder: 'db/b', layout: 'plain' }, name: 'db/b' }))).toBe(false)
    expect(
      isSameProject(
        project({ orm: 'prisma', schemaFiles: ['a.prisma'] }),
        project({ orm: 'prisma', schemaFiles: ['a.prisma', 'b.prisma'], name: 'b' }),
      ),
    ).toBe(true)
    expect(isSameProject(one, { ...one, orm: 'prisma' })).toBe(false)
  })

  test('another project beside it changes nothing of it', async () => {
    const base = { 'package.json': '{}', 'a/migrations/001_a.sql': users }
    const { projects } = await read(base, {
      ...base,
      'b/migrations/001_b.sql': users,
      'a/migrations/002_b.sql': 'ALTER TABLE users ADD COLUMN x text;',
    })
    expect(projects.map(({ project: { name }, before, steps }) => [name, before.tables.size, steps.length])).toEqual([
      ['a', 1, 1],
      ['b', 0, 1],
    ])
  })
})
