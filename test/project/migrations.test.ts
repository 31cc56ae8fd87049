import { describe, expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import type { ChangeSet, FileContent, Tree } from '../../src/changeset/tree.ts'
import { defaultConfig } from '../../src/config.ts'
import { detectProjects } from '../../src/project/detect.ts'
import { readMigrations } from '../../src/project/migrations.ts'
import { orderMigrations } from '../../src/project/order.ts'
import type { Project } from '../../src/project/project.ts'
import { readProjects } from '../../src/reading.ts'
import { sectionsOf } from '../../src/project/sections.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory } from '../../src/schema/replay.ts'

type Files = Readonly<Record<string, string>>

const create = (name: string) => `CREATE TABLE ${name} (id bigint PRIMARY KEY);\n`
const projectsOf = async (tree: Tree) => (await detectProjects(tree, defaultConfig)).projects

async function read(base: Files, head: Files, pick = 0) {
  const changeSet: ChangeSet = await changeSetOf(memoryTree(base), memoryTree(head))
  const project = (await projectsOf(changeSet.head))[pick]
  if (!project) throw new Error('no project was found')
  return readMigrations(project, changeSet)
}

const names = (migrations: readonly { readonly name: string }[]) => migrations.map(({ name }) => name)
const texts = (statements: readonly { readonly text: string }[] | undefined) => statements?.map(({ text }) => text)

describe('what a review could not see whole is noted', () => {
  const base = { 'migrations/1.sql': create('a') }

  test('a character that is not UTF-8, in a migration that is new', async () => {
    const lost = { ...base, 'migrations/2.sql': "SELECT 1;\nSELECT 'Gr\ufffd\ufffde';\n" }
    const { notes } = await read(base, lost)
    expect(notes).toMatchObject([{ path: 'migrations/2.sql', line: 2, blocking: false }])
    expect((await read(lost, { ...lost, 'migrations/3.sql': create('b') })).notes).toEqual([])
  })

  test('a submodule among migrations that is moved', async () => {
    const changeSet = await changeSetOf(
      memoryTree({ ...base, 'migrations/shared': 'one', 'vendor/other': 'one' }),
      memoryTree({ ...base, 'migrations/shared': 'two', 'vendor/other': 'two' }),
    )
    const list = async () => {
      const { entries, truncated } = await changeSet.head.list()
      const isModule = (path: string) => /shared|other/.test(path)
      return { entries: entries.map((e) => (isModule(e.path) ? { ...e, mode: 'submodule' as const } : e)), truncated }
    }
    const { notes } = await readProjects(
      { ...changeSet, head: { ...changeSet.head, list } },
      { config: defaultConfig, notes: [] },
    )
    expect(notes).toMatchObject([{ path: 'migrations/shared', blocking: false }])
  })
})

describe('history and what is new', () => {
  const base = {
    'prisma/schema.prisma': 'datasource db { \n provider = "postgresql"\n}',
    'prisma/migrations/migration_lock.toml': 'provider = "postgresql"',
    'prisma/migrations/20260101_a/migration.sql': create('a'),
    'prisma/migrations/20260301_c/migration.sql': create('c'),
  }

  test('Prisma takes folders in the order of their names, late ones too', async () => {
    const result = await read(base, {
      ...base,
      'prisma/migrations/20260201_b/migration.sql': create('b'),
      'prisma/migrations/20260401_d/migration.sql': '',
    })
    expect(names(result.before)).toEqual(['20260101_a', '20260301_c'])
    expect(result.history.map(({ name, isNew }) => `${name}${isNew ? ' new' : ''}`)).toEqual([
      '20260101_a',
      '20260201_b new',
      '20260301_c',
      '20260401_d new',
    ])
    expect(names(result.fresh)).toEqual(['20260201_b', '20260401_d'])
    expect(result.changed).toEqual([])
    expect(result.texts.map(({ file }) => file.path)).toEqual([
      'prisma/migrations/20260201_b/migration.sql',
      'prisma/migrations/20260401_d/migration.sql',
    ])
  })

  test('applied migrations that are edited, moved or deleted are told', async () => {
    const { 'prisma/migrations/20260301_c/migration.sql': moved, ...rest } = base
    const result = await read(
      { ...base, 'prisma/migrations/20250101_z/migration.sql': create('z') },
      {
        ...rest,
        'prisma/migrations/20260101_a/migration.sql': create('aa'),
        'prisma/migrations/20260302_c/migration.sql': moved,
      },
    )
    expect(result.changed).toEqual([
      { path: 'prisma/migrations/20250101_z/migration.sql', status: 'deleted', to: null },
      { path: 'prisma/migrations/20260101_a/migration.sql', status: 'modified', to: null, sameSql: false },
      {
        path: 'prisma/migrations/20260301_c/migration.sql',
        status: 'renamed',
        to: 'prisma/migrations/20260302_c/migration.sql',
      },
    ])
    expect(names(result.fresh)).toEqual(['20260302_c'])
    expect(texts(result.before[1]?.statements)).toEqual(['CREATE TABLE a (id bigint PRIMARY KEY)'])
    expect(texts(result.history[0]?.statements)).toEqual(['CREATE TABLE aa (id bigint PRIMARY KEY)'])
  })

  test('migrations in JavaScript and Go are a note where the change touches them', async () => {
    const node = {
      'package.json': '{"dependencies": {"node-pg-migrate": "7.0.0"}}',
      'migrations/1_a.sql': create('a'),
      'migrations/2_b.js': 'exports.up = () => {}',
    }
    const inNode = await read(node, { ...node, 'migrations/3_c.ts': 'export const up = () => {}' })
    expect(inNode.scripts).toEqual([
      { path: 'migrations/2_b.js', isNew: false, text: 'exports.up = () => {}' },
      { path: 'migrations/3_c.ts', isNew: true, text: 'export const up = () => {}' },
    ])
    expect(inNode.notes).toMatchObject([{ kind: 'unsupported', blocking: false, path: 'migrations/3_c.ts' }])
    const goose = {
      'go.mod': 'require github.com/pressly/goose/v3 v3.20.0',
      'migrations/1_a.sql': `-- +goose Up\n${create('a')}`,
      'migrations/2_b.go': 'package migrations',
      'migrations/2_b_test.go': 'package migrations',
    }
    const inGo = await read(goose, { ...goose, 'migrations/2_b.go': 'package migrations // changed' })
    expect(inGo.scripts).toEqual([{ path: 'migrations/2_b.go', isNew: false, text: 'package migrations // changed' }])
    expect(inGo.notes).toMatchObject([
      { path: 'migrations/2_b.go', message: 'A migration written in Go is not SQL: what it does was not looked at.' },
    ])
  })

  test('a file that cannot be read is a note, blocking where the change touches it', async () => {
    const path = 'prisma/migrations/20260201_b/migration.sql'
    const old = 'prisma/migrations/20260101_a/migration.sql'
    const plain = await changeSetOf(
      memoryTree({ ...base, [old]: '\0' }),
      memoryTree({ ...base, [old]: '\0', [path]: '\0' }),
    )
    const large: FileContent = { kind: 'unreadable', reason: 'larger than 2 MB' }
    const head: Tree = {
      ...plain.head,
      read: async (paths) =>
        new Map([...(await plain.head.read(paths))].map(([at, content]) => [at, at === path ? large : content])),
    }
    const project = (await projectsOf(head))[0]
    const result = project && (await readMigrations(project, { ...plain, head }))
    expect(result?.notes).toEqual([
      {
        kind: 'unread',
        blocking: true,
        path,
        line: 1,
        message:
          'the migration was not read: it is larger than 2 MB; split it, or load its rows outside of the migration',
      },
    ])
    expect(names(result?.fresh ?? [])).toEqual(['20260201_b'])
  })
})

describe('Drizzle', () => {
  const journal = (...tags: string[]) =>
    JSON.stringify({ version: '7', dialect: 'postgresql', entries: tags.map((tag, idx) => ({ idx, tag, when: idx })) })

  test('runs by its journal, and passes over what is not in it', async () => {
    const base = {
      'drizzle/meta/_journal.json': journal('0000_b', '0001_a'),
      'drizzle/0000_b.sql': create('b'),
      'drizzle/0001_a.sql': create('a'),
      'drizzle/0002_lost.sql': create('lost'),
    }
    const result = await read(base, {
      ...base,
      'drizzle/meta/_journal.json': journal('0000_b', '0001_a', '0002_lost', '0003_gone'),
      'drizzle/0004_orphan.sql': create('o'),
    })
    expect(names(result.before)).toEqual(['0000_b', '0001_a'])
    expect(names(result.fresh)).toEqual(['0002_lost'])
    expect(result.orphans).toEqual([{ path: 'drizzle/0004_orphan.sql', isNew: true }])
  })

  test('with a journal that is no journal falls back to the numbers', async () => {
    const base = {
      'drizzle/meta/_journal.json': '{',
      'drizzle/0010_b.sql': create('b'),
      'drizzle/0009_a.sql': create('a'),
    }
    expect(names((await read(base, base)).history)).toEqual(['0009_a', '0010_b'])
  })

  test('of v1 has a folder for each', async () => {
    const base = { 'drizzle/2026_a/migration.sql': create('a'), 'drizzle/2026_a/snapshot.json': '{}' }
    expect(names((await read(base, { ...base, 'drizzle/2027_b/migration.sql': create('b') })).history)).toEqual([
      '2026_a',
      '2027_b',
    ])
  })
})

describe('ways up and down', () => {
  test('goose keeps both in one file, with blocks for what holds semicolons', async () => {
    const sql = `-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;\n-- +goose StatementEnd\n${create('a')}\n-- +goose Down\nDROP TABLE a;\nDROP FUNCTION f();\n`
    const result = await read({}, { 'migrations/00001_a.sql': sql })
    expect(result.fresh[0]?.statements.filter(({ inside }) => inside === null).map(({ kind }) => kind)).toEqual([
      'CreateFunctionStmt',
      'CreateStmt',
    ])
    expect(texts(result.fresh[0]?.down?.statements)).toEqual(['DROP TABLE a', 'DROP FUNCTION f()'])
    expect(result.fresh[0]?.statements[0]?.place.line).toBe(4)
    expect(result.texts[0]?.statements).toHaveLength(4)
    expect(result.notes).toEqual([])
  })

  test('dbmate may have several of both', () => {
    const text =
      '-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down\nSELECT 2;\n-- migrate:up\nSELECT 3;\n-- migrate:down\n'
    const { up, down, problem } = sectionsOf(text)
    expect(up.map(({ start, end }) => text.slice(start, end).trim())).toEqual(['SELECT 1;', 'SELECT 3;'])
    expect(down.map(({ start, end }) => text.slice(start, end).trim())).toEqual(['SELECT 2;', ''])
    expect(problem).toBeNull()
  })

  test('a lone way down is told, and nothing runs', async () => {
    const result = await read(
      { 'migrations/00001_a.sql': `-- +goose Up\n${create('a')}` },
      {
        'migrations/00001_a.sql': `-- +goose Up\n${create('a')}`,
        'migrations/00002_b.sql': '-- +goose Down\nDROP TABLE b;\n',
      },
    )
    expect(result.fresh[0]?.statements).toEqual([])
    expect(result.notes).toMatchObject([
      {
        kind: 'unparsed',
        path: 'migrations/00002_b.sql',
        message: expect.stringContaining('`-- +goose Up` is missing'),
      },
    ])
  })

  test('files for each way are paired', async () => {
    const files = {
      'migrations/2_b.up.sql': create('b'),
      'migrations/2_b.down.sql': 'DROP TABLE b;',
      'migrations/10_c.up.sql': create('c'),
    }
    const result = await read({}, files)
    expect(result.fresh.map(({ name, down }) => [name, texts(down?.statements) ?? null])).toEqual([
      ['2_b', ['DROP TABLE b']],
      ['10_c', null],
    ])
  })

  test('Diesel has a folder for each, with a switch beside it', async () => {
    const result = await read(
      {},
      {
        'diesel.toml': '',
        'migrations/2026-01-01-000000_a/up.sql': create('a'),
        'migrations/2026-01-01-000000_a/down.sql': 'DROP TABLE a;',
        'migrations/2026-01-02-000000_b/up.sql': 'CREATE INDEX CONCURRENTLY i ON a (id);',
        'migrations/2026-01-02-000000_b/metadata.toml': '# run_in_transaction = true\nrun_in_transaction = false\n',
        'migrations/2026-01-03-000000_c/up.sql': create('c'),
        'migrations/2026-01-03-000000_c/metadata.toml': 'run_in_transaction = true',
      },
    )
    expect(result.fresh.map(({ name, transactional }) => [name, transactional ?? null])).toEqual([
      ['2026-01-01-000000_a', null],
      ['2026-01-02-000000_b', false],
      ['2026-01-03-000000_c', true],
    ])
    expect(texts(result.fresh[0]?.down?.statements)).toEqual(['DROP TABLE a'])
  })

  test('Flyway orders versions as numbers, undoes by version and repeats last', async () => {
    const result = await read(
      {},
      {
        'sql/V2__b.sql': create('b'),
        'sql/V1.10__z.sql': create('z'),
        'sql/V1_9__y.sql': create('y'),
        'sql/U2__b.sql': 'DROP TABLE b;',
        'sql/R__views.sql': 'CREATE OR REPLACE VIEW v AS SELECT 1;',
        'sql/V2__b.sql.conf': 'executeInTransaction=false\n',
        'sql/notes.sql': 'SELECT 1;',
      },
    )
    expect(names(result.fresh)).toEqual(['V1_9__y', 'V1.10__z', 'V2__b', 'R__views'])
    expect(result.fresh[2]).toMatchObject({ transactional: false, down: { path: 'sql/U2__b.sql' } })
  })
})

describe('a schema declared in SQL', () => {
  test('edited in place is a declared change, without new migrations', async () => {
    const result = await read({ 'db/schema.sql': create('a') }, { 'db/schema.sql': `${create('a')}${create('b')}` })
    expect(result.fresh).toEqual([])
    expect(
      result.declared.map(({ path, before, after, changed }) => [
        path,
        before?.statements.length,
        after?.statements.length,
        changed,
      ]),
    ).toEqual([['db/schema.sql', 1, 2, true]])
    expect(texts(result.before[0]?.statements)).toEqual(['CREATE TABLE a (id bigint PRIMARY KEY)'])
    expect(result.texts.map(({ file }) => file.path)).toEqual(['db/schema.sql'])
  })

  test('is what migrations start from where they alter what only it creates', async () => {
    const base = { 'db/schema.sql': create('a') }
    const result = await read(base, { ...base, 'db/migrations/001_b.sql': 'ALTER TABLE a ADD COLUMN b text;' })
    expect(names(result.before)).toEqual(['db/schema.sql'])
    expect(names(result.history)).toEqual(['db/schema.sql', '001_b'])
    expect(names(result.fresh)).toEqual(['001_b'])
  })

  test('is a copy where migrations create everything themselves', async () => {
    const base = { 'db/schema.sql': create('a'), 'db/migrations/001_a.sql': create('a') }
    expect(
      names((await read(base, { ...base, 'db/migrations/002_b.sql': 'ALTER TABLE a ADD COLUMN b text;' })).history),
    ).toEqual(['001_a', '002_b'])
  })

  test('that the change adds is a script to be run, seeds and queries are not', async () => {
    const base = { 'db/schema.sql': create('a') }
    const result = await read(base, {
      ...base,
      'db/orgs.sql': `${create('orgs')}CREATE INDEX i ON a (id);`,
      'db/seed.sql': create('x'),
      'db/q.sql': 'SELECT 1;',
      'db/test/t.sql': create('t'),
    })
    expect(names(result.fresh)).toEqual(['orgs'])
    expect(result.declared.map(({ path, changed }) => [path, changed])).toEqual([
      ['db/orgs.sql', true],
      ['db/schema.sql', false],
    ])
  })

  test('a new file beside it is a migration', async () => {
    const base = { 'sql/schema.sql': create('a') }
    const result = await read(base, { ...base, 'sql/add_b.sql': 'ALTER TABLE a ADD COLUMN b text;' })
    expect(names(result.history)).toEqual(['sql/schema.sql', 'add_b'])
    expect(names(result.fresh)).toEqual(['add_b'])
  })
})

test('ways up and down whose names end in words', async () => {
  const files = { 'migrations/sqls/1-a-up.sql': create('a'), 'migrations/sqls/1-a-down.sql': 'DROP TABLE a;' }
  const { fresh } = await read({}, files)
  expect(fresh.map(({ path, down }) => [path, down?.path])).toEqual([Object.keys(files)])
})

describe('loose scripts', () => {
  test('the last line of a changelog is not new for the end of line that it gets', async () => {
    const changelog = `--liquibase formatted sql\n--changeset me:1\n${create('a').trimEnd()}`
    const { fresh } = await read(
      { 'db/changelog/all.sql': changelog },
      { 'db/changelog/all.sql': `${changelog}\n\n--changeset me:2\n${create('b')}` },
    )
    expect(fresh.flatMap(({ statements }) => texts(statements))).toEqual(['CREATE TABLE b (id bigint PRIMARY KEY)'])
  })

  test('a changelog of Liquibase grows in place, whatever its number', async () => {
    const changelog = `--liquibase formatted sql\n--changeset me:1\n${create('a')}`
    const { fresh, changed } = await read(
      { 'db/changelog/001-a.sql': changelog },
      { 'db/changelog/001-a.sql': `${changelog}--changeset me:2\n${create('b')}` },
    )
    expect(fresh.flatMap(({ statements }) => texts(statements))).toEqual([create('b').trim().replace(';', '')])
    expect(changed).toEqual([])
  })

  const base = { 'db/changes.sql': `-- all there is\n${create('a')}ALTER TABLE a ADD COLUMN b text;\n` }

  test('that a change adds to have new statements, and nothing that ran is edited', async () => {
    const result = await read(base, {
      'db/changes.sql': `${base['db/changes.sql'].replace('b text', 'b varchar')}ALTER TABLE a\n  ADD COLUMN c text;\n`,
    })
    expect(result.fresh.map(({ path, statements }) => [path, texts(statements)])).toEqual([
      ['db/changes.sql', ['ALTER TABLE a ADD COLUMN b varchar', 'ALTER TABLE a\n  ADD COLUMN c text']],
    ])
    expect(texts(result.before[0]?.statements)).toEqual([
      'CREATE TABLE a (id bigint PRIMARY KEY)',
      'ALTER TABLE a ADD COLUMN b text',
    ])
    expect(result.history.map(({ isNew }) => isNew)).toEqual([false, true])
    expect(result.changed).toEqual([])
  })

  test('that only change inside a statement say nothing new', async () => {
    const result = await read(
      { 'db/f.sql': 'DO $$ BEGIN\n  PERFORM 1;\nEND $$;\nALTER TABLE a ADD b int;\n' },
      { 'db/f.sql': 'DO $$ BEGIN\n  PERFORM 2;\nEND $$;\nALTER TABLE a ADD b int;\n' },
    )
    expect(result.fresh).toEqual([])
    expect(result.texts).toHaveLength(1)
  })
})

test('Supabase begins with what every Supabase database holds', async () => {
  const base = {
    'supabase/config.toml': '',
    'supabase/migrations/20260101000000_a.sql':
      'CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id));\nCREATE POLICY p ON profiles TO authenticated USING (auth.uid() = id);',
  }
  const result = await read(base, {
    ...base,
    'supabase/migrations/20260102000000_b.sql': 'ALTER TABLE profiles ADD COLUMN x text;',
  })
  expect(names(result.before)).toEqual(['supabase', '20260101000000_a'])
  expect(names(result.fresh)).toEqual(['20260102000000_b'])
  const { schema, notes } = replayHistory(emptySchema(), result.history, { postgres: 15, source: 'migrations' })
  expect(notes).toEqual([])
  expect([...schema.tables.keys()]).toEqual(
    expect.arrayContaining(['auth.users', 'storage.objects', 'public.profiles']),
  )
  const dump = {
    ...base,
    'supabase/migrations/20250101000000_dump.sql':
      'CREATE SCHEMA auth;\nCREATE TABLE auth.users (id uuid PRIMARY KEY);',
  }
  expect(names((await read(dump, dump)).before)).toEqual(['20250101000000_dump', '20260101000000_a'])
})

test('Nhost begins with what every Nhost database holds', async () => {
  const profiles =
    'CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id), file uuid REFERENCES storage.files);'
  const base = {
    'nhost/nhost.toml': '',
    'nhost/migrations/default/1_a/up.sql': profiles,
    'nhost/migrations/default/1_a/down.sql': 'DROP TABLE profiles;',
  }
  const result = await read(base, { ...base, 'nhost/migrations/default/2_b/up.sql': create('b') })
  expect(names(result.before)).toEqual(['nhost', '1_a'])
  expect(names(result.fresh)).toEqual(['2_b'])
  const { schema, notes } = replayHistory(emptySchema(), result.history, { postgres: 15, source: 'migrations' })
  expect(notes).toEqual([])
  expect(schema.tables.get('auth.users')?.columns.length).toBeGreaterThan(10)
})

test('what a runner knows by its number is no new migration under another name', async () => {
  const table = 'CREATE TABLE t (id uuid PRIMARY KEY);'
  const supabase = { 'supabase/config.toml': '' }
  const result = await read(
    { ...supabase, 'supabase/migrations/20260101000000_initial.sql': table },
    { ...supabase, 'supabase/migrations/20260101000000_feedback.sql': table },
  )
  expect(result.fresh).toEqual([])
  expect(result.changed).toEqual([])
  const other = await read(
    { ...supabase, 'supabase/migrations/20260101000000_initial.sql': table },
    { ...supabase, 'supabase/migrations/20260102000000_initial.sql': table },
  )
  expect(names(other.fresh)).toEqual(['20260102000000_initial'])
})

test('other dialects are read as theirs', async () => {
  const result = await read(
    {},
    {
      'prisma/schema.prisma': 'datasource db {\n  provider = "sqlite"\n}',
      'prisma/migrations/1_a/migration.sql': 'CREATE TABLE "a" ("id" INTEGER PRIMARY KEY AUTOINCREMENT);',
    },
  )
  expect(result.fresh).toMatchObject([{ name: '1_a', statements: [] }])
  expect(result.texts).toMatchObject([{ dialect: 'sqlite' }])
})

test('a project without migrations has none', () => {
  const project: Project = {
    root: '',
    name: '.',
    orm: 'prisma',
    dialect: 'postgresql',
    runner: { name: 'prisma', version: null },
    schemaFiles: [],
    migrations: null,
    evidence: 'x',
    settings: {},
  }
  expect(orderMigrations(project, ['a.sql'], null, () => true)).toEqual({ migrations: [], orphans: [] })
})
